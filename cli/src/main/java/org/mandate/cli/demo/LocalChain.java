package org.mandate.cli.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.Request;
import org.web3j.protocol.core.methods.response.VoidResponse;
import org.web3j.protocol.http.HttpService;
import org.web3j.utils.Numeric;

/** A real chain on this machine: Anvil with two blocks per second, on a free port. */
final class LocalChain {
  private final String name;
  private final long chainId;
  private final String url;
  private final HttpService service;
  private final Web3j web3j;

  private LocalChain(String name, long chainId, String url) {
    this.name = name;
    this.chainId = chainId;
    this.url = url;
    this.service = new HttpService(url);
    this.web3j = Web3j.build(service);
  }

  /**
   * @param root directory with {@code node_modules}
   * @throws IOException when Anvil is not installed or does not start
   */
  static LocalChain start(Path root, Reaper reaper, String name, long chainId) throws IOException {
    var anvil = root.resolve("node_modules/.bin/anvil");
    if (!Files.isExecutable(anvil)) {
      throw new IOException(
          anvil + " is missing: run the demo as ./mandate demo, which installs it");
    }
    var process =
        reaper.start(
            new ProcessBuilder(
                    anvil.toString(),
                    "--port",
                    "0",
                    "--chain-id",
                    Long.toString(chainId),
                    "--block-time",
                    "0.5",
                    // The finalized block follows the head by two blocks instead of 64.
                    "--slots-in-an-epoch",
                    "1",
                    "--config-out",
                    reaper.directory().resolve("chain-%d.json".formatted(chainId)).toString())
                .redirectErrorStream(true));
    process.getOutputStream().close();
    var output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (var line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("Listening on ")) {
        Thread.ofVirtual().start(() -> drain(output));
        return new LocalChain(
            name, chainId, "http://" + line.substring("Listening on ".length()).trim());
      }
    }
    throw new IOException("anvil for chain " + chainId + " ended before it listened");
  }

  // A full pipe would stop the chain.
  private static void drain(BufferedReader output) {
    try (output) {
      output.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // The chain ended.
    }
  }

  String name() {
    return name;
  }

  long chainId() {
    return chainId;
  }

  String url() {
    return url;
  }

  Web3j web3j() {
    return web3j;
  }

  Sender sender(Credentials key) {
    return new Sender(web3j, key);
  }

  StateOverrideCall overrides() {
    return new StateOverrideCall(service);
  }

  /** Gives an account native coin, as only a development chain can. */
  void fund(String account, BigInteger wei) throws IOException {
    new Request<>(
            "anvil_setBalance",
            List.of(account, Numeric.encodeQuantity(wei)),
            service,
            VoidResponse.class)
        .send();
  }

  BigInteger balance(String account) throws IOException {
    return web3j.ethGetBalance(account, DefaultBlockParameterName.LATEST).send().getBalance();
  }

  /** Number of the newest block. */
  long head() throws IOException {
    return web3j.ethBlockNumber().send().getBlockNumber().longValueExact();
  }

  /** Number of the newest final block. */
  long finalized() throws IOException {
    return web3j
        .ethGetBlockByNumber(DefaultBlockParameterName.FINALIZED, false)
        .send()
        .getBlock()
        .getNumber()
        .longValueExact();
  }

  /** Unix seconds of the newest block: the chain's clock. */
  long now() throws IOException {
    return web3j
        .ethGetBlockByNumber(DefaultBlockParameterName.LATEST, false)
        .send()
        .getBlock()
        .getTimestamp()
        .longValueExact();
  }

  void close() {
    web3j.shutdown();
  }
}
