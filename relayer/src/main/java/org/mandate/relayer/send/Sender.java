package org.mandate.relayer.send;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.Trap;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Attempt;
import org.mandate.relayer.store.TransactionRow.Settled;
import org.web3j.crypto.TransactionDecoder;

/**
 * Brings stored transactions of one chain into blocks: sends the stored bytes, sends them again
 * when they got lost, raises the bid when blocks pass them over, and says how they ended only when
 * finalized data does (L10). Whatever a node answers about a transaction is about the transaction,
 * never about the node.
 */
public final class Sender {
  private static final Journal LOG = Journal.of("sender");
  private static final Duration RESEND = Duration.ofSeconds(4);
  private static final long PATIENCE_BLOCKS = 2;

  /** For so many blocks a node may refuse the next transaction in words that say nothing of it. */
  private static final long STUBBORN_BLOCKS = 12;

  private static final int GAPS_AT_ONCE = 16;

  /** Blocks in which what a former key signed may be mined before others try the same. */
  static final long FORMER_PATIENCE_BLOCKS = 20;

  /** How often a bid is raised in one round when a node refuses it. */
  private static final int BIDS_AT_ONCE = 20;

  /**
   * A nonce that another transaction seems to have taken, noticed at a block that is not final yet.
   */
  private record Suspicion(long number, Hash hash, long lookedAt, boolean released) {
    Suspicion at(long head) {
      return new Suspicion(number, hash, head, released);
    }

    Suspicion release() {
      return new Suspicion(number, hash, lookedAt, true);
    }
  }

  private final FollowedChain chain;
  private final Database database;
  private final Desk desk;
  private final Address self;

  /** Whether this process has the key: else it only brings to an end what the key signed. */
  private final boolean signs;

  private final Receipts receipts;
  private final Bell settled;
  private final Clock clock;
  private final Map<Long, Suspicion> displaced = new HashMap<>();
  private final Map<Long, String> complaints = new HashMap<>();
  private final Set<Long> atLimit = new HashSet<>();

  /** What nodes took and did not have later: looked at as soon as they take it again. */
  private final Set<Long> vanishing = new HashSet<>();

  /** The head at which a former key's transaction was first seen open, and those given up. */
  private final Map<Long, Long> noticed = new HashMap<>();

  private final Set<Long> givenUp = new HashSet<>();

  /** The nonce of the last one whose receipt was looked for, where its block is not known. */
  private long lookedUpTo = -1;

  /** The block at which nonces seemed unused that were used when the numbering began. */
  private Optional<Block> returned = Optional.empty();

  /** Those of which that was told. */
  private final Set<Long> beforeFirst = new HashSet<>();

  /** The head at which one was first refused in words that nobody knows. */
  private final Map<Long, Long> stubborn = new HashMap<>();

  /** The head at which no node took an empty transaction, by the transaction. */
  private final Map<Long, Long> refusedAt = new HashMap<>();

  /** The head at which a pool was last offered, or asked, more than three times the market. */
  private final Map<Long, Long> dearAt = new HashMap<>();

  /** Looks after what the desk's key signs. */
  public Sender(FollowedChain chain, Database database, Desk desk, Bell settled, Clock clock) {
    this(chain, database, desk, desk.self(), settled, clock);
  }

  /**
   * @param self whose transactions these are; where that is not the desk's key, nothing is signed:
   *     no bid is raised and no gap is filled
   */
  Sender(
      FollowedChain chain, Database database, Desk desk, Address self, Bell settled, Clock clock) {
    this.self = self;
    this.signs = self.equals(desk.self());
    this.chain = chain;
    this.database = database;
    this.desk = desk;
    this.receipts = new Receipts(chain.id(), database, desk, clock);
    this.settled = settled;
    this.clock = clock;
  }

  /** Looks after every open transaction once. */
  public boolean round() {
    Optional<Long> next =
        database.inTransaction(tx -> TransactionRow.nextNonce(tx, chain.id(), self));
    if (next.isEmpty()) return false;
    // The head first: blocks that come in between only make us more patient.
    long head = chain.client().height();
    long count = chain.client().nonce(self, BlockTag.LATEST);
    try {
      if (signs && next.get() > count) fillGaps(firstGap(count), next.get());
      // Before receipts are looked for: what is sent now is mined the sooner.
      send(count, head);
    } catch (RuntimeException e) {
      // What was mined does not wait for what cannot be sent.
      try {
        settle(count, head);
      } catch (RuntimeException also) {
        e.addSuppressed(also);
      }
      throw e;
    }
    settle(count, head);
    return false;
  }

  /** Sends what is to be sent of all whose nonces are not used yet. */
  private void send(long count, long head) {
    boolean[] forgot = {false}; // whether the nodes no longer have what is mined next
    Map<TransactionRow, List<Attempt>> waiting =
        database.inTransaction(
            tx -> TransactionRow.attempts(tx, TransactionRow.toSend(tx, chain.id(), self, count)));
    for (TransactionRow transaction : waiting.keySet()) {
      displaced.remove(
          transaction
              .id()); // a reorg gave its nonce back, or a node had spoken of a block that never was
      if (!signs) giveUp(transaction, head);
      alone(
          transaction,
          () -> {
            forgot[0] =
                send(
                    transaction,
                    waiting.get(transaction),
                    head,
                    transaction.nonce() == count,
                    forgot[0]);
            return false;
          });
    }
  }

  /** Looks for all receipts in one go. */
  private void settle(long count, long head) {
    Map<TransactionRow, List<Attempt>> attempts =
        database.inTransaction(
            tx ->
                TransactionRow.attempts(
                    tx, TransactionRow.toSettle(tx, chain.id(), self, count, lookedUpTo)));
    // Not the same ones again each time: those that nothing is known of may be many, for ever.
    lookedUpTo =
        attempts.keySet().stream()
            .reduce((before, last) -> last)
            .filter(last -> last.blockNumber().isEmpty())
            .map(TransactionRow::nonce)
            .orElse(-1L);
    List<Hash> hashes =
        attempts.values().stream().flatMap(List::stream).map(Attempt::hash).toList();
    if (hashes.isEmpty()) return;
    Map<Hash, Receipt> told = chain.client().receipts(hashes);
    List<Receipts.Found> mined = new ArrayList<>();
    List<TransactionRow> missing = new ArrayList<>();
    for (TransactionRow transaction : attempts.keySet())
      Receipts.find(transaction, attempts.get(transaction), told)
          .ifPresentOrElse(mined::add, () -> missing.add(transaction));
    mined.forEach(found -> displaced.remove(found.transaction().id()));
    if (store(mined)) settled.ring();
    for (TransactionRow transaction : missing)
      if (alone(transaction, () -> suspect(transaction, attempts.get(transaction), head)))
        settled.ring();
  }

  /** All together; where that fails, each by itself, of which one may be to blame. */
  private boolean store(List<Receipts.Found> found) {
    if (found.isEmpty()) return false;
    Receipts.Stored stored;
    try {
      stored = receipts.store(found);
    } catch (RuntimeException e) {
      boolean changed = false;
      for (Receipts.Found each : found)
        changed |= alone(each.transaction(), () -> settle(receipts.store(List.of(each))));
      return changed;
    }
    return settle(stored);
  }

  private boolean settle(Receipts.Stored stored) {
    boolean changed = stored.released();
    for (Receipts.Found each : stored.ended())
      changed |= alone(each.transaction(), () -> settle(each));
    return changed;
  }

  private boolean settle(Receipts.Found found) {
    if (!receipts.settle(found)) return false;
    forget(found.transaction(), found.state(), found.receipt().transaction());
    return true;
  }

  /**
   * What fails for one transaction must not hold up the others. A node that does not answer does,
   * for this round.
   */
  private boolean alone(TransactionRow transaction, BooleanSupplier work) {
    try {
      return work.getAsBoolean();
    } catch (NodeException e) {
      throw e;
    } catch (StoreException e) {
      if (e.isOfTheDatabase()) throw e;
      complain(transaction, "failed: " + Journal.reason(e));
      return false;
    } catch (RuntimeException e) {
      complain(transaction, "failed: " + Journal.reason(e));
      return false;
    }
  }

  // ------------------------------------------------------------------ sending

  /**
   * @param isNext whether its nonce is the next that is mined
   * @param forgot whether the nodes forgot what comes before it
   * @return whether they forgot this or what comes before it
   */
  private boolean send(
      TransactionRow transaction,
      List<Attempt> attempts,
      long head,
      boolean isNext,
      boolean forgot) {
    Attempt newest = attempts.getFirst();
    boolean passedOver =
        isNext && newest.sentBlock().filter(b -> head >= b + PATIENCE_BLOCKS).isPresent();
    // What the node no longer has (a reorg, a full pool, a restart) was not passed over: the same
    // bytes go out again, and those of later nonces with them.
    boolean lost = passedOver && !chain.client().transactionKnown(newest.hash());
    if (lost) {
      database.run(tx -> transaction.lost(tx, newest));
      vanishing.add(transaction.id());
    }
    if (passedOver && !lost && raise(transaction, newest)) return false;
    boolean due =
        lost
            || forgot
            || newest.sentAt().filter(at -> clock.instant().isBefore(at.plus(RESEND))).isEmpty();
    if (!due || isHeldBack(transaction, newest)) return false;
    answered(transaction, newest, attempts, send(newest), head, isNext);
    return lost || forgot;
  }

  /**
   * What was never sent stays here while nothing may be signed: what it rests on may be gone. Empty
   * ones rest on nothing, and others wait behind them.
   */
  private boolean isHeldBack(TransactionRow transaction, Attempt newest) {
    return newest.sentAt().isEmpty()
        && transaction.purpose() != TransactionRow.Purpose.FILL
        && !newest.cancels()
        && !desk.maySend();
  }

  /** To all nodes: one may say that it has it, and drop it. */
  private SendOutcome send(Attempt attempt) {
    Trap.stopIfReached();
    // Whatever becomes of this process after this line, what it sends is stored, so whoever leads
    // next sends the same bytes or their replacement.
    database.requireLead();
    return chain.client().send(attempt.raw().bytes());
  }

  private void answered(
      TransactionRow transaction,
      Attempt attempt,
      List<Attempt> attempts,
      SendOutcome outcome,
      long head,
      boolean isNext) {
    switch (outcome) {
      case SendOutcome.Accepted accepted -> taken(transaction, attempt, head);
      case SendOutcome.AlreadyKnown known -> taken(transaction, attempt, head);
      case SendOutcome.NonceTooLow low ->
          complain(transaction, "nonce is used: looking for the receipt");
      case SendOutcome.Underpriced underpriced -> {
        complain(transaction, "underpriced: " + underpriced.reason());
        // Some pools want many times what an idle chain's blocks paid: one bid a round takes long.
        if (attempt.number() - attempts.getFirst().number() >= BIDS_AT_ONCE) return;
        if (!raiseRefused(transaction, attempt, head)) return;
        Attempt better = database.inTransaction(transaction::attempts).getFirst();
        answered(transaction, better, attempts, send(better), head, isNext);
      }
      case SendOutcome.InsufficientFunds poor -> {
        complain(
            transaction, "the key cannot pay: send coins to " + self + " (" + poor.reason() + ")");
        if (isNext) makeRoom(transaction, attempt, attempts, head);
      }
      case SendOutcome.Refused refused -> {
        complain(transaction, "no node takes it: " + refused.reason());
        database.run(tx -> transaction.refused(tx, attempt, refused.reason()));
        free(transaction, attempt, attempts, head);
      }
      case SendOutcome.Unreachable gone -> {
        complain(transaction, "node unreachable: " + gone.reason());
        if (isNext && gone.fault() == NodeException.Fault.NONE && isStubborn(transaction, head)) {
          database.run(tx -> transaction.refused(tx, attempt, gone.reason()));
          free(transaction, attempt, attempts, head);
        }
      }
    }
  }

  /** A full pool is full for some blocks; what is said for longer is said of the transaction. */
  private boolean isStubborn(TransactionRow transaction, long head) {
    return head - stubborn.computeIfAbsent(transaction.id(), id -> head) >= STUBBORN_BLOCKS;
  }

  /**
   * What the key could pay when it was signed, and cannot now that everything before it is paid,
   * holds up what it can pay: an empty one takes its place. What it was for is signed again, by
   * itself, as far as the coins go.
   */
  private void makeRoom(
      TransactionRow transaction, Attempt newest, List<Attempt> attempts, long head) {
    boolean isEmpty = transaction.purpose() == TransactionRow.Purpose.FILL || newest.cancels();
    if (!signs || isEmpty || !desk.affords(desk.empty(desk.market()))) return;
    database.run(tx -> transaction.refused(tx, newest, "the key could not pay it any more"));
    free(transaction, newest, attempts, head);
  }

  /**
   * Bytes that no node takes hold up all later nonces: when most nodes have none of the
   * transaction's attempts, an empty one takes its place. One that is refused although it is empty
   * is signed again when there is a new block, with the gas that an empty one needs by then.
   */
  private void free(TransactionRow transaction, Attempt newest, List<Attempt> attempts, long head) {
    if (!signs) return;
    boolean isEmpty = transaction.purpose() == TransactionRow.Purpose.FILL || newest.cancels();
    if (isEmpty && refusedAt.getOrDefault(transaction.id(), -1L) >= head) return;
    // Of all of them: that one was sent may have been forgotten.
    List<Hash> all = attempts.stream().map(Attempt::hash).toList();
    if (!chain.client().areUnknownToMost(all)) return;
    Bid old = new Bid(newest.maxFee(), newest.maxTip());
    Bid bid = isEmpty ? desk.cut(old.tenthMore()) : desk.bid();
    Desk.Empty empty = desk.empty(bid);
    refusedAt.put(transaction.id(), head);
    // The same once more would be the very same bytes (RFC 6979), which are stored already.
    boolean isSame =
        isEmpty
            && Stream.concat(Stream.of(newest), attempts.stream())
                .anyMatch(a -> isAs(a, empty, transaction));
    if (isSame) {
      if (atLimit.add(transaction.id()))
        LOG.alarm(
            "no node takes an empty transaction at the limit either: look what the nodes say, or"
                + " raise max-fee-gwei and max-tip-gwei",
            "chain",
            chain.id(),
            "nonce",
            transaction.nonce());
      return;
    }
    desk.cancel(database, transaction, newest.number() + 1, empty);
    LOG.warn(
        "cancelled: an empty transaction takes its nonce",
        "chain",
        chain.id(),
        "nonce",
        transaction.nonce());
  }

  private static boolean isAs(Attempt attempt, Desk.Empty empty, TransactionRow transaction) {
    boolean isEmpty = transaction.purpose() == TransactionRow.Purpose.FILL || attempt.cancels();
    return isEmpty
        && new Bid(attempt.maxFee(), attempt.maxTip()).equals(empty.bid())
        && TransactionDecoder.decode(attempt.raw().hex())
            .getGasLimit()
            .equals(BigInteger.valueOf(empty.gas()));
  }

  /**
   * What a key signed that is not here any more may never be mined, for want of coins or of a
   * higher bid: after a while what it was for is tried with the present key. Should the first one
   * be mined after all, the contracts let only one of them do anything; coins count in the day's
   * limit as long as it is open.
   */
  private void giveUp(TransactionRow transaction, long head) {
    long since = noticed.computeIfAbsent(transaction.id(), id -> head);
    if (head < since + FORMER_PATIENCE_BLOCKS || !givenUp.add(transaction.id())) return;
    database.run(tx -> transaction.release(tx, clock.instant()));
    settled.ring();
    complain(transaction, "signed by a former key and not mined: what it was for is tried again");
  }

  private void taken(TransactionRow transaction, Attempt attempt, long head) {
    stubborn.remove(transaction.id());
    Failpoint.AFTER_TRANSACTION_SENT.reach();
    database.run(
        tx -> {
          tx.mayBeForgotten(); // it is sent again
          transaction.sent(tx, attempt, clock.instant(), head);
        });
    boolean vanished =
        vanishing.contains(transaction.id()) && !chain.client().transactionKnown(attempt.hash());
    if (vanished) {
      // It was lost before, and is again although a node says that it has it: too cheap for its
      // pool, perhaps, or remembered by its hash alone.
      complain(transaction, "nodes say that they take it, and do not have it");
      // Two blocks passed it over; the next bid stays for as long, too.
      if (raise(transaction, attempt)) vanishing.remove(transaction.id());
    }
    if (attempt.sentAt().isEmpty()) {
      LOG.info(
          "sent",
          "chain",
          chain.id(),
          "purpose",
          transaction.purpose(),
          "subject",
          transaction.subject().map(Hash::hex).orElse(""),
          "nonce",
          transaction.nonce(),
          "transaction",
          attempt.hash(),
          "attempt",
          attempt.number());
    }
  }

  /**
   * Stores a replacement of what two blocks passed over; it is sent in the next round, like any
   * other. Answers whether there is one.
   */
  private boolean raise(TransactionRow transaction, Attempt last) {
    if (!signs) return false;
    Bid old = new Bid(last.maxFee(), last.maxTip());
    Bid wanted = old.replacedBy(desk.market());
    return !wanted.equals(old) && replace(transaction, last, old, wanted);
  }

  /**
   * As {@link #raise}, of what pools refuse for its bid, so that no block ever could pass it over:
   * what they ask is no matter of what blocks paid. Beyond three times that, it may as well be a
   * lie: then there is one more bid a block.
   */
  private boolean raiseRefused(TransactionRow transaction, Attempt last, long head) {
    if (!signs) return false;
    Bid old = new Bid(last.maxFee(), last.maxTip());
    Bid market = desk.market();
    Bid wanted = old.replacedBy(market).atLeast(old.afterRefusal());
    if (wanted.isBeyond(market)) {
      long since = dearAt.getOrDefault(transaction.id(), head);
      dearAt.put(transaction.id(), head);
      if (since == head) return false;
    }
    return replace(transaction, last, old, wanted);
  }

  private boolean replace(TransactionRow transaction, Attempt last, Bid old, Bid wanted) {
    Bid bid = desk.cut(wanted);
    if (!old.isReplaceableBy(bid)) {
      if (!bid.equals(wanted) && atLimit.add(transaction.id())) {
        LOG.alarm(
            "the bid is at its limit and blocks pass it over: wait, or raise max-fee-gwei and"
                + " max-tip-gwei",
            "chain",
            chain.id(),
            "nonce",
            transaction.nonce(),
            "maxFee",
            old.max(),
            "asked",
            wanted.max());
      }
      return false;
    }
    if (last.cancels()) {
      desk.cancel(database, transaction, last.number() + 1, bid);
    } else {
      desk.raise(database, transaction, last.number() + 1, bid)
          .ifPresent(
              why ->
                  complain(
                      transaction,
                      "an empty transaction takes its nonce, it would cost too much: " + why));
    }
    LOG.info(
        "bid raised",
        "chain",
        chain.id(),
        "nonce",
        transaction.nonce(),
        "maxFee",
        bid.max(),
        "tip",
        bid.tip());
    return true;
  }

  /**
   * Where to look for nonces that nobody used. Those before the numbering began were used when it
   * did, and a node that forgot it must not have anything signed for them. But a reorg may have
   * taken them back, and nobody may have those bytes any more: so they are looked at where the key
   * did not use them at a block that is stored, with another one on top, and still does not.
   */
  private long firstGap(long count) {
    long first = database.inTransaction(tx -> TransactionRow.firstNonce(tx, chain.id(), self));
    if (count >= first || first - count > Desk.MAX_NONCE_JUMP) {
      returned = Optional.empty();
      return Math.max(count, first);
    }
    Optional<Block> top =
        database.inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), Long.MAX_VALUE));
    if (returned.filter(this::isStored).isEmpty()) returned = top;
    boolean isBuried = returned.isPresent() && top.get().number() > returned.get().number();
    if (!isBuried || chain.client().nonce(self, returned.get().number()) > count) return first;
    if (beforeFirst.add(count))
      LOG.alarm(
          "transactions of this key are gone that it sent before this relayer used it: empty ones"
              + " take their nonces",
          "chain",
          chain.id(),
          "nonce",
          count,
          "first",
          first);
    return count;
  }

  private boolean isStored(Block block) {
    return database
        .inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), block.number()))
        .filter(b -> b.hash().equals(block.hash()))
        .isPresent();
  }

  /**
   * Nonces that were taken from the count but belong to no transaction, here or on chain, would
   * hold up all later ones.
   */
  private void fillGaps(long from, long next) {
    List<Long> gaps =
        database.inTransaction(
            tx -> TransactionRow.gaps(tx, chain.id(), self, from, next, GAPS_AT_ONCE));
    if (gaps.isEmpty()) return;
    // Also when blocks cost more than the limit: it waits like any other, and its nonce is taken.
    Desk.Empty empty = desk.empty(desk.market());
    for (long nonce : gaps) {
      database.run(tx -> desk.fill(tx, nonce, empty));
      LOG.warn("gap filled: nobody used this nonce", "chain", chain.id(), "nonce", nonce);
    }
  }

  // ------------------------------------------------------------------ mined

  /**
   * The nonce is used, and no receipt of ours is known. That proves nothing yet: only when the
   * block at which it was noticed is final, most nodes count beyond the nonce there, and every node
   * says that it has no receipt, another transaction of this key has it. What it was for need not
   * wait that long, nor for a node that is away or lies: once a block stands on top, and most nodes
   * have it so by their own account, it may be tried under another nonce. Should a reorg bring the
   * first one back, the contracts let only one of them do anything.
   */
  private boolean suspect(TransactionRow transaction, List<Attempt> attempts, long head) {
    Suspicion suspicion = displaced.get(transaction.id());
    if (suspicion == null) {
      database
          .inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), head))
          .filter(b -> b.number() == head)
          .ifPresent(
              b ->
                  displaced.put(
                      transaction.id(), new Suspicion(b.number(), b.hash(), head, false)));
      return false;
    }
    boolean isFinal =
        database.inTransaction(tx -> ChainRow.of(tx, chain.id())).isFinal(suspicion.number());
    boolean isEarly = head <= suspicion.lookedAt();
    if (isFinal ? suspicion.released() && isEarly : suspicion.released() || isEarly) return false;
    Optional<Block> block =
        database.inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), suspicion.number()));
    displaced.remove(transaction.id());
    if (block.filter(b -> b.hash().equals(suspicion.hash())).isEmpty()) return false;
    if (!isFinal) displaced.put(transaction.id(), suspicion.at(head));
    // An event of it is proof enough that it was mined, whatever a node says about its receipt.
    boolean wasMined =
        database.inTransaction(
            tx -> attempts.stream().anyMatch(a -> StoredEvent.isOf(tx, chain.id(), a.hash())));
    if (wasMined) return false;
    List<Hash> hashes = attempts.stream().map(Attempt::hash).toList();
    boolean isDisplaced =
        chain
            .client()
            .isDisplacedForMost(
                self, transaction.nonce(), suspicion.number(), suspicion.hash(), hashes);
    if (!isDisplaced) return false;
    // How it ended is only said when no node at all contradicts.
    if (isFinal && chain.client().noneHasReceipt(hashes)) {
      settle(transaction, Settled.DISPLACED, attempts.getFirst().hash());
      return true;
    }
    displaced.put(transaction.id(), suspicion.at(head).release());
    if (suspicion.released()) return false;
    database.run(tx -> transaction.release(tx, clock.instant()));
    LOG.warn(
        "another transaction of this key took the nonce: what this one was for is tried again",
        "chain",
        chain.id(),
        "nonce",
        transaction.nonce(),
        "subject",
        transaction.subject().map(Hash::hex).orElse(""));
    return true;
  }

  private void settle(TransactionRow transaction, Settled state, Hash hash) {
    Instant now = clock.instant();
    database.run(
        tx -> {
          tx.mayBeForgotten();
          transaction.settle(tx, state, now);
        });
    forget(transaction, state, hash);
  }

  private void forget(TransactionRow transaction, Settled state, Hash hash) {
    stubborn.remove(transaction.id());
    complaints.remove(transaction.id());
    atLimit.remove(transaction.id());
    refusedAt.remove(transaction.id());
    dearAt.remove(transaction.id());
    vanishing.remove(transaction.id());
    noticed.remove(transaction.id());
    givenUp.remove(transaction.id());
    LOG.info(
        "settled",
        "chain",
        chain.id(),
        "purpose",
        transaction.purpose(),
        "subject",
        transaction.subject().map(Hash::hex).orElse(""),
        "nonce",
        transaction.nonce(),
        "transaction",
        hash,
        "state",
        state);
  }

  /** Says it once for as long as it stays the same. */
  private void complain(TransactionRow transaction, String what) {
    if (what.equals(complaints.put(transaction.id(), what))) return;
    LOG.warn(
        what, "chain", chain.id(), "purpose", transaction.purpose(), "nonce", transaction.nonce());
  }
}
