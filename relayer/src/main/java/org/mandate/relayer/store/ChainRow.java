package org.mandate.relayer.store;

import static java.util.stream.Collectors.toSet;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;

/**
 * How far a chain is followed.
 *
 * @param head newest block that is stored; absent before the first
 * @param headTime its time, unix seconds; 0 before the first
 * @param finalized newest stored block that is final; absent before the first
 * @param finalizedTime its time, unix seconds; 0 before the first
 * @param halted why nothing is signed any more: a reorg went deeper than the declared finality
 * @param isCompared whether what is stored was found on the chain since a relayer was started last
 */
public record ChainRow(
    long chainId,
    Optional<Long> head,
    long headTime,
    Optional<Long> finalized,
    long finalizedTime,
    Optional<String> halted,
    boolean isCompared) {

  /** Whether block {@code number} is final. */
  public boolean isFinal(long number) {
    return finalized.filter(f -> number <= f).isPresent();
  }

  /**
   * Registers the chain, once.
   *
   * @throws IllegalStateException when the database follows another deployment on it
   */
  public static void register(Tx tx, long chainId, Address gateway, Address executor) {
    tx.update(
        "INSERT INTO chain (chain_id, gateway, executor) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        chainId,
        gateway,
        executor);
    tx.one(
            "SELECT 1 FROM chain WHERE chain_id = ? AND gateway = ? AND executor = ?",
            row -> true,
            chainId,
            gateway,
            executor)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "the database follows another deployment on chain "
                        + chainId
                        + ": use an empty data directory"));
  }

  /** The row; it exists once {@link #register} ran. */
  public static ChainRow of(Tx tx, long chainId) {
    return tx.one("SELECT * FROM chain WHERE chain_id = ?", ChainRow::read, chainId)
        .orElseThrow(() -> new IllegalStateException("chain " + chainId + " is not registered"));
  }

  public static List<ChainRow> all(Tx tx) {
    return tx.list("SELECT * FROM chain ORDER BY chain_id", ChainRow::read);
  }

  /** Moves the finality mark to a stored block. It never moves back. */
  public static boolean finalize(Tx tx, long chainId, long number, Hash hash) {
    return tx.update(
            """
            UPDATE chain c SET finalized = b.number, finalized_time = b.time
              FROM block b
             WHERE c.chain_id = ? AND b.chain_id = c.chain_id AND b.number = ? AND b.hash = ?
               AND (c.finalized IS NULL OR c.finalized < b.number)
            """,
            chainId,
            number,
            hash)
        > 0;
  }

  /** Why nothing may be signed any more, if that is so. */
  public static List<String> halts(Tx tx) {
    return tx.list(
        "SELECT halted FROM chain WHERE halted IS NOT NULL ORDER BY chain_id",
        row -> row.text("halted"));
  }

  /**
   * Stores that nothing may be signed any more, and why. Once it is stored, no instance stores a
   * signature.
   */
  public static void halt(Tx tx, long chainId, String reason) {
    // Waits for the transactions that sign just now (requireSigning).
    tx.list("SELECT 1 FROM chain ORDER BY chain_id FOR UPDATE", row -> true);
    tx.update("UPDATE chain SET halted = coalesce(halted, ?) WHERE chain_id = ?", reason, chainId);
  }

  /**
   * A relayer was started: what is stored has to be found on the chain before anything is signed.
   * Who saw a final block go may have died before that was stored.
   */
  public static void distrust(Tx tx, long chainId) {
    tx.update("UPDATE chain SET compared = false WHERE chain_id = ?", chainId);
  }

  /** What is stored was found on the chain. */
  public static void compared(Tx tx, long chainId) {
    tx.update("UPDATE chain SET compared = true WHERE chain_id = ?", chainId);
  }

  /**
   * Why nothing is signed that relies on what is stored of some chains; empty while that is
   * allowed. A deep reorg of any chain stops all; a chain that was not compared yet, what relies on
   * it.
   */
  public static Optional<String> closedBecause(Tx tx, Set<Long> reliesOn) {
    List<ChainRow> rows = all(tx);
    return halted(rows).or(() -> unsure(rows, reliesOn));
  }

  /**
   * Those of {@code chains} on which nothing may be signed now: each relies on itself and on home.
   */
  public static Set<Long> closed(Tx tx, Collection<Long> chains, long home) {
    List<ChainRow> rows = all(tx);
    return chains.stream()
        .filter(
            id ->
                halted(rows)
                    .or(() -> unsure(rows, Stream.of(id, home).collect(toSet())))
                    .isPresent())
        .collect(toSet());
  }

  private static Optional<String> halted(List<ChainRow> rows) {
    return rows.stream().flatMap(row -> row.halted.stream()).findFirst();
  }

  private static Optional<String> unsure(List<ChainRow> rows, Set<Long> reliesOn) {
    for (ChainRow row : rows) {
      if (!row.isCompared && reliesOn.contains(row.chainId)) {
        return Optional.of(
            "what is known of chain %d was not compared with it since a relayer was started"
                .formatted(row.chainId));
      }
    }
    return Optional.empty();
  }

  /**
   * Call in the transaction that stores a signature, before signing: until it ends, no instance
   * stores that nothing may be signed.
   *
   * @param reliesOn the chains whose stored facts the signature rests on
   * @throws NotComparedException when one of those was not compared yet
   * @throws IllegalStateException when nothing may be signed, whichever chain it is about
   */
  public static void requireSigning(Tx tx, Set<Long> reliesOn) {
    List<ChainRow> rows =
        tx.list("SELECT * FROM chain ORDER BY chain_id FOR KEY SHARE", ChainRow::read);
    halted(rows)
        .ifPresent(
            reason -> {
              throw new IllegalStateException("nothing is signed: " + reason);
            });
    unsure(rows, reliesOn)
        .ifPresent(
            reason -> {
              throw new NotComparedException("nothing is signed that relies on it: " + reason);
            });
  }

  private static ChainRow read(Row row) throws java.sql.SQLException {
    return new ChainRow(
        row.number("chain_id"),
        row.optionalNumber("head"),
        row.optionalNumber("head_time").orElse(0L),
        row.optionalNumber("finalized"),
        row.optionalNumber("finalized_time").orElse(0L),
        row.optionalText("halted"),
        row.flag("compared"));
  }
}
