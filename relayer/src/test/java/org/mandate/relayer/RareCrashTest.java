package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Address;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Transactions;

/**
 * A relayer's process is killed where agents' payments alone do not lead, and each time what was
 * taken is executed once. {@code mandate bench recovery} kills everywhere else.
 */
class RareCrashTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final long AMOUNT = 77;
  private static final String SIGNED = Failpoint.AFTER_TRANSACTION_STORED.label();
  private static final String USUAL = "poll-interval: 250ms";
  private static final String RICH = "0x21e19e0c9bab2400000"; // 10,000 coins

  private static Town town;
  private static int runs;

  @BeforeAll
  static void build() throws Exception {
    town = Town.build(1, 1);
  }

  @AfterAll
  static void close() throws Exception {
    town.close();
  }

  /** Its database is its own, so whoever else is in it is dead. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "before-commit/StoredInstance.outlive",
        "after-commit/StoredInstance.outlive",
        "before-commit/Lease.expireOthers",
        "after-commit/Lease.expireOthers"
      })
  void L9_shouldStartAgainWhenKilledAsItStarts(String failpoint) throws Exception {
    String name = "start-" + ++runs;
    try (RelayerProcess relayer = RelayerProcess.held(town, 0, name, USUAL, failpoint)) {
      relayer.awaitHeld();
      relayer.kill();
    }
    Intent payment = payment();
    requireOnce(name, payment, town.received(town.home));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "before-commit/Lease.giveBackAll",
        "after-commit/Lease.giveBackAll",
        "before-commit/StoredInstance.leave",
        "after-commit/StoredInstance.leave"
      })
  void L9_shouldLoseNothingWhenKilledAsItEnds(String failpoint) throws Exception {
    String name = "end-" + ++runs;
    BigInteger before = town.received(town.home);
    Intent payment = payment();
    try (RelayerProcess relayer = RelayerProcess.held(town, 0, name, USUAL, failpoint)) {
      town.submit(relayer.port(), payment);
      relayer.end();
      relayer.awaitHeld();
      relayer.kill();
    }
    requireOnce(name, payment, before);
  }

  /** The key has no coins for a while. */
  @ParameterizedTest
  @ValueSource(strings = {"before-commit/Task.suspend", "after-commit/Task.suspend"})
  void L9_shouldGoOnWhenKilledAsItPutsWorkOff(String failpoint) throws Exception {
    String name = "suspend-" + ++runs;
    BigInteger before = town.received(town.home);
    Intent payment = payment();
    try (RelayerProcess relayer = RelayerProcess.held(town, 0, name, USUAL, failpoint)) {
      int port = relayer.port();
      coins("0x0");
      town.submit(port, payment);
      relayer.awaitHeld();
      relayer.kill();
    } finally {
      coins(RICH);
    }
    requireOnce(name, payment, before);
  }

  /** A payment may cost next to nothing; its operator thinks better of it. */
  @ParameterizedTest
  @ValueSource(strings = {"before-commit/Task.park", "after-commit/Task.park"})
  void L9_shouldGoOnWhenKilledAsItParks(String failpoint) throws Exception {
    killed(failpoint, "fees: {intent-budget: 1 wei}");
  }

  /** Gas is dearer than the operator waits for, who waits no more afterwards. */
  @ParameterizedTest
  @ValueSource(strings = {"before-commit/Task.hold", "after-commit/Task.hold"})
  void L9_shouldGoOnWhenKilledAsItWaitsForCheaperGas(String failpoint) throws Exception {
    killed(failpoint, "fees: {wait-below: 1 wei, wait-at-most: 1h}");
  }

  private static void killed(String failpoint, String home) throws Exception {
    String name = "fees-" + ++runs;
    BigInteger before = town.received(town.home);
    Intent payment = payment();
    try (RelayerProcess relayer = RelayerProcess.held(town, 0, name, home, failpoint)) {
      town.submit(relayer.port(), payment);
      relayer.awaitHeld();
      relayer.kill();
    }
    requireOnce(name, payment, before);
  }

  /** Blocks have no room for what is signed. */
  @ParameterizedTest
  @ValueSource(
      strings = {"before-commit/TransactionRow.refused", "after-commit/TransactionRow.refused"})
  void L9_shouldGoOnWhenKilledAsNoNodeTakesIt(String failpoint) throws Exception {
    String name = "refused-" + ++runs;
    BigInteger before = town.received(town.home);
    Intent payment = payment();
    try (RelayerProcess relayer = RelayerProcess.held(town, 0, name, USUAL, SIGNED)) {
      town.submit(relayer.port(), payment);
      relayer.awaitHeld();
      town.home.ask("evm_setBlockGasLimit", "0x186a0");
      relayer.holdAt(failpoint);
      relayer.awaitHeld();
      relayer.kill();
    } finally {
      town.home.ask("evm_setBlockGasLimit", "0x1c9c380");
    }
    requireOnce(name, payment, before);
  }

  /** Somebody else used the nonce, with the relayer's key. */
  @ParameterizedTest
  @ValueSource(
      strings = {"before-commit/TransactionRow.release", "after-commit/TransactionRow.release"})
  void L9_shouldGoOnWhenKilledAsItsNonceIsSomebodyElses(String failpoint) throws Exception {
    String name = "release-" + ++runs;
    BigInteger before = town.received(town.home);
    Intent payment = payment();
    try (RelayerProcess relayer = RelayerProcess.held(town, 0, name, USUAL, SIGNED)) {
      town.submit(relayer.port(), payment);
      relayer.awaitHeld();
      useNonce();
      relayer.holdAt(failpoint);
      for (int i = 0; i < 300 && !relayer.isHeld(); i++) {
        town.home.ask("anvil_mine", 1);
        Thread.sleep(200);
      }
      relayer.awaitHeld();
      relayer.kill();
    }
    requireOnce(name, payment, before);
  }

  /** It sees what was delivered before it sees what was sent: home is read late. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "before-commit/StoredEvidence.readSource",
        "after-commit/StoredEvidence.readSource"
      })
  void L9_shouldGoOnWhenKilledAsItReadsWhereADeliveryCameFrom(String failpoint) throws Exception {
    String name = "source-" + ++runs;
    BigInteger before = town.received(town.remote);
    Intent payment = town.payment(Town.REMOTE, town.token, AMOUNT);
    try (RelayerProcess sees = RelayerProcess.held(town, 0, name + "-other", USUAL, "nowhere")) {
      int port = sees.port();
      try (RelayerProcess blind =
          RelayerProcess.held(town, 0, name, "poll-interval: 1m", failpoint)) {
        blind.port();
        town.submit(port, payment);
        blind.awaitHeld();
        blind.kill();
      }
      town.awaitState(port, payment.id(town.domain()), "EXECUTED", SOON);
    }
    requireOnce(name, payment, before);
  }

  // ------------------------------------------------------------------ around it

  private static Intent payment() {
    return town.payment(Town.HOME, town.token, AMOUNT);
  }

  private static void coins(String wei) {
    town.home.ask("anvil_setBalance", Town.relayer(0).address().hex(), wei);
  }

  private static void useNonce() {
    PrivateKeySigner key = Town.relayer(0);
    Address self = key.address();
    BigInteger bid = BigInteger.valueOf(100_000_000_000L);
    Transactions.Signed signed =
        key.sign(
            new Transactions.Request(
                BigInteger.valueOf(Town.HOME),
                town.home.client().nonce(self, BlockTag.LATEST),
                new Fees(BigInteger.ZERO, bid, bid),
                21_000,
                self,
                BigInteger.ONE,
                Bytes.EMPTY));
    town.home.client().send(signed.raw().bytes());
  }

  /** Started again, as it is usually configured, it does what it took, once. */
  private static void requireOnce(String name, Intent payment, BigInteger before) throws Exception {
    Anvil chain = payment.chainId().longValueExact() == Town.HOME ? town.home : town.remote;
    Hash id = payment.id(town.domain());
    try (RelayerProcess relayer = RelayerProcess.held(town, 0, name, USUAL, "nowhere")) {
      int port = relayer.port();
      assertTrue(town.submitUnless(() -> false, port, payment));
      JsonObject end =
          town.await(
              port,
              id,
              SOON,
              v -> "EXECUTED".equals(v.getString("state")) && v.getBoolean("final"));
      assertEquals(
          before.add(BigInteger.valueOf(AMOUNT)), town.received(chain), end.encodePrettily());
    }
  }
}
