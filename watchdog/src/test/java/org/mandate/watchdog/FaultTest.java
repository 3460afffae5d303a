package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;
import org.mandate.signer.PrivateKeySigner;

/** An Error ends a round, not the work. */
class FaultTest {
  private static final Hash HASH = Hash.keccak("any");
  private static final Finality FINALITY = new Finality.Confirmations(10);
  private static final Duration POLL = Duration.ofMillis(5);

  private final AtomicInteger questions = new AtomicInteger();
  private final Findings findings = new Findings(finding -> {});

  @Test
  void L7_caseGoesOnWhenAnErrorEndsARound() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    ChainClient chain = chain();
    Enforcer enforcer =
        new Enforcer(
            1,
            chain,
            new PrivateKeySigner(BigInteger.TEN),
            BigInteger.TEN,
            BigInteger.TEN,
            POLL,
            trouble -> {});
    Case.Court court =
        new Case.Court(
            1,
            chain,
            FINALITY,
            new ExecutorState(chain, Address.ZERO),
            new Chronicle(0),
            Optional.empty(),
            intentId -> Optional.empty(),
            enforcer,
            CaseTest.disputes(chain, enforcer, findings),
            Optional.empty(),
            Optional.empty(),
            findings,
            Duration.ofMinutes(2),
            WatchdogConfig.WhenHomeIsSilent.DISPUTE,
            POLL,
            Clock.systemUTC());
    new Case(delivery(), court, () -> true, () -> false, end::countDown).start();
    assertTrue(end.await(60, TimeUnit.SECONDS));
    assertTrue(questions.get() >= 3, questions + " questions");
    assertTrue(
        findings.all().stream().anyMatch(finding -> finding.check() == Check.SELF),
        "people are told");
  }

  // Two answers that break the round, then: cancelled.
  private ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (questions.incrementAndGet()) {
                  case 1 -> throw new StackOverflowError();
                  case 2 -> throw new NoClassDefFoundError("gone");
                  default -> {
                    byte[] answer = new byte[4 * 32];
                    answer[31] = (byte) IntentState.CANCELLED.ordinal();
                    yield answer;
                  }
                });
  }

  private static Queued delivery() {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            Address.ZERO,
            BigInteger.ONE,
            Address.ZERO,
            Address.ZERO,
            BigInteger.ONE,
            Bytes.EMPTY,
            BigInteger.ONE,
            BigInteger.ONE);
    Log log = new Log(HASH, 1, HASH, 0, Address.ZERO, List.of(), "0x");
    return new Queued(
        new IntentEvent.Queued(log, HASH, BigInteger.ONE, intent, HASH, 1),
        new Block(1, HASH, HASH, Instant.EPOCH));
  }
}
