package org.mandate.relayer.send;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mandate.chain.Address;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.chain.Wei;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Spending;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Submission;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.relayer.store.Tx;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningRefusedException;
import org.mandate.signer.Transactions;

/**
 * Where this relayer's transactions on one chain are written: nonce, signed bytes and the state
 * change that they stand for in one database transaction, before anything is sent.
 */
public final class Desk {
  private static final Journal LOG = Journal.of("desk");

  // A quarter more than estimated: what the call touches may change before it is mined. EIP-7825
  // caps a transaction.
  static final long MAX_GAS = 16_777_216;
  private static final long EMPTY_GAS = 21_000;
  static final long MAX_NONCE_JUMP = 64;
  private static final Duration DAY = Duration.ofDays(1);

  /** For so long a balance is as it was known: each transaction would be one more question. */
  private static final Duration KNOWS_COINS = Duration.ofSeconds(1);

  private final FollowedChain chain;
  private final Database database;
  private final FeePolicy policy;
  private final FeeLimit limit;
  private final Budget budget;
  private final Signer signer;
  private final SigningGate gate;
  private final Bell outbox;
  private final Clock clock;

  /** Whether blocks cost more than the limit when it was last asked. */
  private final AtomicBoolean dear = new AtomicBoolean();

  private final AtomicBoolean poor = new AtomicBoolean();
  private volatile Coins coins;

  /**
   * @param policy what it pays
   * @param outbox is rung when there is something to send
   */
  public Desk(
      FollowedChain chain,
      Database database,
      FeePolicy policy,
      Signer signer,
      SigningGate gate,
      Bell outbox,
      Clock clock) {
    this.chain = chain;
    this.database = database;
    this.policy = policy;
    this.limit = policy.limit();
    this.budget = new Budget(chain.id(), policy.intentBudget());
    this.signer = signer;
    this.gate = gate;
    this.outbox = outbox;
    this.clock = clock;
  }

  public Address self() {
    return signer.address();
  }

  public long chainId() {
    return chain.id();
  }

  /** When work waits for cheaper gas. */
  public Optional<FeePolicy.Patience> patience() {
    return policy.patience();
  }

  /** What a unit of gas costs in the next block, the tip included. */
  public Wei price() {
    Fees fees = chain.client().fees();
    return new Wei(fees.baseFee().add(limit.market(fees).tip()));
  }

  /** What the key has, wei, as it was known then. */
  private record Coins(BigInteger wei, Instant at) {}

  /** What a transaction does, whatever it bids for it. */
  private record Payload(Address target, BigInteger value, Bytes data, long gas) {
    /** Nothing. */
    static Payload empty(Address self, long gas) {
      return new Payload(self, BigInteger.ZERO, Bytes.EMPTY, gas);
    }
  }

  /** Somebody else was quicker: what was written is undone, the nonce too. */
  private static final class TakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** What a transaction is written for, in the same database transaction. */
  @FunctionalInterface
  public interface Claim {
    /** Answers whether the work is still the writer's: it may be somebody else's by now. */
    boolean isHeld(Tx tx);
  }

  /**
   * Signs and stores a transaction, unless one is on its way for any of what it is for, or, of an
   * intent, for another one with the same nonce, or the work was taken over. A worker that was
   * paused since it claimed the work, however long, stores nothing.
   *
   * @param subjects at least one
   * @param gas as the node estimated
   * @return whether it was written
   * @throws FeeLimitException when blocks cost more than this relayer pays
   * @throws BudgetException when it costs more than an intent may
   * @throws CoinsException when the key cannot pay it in advance
   */
  public boolean write(
      Purpose purpose, List<Hash> subjects, Address target, Bytes data, long gas, Claim claim) {
    Bid bid = bid();
    long gasLimit = Math.min(gas + gas / 4, MAX_GAS);
    BigInteger dataFee = policy.dataFee(data, gasLimit);
    BigInteger most = policy.most(bid, gasLimit, dataFee);
    BigInteger has = has(most);
    long count = count();
    Instant now = clock.instant();
    try {
      database.run(
          tx -> {
            // Nothing of it is stored where nothing is written: not that the work is on its way.
            if (!claim.isHeld(tx)) throw new TakenException();
            // The lock first: two workers that come with the same thing take their turns.
            TransactionRow.lock(tx, chain.id(), self(), count);
            if (TransactionRow.areOpen(tx, chain.id(), subjects)) throw new TakenException();
            // The chain would take one of them, and this relayer pay for both.
            if (purpose == Purpose.SUBMIT && Submission.areContested(tx, chain.id(), subjects))
              throw new TakenException();
            List<Overrun> overruns = budget.overruns(tx, purpose, subjects, most, 0);
            if (!overruns.isEmpty()) throw new BudgetException(overruns);
            requireCoins(has, TransactionRow.promised(tx, chain.id(), self()), most);
            long nonce = TransactionRow.takeNonce(tx, chain.id(), self(), count);
            insert(
                tx,
                nonce,
                purpose,
                subjects,
                new Payload(target, BigInteger.ZERO, data, gasLimit),
                bid,
                dataFee,
                now);
            Failpoint.BEFORE_TRANSACTION_STORED.reach();
          });
    } catch (TakenException e) {
      return false;
    }
    Failpoint.AFTER_TRANSACTION_STORED.reach();
    outbox.ring();
    return true;
  }

  /** What the key has, wei, as it was known a moment ago if that suffices. */
  private BigInteger has(BigInteger most) {
    Coins known = coins;
    if (known == null
        || known.wei().compareTo(most) < 0
        || clock.instant().isAfter(known.at().plus(KNOWS_COINS)))
      coins = known = new Coins(chain.client().balance(self()), clock.instant());
    return known.wei();
  }

  private void requireCoins(BigInteger has, BigInteger promised, BigInteger most) {
    BigInteger left = has.subtract(promised).max(BigInteger.ZERO);
    if (left.compareTo(most) >= 0) {
      if (poor.getAndSet(false)) LOG.info("the key can pay again", "chain", chain.id());
      return;
    }
    CoinsException e = new CoinsException(self(), chain.id(), left, most);
    // What is promised is mined in a moment, and most of it comes back.
    boolean isPoor = has.compareTo(most) < 0;
    if (isPoor && !poor.getAndSet(true)) LOG.alarm(e.getMessage(), "chain", chain.id());
    throw e;
  }

  /** Whether the key can pay this one in advance. */
  boolean affords(Empty empty) {
    return affords(policy.most(empty.bid(), empty.gas(), empty.dataFee()));
  }

  private boolean affords(BigInteger most) {
    return chain.client().balance(self()).compareTo(most) >= 0;
  }

  /** What came of a top-up. */
  enum ToppedUp {
    SIGNED,
    ON_ITS_WAY,
    DAY_USED_UP,
    TREASURY_EMPTY
  }

  /**
   * Signs and stores a transfer of coins to the relayer's key, unless one is on its way, or the
   * day's are used up: counted in the same database transaction.
   *
   * @param own the database of whoever leads the watching, which refuses who led before
   * @throws FeeLimitException when blocks cost more than the limit
   */
  ToppedUp topUp(Database own, Address relayer, TopUp limits) {
    Bid bid = bid();
    BigInteger amount = limits.amount().value();
    GasEstimate estimate = chain.client().estimateGas(self(), relayer, amount, new byte[0]);
    if (!(estimate instanceof GasEstimate.Estimated estimated)) return ToppedUp.TREASURY_EMPTY;
    long gas = Math.min(estimated.gas() + estimated.gas() / 4, Purpose.TOP_UP.mostGas());
    BigInteger dataFee = policy.dataFee(Bytes.EMPTY, gas);
    BigInteger needed = policy.most(bid, gas, dataFee).add(amount);
    if (chain.client().balance(self()).compareTo(needed) < 0) return ToppedUp.TREASURY_EMPTY;
    Hash subject = Hash.of("0x" + "0".repeat(24) + relayer.hex().substring(2));
    long count = count();
    Instant now = clock.instant();
    ToppedUp done =
        own.inTransaction(
            tx -> {
              TransactionRow.lock(tx, chain.id(), self(), count);
              if (TransactionRow.isOpen(tx, chain.id(), subject)) return ToppedUp.ON_ITS_WAY;
              BigInteger today = Spending.sent(tx, chain.id(), Purpose.TOP_UP, DAY);
              if (today.add(amount).compareTo(limits.perDay().value()) > 0)
                return ToppedUp.DAY_USED_UP;
              long next = TransactionRow.takeNonce(tx, chain.id(), self(), count);
              insert(
                  tx,
                  next,
                  Purpose.TOP_UP,
                  List.of(subject),
                  new Payload(relayer, amount, Bytes.EMPTY, gas),
                  bid,
                  dataFee,
                  now);
              return ToppedUp.SIGNED;
            });
    if (done == ToppedUp.SIGNED) outbox.ring();
    return done;
  }

  /** What the market asks, within the limit. */
  Bid bid() {
    try {
      Bid bid = limit.bid(chain.client().fees());
      if (dear.getAndSet(false)) LOG.info("gas is within the limit again", "chain", chain.id());
      return bid;
    } catch (FeeLimitException e) {
      if (!dear.getAndSet(true))
        LOG.alarm("nothing is sent: " + e.getMessage(), "chain", chain.id());
      throw e;
    }
  }

  /** As {@link DataFee#paid}. */
  Map<Hash, BigInteger> dataFees(List<Receipt> receipts) {
    return policy.dataFee().paid(receipts);
  }

  /** What the market asks, as far as the limit allows. */
  public Bid market() {
    return limit.market(chain.client().fees());
  }

  /** The bid, or as much of it as the limit allows. */
  Bid cut(Bid bid) {
    return limit.cut(bid);
  }

  /** Uses up a nonce that nobody used, so that later ones can be mined. */
  void fill(Tx tx, long nonce, Empty empty) {
    insert(
        tx,
        nonce,
        Purpose.FILL,
        List.of(),
        Payload.empty(self(), empty.gas()),
        empty.bid(),
        empty.dataFee(),
        clock.instant());
  }

  /**
   * What a transaction pays that does nothing: 21,000 gas on most chains, more where data or
   * storage are paid with gas.
   */
  record Empty(Bid bid, long gas, BigInteger dataFee) {}

  Empty empty(Bid bid) {
    GasEstimate estimate = chain.client().estimateGas(self(), self(), BigInteger.ZERO, new byte[0]);
    long gas =
        switch (estimate) {
          case GasEstimate.Estimated estimated ->
              Math.clamp(estimated.gas() + estimated.gas() / 4, EMPTY_GAS, Purpose.FILL.mostGas());
          case GasEstimate.Reverted reverted -> EMPTY_GAS;
        };
    return new Empty(bid, gas, policy.dataFee(Bytes.EMPTY, gas));
  }

  /**
   * Signs the same transaction again at a higher bid, or, when it could then cost an intent more
   * than it may, or the key more than it has, an empty one in its place: whoever's budget is used
   * up, a nonce is freed.
   *
   * @param own the database of whoever leads the sending, which refuses who led before
   * @param attempt the number of the new one
   * @return why it is empty, in words
   */
  Optional<String> raise(Database own, TransactionRow transaction, int attempt, Bid bid) {
    BigInteger dataFee = policy.dataFee(transaction.data(), transaction.gasLimit());
    BigInteger most = policy.most(bid, transaction.gasLimit(), dataFee);
    if (!affords(most.add(transaction.value()))) {
      cancel(own, transaction, attempt, bid);
      return Optional.of(
          "nodes ask for %s in advance, which the key does not have".formatted(new Wei(most)));
    }
    Optional<Overrun> overrun =
        own.inTransaction(
            tx -> {
              TransactionRow.lock(tx, chain.id(), self(), transaction.nonce());
              List<Overrun> overruns =
                  budget.overruns(
                      tx, transaction.purpose(), transaction.subjects(tx), most, transaction.id());
              if (overruns.isEmpty())
                replace(
                    tx,
                    transaction,
                    attempt,
                    new Payload(
                        transaction.target(),
                        transaction.value(),
                        transaction.data(),
                        transaction.gasLimit()),
                    bid,
                    dataFee,
                    false);
              return overruns.stream().findFirst();
            });
    if (overrun.isPresent()) cancel(own, transaction, attempt, bid);
    return overrun.map(Overrun::message);
  }

  /** Signs an empty transaction in that one's place; the parameters are {@link #raise}'s. */
  void cancel(Database own, TransactionRow transaction, int attempt, Bid bid) {
    cancel(own, transaction, attempt, empty(bid));
  }

  void cancel(Database own, TransactionRow transaction, int attempt, Empty empty) {
    own.run(
        tx ->
            replace(
                tx,
                transaction,
                attempt,
                Payload.empty(self(), empty.gas()),
                empty.bid(),
                empty.dataFee(),
                true));
  }

  private void replace(
      Tx tx,
      TransactionRow transaction,
      int attempt,
      Payload payload,
      Bid bid,
      BigInteger dataFee,
      boolean cancels) {
    // What it says was signed before: a nonce that is not mined would hold up all after it.
    Transactions.Signed signed = sign(tx, transaction.nonce(), payload, bid, Set.of(chain.id()));
    TransactionRow.addAttempt(
        tx,
        transaction.id(),
        new TransactionRow.Signed(
            attempt,
            signed.hash(),
            signed.raw(),
            bid.max(),
            bid.tip(),
            dataFee,
            policy.most(bid, payload.gas(), dataFee),
            cancels),
        clock.instant());
  }

  private void insert(
      Tx tx,
      long nonce,
      Purpose purpose,
      List<Hash> subjects,
      Payload payload,
      Bid bid,
      BigInteger dataFee,
      Instant now) {
    Transactions.Signed signed = sign(tx, nonce, payload, bid, reliesOn(tx, purpose, subjects));
    long id =
        TransactionRow.insert(
                tx,
                chain.id(),
                self(),
                nonce,
                purpose,
                subjects,
                payload.target(),
                payload.value(),
                payload.data(),
                payload.gas(),
                now)
            .orElseThrow(TakenException::new);
    TransactionRow.addAttempt(
        tx,
        id,
        new TransactionRow.Signed(
            1,
            signed.hash(),
            signed.raw(),
            bid.max(),
            bid.tip(),
            dataFee,
            policy.most(bid, payload.gas(), dataFee),
            false),
        now);
  }

  /** Whether anything may leave: no chain has lost a final block. */
  boolean maySend() {
    return gate.closedBecause().isEmpty()
        && database.inTransaction(tx -> ChainRow.halts(tx).isEmpty());
  }

  /**
   * The chains whose facts it rests on: where it goes to, home, and whichever told of what it
   * carries. A transfer of coins, and nothing at all, rest on no fact of another chain.
   */
  private Set<Long> reliesOn(Tx tx, Purpose purpose, List<Hash> subjects) {
    Set<Long> chains = new HashSet<>(List.of(chain.id()));
    if (purpose == Purpose.FILL || purpose == Purpose.TOP_UP) return chains;
    chains.add(chain.homeId());
    if (purpose == Purpose.DELIVER) chains.addAll(StoredMessage.sources(tx, subjects));
    if (purpose == Purpose.SETTLE || purpose == Purpose.RESEND)
      chains.addAll(StoredIntent.destinations(tx, subjects));
    return chains;
  }

  private Transactions.Signed sign(
      Tx tx, long nonce, Payload payload, Bid bid, Set<Long> reliesOn) {
    gate.check();
    limit.check(bid);
    ChainRow.requireSigning(tx, reliesOn); // the gate may not know yet what another instance stored
    try {
      return signer.sign(
          new Transactions.Request(
              chain.bigId(),
              nonce,
              bid.fees(),
              payload.gas(),
              payload.target(),
              payload.value(),
              payload.data()));
    } catch (SigningRefusedException e) {
      // Nothing here asks for what the key is not for: a fault, or somebody wrote into the
      // database.
      LOG.alarm("the key refuses", "chain", chain.id(), "reason", e.getMessage());
      throw e;
    }
  }

  /**
   * The key's transaction count: an implausible one would put our next transaction out of reach.
   */
  private long count() {
    long latest = chain.client().nonce(self(), BlockTag.LATEST);
    long known =
        database
            .inTransaction(tx -> TransactionRow.nextNonce(tx, chain.id(), self()))
            .orElse(latest);
    // Of several, more than half say so.
    if (!chain.client().areSeveral()
        && latest > known + MAX_NONCE_JUMP
        && chain.client().nonce(self(), BlockTag.FINALIZED) + MAX_NONCE_JUMP < latest) {
      throw new NodeException(
          "chain %d: node says that %s sent %d transactions, %d are known here and finality confirms far fewer"
              .formatted(chain.id(), self(), latest, known));
    }
    return latest;
  }
}
