package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
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
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;
import org.mandate.signer.PrivateKeySigner;

/** A forged delivery, and a node whose answers about it come from backends that lag. */
class CaseTest {
  private static final Finality FINALITY = new Finality.Confirmations(10);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Hash HASH = Hash.keccak("any");
  private static final Instant DUE = Instant.now().plusSeconds(600);
  private static final long DELIVERED_IN = 100;

  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicLong head = new AtomicLong(DELIVERED_IN);
  private final Findings findings = new Findings(finding -> {});
  private volatile IntFunction<IntentState> state = question -> IntentState.QUEUED;
  private final ChainClient chain = chain();
  private final Enforcer enforcer =
      new Enforcer(
          1,
          chain,
          new PrivateKeySigner(BigInteger.TEN),
          BigInteger.TEN.pow(18),
          BigInteger.TEN.pow(18),
          POLL,
          trouble -> {});
  private final ForgeryExaminer forgery = new ForgeryExaminer(this::open, Clock.systemUTC());

  @AfterEach
  void close() {
    forgery.close();
    enforcer.close();
  }

  @Test
  void L7_shouldDisputeWhenTheFirstAnswerIsOfANodeThatDoesNotHaveTheDeliveryYet() throws Exception {
    state = question -> question == 1 ? IntentState.NONE : IntentState.QUEUED;
    deliver();
    World.await("it is disputed", PATIENCE, () -> sent.get() > 0);
  }

  @Test
  void L7_shouldDisputeWhenALaterAnswerIsOfANodeThatDoesNotHaveTheDeliveryYet() throws Exception {
    state = question -> question == 2 ? IntentState.NONE : IntentState.QUEUED;
    deliver();
    World.await("it is disputed", PATIENCE, () -> sent.get() > 0);
    assertEquals(List.of(Finding.Status.OPEN), statuses());
  }

  @Test
  void L10_shouldEndWhenTheFollowerSaysThatTheDeliveryIsGone() throws Exception {
    state = question -> question == 1 ? IntentState.QUEUED : IntentState.NONE;
    deliver();
    World.await("a finding", PATIENCE, () -> !findings.all().isEmpty());
    Thread.sleep(200);
    assertEquals(1, forgery.running(), "a node's NONE is no end");
    forgery.reset();
    World.await("the case ends", PATIENCE, () -> forgery.running() == 0);
    assertEquals(List.of(Finding.Status.WITHDRAWN), statuses());
  }

  @Test
  void L10_shouldDisputeAgainWhenTheDisputeIsGoneBeforeItIsFinal() throws Exception {
    state = question -> IntentState.DISPUTED;
    deliver();
    World.await("it is noticed", PATIENCE, () -> deeds() == 1);
    Thread.sleep(200);
    assertEquals(List.of(Finding.Status.OPEN), statuses(), "not final yet");
    assertEquals(1, deeds(), "told once");
    state = question -> IntentState.QUEUED;
    World.await("it is disputed again", PATIENCE, () -> sent.get() > 0);
    state = question -> IntentState.DISPUTED;
    World.await("it is stopped", PATIENCE, () -> isOverWhileBlocksGoOn());
    assertEquals(List.of(Finding.Status.STOPPED), statuses());
  }

  @Test
  void L10_shouldTellAtOnceThatItExecutedAndLookOn() throws Exception {
    state = question -> question == 1 ? IntentState.QUEUED : IntentState.EXECUTED;
    deliver();
    World.await("it is missed", PATIENCE, () -> statuses().equals(List.of(Finding.Status.MISSED)));
    assertEquals(1, forgery.running());
    state = question -> IntentState.QUEUED;
    World.await("it is disputed", PATIENCE, () -> sent.get() > 0);
    state = question -> IntentState.CANCELLED;
    World.await("it is over", PATIENCE, () -> isOverWhileBlocksGoOn());
    assertEquals(List.of(Finding.Status.STOPPED), statuses());
  }

  @Test
  void L7_shouldEndAsStoppedWhenAProofRefutesTheDelivery() throws Exception {
    state = question -> IntentState.DISPUTED;
    deliver();
    World.await("a finding", PATIENCE, () -> deeds() == 1);
    state = question -> IntentState.NONE;
    refute(Hash.keccak("another message"));
    Thread.sleep(100);
    assertEquals(1, forgery.running(), "that was another delivery of it");
    refute(HASH);
    World.await("the case ends", PATIENCE, () -> forgery.running() == 0);
    assertEquals(List.of(Finding.Status.STOPPED), statuses());
  }

  @Test
  void L7_shouldLookAtADeliveryThatComesAfterOneThatWasRefuted() throws Exception {
    state = question -> IntentState.NONE;
    deliver();
    refute(HASH);
    World.await("the case ends", PATIENCE, () -> forgery.running() == 0);
    state = question -> IntentState.QUEUED;
    deliver();
    World.await("it is disputed", PATIENCE, () -> sent.get() > 0);
  }

  private void refute(Hash messageId) {
    IntentEvent.Queued event = delivery().event();
    forgery.examine(
        new Page(
            delivery().block(),
            List.of(
                new Entry.Notice(
                    new IntentNotice.Refuted(
                        event.log(),
                        event.intentId(),
                        event.agentId(),
                        messageId,
                        Address.ZERO,
                        BigInteger.ONE)))));
  }

  @Test
  void L7_shouldForgetAScoutedDeliveryThatTheFollowerDidNotFind() throws Exception {
    state = question -> IntentState.NONE;
    forgery.scouted(delivery());
    World.await("it is asked for", PATIENCE, () -> asked.get() > 2);
    assertEquals(1, forgery.running());
    forgery.allRead();
    World.await("the case ends", PATIENCE, () -> forgery.running() == 0);
  }

  @Test
  void L7_shouldKeepAScoutedDeliveryThatTheFollowerFoundToo() throws Exception {
    state = question -> IntentState.NONE;
    forgery.scouted(delivery());
    deliver();
    forgery.allRead();
    int before = asked.get();
    World.await("it is asked for", PATIENCE, () -> asked.get() > before + 5);
    assertEquals(1, forgery.running());
  }

  /** Whenever it looks first at what must become final, blocks follow. */
  private boolean isOverWhileBlocksGoOn() {
    head.addAndGet(20);
    return forgery.running() == 0;
  }

  private List<Finding.Status> statuses() {
    return findings.all().stream().map(Finding::status).toList();
  }

  private int deeds() {
    return findings.all().stream().mapToInt(found -> found.deeds().size()).sum();
  }

  private void deliver() {
    Queued delivery = delivery();
    forgery.examine(new Page(delivery.block(), List.of(new Entry.Step(delivery.event()))));
  }

  private Case open(
      Queued delivery, BooleanSupplier stands, BooleanSupplier refuted, Runnable onEnd) {
    return new Case(
        delivery,
        new Case.Court(
            1,
            chain,
            FINALITY,
            new ExecutorState(chain, Address.ZERO),
            new Chronicle(0),
            Optional.empty(),
            intentId -> Optional.empty(),
            enforcer,
            disputes(chain, enforcer, findings),
            Optional.empty(),
            Optional.empty(),
            findings,
            Duration.ofMinutes(2),
            WatchdogConfig.WhenHomeIsSilent.DISPUTE,
            POLL,
            Clock.systemUTC()),
        stands,
        refuted,
        onEnd);
  }

  /** Enough of them, on a chain where nobody stops anything. */
  static Disputes disputes(ChainClient chain, Enforcer enforcer, Findings findings) {
    ExecutorState executor = new ExecutorState(chain, Address.ZERO);
    return new Disputes(
        Address.ZERO,
        Optional::empty,
        new Brake(
            1, chain, FINALITY, Address.ZERO, enforcer, findings, lie -> false, Clock.systemUTC()),
        new BondPurse(chain, executor, Address.ZERO, BigInteger.ZERO, enforcer, POLL),
        lie -> false,
        Clock.systemUTC());
  }

  private static Queued delivery() {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            Address.ZERO,
            BigInteger.ONE,
            Address.ZERO,
            Address.ZERO,
            BigInteger.TEN,
            Bytes.EMPTY,
            BigInteger.ONE,
            BigInteger.valueOf(DUE.getEpochSecond()));
    Log log = new Log(HASH, DELIVERED_IN, HASH, 0, Address.ZERO, List.of(), "0x");
    return new Queued(
        new IntentEvent.Queued(log, HASH, BigInteger.ONE, intent, HASH, DUE.getEpochSecond()),
        block(DELIVERED_IN));
  }

  private static Block block(long number) {
    return new Block(
        number, Hash.of("0x%064x".formatted(number + 1)), HASH, DUE.minusSeconds(900 - number));
  }

  private ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "call" -> progress(state.apply(asked.incrementAndGet()));
                  case "head" -> block(head.get());
                  case "block" -> Optional.of(block((long) arguments[0]));
                  case "nonce" -> 0L;
                  case "fees" -> new Fees(BigInteger.ONE, BigInteger.ONE, BigInteger.TWO);
                  case "estimateGas" -> new GasEstimate.Estimated(21_000);
                  case "receipt" -> Optional.empty();
                  case "send" -> {
                    sent.incrementAndGet();
                    yield new SendOutcome.Accepted(HASH);
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static byte[] progress(IntentState state) {
    byte[] answer = new byte[4 * 32];
    answer[31] = (byte) state.ordinal();
    byte[] due = BigInteger.valueOf(DUE.getEpochSecond()).toByteArray();
    System.arraycopy(due, 0, answer, 96 - due.length, due.length);
    return answer;
  }
}
