package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.Transaction;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.testing.HandClock;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.Function;

/** Nodes that show nothing and wallets that fail, of agents that submit directly. */
class SignatureExaminerTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Address EXECUTOR = Address.of("0x%040x".formatted(0xe1));
  private static final IntentDomain DOMAIN = new IntentDomain(BigInteger.ONE, EXECUTOR);

  /** The wallets of all agents but the first are keys, of nobody here. */
  private static final Address WALLET = Address.of("0x%040x".formatted(0x3a));

  private static final PrivateKeySigner STRANGER = new PrivateKeySigner(BigInteger.TEN);
  private static final Block BLOCK = new Block(5, hash(5), hash(4), Instant.EPOCH);
  private static final String MAGIC = "1626ba7e" + "00".repeat(28);

  private final Findings findings = new Findings(found -> {});
  private final AtomicInteger hidden = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private final HandClock clock = new HandClock(Instant.EPOCH);
  private final CountDownLatch closing = new CountDownLatch(1);
  private Wallet wallet = () -> Bytes.of("0x" + MAGIC).bytes();
  private Wallet nobody = () -> new byte[0];

  /** What is behind an address when it is called. */
  @FunctionalInterface
  private interface Wallet {
    byte[] answer() throws InterruptedException;
  }

  @AfterEach
  void close() {
    closing.countDown();
  }

  @Test
  void L1_shouldAskAgainForATransactionThatANodeDoesNotShow() throws Exception {
    hidden.set(3);
    examine(executed(2, 1));
    assertEquals(Severity.CRITICAL, found("signature", 2, 1).severity());
    hidden.set(3);
    examine(paid(2, 2));
    assertEquals(Severity.CRITICAL, found("signature", 2, 2).severity());
  }

  @Test
  void L1_shouldTellPeopleOfATransactionThatANodeNeverShows() throws Exception {
    hidden.set(Integer.MAX_VALUE);
    examine(executed(2, 1));
    World.await("it is asked for again", LIMIT, () -> asked.get() > 15);
    clock.advance(SignatureExaminer.PATIENCE.minusSeconds(1));
    int early = asked.get();
    World.await("it is asked for again", LIMIT, () -> asked.get() > early + 15);
    assertEquals(List.of(), findings.all());
    clock.advance(Duration.ofSeconds(1));
    Finding told = found("unverifiable-signature", 2, 1);
    assertEquals(Severity.WARNING, told.severity());
    assertTrue(told.seen().contains("does not show transaction " + transaction(2, 1)), told.seen());
    int tries = asked.get();
    Thread.sleep(POLL.multipliedBy(40));
    assertEquals(tries, asked.get(), "it goes on asking as often");
    hidden.set(0);
    clock.advance(Duration.ofMinutes(1));
    assertEquals(Severity.CRITICAL, found("signature", 2, 1).severity());
    World.await(
        "the doubt is over",
        LIMIT,
        () -> findings.find(told.id()).orElseThrow().status() == Finding.Status.WITHDRAWN);
  }

  @Test
  void L1_shouldTakeAWalletThatFailsForOneThatSaysNo() throws Exception {
    wallet = SignatureExaminerTest::failing;
    examine(executed(1, 1));
    assertEquals(Severity.CRITICAL, found("signature", 1, 1).severity());
    int tries = asked.get();
    Thread.sleep(POLL.multipliedBy(40));
    assertEquals(tries, asked.get(), "it goes on asking");
  }

  @Test
  void L4_shouldFreezeNobodyForWhatANodeFailsAt() throws Exception {
    AtomicInteger failures = new AtomicInteger(5);
    wallet = () -> failures.getAndDecrement() > 0 ? failing() : Bytes.of("0x" + MAGIC).bytes();
    examine(executed(1, 1));
    World.await("it is asked until it answers", LIMIT, () -> failures.get() < 0);

    wallet = SignatureExaminerTest::failing;
    nobody = SignatureExaminerTest::failing;
    examine(executed(1, 2));
    int tries = asked.get();
    World.await("it is asked again", LIMIT, () -> asked.get() > tries + 60);
    clock.advance(SignatureExaminer.PATIENCE);
    assertEquals(Severity.WARNING, found("unverifiable-signature", 1, 2).severity());
    assertEquals(1, findings.all().size(), findings.all().toString());
  }

  @Test
  void L4_shouldNotTakeAnOutageForAWalletThatFails() throws Exception {
    AtomicInteger rounds = new AtomicInteger();
    hidden.set(30);
    // After that outage and each nine failures the node is limited once, then it is well.
    wallet = () -> rounds.incrementAndGet() < 40 ? failing() : Bytes.of("0x" + MAGIC).bytes();
    nobody = () -> rounds.get() % 10 == 0 ? failing() : new byte[0];
    examine(executed(1, 1));
    World.await("it is asked until it answers", LIMIT, () -> rounds.get() == 40);
    Thread.sleep(POLL.multipliedBy(20));
    assertEquals(List.of(), findings.all());
    assertEquals(40, rounds.get());
  }

  @Test
  void L1_shouldCheckOthersWhileAWalletDoesNotAnswer() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    wallet =
        () -> {
          waiting.countDown();
          closing.await();
          return failing();
        };
    Entry[] slow = new Entry[40];
    for (int i = 0; i < slow.length; i++) {
      slow[i] = executed(1, 10 + i);
    }
    SignatureExaminer examiner = examine(slow);
    waiting.await();
    Thread.sleep(100);
    examiner.examine(new Page(BLOCK, List.of(executed(2, 1))));
    assertEquals(Severity.CRITICAL, found("signature", 2, 1).severity());
  }

  // ------------------------------------------------------------------ what happens

  private Finding found(String kind, int agent, int number) throws Exception {
    String id = "%s:1:%s".formatted(kind, intent(agent, number).id(DOMAIN));
    World.await("it is found", LIMIT, () -> findings.find(id).isPresent());
    return findings.find(id).orElseThrow();
  }

  private SignatureExaminer examine(Entry... entries) {
    SignatureExaminer examiner =
        new SignatureExaminer(
            chain(),
            1,
            DOMAIN,
            block -> true,
            OutflowsTest.freezer(chain(), findings),
            findings,
            POLL,
            clock);
    Entry wallet =
        new Entry.Registry(
            new Log(
                BLOCK.hash(),
                5,
                hash(0),
                0,
                Address.ZERO,
                List.of(Topics.WALLET_SET, hash(1), hash(0x3a), hash(0)),
                "0x"));
    examiner.examine(new Page(BLOCK, List.of(wallet)));
    examiner.examine(new Page(BLOCK, List.of(entries)));
    return examiner;
  }

  /** Its number is its place, and its transaction's. */
  private static Entry executed(int agent, int number) {
    Intent intent = intent(agent, number);
    return new Entry.Step(
        new IntentEvent.Executed(
            log(agent, number), intent.id(DOMAIN), intent.agentId(), intent, BigInteger.ONE));
  }

  private static Entry paid(int agent, int number) {
    Intent intent = intent(agent, number);
    return new Entry.Step(
        new IntentEvent.Paid(
            log(agent, number), intent.id(DOMAIN), intent.agentId(), intent, BigInteger.ZERO));
  }

  private static Log log(int agent, int number) {
    return new Log(BLOCK.hash(), 5, transaction(agent, number), number, EXECUTOR, List.of(), "0x");
  }

  private static Intent intent(int agent, int number) {
    return new Intent(
        BigInteger.valueOf(agent),
        Address.ZERO,
        BigInteger.ONE,
        Address.ZERO,
        Address.ZERO,
        BigInteger.ONE,
        Bytes.EMPTY,
        BigInteger.valueOf(number),
        BigInteger.TEN);
  }

  private static Hash transaction(int agent, int number) {
    return hash(agent * 1000L + number);
  }

  private static Hash hash(long number) {
    return Hash.of("0x%064x".formatted(number));
  }

  private static byte[] failing() {
    throw new NodeException("jumped to nowhere");
  }

  private ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "head" -> BLOCK;
                  case "transaction" -> transaction((Hash) arguments[0]);
                  case "code" -> arguments[0].equals(WALLET) ? Bytes.of("0x00") : Bytes.EMPTY;
                  case "call" -> {
                    asked.incrementAndGet();
                    yield (arguments[0].equals(Probe.NOBODY) ? nobody : wallet).answer();
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** A submission with a signature of somebody who is no agent. */
  private Optional<Transaction> transaction(Hash hash) {
    asked.incrementAndGet();
    if (hidden.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      return Optional.empty();
    }
    int place = new BigInteger(1, hash.bytes()).intValueExact();
    SignedIntent signed = SignedIntent.sign(intent(place / 1000, place % 1000), DOMAIN, STRANGER);
    Function submit =
        new Function(
            "submit",
            List.of(
                IntentAbi.toContract(signed.intent()),
                new DynamicBytes(signed.signature().bytes())),
            List.of());
    return Optional.of(
        new Transaction(
            hash,
            STRANGER.address(),
            Optional.of(EXECUTOR),
            Bytes.of(FunctionEncoder.encode(submit))));
  }
}
