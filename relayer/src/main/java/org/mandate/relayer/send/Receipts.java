package org.mandate.relayer.send;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Attempt;
import org.mandate.relayer.store.TransactionRow.Settled;

/**
 * Stores what receipts say of this relayer's transactions on a chain, while the blocks that they
 * name are stored, and how transactions ended once those blocks are final (L10).
 */
final class Receipts {
  private final long chain;
  private final Database database;
  private final Desk desk;
  private final Clock clock;

  Receipts(long chain, Database database, Desk desk, Clock clock) {
    this.chain = chain;
    this.database = database;
    this.desk = desk;
    this.clock = clock;
  }

  /**
   * A transaction that was mined, as its receipt says.
   *
   * @param cancelled whether an empty one was mined in its place
   */
  record Found(TransactionRow transaction, Receipt receipt, boolean cancelled) {
    private boolean isNew() {
      return transaction.blockHash().filter(receipt.blockHash()::equals).isEmpty();
    }

    Settled state() {
      if (cancelled) return Settled.DISPLACED;
      return receipt.succeeded() ? Settled.SUCCEEDED : Settled.REVERTED;
    }
  }

  /** Which of the transaction's attempts was mined, if one of these receipts is its own. */
  static Optional<Found> find(
      TransactionRow transaction, List<Attempt> attempts, Map<Hash, Receipt> receipts) {
    return attempts.stream()
        .flatMap(
            attempt ->
                Optional.ofNullable(receipts.get(attempt.hash()))
                    .filter(receipt -> receipt.transaction().equals(attempt.hash()))
                    .map(receipt -> new Found(transaction, receipt, attempt.cancels()))
                    .stream())
        .findFirst();
  }

  /**
   * What is stored.
   *
   * @param ended what is in final blocks
   * @param released whether what a transaction was for is to be done under another nonce
   */
  record Stored(List<Found> ended, boolean released) {}

  /**
   * In one database transaction, and each only while its block is stored: a receipt that is read
   * before the follower got there waits for the next round. A receipt that is forgotten in a crash
   * is found again.
   */
  Stored store(List<Found> found) {
    Map<Hash, BigInteger> dataFees =
        dataFees(found.stream().filter(Found::isNew).map(Found::receipt).toList());
    Failpoint.BEFORE_RECEIPT_STORED.reach();
    return database.inTransaction(
        tx -> {
          tx.mayBeForgotten();
          Instant now = clock.instant();
          List<Found> ended = new ArrayList<>();
          boolean released = false;
          for (Found each : found) {
            TransactionRow transaction = each.transaction();
            Optional<BigInteger> dataFee =
                Optional.ofNullable(dataFees.get(each.receipt().transaction()));
            if (each.isNew() && !transaction.mined(tx, each.receipt(), dataFee)) continue;
            // What it was for was not done: it is tried under another nonce.
            if (each.isNew() && each.cancelled()) {
              transaction.release(tx, now);
              released = true;
            }
            ended.add(each);
          }
          ChainRow row = ChainRow.of(tx, chain);
          ended.removeIf(each -> !row.isFinal(each.receipt().blockNumber()));
          return new Stored(ended, released);
        });
  }

  /** None while nodes do not tell, or not the same: nothing waits for that. */
  private Map<Hash, BigInteger> dataFees(List<Receipt> receipts) {
    if (receipts.isEmpty()) return Map.of();
    try {
      return desk.dataFees(receipts);
    } catch (NodeException e) {
      return Map.of();
    }
  }

  /**
   * How it ended, unless its block is gone since it was stored. Answers whether that is so; found
   * again, too, when it is forgotten.
   */
  boolean settle(Found found) {
    return database.inTransaction(
        tx -> {
          tx.mayBeForgotten();
          TransactionRow transaction = found.transaction();
          if (!transaction.isMinedIn(tx, found.receipt().blockHash())) return false;
          transaction.settle(tx, found.state(), clock.instant());
          return true;
        });
  }
}
