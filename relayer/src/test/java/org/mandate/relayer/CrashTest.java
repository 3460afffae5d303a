package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;

/**
 * A relayer's process is killed between two steps and started again. {@code
 * -Dmandate.failpoints=all} tries every step of a payment's way; {@code mandate bench recovery} all
 * others.
 */
class CrashTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final BigInteger AMOUNT = BigInteger.valueOf(77);

  /** Nothing gets there on a chain that only grows. */
  private static final Set<Failpoint> OF_REORGS =
      Set.of(
          Failpoint.BEFORE_BLOCKS_UNDONE,
          Failpoint.AFTER_GATE_CLOSED,
          Failpoint.AFTER_HALT_STORED,
          Failpoint.BEFORE_HALT_TOLD);

  private static Town town;

  @BeforeAll
  static void build() throws Exception {
    town = Town.build(1, 1);
  }

  @AfterAll
  static void close() throws Exception {
    town.close();
  }

  static Stream<String> failpoints() {
    if ("all".equals(System.getProperty("mandate.failpoints")))
      return Stream.of(Failpoint.values())
          .filter(p -> !OF_REORGS.contains(p))
          .map(Failpoint::label);
    return Stream.of(
        Failpoint.AFTER_INTENT_STORED.label(),
        Failpoint.BEFORE_TRANSACTION_STORED.label(),
        Failpoint.AFTER_TRANSACTION_STORED.label(),
        Failpoint.AFTER_TRANSACTION_SENT.label(),
        Failpoint.BEFORE_ATTESTATION_STORED.label(),
        "after-commit/Task.claim",
        "after-rpc/eth_sendRawTransaction",
        "before-commit/TransactionRow.settle");
  }

  @ParameterizedTest
  @MethodSource("failpoints")
  void L9_shouldExecuteExactlyOnceWhenKilledAt(String failpoint) throws Exception {
    // Only a payment to the other chain is attested; one at home is quicker.
    boolean attests = failpoint.equals(Failpoint.BEFORE_ATTESTATION_STORED.label());
    Anvil destination = attests ? town.remote : town.home;
    BigInteger before = town.received(destination);
    Intent payment =
        town.payment(attests ? Town.REMOTE : Town.HOME, town.token, AMOUNT.longValueExact());
    Hash id = payment.id(town.domain());
    try (RelayerProcess relayer =
        RelayerProcess.start(town, 0, List.of(), Optional.of(failpoint))) {
      try {
        town.submitUnless(() -> relayer.hasStopped(failpoint), relayer.port(), payment);
      } catch (AssertionError e) {
        // It stopped before it was ready.
      }
      relayer.awaitStop(failpoint);
      relayer.kill();
    }
    try (RelayerProcess relayer = RelayerProcess.start(town, 0, List.of(), Optional.empty())) {
      int port = relayer.port();
      assertTrue(town.submitUnless(() -> false, port, payment));
      JsonObject end =
          town.await(
              port,
              id,
              SOON,
              v -> "EXECUTED".equals(v.getString("state")) && v.getBoolean("final"));
      assertEquals(before.add(AMOUNT), town.received(destination), end.encodePrettily());
    }
  }
}
