package org.mandate.relayer.send;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.relayer.store.Tx;
import org.mandate.signer.Signer;
import org.mandate.signer.Transactions;

/**
 * Where this relayer's transactions on one chain are written: nonce, signed bytes and the state
 * change that they stand for in one database transaction, before anything is sent.
 */
public final class Desk {
  // A quarter more than estimated: what the call touches may change before it is mined. EIP-7825
  // caps a transaction.
  static final long MAX_GAS = 16_777_216;
  private static final long EMPTY_GAS = 21_000;
  private static final long MAX_NONCE_JUMP = 64;

  private final FollowedChain chain;
  private final Database database;
  private final FeeLimit limit;
  private final Signer signer;
  private final SigningGate gate;
  private final Bell outbox;
  private final Clock clock;

  /**
   * @param outbox is rung when there is something to send
   */
  public Desk(
      FollowedChain chain,
      Database database,
      FeeLimit limit,
      Signer signer,
      SigningGate gate,
      Bell outbox,
      Clock clock) {
    this.chain = chain;
    this.database = database;
    this.limit = limit;
    this.signer = signer;
    this.gate = gate;
    this.outbox = outbox;
    this.clock = clock;
  }

  public Address self() {
    return signer.address();
  }

  /** Another process of this key was quicker: what was written is undone, the nonce too. */
  private static final class TakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * Signs and stores a transaction, unless one is on its way for any of what it is for.
   *
   * @param subjects at least one
   * @param gas as the node estimated
   * @return whether it was written
   * @throws FeeLimitException when blocks cost more than this relayer pays
   */
  public boolean write(Purpose purpose, List<Hash> subjects, Address target, Bytes data, long gas) {
    Bid bid = bid();
    long count = count();
    Instant now = clock.instant();
    boolean written;
    try {
      written =
          database.inTransaction(
              tx -> {
                // The lock first: two workers that come with the same thing take their turns.
                TransactionRow.lock(tx, chain.id(), self(), count);
                for (Hash subject : subjects)
                  if (TransactionRow.isOpen(tx, chain.id(), subject)) return false;
                long nonce = TransactionRow.takeNonce(tx, chain.id(), self(), count);
                insert(tx, nonce, purpose, subjects, target, data, gas + gas / 4, bid, now);
                Failpoint.BEFORE_TRANSACTION_STORED.reach();
                return true;
              });
    } catch (TakenException e) {
      return false;
    }
    if (!written) return false;
    Failpoint.AFTER_TRANSACTION_STORED.reach();
    outbox.ring();
    return true;
  }

  /** What the market asks, within the limit. */
  Bid bid() {
    return limit.bid(chain.client().fees());
  }

  /** What the market asks, as far as the limit allows. */
  Bid market() {
    return limit.market(chain.client().fees());
  }

  /** The bid, or as much of it as the limit allows. */
  Bid cut(Bid bid) {
    return limit.cut(bid);
  }

  /** Uses up a nonce that nobody used, so that later ones can be mined. */
  void fill(Tx tx, long nonce, Bid bid, long gas) {
    insert(tx, nonce, Purpose.FILL, List.of(), self(), Bytes.EMPTY, gas, bid, clock.instant());
  }

  /**
   * What a transaction costs that does nothing: 21,000 on most chains, more where data or storage
   * are paid with gas.
   */
  long emptyGas() {
    GasEstimate estimate = chain.client().estimateGas(self(), self(), BigInteger.ZERO, new byte[0]);
    return switch (estimate) {
      case GasEstimate.Estimated estimated ->
          Math.clamp(estimated.gas() + estimated.gas() / 4, EMPTY_GAS, Purpose.FILL.mostGas());
      case GasEstimate.Reverted reverted -> EMPTY_GAS;
    };
  }

  /**
   * Signs the same transaction again at a higher bid, or, when no node takes its bytes, an empty
   * one in its place.
   */
  void replace(Tx tx, TransactionRow transaction, int attempt, Bid bid, boolean cancels, long gas) {
    Address target = cancels ? self() : transaction.target();
    Bytes data = cancels ? Bytes.EMPTY : transaction.data();
    Transactions.Signed signed = sign(tx, transaction.nonce(), target, data, gas, bid);
    TransactionRow.addAttempt(
        tx,
        transaction.id(),
        attempt,
        signed.hash(),
        signed.raw(),
        bid.max(),
        bid.tip(),
        cancels,
        clock.instant());
  }

  private void insert(
      Tx tx,
      long nonce,
      Purpose purpose,
      List<Hash> subjects,
      Address target,
      Bytes data,
      long gas,
      Bid bid,
      Instant now) {
    long limit = Math.min(gas, MAX_GAS);
    Transactions.Signed signed = sign(tx, nonce, target, data, limit, bid);
    long id =
        TransactionRow.insert(
                tx, chain.id(), self(), nonce, purpose, subjects, target, data, limit, now)
            .orElseThrow(TakenException::new);
    TransactionRow.addAttempt(
        tx, id, 1, signed.hash(), signed.raw(), bid.max(), bid.tip(), false, now);
  }

  private Transactions.Signed sign(
      Tx tx, long nonce, Address target, Bytes data, long gas, Bid bid) {
    gate.check();
    limit.check(bid);
    ChainRow.of(tx, chain.id())
        .halted()
        .ifPresent(
            reason -> {
              throw new IllegalStateException("nothing is signed: " + reason);
            });
    // The base fee is for information only; the signature covers the other two.
    Fees fees = new Fees(BigInteger.ZERO, bid.tip(), bid.max());
    return signer.sign(
        new Transactions.Request(chain.bigId(), nonce, fees, gas, target, BigInteger.ZERO, data));
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
    if (latest > known + MAX_NONCE_JUMP
        && chain.client().nonce(self(), BlockTag.FINALIZED) + MAX_NONCE_JUMP < latest) {
      throw new NodeException(
          "chain %d: node says that %s sent %d transactions, %d are known here and finality confirms far fewer"
              .formatted(chain.id(), self(), latest, known));
    }
    return latest;
  }
}
