package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.signer.Signer;
import org.mandate.signer.Transactions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watchdog's hand on one chain: sends what brings a remedy about, bids more when blocks pass it
 * over, and ends only when the remedy was read back from the chain.
 *
 * <p>Keeps nothing on disk. After a crash it begins at the account's mined nonce, so that a
 * transaction of its former life is either mined or replaced; none is skipped for good (L9). A
 * remedy that another watchdog brought about counts.
 */
final class Enforcer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Enforcer.class);

  /** Blocks that may pass a transaction over before it bids more. */
  private static final int PATIENCE_BLOCKS = 2;

  /** Gaps in its own nonces that it fills in one round. */
  private static final int MAX_FILLED = 16;

  /** Rounds that a remedy sits out while it is not its turn. */
  private static final int PAUSES_IN_THE_ROW = 8;

  /** Transactions that are mined for one remedy before it is doubted that more of them help. */
  static final int MOST_IN_VAIN = 3;

  private static final Duration REST = Duration.ofSeconds(1);
  private static final Duration MOST_REST = Duration.ofMinutes(1);

  private static final long NEVER = -1;

  // EIP-7825: no transaction may use more.
  static final long MAX_GAS = 16_777_216L;
  private static final long FALLBACK_GAS = 300_000L;
  private static final long FALLBACK_GAS_PER_BYTE = 48L;

  private final long chainId;
  private final ChainClient chain;
  private final Signer signer;
  private final BigInteger maxFee;
  private final BigInteger maxTip;
  private final Duration poll;
  private final Trouble trouble;
  private final ReentrantLock lock = new ReentrantLock();
  private final TreeMap<Long, Pending> pending = new TreeMap<>();
  private final AtomicLong sent = new AtomicLong();
  private volatile boolean closed;
  private Optional<Thread> tender = Optional.empty();

  private record Pending(
      Transactions.Request request,
      Transactions.Signed signed,
      List<Hash> hashes,
      long sentAtBlock,
      boolean reached) {}

  /**
   * How a remedy ended.
   *
   * @param transaction the own transaction that did it; empty when somebody else was faster
   */
  record Done(Remedy.Settled settled, Optional<Hash> transaction) {}

  /** Is told what keeps the watchdog from acting. */
  @FunctionalInterface
  interface Trouble {
    /** Why nothing can be sent, in words that begin with what was to be done. */
    void accept(String text);

    /**
     * As {@link #accept(String)}.
     *
     * @param kind the same for the same trouble, however often; the text may tell numbers that
     *     change with each block
     */
    default void accept(Kind kind, String text) {
      accept(text);
    }

    /**
     * What stands in the way.
     *
     * @param what the remedy, or {@link #ANY}
     */
    record Kind(String what, String refusal) {
      /** Of the account or the chain: any remedy may meet it. */
      static final String ANY = "a transaction";
    }

    /**
     * What stood in the way of a remedy does not any more: it is settled.
     *
     * @param ours by a transaction of the watchdog's own
     */
    default void over(String what, boolean ours) {}
  }

  /**
   * @param maxFee most that a transaction bids, wei per gas
   * @param maxTip most of that which goes to the block's proposer, whatever nodes say that the
   *     market asks
   * @param trouble is told why nothing can be sent, and when that is over
   */
  Enforcer(
      long chainId,
      ChainClient chain,
      Signer signer,
      BigInteger maxFee,
      BigInteger maxTip,
      Duration poll,
      Trouble trouble) {
    this.chainId = chainId;
    this.chain = chain;
    this.signer = signer;
    this.maxFee = maxFee;
    this.maxTip = maxTip;
    this.poll = poll;
    this.trouble = trouble;
  }

  void start() {
    tender = Optional.of(Thread.ofVirtual().name("enforcer-" + chainId).start(this::tendAll));
  }

  /** Transactions sent since the start, replacements included. */
  long sent() {
    return sent.get();
  }

  @Override
  public void close() {
    closed = true;
    tender.ifPresent(Thread::interrupt);
  }

  /**
   * Works until the remedy is settled; empty when the watchdog closes before. Blocks: call it on a
   * virtual thread.
   */
  Optional<Done> bringAbout(Remedy remedy) {
    List<Hash> hashes = new CopyOnWriteArrayList<>();
    AtomicLong revertsSince = new AtomicLong(NEVER);
    Optional<Long> nonce = Optional.empty();
    int vain = 0;
    Duration rest = REST;
    while (!closed) {
      Duration pause = poll;
      try {
        Optional<Remedy.Settled> settled = remedy.settled();
        if (settled.isPresent()) {
          Done done = new Done(settled.get(), ours(hashes));
          trouble.over(remedy.what(), done.transaction().isPresent());
          return Optional.of(done);
        }
        boolean mined =
            nonce.isPresent() && chain.nonce(signer.address(), BlockTag.LATEST) > nonce.get();
        if (nonce.isEmpty() || mined || !tended(nonce.get(), hashes)) {
          // Nothing was sent yet, or it was refused later, or it is mined. One more look: it may
          // have been mined since.
          if (!remedy.ready()) {
            // Many may wait: they must not keep the node from answering those whose turn it is.
            pause = poll.multipliedBy(PAUSES_IN_THE_ROW);
          } else if (nonce.isEmpty() || remedy.settled().isEmpty()) {
            if (mined && ++vain >= MOST_IN_VAIN) {
              inVain(remedy, vain);
              nonce = Optional.empty();
              pause = rest;
              rest = rest.compareTo(MOST_REST) < 0 ? rest.multipliedBy(2) : MOST_REST;
            } else {
              nonce = send(remedy, hashes, revertsSince);
            }
          }
        }
      } catch (Throwable e) {
        // Whatever it was, giving up is worse than trying again.
        Fault.endIfFatal(e);
        if (e instanceof Error) {
          trouble.accept(
              new Trouble.Kind(remedy.what(), "failed"),
              "%s on chain %s failed: %s".formatted(remedy.what(), chainId, e));
        }
        LOG.atWarn()
            .addKeyValue("chain", chainId)
            .addKeyValue("remedy", remedy.what())
            .addKeyValue("reason", e.toString())
            .log("a remedy failed; trying again");
      }
      if (!Pause.of(pause)) {
        break;
      }
    }
    return Optional.empty();
  }

  // Each costs gas, and the node that reads may lag, or lie.
  private void inVain(Remedy remedy, int transactions) {
    trouble.accept(
        new Trouble.Kind(remedy.what(), "in vain"),
        "%s on chain %s has not come about by %d transactions that were mined; it goes on, ever more seldom: compare what your nodes say"
            .formatted(remedy.what(), chainId, transactions));
  }

  private Optional<Hash> ours(List<Hash> hashes) {
    return hashes.stream()
        .filter(hash -> chain.receipt(hash).filter(Receipt::succeeded).isPresent())
        .findFirst();
  }

  // By the list itself: another remedy may have taken the nonce since.
  private boolean tended(long nonce, List<Hash> hashes) {
    lock.lock();
    try {
      return Optional.ofNullable(pending.get(nonce))
          .filter(waiting -> waiting.hashes() == hashes)
          .isPresent();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Long> send(Remedy remedy, List<Hash> hashes, AtomicLong revertsSince) {
    OptionalLong gas = gas(remedy, revertsSince);
    if (gas.isEmpty()) {
      return Optional.empty();
    }
    Fees fees = market();
    long head = chain.head().number();
    lock.lock();
    try {
      long nonce = chain.nonce(signer.address(), BlockTag.LATEST);
      pending.headMap(nonce).clear();
      while (pending.containsKey(nonce)) {
        nonce++;
      }
      Transactions.Request request =
          new Transactions.Request(
              BigInteger.valueOf(chainId),
              nonce,
              fees,
              gas.getAsLong(),
              remedy.to(),
              remedy.value(),
              remedy.data());
      if (!submit(request, head, hashes)) {
        return Optional.empty();
      }
      remedy.sent();
      return Optional.of(nonce);
    } finally {
      lock.unlock();
    }
  }

  /** Empty: it would revert. */
  private OptionalLong gas(Remedy remedy, AtomicLong revertsSince) {
    GasEstimate estimate;
    try {
      estimate =
          chain.estimateGas(signer.address(), remedy.to(), remedy.value(), remedy.data().bytes());
    } catch (NodeException e) {
      // A node that cannot estimate may still send.
      return OptionalLong.of(
          Math.min(MAX_GAS, FALLBACK_GAS + FALLBACK_GAS_PER_BYTE * remedy.data().size()));
    }
    return switch (estimate) {
      case GasEstimate.Estimated estimated -> {
        revertsSince.set(NEVER);
        yield OptionalLong.of(Math.min(MAX_GAS, estimated.gas() + estimated.gas() / 2));
      }
      case GasEstimate.Reverted reverted -> {
        if (remedy.refused(reverted.reason())) {
          revertsSince.set(NEVER);
          yield OptionalLong.empty();
        }
        // Estimates are made on pending state, and what is settled is read at the latest block:
        // it reverts also when another watchdog's transaction is about to be mined. Let it be.
        long head = chain.head().number();
        revertsSince.compareAndSet(NEVER, head);
        if (head >= revertsSince.get() + PATIENCE_BLOCKS && remedy.settled().isEmpty()) {
          trouble.accept(
              new Trouble.Kind(remedy.what(), "would revert"),
              "%s on chain %s would revert: %s"
                  .formatted(remedy.what(), chainId, reverted.reason()));
        }
        yield OptionalLong.empty();
      }
    };
  }

  /**
   * @return whether the nonce is in use now
   */
  private boolean submit(Transactions.Request request, long head, List<Hash> hashes) {
    Transactions.Signed signed = signer.sign(request);
    hashes.add(signed.hash());
    sent.incrementAndGet();
    SendOutcome outcome = chain.send(signed.raw().bytes());
    return switch (outcome) {
      case SendOutcome.Accepted accepted -> keep(request, signed, hashes, head, true);
      case SendOutcome.AlreadyKnown known -> keep(request, signed, hashes, head, true);
      case SendOutcome.Unreachable silence -> keep(request, signed, hashes, head, false);
      // What stands in the pool bids more, perhaps of a former life: bid more at once.
      case SendOutcome.Underpriced underpriced ->
          keep(request, signed, hashes, head - PATIENCE_BLOCKS, true);
      case SendOutcome.NonceTooLow low -> {
        pending.remove(request.nonce());
        yield false;
      }
      case SendOutcome.InsufficientFunds funds ->
          refused(request, "funds", "the account has too little: " + funds.reason());
      case SendOutcome.Refused refused -> refused(request, "refused", refused.reason());
    };
  }

  private boolean keep(
      Transactions.Request request,
      Transactions.Signed signed,
      List<Hash> hashes,
      long head,
      boolean reached) {
    pending.put(request.nonce(), new Pending(request, signed, hashes, head, reached));
    return true;
  }

  private boolean refused(Transactions.Request request, String refusal, String reason) {
    pending.remove(request.nonce());
    trouble.accept(
        new Trouble.Kind(Trouble.Kind.ANY, refusal),
        "a transaction on chain %s was refused: %s".formatted(chainId, reason));
    return false;
  }

  private void tendAll() {
    while (!closed) {
      try {
        tend();
      } catch (NodeException e) {
        LOG.atDebug()
            .addKeyValue("chain", chainId)
            .addKeyValue("reason", e.getMessage())
            .log("not tended");
      } catch (Throwable e) {
        Fault.endIfFatal(e);
        LOG.atError().addKeyValue("chain", chainId).setCause(e).log("tending transactions failed");
      }
      if (!Pause.of(poll)) {
        return;
      }
    }
  }

  // All pending transactions are tended, also those whose remedy is settled already: a nonce must
  // not get stuck.
  private void tend() {
    lock.lock();
    try {
      if (pending.isEmpty()) {
        return;
      }
      Block head = chain.head();
      long mined = chain.nonce(signer.address(), BlockTag.LATEST);
      pending.headMap(mined).clear();
      for (Pending waiting : List.copyOf(pending.values())) {
        if (!waiting.reached()) {
          submit(waiting.request(), head.number(), waiting.hashes());
        } else if (head.number() >= waiting.sentAtBlock() + PATIENCE_BLOCKS) {
          raise(waiting, head.number());
        }
      }
      fillGaps(mined, head.number());
    } finally {
      lock.unlock();
    }
  }

  // What is above a nonce that nothing has is never mined. One was given up when its transaction
  // never reached a node, was then refused, and somebody else settled its remedy.
  private void fillGaps(long mined, long head) {
    int filled = 0;
    for (long nonce = mined;
        !pending.isEmpty() && nonce < pending.lastKey() && filled < MAX_FILLED;
        nonce++) {
      if (pending.containsKey(nonce)) {
        continue;
      }
      Transactions.Request nothing =
          new Transactions.Request(
              BigInteger.valueOf(chainId),
              nonce,
              market(),
              gasOfNothing(),
              signer.address(),
              BigInteger.ZERO,
              Bytes.EMPTY);
      if (!submit(nothing, head, new CopyOnWriteArrayList<>())) {
        return;
      }
      filled++;
    }
  }

  // More than 21,000 on chains that charge for the data they publish.
  private long gasOfNothing() {
    GasEstimate estimate =
        chain.estimateGas(signer.address(), signer.address(), BigInteger.ZERO, new byte[0]);
    return estimate instanceof GasEstimate.Estimated estimated
        ? Math.min(FALLBACK_GAS, estimated.gas() + estimated.gas() / 2)
        : FALLBACK_GAS;
  }

  private void raise(Pending waiting, long head) {
    Transactions.Request old = waiting.request();
    Fees now = market();
    Fees bid =
        affordable(
            new Fees(
                now.baseFee(),
                raised(old.fees().maxPriorityFee()).max(now.maxPriorityFee()),
                raised(old.fees().maxFee()).max(now.maxFee())));
    if (!replaces(old.fees(), bid)) {
      trouble.accept(
          new Trouble.Kind(Trouble.Kind.ANY, "fee limit"),
          "a transaction on chain %s waits at the highest bid that is allowed, %s wei with a tip of %s: raise max-fee-per-gas or max-tip-per-gas"
              .formatted(chainId, old.fees().maxFee(), old.fees().maxPriorityFee()));
      submit(old, head, waiting.hashes());
      return;
    }
    boolean taken =
        submit(
            new Transactions.Request(
                old.chainId(), old.nonce(), bid, old.gasLimit(), old.to(), old.value(), old.data()),
            head,
            waiting.hashes());
    if (!taken) {
      // A refused bid says nothing about the one before it: that may still be mined, or may have
      // left the pool. Send it again.
      pending.put(old.nonce(), new Pending(old, waiting.signed(), waiting.hashes(), head, false));
    }
  }

  private static BigInteger raised(BigInteger fee) {
    return fee.add(fee.shiftRight(2)).add(BigInteger.ONE);
  }

  // Nodes replace only for 10 % more in both fees.
  private static boolean replaces(Fees old, Fees next) {
    return isTenthMore(old.maxFee(), next.maxFee())
        && isTenthMore(old.maxPriorityFee(), next.maxPriorityFee());
  }

  private static boolean isTenthMore(BigInteger old, BigInteger next) {
    return next.multiply(BigInteger.TEN).compareTo(old.multiply(BigInteger.valueOf(11))) >= 0;
  }

  // With room below the limit of the tip for replacements, each of which must raise it: a node that
  // exaggerates must not take all of it at once.
  private Fees market() {
    Fees told = chain.fees();
    BigInteger tip = told.maxPriorityFee().min(maxTip.shiftRight(1));
    return affordable(new Fees(told.baseFee(), tip, told.maxFee()));
  }

  private Fees affordable(Fees fees) {
    BigInteger most = fees.maxFee().min(maxFee);
    return new Fees(fees.baseFee(), fees.maxPriorityFee().min(maxTip).min(most), most);
  }
}
