package org.mandate.relayer.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The right to do a line of work, until it is taken by somebody else. Whoever takes it makes the
 * epoch grow, and what is written under a lease is stored only while its epoch is still the one in
 * the database ({@link Database#fenced}): a process that was paused, however long, writes nothing
 * of a former epoch. See Kleppmann, "How to do distributed locking", on fencing tokens.
 *
 * @param line what is done, such as {@code send-31337}
 * @param holder id of the instance that has it
 * @param epoch how often it was taken, this time included
 */
public record Lease(String line, String holder, long epoch) {

  /** How the lease of a line stands. */
  public record State(String line, Optional<String> holder, long epoch, boolean live) {}

  /** Makes the lines known; those that are stay as they are. */
  public static void open(Tx tx, List<String> lines) {
    for (String line : lines.stream().sorted().toList())
      tx.update(
          "INSERT INTO lease (line, until) VALUES (?, clock_timestamp()) ON CONFLICT DO NOTHING",
          line);
  }

  /** Prolongs what the holder has; answers that, also what had run out and nobody took. */
  public static List<Lease> renew(Tx tx, String holder, Duration length) {
    return tx.list(
        """
        UPDATE lease SET until = clock_timestamp() + ? * interval '1 millisecond' WHERE holder = ? RETURNING *
        """,
        Lease::read,
        length.toMillis(),
        holder);
  }

  /**
   * Takes lines that nobody has, at most {@code limit}. One in the middle of whose transaction its
   * former holder is stays where it is until that has ended.
   *
   * @param lines which
   * @param free for how long nobody had them
   */
  public static List<Lease> take(
      Tx tx, String holder, List<String> lines, Duration free, int limit, Duration length) {
    return tx.list(
        """
        WITH free AS MATERIALIZED (
          SELECT line FROM lease
           WHERE line = ANY (string_to_array(?, ',')) AND until <= clock_timestamp() - ? * interval '1 millisecond'
           ORDER BY line FOR UPDATE SKIP LOCKED LIMIT ?)
        UPDATE lease l SET holder = ?, epoch = epoch + 1, until = clock_timestamp() + ? * interval '1 millisecond'
          FROM free WHERE l.line = free.line
        RETURNING l.*
        """,
        Lease::read,
        String.join(",", lines),
        free.toMillis(),
        limit,
        holder,
        length.toMillis());
  }

  /** Lets go of it, if it is still the holder's: the next one takes it at once. */
  public void giveBack(Tx tx) {
    tx.update(
        "UPDATE lease SET holder = NULL, until = clock_timestamp() WHERE line = ? AND holder = ?"
            + " AND epoch = ?",
        line,
        holder,
        epoch);
  }

  /** As {@link #giveBack}, all that the holder has. */
  public static void giveBackAll(Tx tx, String holder) {
    tx.update("UPDATE lease SET holder = NULL, until = clock_timestamp() WHERE holder = ?", holder);
  }

  /**
   * Ends all leases for good, whoever holds them: what is written under them is refused from now
   * on. Waits for those that are in the middle of a write.
   */
  public static void revokeAll(Tx tx) {
    tx.list("SELECT 1 FROM lease ORDER BY line FOR UPDATE", row -> true);
    tx.update("UPDATE lease SET epoch = epoch + 1, holder = NULL, until = clock_timestamp()");
  }

  /** Ends the leases of everybody but {@code holder}, which must be known to be dead. */
  public static void expireOthers(Tx tx, String holder) {
    tx.update("UPDATE lease SET until = clock_timestamp() WHERE holder <> ?", holder);
  }

  /**
   * Whether it was not taken by anybody else, as far as is known now. A pause right after this
   * makes the answer old: what is written goes through {@link Database#fenced}.
   */
  public boolean isHeld(Tx tx) {
    return tx.one(
            "SELECT 1 FROM lease WHERE line = ? AND holder = ? AND epoch = ?",
            row -> true,
            line,
            holder,
            epoch)
        .isPresent();
  }

  /**
   * Holds it until the database transaction ends: nobody takes it before that.
   *
   * @throws StaleLeaseException when somebody took it
   */
  void hold(Tx tx) {
    tx.one(
            "SELECT 1 FROM lease WHERE line = ? AND holder = ? AND epoch = ? FOR KEY SHARE",
            row -> true,
            line,
            holder,
            epoch)
        .orElseThrow(() -> new StaleLeaseException(this));
  }

  public static List<State> all(Tx tx) {
    return tx.list(
        "SELECT *, until > clock_timestamp() AS live FROM lease ORDER BY line",
        row ->
            new State(
                row.text("line"),
                row.optionalText("holder"),
                row.number("epoch"),
                row.flag("live")));
  }

  private static Lease read(Row row) throws SQLException {
    return new Lease(row.text("line"), row.text("holder"), row.number("epoch"));
  }
}
