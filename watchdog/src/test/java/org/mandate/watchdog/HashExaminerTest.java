package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.Finality;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.SendOutcome;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.watchdog.WatchdogConfig.WhenHomeIsSilent;

/** What an oracle posts as home's, for which there is no budget. */
class HashExaminerTest {
  private static final Duration POLL = Duration.ofMillis(10);
  private static final int MANY = 300;
  private static final Hash LIE = Hash.keccak("no block of home's");

  private final AtomicInteger home = new AtomicInteger();
  private final AtomicInteger jury = new AtomicInteger();
  private final AtomicBoolean stands = new AtomicBoolean(true);

  /** Home's first node shows each lie. */
  private final AtomicBoolean lying = new AtomicBoolean();

  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger sent = new AtomicInteger();
  private final Findings findings = new Findings(finding -> {});
  private final Instant counts = Instant.now().plusSeconds(3600);

  @Test
  void L7_shouldNotFloodHomesNodesWithWhatItMaySpendNothingOn() throws Exception {
    HashExaminer examiner = examiner();
    Block block = new Block(9, Hash.keccak("block"), Hash.ZERO, Instant.now());
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      entries.add(new Entry.HashPosted(log(block, i)));
    }
    examiner.examine(new Page(block, entries));
    World.await(
        "all are told",
        Duration.ofSeconds(20),
        () -> findings.all().stream().filter(f -> f.check() == Check.HASH).count() == MANY);
    Thread.sleep(3000); // as long as thirty looks at each
    assertEquals(0, jury.get(), "what cannot be done is not asked about");
    assertTrue(home.get() <= 16 * MANY, home + " blocks");
    stands.set(false); // which ends it
  }

  @Test
  void L7_oneNodesWordAcquitsNoFalseHash() throws Exception {
    lying.set(true);
    Block block = new Block(9, Hash.keccak("block"), Hash.ZERO, Instant.now());
    examiner().examine(new Page(block, List.of(new Entry.HashPosted(log(block, 1)))));
    World.await("the others are asked", Duration.ofSeconds(20), () -> jury.get() >= 2);
    Thread.sleep(500);
    assertEquals(List.of(), findings.all(), "there is time");
    lying.set(false);
    World.await("it is told", Duration.ofSeconds(20), () -> !findings.all().isEmpty());
    stands.set(false);
  }

  @Test
  void L7_aNodeThatSaysSuspendedDoesNotEndARetraction() throws Exception {
    Block block = new Block(9, Hash.keccak("block"), Hash.ZERO, Instant.now());
    examiner(1).examine(new Page(block, List.of(new Entry.HashPosted(log(block, 1)))));
    World.await("it is sent", Duration.ofSeconds(20), () -> sent.get() > 0);
    assertTrue(refused.get() > 1, "after it was said to be done");
    stands.set(false);
  }

  private HashExaminer examiner() {
    return examiner(0);
  }

  private HashExaminer examiner(int retractions) {
    ChainClient chain = node(new AtomicInteger(), new AtomicBoolean());
    Clock clock = Clock.systemUTC();
    return new HashExaminer(
        new HashExaminer.Court(
            5,
            chain,
            new Finality.Confirmations(1),
            Address.ZERO,
            node(home, lying),
            new Finality.Confirmations(1),
            new Jury(
                new Jury.Place(
                    1,
                    List.of(
                        new Jury.Node("first", node(jury, lying)),
                        new Jury.Node("next", node(jury, new AtomicBoolean()))),
                    Address.ZERO,
                    Address.ZERO,
                    0,
                    findings,
                    clock)),
            new Budget(retractions, 5, "retraction", () -> true, findings, clock),
            block -> stands.get(),
            new Enforcer(
                5,
                chain,
                new PrivateKeySigner(BigInteger.TWO),
                BigInteger.ONE,
                BigInteger.ONE,
                POLL,
                text -> {}),
            findings,
            Duration.ofMinutes(2),
            WhenHomeIsSilent.DISPUTE,
            POLL,
            clock));
  }

  private Log log(Block block, int number) {
    return new Log(
        block.hash(),
        block.number(),
        Hash.keccak("transaction " + number),
        number,
        Address.ZERO,
        List.of(Topics.HASH_POSTED, Hash.of("0x%064x".formatted(number)), Hash.ZERO),
        LIE.hex() + "%064x".formatted(counts.getEpochSecond()));
  }

  private ChainClient node(AtomicInteger asked, AtomicBoolean lies) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "head" -> block(1_000_000);
                  case "block" -> {
                    asked.incrementAndGet();
                    Block honest = block((long) arguments[0]);
                    yield Optional.of(
                        lies.get()
                            ? new Block(honest.number(), LIE, LIE, honest.timestamp())
                            : honest);
                  }
                  case "call" ->
                      Bytes.of(LIE.hex() + "%064x".formatted(counts.getEpochSecond())).bytes();
                  case "estimateGas" ->
                      refused.incrementAndGet() < 3
                          ? new GasEstimate.Reverted("PostedSuspended(1, 0x00)", Bytes.EMPTY)
                          : new GasEstimate.Estimated(21_000);
                  case "nonce" -> 0L;
                  case "fees" -> new Fees(BigInteger.ONE, BigInteger.ONE, BigInteger.TWO);
                  case "send" -> {
                    sent.incrementAndGet();
                    yield new SendOutcome.Accepted(Hash.ZERO);
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static Block block(long number) {
    Hash hash = Hash.keccak("home " + number);
    return new Block(number, hash, hash, Instant.now());
  }
}
