package org.mandate.relayer.store;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.mandate.chain.Address;

/**
 * A process that works with this database.
 *
 * @param id made anew at each start
 * @param signer whose key it signs with
 * @param configuration what has to be the same in all instances, in words
 * @param blobs the id of the directory where its blobs are
 */
public record StoredInstance(String id, Address signer, String configuration, String blobs) {

  /**
   * Adds it to those that are there.
   *
   * @param patience who was not seen for so long is not there
   * @throws IllegalStateException when one that is there does not go together with it
   */
  public void join(Tx tx, Duration patience) {
    // Two that start together look at each other one after the other.
    tx.update("LOCK TABLE instance IN SHARE ROW EXCLUSIVE MODE");
    for (StoredInstance other : alive(tx, patience)) {
      if (!other.id.equals(id)) requireAlike(other);
    }
    tx.update(
        """
        INSERT INTO instance (instance_id, signer, configuration, blobs, started_at, seen_at)
        VALUES (?, ?, ?, ?, clock_timestamp(), clock_timestamp()) ON CONFLICT (instance_id) DO UPDATE SET seen_at = excluded.seen_at
        """,
        id,
        signer,
        configuration,
        blobs);
  }

  /**
   * As {@link #join}, and joins nobody: for a database that may have no tables yet, or older ones.
   *
   * @throws IllegalStateException when one that is there does not go together with it
   */
  public void requireAlike(Tx tx, Duration patience) {
    aliveOfAnySchema(tx, patience).forEach(this::requireAlike);
  }

  private void requireAlike(StoredInstance other) {
    if (!other.signer.equals(signer)) {
      throw new IllegalStateException(
          "relayer %s works with this database, this one's key is %s: give each operator a database of its own, or stop the other first"
              .formatted(other.signer, signer));
    }
    if (!other.configuration.equals(configuration)) {
      throw new IllegalStateException(
          "another instance works with this database and is configured otherwise: it has %s, this one %s; configure them alike, or stop the other first"
              .formatted(other.configuration, configuration));
    }
    if (!other.blobs.equals(blobs)) {
      throw new IllegalStateException(
          "another instance works with this database and keeps its blobs elsewhere: set"
              + " blob-directory, in each, to one directory that all of them share");
    }
  }

  /** Tells that it is there. Answers whether it was still taken for that. */
  public boolean seen(Tx tx) {
    return tx.update("UPDATE instance SET seen_at = clock_timestamp() WHERE instance_id = ?", id)
        > 0;
  }

  /** Those that are there. */
  public static List<StoredInstance> alive(Tx tx, Duration patience) {
    return tx.list(
        "SELECT * FROM instance WHERE seen_at > clock_timestamp() - ? * interval '1 millisecond'"
            + " ORDER BY started_at, instance_id",
        StoredInstance::read,
        patience.toMillis());
  }

  /** Those that are there, if the database has this table: it may be older, or empty. */
  public static List<StoredInstance> aliveOfAnySchema(Tx tx, Duration patience) {
    boolean isThere =
        tx.one("SELECT to_regclass('instance') IS NOT NULL AS there", row -> row.flag("there"))
            .orElse(false);
    return isThere ? alive(tx, patience) : List.of();
  }

  /** Ids of those that were not seen for that long. */
  public static List<String> dead(Tx tx, Duration patience) {
    return tx.list(
        """
        SELECT instance_id FROM instance WHERE seen_at <= clock_timestamp() - ? * interval '1 millisecond'
         ORDER BY instance_id FOR UPDATE SKIP LOCKED
        """,
        row -> row.text("instance_id"),
        patience.toMillis());
  }

  /** Takes away one that is dead, once it has no claim any more. Answers whether it did. */
  public static boolean bury(Tx tx, String id) {
    return tx.update(
            """
            DELETE FROM instance WHERE instance_id = ?
               AND NOT EXISTS (SELECT 1 FROM task WHERE claimed_by = instance_id AND claimed_until = not_before
                                                    AND not_before > clock_timestamp())
            """,
            id)
        > 0;
  }

  /** It stops: nobody waits for it. */
  public void leave(Tx tx) {
    tx.update("DELETE FROM instance WHERE instance_id = ?", id);
  }

  /** Nobody else can be there: those that are stored are dead. */
  public void outlive(Tx tx) {
    tx.update("DELETE FROM instance WHERE instance_id <> ?", id);
  }

  /**
   * Ends transactions of an instance that are older than that. It may be paused in the middle of
   * them, with rows locked that others need; what it began is rolled back, and it connects anew.
   */
  public static int cutOff(Tx tx, String id, Duration age) {
    return tx.list(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = ? AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
               AND xact_start < clock_timestamp() - ? * interval '1 millisecond'
            """,
            row -> true,
            Database.applicationName(id),
            age.toMillis())
        .size();
  }

  private static StoredInstance read(Row row) throws SQLException {
    return new StoredInstance(
        row.text("instance_id"),
        row.address("signer"),
        row.text("configuration"),
        row.text("blobs"));
  }
}
