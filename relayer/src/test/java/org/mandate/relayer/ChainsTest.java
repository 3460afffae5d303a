package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.Lease;

/** What becomes of one chain is nothing to the others. */
class ChainsTest {
  private static final Duration SOON = Duration.ofSeconds(90);

  private static Relayer start(RelayerConfig config) {
    return Relayer.start(config, Town.relayer(0), Clock.systemUTC());
  }

  private static void isPaid(Town town, Relayer relayer) throws Exception {
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 3));
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
  }

  private static void awaitTrue(String what, Callable<Boolean> condition) throws Exception {
    Instant end = Instant.now().plus(SOON);
    while (!condition.call()) {
      assertTrue(Instant.now().isBefore(end), what);
      Thread.sleep(100);
    }
  }

  @Test
  void L9_shouldGoOnWithoutAChainThatIsNotConfiguredAnyMore() throws Exception {
    try (Town town = Town.build(1, 1)) {
      RelayerConfig both = town.config(0, List.of());
      try (Relayer relayer = start(both)) {
        isPaid(town, relayer);
      }
      RelayerConfig one =
          new RelayerConfig(
              both.chains().stream().filter(c -> c.id() == Town.HOME).toList(),
              both.key(),
              both.dataDirectory(),
              both.databaseUrl(),
              both.blobDirectory(),
              both.ipfsApi(),
              both.http(),
              both.peers(),
              both.publishInterval(),
              both.stagger(),
              both.attestationPatience(),
              both.reportInterval(),
              both.treasury());
      try (Relayer relayer = start(one)) {
        isPaid(town, relayer);
        awaitTrue(
            "it is ready", () -> town.get(relayer.port(), "/health/ready").statusCode() == 200);
      }
    }
  }

  @Test
  void L9_shouldGoOnWhileTheNodesOfAnotherChainAreDown() throws Exception {
    try (Town town = Town.build(1, 1);
        EmbeddedServer server = EmbeddedServer.start(town.directory.resolve("postgres"));
        Database database = Database.open(server.jdbcUrl(), "test");
        Relayer relayer = start(town.config(0, List.of(), server))) {
      isPaid(town, relayer);
      town.remote.close();
      database.run(Lease::revokeAll); // as if whoever led had died
      awaitTrue(
          "it is followed anew, and compared at home",
          () ->
              !database.inTransaction(tx -> ChainRow.of(tx, Town.REMOTE)).isCompared()
                  && database.inTransaction(tx -> ChainRow.of(tx, Town.HOME)).isCompared());
      isPaid(town, relayer);
      assertFalse(database.inTransaction(tx -> ChainRow.of(tx, Town.REMOTE)).isCompared());
      awaitTrue(
          "people are told", () -> town.get(relayer.port(), "/health/ready").statusCode() == 503);
    }
  }
}
