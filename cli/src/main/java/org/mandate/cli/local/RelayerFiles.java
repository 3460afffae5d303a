package org.mandate.cli.local;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mandate.cli.KeyFile;
import org.web3j.crypto.Credentials;

/** Key files, settings and databases of relayers, as an operator keeps them. */
final class RelayerFiles {
  private final Town town;
  private final Map<String, URI> databases = new HashMap<>();

  RelayerFiles(Town town) {
    this.town = town;
  }

  /** A process that is not started yet. */
  Service service(
      String name,
      Credentials key,
      String databaseName,
      int port,
      List<Integer> peers,
      RelayerSettings settings)
      throws IOException, SQLException {
    var directory = Files.createDirectories(town.directory().resolve(name));
    var passphrase = Secrets.passphrase();
    KeyFile.writeSecret(directory.resolve("passphrase"), passphrase + "\n");
    var address =
        KeyFile.write(
            directory.resolve("key.json"),
            key.getEcKeyPair(),
            passphrase.toCharArray(),
            settings.key());
    var config = town.directory().resolve(name + ".yaml");
    // The database's password is in it.
    KeyFile.writeSecret(
        config,
        """
        chains:
        %s%skey:
          file: %s
          address: "%s"
          passphrase-file: %s
        http:
          host: 127.0.0.1
          port: %d
        data-directory: %s
        database-url: %s
        peers: [%s]
        publish-interval: %s
        stagger: %s
        attestation-patience: %s
        report-interval: %s
        %s
        """
            .formatted(
                chain(town.home(), settings),
                chain(town.remote(), settings),
                directory.resolve("key.json"),
                address,
                directory.resolve("passphrase"),
                port,
                directory,
                database(databaseName),
                peers.stream()
                    .map(peer -> "http://127.0.0.1:" + peer)
                    .collect(Collectors.joining(", ")),
                millis(settings.publish()),
                millis(settings.stagger()),
                millis(settings.attestationPatience()),
                millis(settings.report()),
                settings.more()));
    return new Service(
        name,
        "relayer",
        config,
        URI.create("http://127.0.0.1:" + port),
        log(name),
        town.reaper(),
        settings.jvm());
  }

  private Path log(String name) {
    return town.directory().resolve(name + ".log");
  }

  private URI database(String name) throws SQLException {
    synchronized (databases) {
      var known = databases.get(name);
      if (known == null) {
        known = town.database().create(name);
        databases.put(name, known);
      }
      return known;
    }
  }

  private String chain(Ledger ledger, RelayerSettings settings) {
    var chain = ledger.chain();
    return """
      - id: %d
        rpc-urls: [%s]
        deployment: %s
        finality: finalized
        poll-interval: %s
    %s\
    """
        .formatted(
            chain.chainId(),
            chain.url(),
            town.directory().resolve("deployments").resolve(chain.chainId() + ".json"),
            millis(settings.poll()),
            settings.chain().isEmpty() ? "" : settings.chain().strip().indent(4));
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + "ms";
  }
}
