package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.SendOutcome;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.crypto.TransactionDecoder;
import org.web3j.crypto.transaction.type.Transaction1559;

/**
 * A node that takes the first transaction, mines nothing, and refuses what it is told to refuse.
 */
class EnforcerTest {
  private static final Hash HASH = Hash.keccak("any");
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final SendOutcome TAKEN = new SendOutcome.Accepted(HASH);

  private final List<Bytes> sent = new CopyOnWriteArrayList<>();
  private volatile BigInteger tip = BigInteger.ONE;

  /** What is sent is mined at once, and changes nothing. */
  private volatile boolean mines;

  @Test
  void L9_shouldKeepTheTransactionWhenTheNodeCannotAffordItsReplacement() throws Exception {
    run(
        number -> number == 2 ? new SendOutcome.InsufficientFunds("too poor for that bid") : TAKEN,
        4);
    assertEquals(sent.get(0), sent.get(2), "the transaction before the refused bid is sent again");
  }

  @Test
  void L9_shouldKeepTheTransactionWhenALaggingNodeCallsItsNonceUsed() throws Exception {
    run(number -> number == 2 ? new SendOutcome.NonceTooLow() : TAKEN, 4);
    assertEquals(sent.get(0), sent.get(2), "the transaction before the refused bid is sent again");
  }

  @Test
  void L9_shouldSendAnewWhenEverythingWasRefusedForAWhile() throws Exception {
    run(number -> number > 1 && number < 8 ? new SendOutcome.Refused("not now") : TAKEN, 10);
  }

  @Test
  void L9_shouldGoOnWhenAnErrorEndsARound() throws Exception {
    run(
        number -> {
          if (number == 1 || number == 3) {
            throw new NoClassDefFoundError("gone");
          }
          return TAKEN;
        },
        5);
  }

  @Test
  void L7_shouldSendEverMoreSeldomWhatIsMinedAndComesToNothing() throws Exception {
    mines = true;
    Troubles troubles = new Troubles(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
    try (Enforcer enforcer = enforcer(chain(number -> TAKEN), BigInteger.TEN.pow(18), troubles)) {
      enforcer.start();
      Thread.ofVirtual().start(() -> enforcer.bringAbout(remedy(Optional::empty)));
      World.await(
          "it goes on", PATIENCE, () -> sent.size() > Enforcer.MOST_IN_VAIN && troubled(troubles));
      Thread.sleep(4000);
      assertTrue(sent.size() <= Enforcer.MOST_IN_VAIN + 3, sent.size() + " transactions");
    }
  }

  private static boolean troubled(Troubles troubles) {
    return troubles.texts().stream().anyMatch(text -> text.contains("that were mined"));
  }

  @Test
  void shouldNotRaiseAlarmWhenAnotherWatchdogsTransactionIsAboutToBeMined() throws Exception {
    Troubles troubles = reverting(0, 20);
    assertEquals(List.of(), troubles.texts());
    assertEquals(List.of("test"), troubles.ends());
  }

  @Test
  void shouldRaiseAlarmWhenARemedyStillRevertsAtALaterHead() throws Exception {
    Troubles troubles = reverting(1, 20);
    assertEquals("test on chain 1 would revert: no", troubles.texts().getFirst());
    assertEquals(List.of("test"), troubles.ends());
  }

  @Test
  void L9_shouldFillANonceThatWasGivenUpBelowOneThatWaits() throws Exception {
    AtomicReference<SendOutcome> firsts =
        new AtomicReference<>(new SendOutcome.Unreachable("timeout"));
    AtomicBoolean settledElsewhere = new AtomicBoolean();
    try (Enforcer enforcer =
        enforcer(
            chain(number -> sent.getLast().equals(sent.getFirst()) ? firsts.get() : TAKEN),
            BigInteger.TEN.pow(18),
            trouble -> {})) {
      enforcer.start();
      Thread first =
          Thread.ofVirtual()
              .start(
                  () ->
                      enforcer.bringAbout(
                          remedy(
                              () ->
                                  settledElsewhere.get()
                                      ? Optional.of(new Remedy.Settled("done"))
                                      : Optional.empty())));
      World.await("the first is sent", PATIENCE, () -> sent.size() > 0);
      Thread.ofVirtual().start(() -> enforcer.bringAbout(remedy(Optional::empty)));
      World.await("the second waits", PATIENCE, () -> nonces().contains(1L));
      settledElsewhere.set(true);
      assertTrue(first.join(PATIENCE));
      firsts.set(new SendOutcome.InsufficientFunds("queued cost"));
      World.await(
          "the gap is filled",
          PATIENCE,
          () ->
              sent.stream()
                  .map(raw -> TransactionDecoder.decode(raw.hex()))
                  .anyMatch(
                      tx ->
                          tx.getNonce().signum() == 0
                              && tx.getTo()
                                  .equalsIgnoreCase(
                                      new PrivateKeySigner(BigInteger.TEN).address().hex())));
    }
  }

  private List<Long> nonces() {
    return sent.stream()
        .map(raw -> TransactionDecoder.decode(raw.hex()).getNonce().longValueExact())
        .toList();
  }

  @Test
  void shouldNeverTipMoreThanItMayWhateverTheNodeSays() throws Exception {
    BigInteger most = BigInteger.valueOf(1000);
    tip = BigInteger.TEN.pow(15);
    Troubles troubles = new Troubles(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
    try (Enforcer enforcer = enforcer(chain(number -> TAKEN), most, troubles)) {
      enforcer.start();
      Thread.ofVirtual().start(() -> enforcer.bringAbout(remedy(Optional::empty)));
      World.await("it says so", PATIENCE, () -> !troubles.texts().isEmpty());
    }
    assertTrue(
        troubles.texts().getFirst().contains("max-tip-per-gas"), troubles.texts().toString());
    List<BigInteger> tips =
        sent.stream()
            .map(raw -> TransactionDecoder.decode(raw.hex()).getTransaction())
            .map(tx -> ((Transaction1559) tx).getMaxPriorityFeePerGas())
            .distinct()
            .toList();
    assertTrue(tips.size() > 2, "there is room for replacements: " + tips);
    for (int i = 0; i < tips.size(); i++) {
      assertTrue(tips.get(i).compareTo(most) <= 0, tips.toString());
      assertTrue(
          i == 0 || tips.get(i).doubleValue() >= 1.1 * tips.get(i - 1).doubleValue(),
          "nodes replace for a tenth more: " + tips);
    }
  }

  private static Enforcer enforcer(ChainClient chain, BigInteger maxTip, Enforcer.Trouble trouble) {
    return new Enforcer(
        1,
        chain,
        new PrivateKeySigner(BigInteger.TEN),
        BigInteger.TEN.pow(18),
        maxTip,
        POLL,
        trouble);
  }

  private record Troubles(List<String> texts, List<String> ends) implements Enforcer.Trouble {
    @Override
    public void accept(String text) {
      texts.add(text);
    }

    @Override
    public void over(String what, boolean ours) {
      ends.add(what);
    }
  }

  /**
   * Runs a remedy that cannot be sent, and is settled by somebody else.
   *
   * @param step how far the head goes on each time that it is asked for
   * @param looks so often it is looked for in vain
   */
  private static Troubles reverting(long step, int looks) {
    AtomicLong head = new AtomicLong(100);
    AtomicLong looked = new AtomicLong();
    ChainClient chain =
        (ChainClient)
            Proxy.newProxyInstance(
                ChainClient.class.getClassLoader(),
                new Class<?>[] {ChainClient.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "head" -> new Block(head.addAndGet(step), HASH, HASH, Instant.EPOCH);
                      case "estimateGas" -> new GasEstimate.Reverted("no", Bytes.EMPTY);
                      default -> throw new UnsupportedOperationException(method.getName());
                    });
    Troubles troubles = new Troubles(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
    try (Enforcer enforcer =
        new Enforcer(
            1,
            chain,
            new PrivateKeySigner(BigInteger.TEN),
            BigInteger.TEN.pow(18),
            BigInteger.TEN.pow(18),
            POLL,
            troubles)) {
      enforcer.bringAbout(
          remedy(
              () ->
                  looked.incrementAndGet() < looks
                      ? Optional.empty()
                      : Optional.of(new Remedy.Settled("done"))));
    }
    return troubles;
  }

  /** Runs a remedy until so many transactions were sent, and then settles it. */
  private void run(IntFunction<SendOutcome> node, int sends) throws InterruptedException {
    try (Enforcer enforcer =
        new Enforcer(
            1,
            chain(node),
            new PrivateKeySigner(BigInteger.TEN),
            BigInteger.TEN.pow(18),
            BigInteger.TEN.pow(18),
            POLL,
            trouble -> {})) {
      enforcer.start();
      AtomicInteger atItsEnd = new AtomicInteger();
      Remedy remedy =
          remedy(
              () ->
                  sent.size() < sends ? Optional.empty() : Optional.of(new Remedy.Settled("done")));
      Thread work =
          Thread.ofVirtual()
              .start(
                  () -> {
                    enforcer.bringAbout(remedy);
                    atItsEnd.set(sent.size());
                  });
      World.await(sends + " transactions are sent", PATIENCE, () -> sent.size() >= sends);
      assertTrue(work.join(PATIENCE), "it ends");
      assertTrue(
          atItsEnd.get() >= sends, "called done after " + atItsEnd + ", before it was (L10)");
    }
  }

  private static Remedy remedy(Supplier<Optional<Remedy.Settled>> settled) {
    return new Remedy() {
      @Override
      public String what() {
        return "test";
      }

      @Override
      public Address to() {
        return Address.ZERO;
      }

      @Override
      public Bytes data() {
        return Bytes.EMPTY;
      }

      @Override
      public Optional<Settled> settled() {
        return settled.get();
      }
    };
  }

  private ChainClient chain(IntFunction<SendOutcome> node) {
    AtomicLong head = new AtomicLong(100);
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "head" -> new Block(head.incrementAndGet(), HASH, HASH, Instant.EPOCH);
                  case "nonce" -> mines ? (long) sent.size() : 0L;
                  case "fees" -> new Fees(BigInteger.ONE, tip, tip.add(BigInteger.ONE));
                  case "estimateGas" -> new GasEstimate.Estimated(21_000);
                  case "receipt" -> Optional.empty();
                  case "send" -> {
                    synchronized (sent) {
                      sent.add(Bytes.of((byte[]) arguments[0]));
                      yield node.apply(sent.size());
                    }
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
