package org.mandate.cli;

import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.Reaper;
import org.mandate.config.Config;
import org.mandate.relayer.Relayer;
import org.mandate.relayer.RelayerConfig;
import org.slf4j.LoggerFactory;
import org.web3j.crypto.Credentials;

/**
 * A relayer is started, asked and stopped, twice, on an empty chain and a database of its own: what
 * the launcher records after each build ({@code scripts/record-start}), so that later JVMs need not
 * find, check and link all of it again. Does nothing that anybody could see afterwards.
 */
final class Rehearsal {
  private static final long CHAIN = 31337;
  private static final Duration SOON = Duration.ofMinutes(2);

  /** Where contracts would stand; nobody calls any. */
  private static final List<String> CONTRACTS =
      List.of("AgentRegistry", "AgentVault", "HomeExecutor", "MandateLens", "QuorumGateway");

  private static final List<String> QUESTIONS =
      List.of("/health/live", "/v1/intents", "/v1/parked", "/metrics");

  private Rehearsal() {}

  public static void main(String[] arguments) throws Exception {
    rehearse(Home.directory(), Path.of(System.getProperty("java.io.tmpdir")));
    System.exit(0);
  }

  /**
   * Once through.
   *
   * @param root directory with {@code node_modules}
   * @param temporary where everything is made, and gone afterwards
   * @throws IOException when something cannot be started
   */
  static void rehearse(Path root, Path temporary) throws IOException, InterruptedException {
    LoggerFactory.getILoggerFactory();
    try (var reaper = Reaper.start(temporary)) {
      var chain = LocalChain.start(root, reaper, "home", CHAIN);
      var file = settings(reaper, chain);
      Mandate.commandLine().parseArgs("relayer", "run", "--config", file.toString());
      var config = Config.load(RelayerConfig.class, Optional.of(file), Map.of(), Map.of());
      for (int i = 0; i < 2; i++) { // the second time on a database that is there
        try (var relayer = Relayer.start(config)) {
          ask(URI.create("http://127.0.0.1:" + relayer.port()));
        }
      }
      chain.close();
    }
  }

  private static Path settings(Reaper reaper, LocalChain chain) throws IOException {
    var directory = reaper.directory();
    reaper.watchPostgres(directory.resolve("data/postgres"));
    var key = Credentials.create("%064x".formatted(CHAIN));
    chain.fund(key.getAddress(), BigInteger.TEN.pow(18));
    KeyFile.writeSecret(directory.resolve("passphrase"), "rehearsal\n");
    KeyFile.write(
        directory.resolve("key.json"),
        key.getEcKeyPair(),
        "rehearsal".toCharArray(),
        KeyFile.Strength.LIGHT);
    deployment().write(directory.resolve("deployment.json"));
    var settings = directory.resolve("relayer.yaml");
    KeyFile.writeSecret(
        settings,
        """
        chains:
          - id: %d
            rpc-urls: [%s]
            deployment: deployment.json
            poll-interval: 250ms
        key:
          file: key.json
          address: "%s"
          passphrase-file: passphrase
        http:
          drain: 0ms
        data-directory: data
        """
            .formatted(CHAIN, chain.url(), key.getAddress()));
    return settings;
  }

  private static Deployment deployment() {
    var id = BigInteger.valueOf(CHAIN);
    var contracts =
        CONTRACTS.stream()
            .collect(
                Collectors.toMap(
                    name -> name,
                    name ->
                        new Deployment.Contract(
                            Address.of("0x%040x".formatted(CONTRACTS.indexOf(name) + 1_000_000)),
                            Hash.ZERO,
                            Bytes.of("0x"))));
    return new Deployment(id, id, 0, contracts);
  }

  private static void ask(URI relayer) throws IOException, InterruptedException {
    var end = System.nanoTime() + SOON.toNanos();
    try (var http = HttpClient.newHttpClient()) {
      while (status(http, relayer.resolve("/health/ready")) != 200) {
        if (System.nanoTime() > end) throw new IOException("not ready after " + SOON);
        Thread.sleep(100);
      }
      for (var question : QUESTIONS) status(http, relayer.resolve(question));
    }
  }

  private static int status(HttpClient http, URI at) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(at).build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }
}
