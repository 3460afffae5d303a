package org.mandate.relayer.api;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.lead.Instance;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.StoredInstance;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Purpose;

/** What is stored, whatever it is, as metrics. */
class MetricsTest {
  private static final Address SELF = new Address("0x" + "5e".repeat(20));

  @TempDir static Path directory;

  @Test
  void L10_shouldAnswerHoweverDearATransactionWas() {
    Clock clock = Clock.systemUTC();
    SigningGate gate = new SigningGate();
    try (EmbeddedServer server = EmbeddedServer.start(directory.resolve("postgres"));
        Database database = Database.open(server.jdbcUrl())) {
      BigInteger huge = BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE);
      database.run(
          tx -> {
            ChainRow.register(tx, 7, SELF, SELF);
            for (int nonce = 0; nonce < 2; nonce++) {
              long id =
                  TransactionRow.insert(
                          tx,
                          7,
                          SELF,
                          nonce,
                          Purpose.SUBMIT,
                          List.of(Hash.keccak("payment " + nonce)),
                          SELF,
                          BigInteger.ZERO,
                          Bytes.EMPTY,
                          21_000,
                          Instant.now())
                      .orElseThrow();
              tx.update(
                  "UPDATE transaction SET most = ?, gas_used = ?, gas_price = ? WHERE"
                      + " transaction_id = ?",
                  huge,
                  Long.MAX_VALUE,
                  huge,
                  id);
            }
          });
      Instance instance =
          new Instance(
              new StoredInstance("one", SELF, "", ""), List.of(), Set.of(), database, gate, clock);
      Health health =
          new Health(database, instance, Map.of(), Map.of(), List.of(), SELF, gate, clock);
      var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      String text = new Metrics(registry, database, health, instance, null).scrape();
      assertTrue(text.contains("mandate_fees_gwei{chain=\"7\""), text);
      assertTrue(text.contains("mandate_gas_used{chain=\"7\""), text);
    }
  }
}
