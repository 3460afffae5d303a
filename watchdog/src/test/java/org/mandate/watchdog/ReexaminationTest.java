package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.Transaction;
import org.mandate.event.AuditEvent;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.signer.PrivateKeySigner;

/** A reorg gives the examiners all pages that are left again: what stands was judged already. */
class ReexaminationTest {
  private static final Hash H = Hash.keccak("any");
  private static final Block BLOCK = new Block(5, H, H, Instant.EPOCH);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Address EXECUTOR = Address.of("0x%040x".formatted(1));

  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicBoolean stands = new AtomicBoolean(true);
  private final Findings findings = new Findings(found -> {});

  @Test
  void L7_reorgDoesNotAskAgainForSubmissionsThatStand() throws Exception {
    IntentDomain domain = new IntentDomain(BigInteger.ONE, EXECUTOR);
    examineTwiceAndAfterItsBlockWasGone(
        new SignatureExaminer(
            chain(),
            1,
            domain,
            block -> stands.get(),
            freezer(),
            findings,
            Duration.ofMillis(20),
            Clock.systemUTC()),
        new Entry.Step(
            new IntentEvent.Executed(log(), H, BigInteger.ONE, intent(), BigInteger.ONE)));
  }

  @Test
  void L7_reorgDoesNotFetchAgainTheBatchesThatStand() throws Exception {
    PublicationCheck publications =
        new PublicationCheck(
            cid -> {
              asked.incrementAndGet();
              return Optional.of(new byte[] {1}); // malformed: the check is over
            },
            findings,
            Clock.systemUTC());
    examineTwiceAndAfterItsBlockWasGone(
        new RecordExaminer(
            BigInteger.ONE,
            findings,
            Clock.systemUTC(),
            Optional.of(publications),
            block -> stands.get()),
        new Entry.Audit(
            new AuditEvent.Published(
                log(), BigInteger.ONE, BigInteger.ZERO, BigInteger.ONE, H, H, Address.ZERO)));
  }

  private void examineTwiceAndAfterItsBlockWasGone(Examiner examiner, Entry entry)
      throws Exception {
    Page page = new Page(BLOCK, List.of(entry));
    examiner.examine(page);
    World.await("judged", LIMIT, () -> asked.get() == 1);
    Thread.sleep(200);
    examiner.reset();
    examiner.examine(page);
    Thread.sleep(300);
    assertEquals(1, asked.get());
    stands.set(false);
    examiner.reset();
    stands.set(true);
    examiner.examine(page);
    World.await("judged again", LIMIT, () -> asked.get() == 2);
  }

  private Freezer freezer() {
    Enforcer enforcer =
        new Enforcer(
            1,
            chain(),
            new PrivateKeySigner(BigInteger.TEN),
            BigInteger.TEN,
            BigInteger.TEN,
            Duration.ofMillis(20),
            text -> {});
    return new Freezer(
        1,
        chain(),
        Finality.of("0"),
        Address.ZERO,
        enforcer,
        new Trips(),
        () -> true,
        findings,
        Clock.systemUTC());
  }

  private static Log log() {
    return new Log(H, 5, H, 0, EXECUTOR, List.of(), "0x");
  }

  private static Intent intent() {
    return new Intent(
        BigInteger.ONE,
        Address.ZERO,
        BigInteger.ONE,
        Address.ZERO,
        Address.ZERO,
        BigInteger.ONE,
        Bytes.EMPTY,
        BigInteger.ONE,
        BigInteger.TEN);
  }

  private ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "transaction" -> {
                    asked.incrementAndGet();
                    // Of another contract's: there is nothing to check.
                    yield Optional.of(
                        new Transaction(H, Address.ZERO, Optional.of(Address.ZERO), Bytes.EMPTY));
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
