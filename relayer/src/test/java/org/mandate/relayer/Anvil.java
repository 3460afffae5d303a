package org.mandate.relayer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.ChainClient;
import org.mandate.chain.JsonRpcClient;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.Response;
import org.web3j.protocol.http.HttpService;

/**
 * A real Anvil on a free port that mines a block a second and finalizes two blocks behind the head.
 */
final class Anvil implements AutoCloseable {
  private final Process process;
  private final URI url;
  private final HttpService service;
  private final Web3j web3j;

  private Anvil(Process process, URI url) {
    this.process = process;
    this.url = url;
    this.service = new HttpService(url.toString());
    this.web3j = Web3j.build(service);
  }

  static Anvil start(long chainId, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                root().resolve("node_modules/.bin/anvil").toString(),
                "--port",
                "0",
                "--chain-id",
                Long.toString(chainId),
                "--slots-in-an-epoch",
                "1"));
    command.addAll(more.length == 0 ? List.of("--block-time", "1") : List.of(more));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("Listening on ")) {
        Thread.ofVirtual().start(() -> output.lines().forEach(ignored -> {}));
        return new Anvil(
            process, URI.create("http://" + line.substring("Listening on ".length()).trim()));
      }
    }
    throw new IOException("anvil ended without listening");
  }

  URI url() {
    return url;
  }

  Web3j web3j() {
    return web3j;
  }

  HttpService service() {
    return service;
  }

  ChainClient client() {
    return new JsonRpcClient(url, Duration.ofSeconds(5));
  }

  org.mandate.deploy.Sender sender(Credentials key) {
    return new org.mandate.deploy.Sender(web3j, key);
  }

  /** One of Anvil's own methods. */
  Object ask(String method, Object... parameters) throws IOException {
    Answer answer =
        new Request<Object, Answer>(method, List.of(parameters), service, Answer.class).send();
    if (answer.hasError()) throw new IOException(method + ": " + answer.getError().getMessage());
    return answer.getResult();
  }

  /** Whatever a method answers. */
  public static final class Answer extends Response<Object> {}

  /** The other branch of a reorg: as many empty blocks in place of the last ones. */
  void reorg(int depth) throws IOException {
    ask("anvil_reorg", depth, List.of());
  }

  private static Path root() {
    Path start = Path.of("").toAbsolutePath();
    for (Path p = start; p != null; p = p.getParent()) {
      if (Files.isExecutable(p.resolve("node_modules/.bin/anvil"))) return p;
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
