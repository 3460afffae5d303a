package org.mandate.deploy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.core.methods.response.VoidResponse;
import org.web3j.protocol.http.HttpService;

/** A real Anvil on a free port, mining every transaction at once. */
public final class DevChain implements AutoCloseable {
  /** Anvil's first development key, public knowledge. */
  public static final Credentials RICH =
      Credentials.create("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

  private final Process process;
  private final String url;
  private final HttpService service;
  private final Web3j web3j;

  private DevChain(Process process, String url) {
    this.process = process;
    this.url = url;
    this.service = new HttpService(url);
    this.web3j = Web3j.build(service);
  }

  public static DevChain start(long chainId) throws IOException {
    var process =
        new ProcessBuilder(
                root().resolve("node_modules/.bin/anvil").toString(),
                "--port",
                "0",
                "--chain-id",
                Long.toString(chainId))
            .redirectErrorStream(true)
            .start();
    var output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (var line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("Listening on ")) {
        Thread.ofVirtual().start(() -> output.lines().forEach(ignored -> {}));
        return new DevChain(process, "http://" + line.substring("Listening on ".length()).trim());
      }
    }
    throw new IOException("anvil ended without listening");
  }

  /** Where it listens. */
  public URI url() {
    return URI.create(url);
  }

  public HttpService service() {
    return service;
  }

  public Web3j web3j() {
    return web3j;
  }

  public Sender sender(Credentials key) {
    return new Sender(web3j, key);
  }

  public Deployer deployer(Credentials key) {
    return new Deployer(sender(key), new StateOverrideCall(service), line -> {});
  }

  /**
   * Gives a key code, so that it may be an authority. Anvil lets it send transactions all the same:
   * it stands in for a timelock whose delay a test has no time for.
   */
  public void looksLikeAContract(String key) throws IOException {
    new Request<>("anvil_setCode", List.of(key, "0x00"), service, VoidResponse.class).send();
  }

  /** Remembers the chain's state. */
  public String snapshot() throws IOException {
    return new Request<>("evm_snapshot", List.of(), service, Answer.class).send().getResult();
  }

  /** Goes back to it, once. */
  public void revert(String snapshot) throws IOException {
    new Request<>("evm_revert", List.of(snapshot), service, VoidResponse.class).send();
  }

  /** Whatever a method answers in a string. */
  public static final class Answer extends Response<String> {}

  private static Path root() {
    var start = Path.of("").toAbsolutePath();
    for (var p = start; p != null; p = p.getParent()) {
      if (Files.isExecutable(p.resolve("node_modules/.bin/anvil"))) {
        return p;
      }
    }
    throw new IllegalStateException(
        "no node_modules/.bin/anvil above " + start + ": run scripts/npm-ci");
  }

  @Override
  public void close() {
    web3j.shutdown();
    process.destroyForcibly();
  }
}
