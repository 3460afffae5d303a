package org.mandate.relayer.store;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.mandate.chain.Hash;

/**
 * Open work: something may have to be done on a chain. Whoever claims it checks whether it still
 * has to, so it may stand here needlessly but never be missing.
 *
 * @param subject intent, message, or the agent's id as 32 bytes
 * @param attempts how often it was claimed since it was last carried out
 * @param holder id of the instance that claimed it
 * @param lease until when it is claimed. News meanwhile, such as a new event, leaves the claim as
 *     it is: the work is due again once the claim has ended. What takes away what was looked at,
 *     such as a reorg, ends the claim
 * @param heldSince since when it could be sent and waits for cheaper gas
 */
public record Task(
    Kind kind,
    long chainId,
    Hash subject,
    int attempts,
    String holder,
    Instant lease,
    Optional<Instant> heldSince) {
  /** What may have to be done. */
  public enum Kind {
    SUBMIT,
    PROCEED,
    DELIVER,
    EXECUTE,
    PUBLISH,
    /** More relayers may vouch for it than when it was delivered. */
    HASTEN,
    /** Home may have to be told what became of it. */
    REPORT,
    /** What home was told may have to be settled there. */
    SETTLE,
    /** Its message's number was taken by another one. */
    RESEND
  }

  /** All of them: an index begins with the kind. */
  private static final Tx.Column KINDS =
      Tx.column("text", Arrays.stream(Kind.values()).map(Kind::name).toList());

  private static final List<String> COLUMNS =
      List.of("text", "bigint", "bytea", "timestamptz", "timestamptz");

  private static final String IS_CLAIMED = "task.claimed_until = task.not_before";

  /** Where it is open already: it is due then; where it is claimed, once the claim has ended. */
  private static final String MOVE =
      " ON CONFLICT (kind, chain_id, subject) DO UPDATE SET attempts = 0, not_before = CASE WHEN "
          + IS_CLAIMED
          + " THEN task.not_before ELSE excluded.not_before END, woken_for = CASE WHEN "
          + IS_CLAIMED
          + " THEN least(task.woken_for, excluded.not_before) END";

  /** As {@link #MOVE}, unless it is due before that; the time is a parameter twice. */
  private static final String WOKEN =
      "not_before = CASE WHEN "
          + IS_CLAIMED
          + " THEN not_before ELSE least(not_before, ?) END, woken_for = CASE WHEN "
          + IS_CLAIMED
          + " THEN least(woken_for, ?) END";

  /**
   * Submissions that went well so far and wait for their transaction, or to become final: as many
   * as come until then, which is hundreds of thousands where a chain is slow. Each looks again soon
   * by itself, and all at once would be a backlog before which nothing new is taken.
   */
  private static final String ON_ITS_WAY = "(submits AND attempts = 0)";

  private static final int PORTION = 10_000;

  /** Opens the work, or moves it to {@code notBefore} when it is open already. */
  public static void open(
      Tx tx, Kind kind, long chainId, Hash subject, Instant notBefore, Instant now) {
    tx.update(
        "INSERT INTO task (kind, chain_id, subject, not_before, created_at) VALUES (?, ?, ?, ?, ?)"
            + MOVE,
        kind.name(),
        chainId,
        subject,
        notBefore,
        now);
  }

  /**
   * Work that is to be opened.
   *
   * @param subject as in {@link Task}
   */
  public record Key(Kind kind, long chainId, Hash subject) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      return Comparator.comparing(Key::kind)
          .thenComparingLong(Key::chainId)
          .thenComparing(Key::subject)
          .compare(this, other);
    }
  }

  /**
   * As {@link #open(Tx, Kind, long, Hash, Instant, Instant)}, each.
   *
   * @param due from when on
   */
  public static void open(Tx tx, Map<Key, Instant> due, Instant now) {
    tx.updateAll(
        "INSERT INTO task (kind, chain_id, subject, not_before, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?)"
            + MOVE,
        COLUMNS,
        rows(due, now));
  }

  /** Opens each unless it is open already. */
  public static void ensure(Tx tx, Map<Key, Instant> due, Instant now) {
    tx.updateAll(
        """
        INSERT INTO task (kind, chain_id, subject, not_before, created_at) SELECT * FROM unnest(?, ?, ?, ?, ?)
        ON CONFLICT DO NOTHING
        """,
        COLUMNS,
        rows(due, now));
  }

  /** In one order, whoever opens them: two that open the same work do not block each other. */
  private static List<Object[]> rows(Map<Key, Instant> due, Instant now) {
    return new TreeMap<>(due)
        .entrySet().stream()
            .map(
                entry ->
                    new Object[] {
                      entry.getKey().kind().name(),
                      entry.getKey().chainId(),
                      entry.getKey().subject(),
                      entry.getValue(),
                      now
                    })
            .toList();
  }

  /** Opens the work unless it is open already. */
  public static void ensure(
      Tx tx, Kind kind, long chainId, Hash subject, Instant notBefore, Instant now) {
    tx.update(
        "INSERT INTO task (kind, chain_id, subject, not_before, created_at) VALUES (?, ?, ?, ?, ?)"
            + " ON CONFLICT DO NOTHING",
        kind.name(),
        chainId,
        subject,
        notBefore,
        now);
  }

  /** What a worker looks after beside fresh submissions. */
  public enum Share {
    ANY("true"),
    /** What needs no other relayer's answer. */
    OWN("NOT asks"),
    /** What may have to wait for other relayers' answers, which may never come. */
    ASKING("asks");

    private final String which;

    Share(String which) {
      this.which = which;
    }
  }

  /**
   * Claims what agents ask for and nobody failed at yet, what is due longest first, for {@code
   * lease} or until its instance is taken for dead: a worker that dies gives it back by itself.
   *
   * @param closed ids of chains on which nothing may be done now
   * @param limit at most so many
   */
  public static List<Task> claimSubmissions(
      Tx tx, String holder, Instant now, Duration lease, Set<Long> closed, int limit) {
    return claim(tx, "attempts = 0 AND submits", "not_before", closed, holder, now, lease, limit);
  }

  /** As {@link #claimSubmissions}: one piece of any other work that never failed. */
  public static Optional<Task> claimOther(
      Tx tx, String holder, Instant now, Duration lease, Share share, Set<Long> closed) {
    String which = "attempts = 0 AND NOT submits AND " + share.which;
    return claim(tx, which, "not_before", closed, holder, now, lease, 1).stream().findFirst();
  }

  /**
   * As {@link #claimSubmissions}: one piece of any work that failed, what failed seldom first. It
   * is looked at when there is no fresh work, so that one poisoned intent cannot hold up the
   * others; and now and then before it: what failed once, by no fault of its own perhaps, is not to
   * be held up by fresh work for ever.
   */
  public static Optional<Task> claimFailed(
      Tx tx, String holder, Instant now, Duration lease, Share share, Set<Long> closed) {
    String which = "attempts > 0 AND " + share.which;
    return claim(tx, which, "least(attempts, 3), not_before", closed, holder, now, lease, 1)
        .stream()
        .findFirst();
  }

  /** One piece of any work on any chain, fresh work first. */
  public static Optional<Task> claim(Tx tx, String holder, Instant now, Duration lease) {
    return claimSubmissions(tx, holder, now, lease, Set.of(), 1).stream()
        .findFirst()
        .or(() -> claimOther(tx, holder, now, lease, Share.ANY, Set.of()))
        .or(() -> claimFailed(tx, holder, now, lease, Share.ANY, Set.of()));
  }

  /**
   * @param which as an index has it: whatever else waits, what is due longest is found at once
   */
  private static List<Task> claim(
      Tx tx,
      String which,
      String order,
      Set<Long> closed,
      String holder,
      Instant now,
      Duration lease,
      int limit) {
    return tx.list(
        """
        WITH due AS MATERIALIZED ( -- asked once: as a subquery it may be asked again for each row, and answer another one
          SELECT kind, chain_id, subject FROM task WHERE not_before <= ? AND %s AND chain_id <> ALL (?)
           ORDER BY %s FOR UPDATE SKIP LOCKED LIMIT ?)
        UPDATE task t SET not_before = ?, claimed_by = ?, claimed_until = ?, woken_for = NULL, attempts = t.attempts + 1 FROM due
         WHERE t.kind = due.kind AND t.chain_id = due.chain_id AND t.subject = due.subject
        RETURNING t.*
        """
            .formatted(which, order),
        Task::read,
        now,
        Tx.column("bigint", List.copyOf(closed)),
        limit,
        now.plus(lease),
        holder,
        now.plus(lease));
  }

  /** Which of them are still the claims that were given. */
  private static final String CLAIMED =
      """
       unnest(?::text[], ?::bigint[], ?::bytea[], ?::timestamptz[], ?::text[])
         AS c (kind, chain_id, subject, lease, holder)
       WHERE t.kind = c.kind AND t.chain_id = c.chain_id AND t.subject = c.subject
         AND t.not_before = c.lease AND t.claimed_by = c.holder
      """;

  /**
   * Puts claimed work off, each as long as it is still that claim's, and no longer than news that
   * came meanwhile wants it. Answers how much of it still was.
   *
   * @param attempts 0: it is looked at with others again; more: by itself
   * @param parked why, as JSON; empty when nothing is wrong
   */
  public static int putOffAll(
      Tx tx, List<Task> tasks, Instant until, int attempts, Optional<String> parked) {
    if (tasks.isEmpty()) return 0;
    return tx.update(
        """
        UPDATE task t SET not_before = least(?, woken_for), woken_for = NULL, claimed_until = NULL, parked = ?, attempts = ?,
               held_since = CASE WHEN ? = 0 THEN NULL ELSE held_since END FROM
        """
            + CLAIMED,
        claims(tasks, until, parked.map(Tx::json), attempts, attempts));
  }

  /**
   * Closes claimed work, each as long as it is still that claim's; where news came since it was
   * claimed it is due again instead. Answers the subjects of what is closed.
   */
  public static Set<Hash> closeAll(Tx tx, List<Task> tasks) {
    if (tasks.isEmpty()) return Set.of();
    Set<Hash> closed =
        Set.copyOf(
            tx.list(
                "DELETE FROM task t USING "
                    + CLAIMED
                    + " AND t.woken_for IS NULL RETURNING t.subject",
                row -> row.hash("subject"),
                claims(tasks)));
    if (closed.size() < tasks.size())
      tx.update(
          "UPDATE task t SET not_before = woken_for, woken_for = NULL, claimed_until = NULL FROM "
              + CLAIMED
              + " AND t.woken_for IS NOT NULL",
          claims(tasks));
    return closed;
  }

  /** The claims as {@link #CLAIMED} asks for them, after other values. */
  private static Object[] claims(List<Task> given, Object... values) {
    // As the primary key has them: whoever changes several of the same takes them in one order.
    List<Task> tasks =
        given.stream()
            .sorted(
                Comparator.comparing((Task t) -> t.kind().name())
                    .thenComparingLong(Task::chainId)
                    .thenComparing(Task::subject))
            .toList();
    List<Object> parameters = new ArrayList<>(Arrays.asList(values));
    parameters.add(Tx.column("text", tasks.stream().map(t -> t.kind().name()).toList()));
    parameters.add(Tx.column("bigint", tasks.stream().map(Task::chainId).toList()));
    parameters.add(Tx.column("bytea", tasks.stream().map(Task::subject).toList()));
    parameters.add(Tx.column("timestamptz", tasks.stream().map(Task::lease).toList()));
    parameters.add(Tx.column("text", tasks.stream().map(Task::holder).toList()));
    return parameters.toArray();
  }

  /**
   * Open work of that kind on a chain that may go along with {@code with}: nothing is on its way
   * for it, and its last attempt did not fail. What is due longest comes first.
   *
   * @param before only what is due by then
   */
  public static List<Hash> companions(
      Tx tx, Kind kind, long chainId, Hash with, Instant before, int limit) {
    return tx.list(
        """
        SELECT t.subject FROM task t
         WHERE t.kind = ? AND t.chain_id = ? AND t.subject <> ? AND t.not_before <= ? AND t.parked IS NULL
           AND NOT EXISTS (SELECT 1 FROM transaction_item s
                            WHERE s.chain_id = t.chain_id AND s.subject = t.subject AND s.open)
         ORDER BY t.created_at, t.subject LIMIT ?
        """,
        row -> row.hash("subject"),
        kind.name(),
        chainId,
        with,
        before,
        limit);
  }

  /** Makes all work of that kind on a chain due when there is as much as fits into one batch. */
  public static void hurryWhenMany(Tx tx, Kind kind, long chainId, int many, Instant now) {
    tx.update(
        "UPDATE task SET "
            + WOKEN
            + """
               WHERE kind = ? AND chain_id = ? AND attempts = 0
                 AND (SELECT count(*) FROM task o WHERE o.kind = ? AND o.chain_id = ? AND o.attempts = 0) >= ?
              """,
        now,
        now,
        kind.name(),
        chainId,
        kind.name(),
        chainId,
        many);
  }

  /** Gives back what an instance has claimed that is dead, but for what it is writing just now. */
  public static void release(Tx tx, String holder, Instant now) {
    tx.update(
        """
        WITH claimed AS MATERIALIZED (
          SELECT kind, chain_id, subject FROM task
           WHERE claimed_by = ? AND claimed_until = not_before AND not_before > ? FOR UPDATE SKIP LOCKED)
        UPDATE task t SET not_before = ? FROM claimed c
         WHERE t.kind = c.kind AND t.chain_id = c.chain_id AND t.subject = c.subject
        """,
        holder,
        now,
        now);
  }

  /**
   * Whatever waits is looked at anew, and what is claimed is nobody's, but for {@link #ON_ITS_WAY}.
   */
  static void releaseAll(Tx tx, Instant now) {
    releaseSome(tx, now, Integer.MAX_VALUE, "");
  }

  /**
   * As {@link #releaseAll}, a portion at a time however much there is: for the first process that
   * comes, when nobody else works. What somebody who came since has in hand is left to him.
   */
  public static void takeUp(Database database, Instant now) {
    while (database.inTransaction(tx -> releaseSome(tx, now, PORTION, " SKIP LOCKED")) == PORTION) {
      // the next portion
    }
  }

  private static int releaseSome(Tx tx, Instant now, int most, String locked) {
    return tx.update(
        "WITH waiting AS MATERIALIZED (SELECT kind, chain_id, subject FROM task WHERE not_before > ? AND NOT "
            + ON_ITS_WAY
            + " LIMIT ? FOR UPDATE"
            + locked
            + ") UPDATE task t SET not_before = ? FROM waiting w WHERE t.kind = w.kind"
            + " AND t.chain_id = w.chain_id AND t.subject = w.subject",
        now,
        most,
        now);
  }

  /**
   * Whether at least so many submissions are due that never failed: what fails again and again is
   * no backlog, or whoever brings such work would keep everybody else's out.
   */
  public static boolean areDue(Tx tx, Instant now, int many) {
    return tx.one(
            "SELECT count(*) AS n FROM (SELECT 1 FROM task WHERE attempts = 0 AND submits AND not_before <= ? LIMIT"
                + " ?) due",
            row -> row.number("n"),
            now,
            many)
        .filter(n -> n >= many)
        .isPresent();
  }

  /**
   * How many of an agent's intents wait to be submitted: they are due, or their last attempt
   * failed. What only waits for finality is not among them.
   *
   * @param most more are not counted
   */
  public static int waiting(Tx tx, BigInteger agentId, Instant now, int most) {
    return tx.one(
            """
            SELECT count(*) AS n FROM (
              SELECT 1 FROM task WHERE agent_id = ? AND nonce IS NOT NULL AND (attempts > 0 OR not_before <= ?) LIMIT ?) waiting
            """,
            row -> (int) row.number("n"),
            agentId,
            now,
            most)
        .orElseThrow();
  }

  /** When the next work is due, if any is open. */
  public static Optional<Instant> nextDue(Tx tx) {
    return tx.one("SELECT min(not_before) AS due FROM task", row -> row.optionalTime("due"))
        .flatMap(d -> d);
  }

  /**
   * Puts the work off, as long as it is still this claim's, and no longer than news that came
   * meanwhile wants it. What is parked is why nothing was sent, in words, as JSON; empty when
   * nothing is wrong. Answers whether it still was: what is stored in the same transaction is
   * stored for work that nobody else has.
   */
  public boolean putOff(Tx tx, Instant until, Optional<String> parked) {
    return tx.update(
            "UPDATE task SET not_before = least(?, woken_for), woken_for = NULL, claimed_until = NULL, parked = ?, held_since = NULL, attempts = CASE WHEN ?"
                + " THEN attempts ELSE 0 END WHERE kind = ? AND chain_id = ? AND subject = ? AND"
                + " not_before = ? AND claimed_by = ?",
            until,
            parked.map(Tx::json),
            parked.isPresent(),
            kind.name(),
            chainId,
            subject,
            lease,
            holder)
        > 0;
  }

  /**
   * Puts off what could be sent but waits for cheaper gas, as long as it is still this claim's.
   *
   * @param since since when it waits
   */
  public void hold(Tx tx, Instant since, Instant until, String parked) {
    if (!putOff(tx, until, Optional.of(parked))) return;
    tx.update(
        "UPDATE task SET held_since = ? WHERE kind = ? AND chain_id = ? AND subject = ?",
        since,
        kind.name(),
        chainId,
        subject);
  }

  /** Whether it is still this claim's; nobody else claims it before the transaction ends. */
  public boolean isHeld(Tx tx) {
    return tx.one(
            "SELECT 1 FROM task WHERE kind = ? AND chain_id = ? AND subject = ? AND not_before = ?"
                + " AND claimed_by = ? FOR UPDATE",
            row -> true,
            kind.name(),
            chainId,
            subject,
            lease,
            holder)
        .isPresent();
  }

  /** Parks open work of any kind for that subject on a chain until then, whoever claimed it. */
  public static void park(Tx tx, long chainId, Hash subject, Instant until, String parked) {
    tx.update(
        "UPDATE task SET not_before = greatest(not_before, ?), parked = ?, attempts = attempts + 1"
            + " WHERE chain_id = ? AND subject = ?",
        until,
        Tx.json(parked),
        chainId,
        subject);
  }

  /**
   * Puts the work off because a node, the database or this program failed: as long as it is still
   * this claim's, and as if it had not been claimed, since what failed was not the work.
   */
  public void suspend(Tx tx, Instant until, String parked) {
    tx.update(
        "UPDATE task SET not_before = least(?, woken_for), woken_for = NULL, claimed_until = NULL, parked = ?, attempts = greatest(attempts - 1, 0) WHERE"
            + " kind = ? AND chain_id = ? AND subject = ? AND not_before = ? AND claimed_by = ?",
        until,
        Tx.json(parked),
        kind.name(),
        chainId,
        subject,
        lease,
        holder);
  }

  /** Finalized data shows that it is over: as {@link #closeAll}. Answers whether it is closed. */
  public boolean close(Tx tx) {
    return !closeAll(tx, List.of(this)).isEmpty();
  }

  /**
   * Closes the submissions of intents that a block of home tells of: they are submitted for good.
   *
   * @param above number of the block that was the last final one
   * @param upTo number of the one that is now
   */
  public static void closeSubmitted(Tx tx, long home, long above, long upTo) {
    tx.update(
        """
        DELETE FROM task WHERE kind = 'SUBMIT' AND chain_id = ? AND subject = ANY (ARRAY(
          SELECT e.subject FROM event e
           WHERE e.chain_id = ? AND e.block_number > ? AND e.block_number <= ?
             AND e.kind IN ('ADMITTED', 'DENIED', 'DISPATCHED', 'EXECUTED', 'CANCELLED', 'EXPIRED')))
        """,
        home,
        home,
        above,
        upTo);
  }

  /**
   * Of these subjects something is not so any more that a claim may rest on: a transaction ended, a
   * block or a log is gone. All work for them on that chain is looked at at once, if it is open,
   * and what is claimed of it is nobody's: nothing is written that was concluded before.
   */
  public static void lookAnew(Tx tx, long chainId, Collection<Hash> subjects, Instant now) {
    if (subjects.isEmpty()) return;
    tx.update(
        "UPDATE task SET not_before = least(not_before, ?) WHERE kind = ANY (?) AND chain_id = ? AND"
            + " subject = ANY (?)",
        now,
        KINDS,
        chainId,
        Tx.column("bytea", List.copyOf(subjects)));
  }

  /** What was done for these subjects came to nothing: each is looked at by itself. */
  static void countFailure(Tx tx, long chainId, List<Hash> subjects) {
    if (subjects.isEmpty()) return;
    tx.update(
        "UPDATE task SET attempts = greatest(attempts, 1) WHERE kind = ANY (?) AND chain_id = ? AND"
            + " subject = ANY (?)",
        KINDS,
        chainId,
        Tx.column("bytea", subjects));
  }

  /** There is news for that work: it looks again at once, if it is open. */
  public static void wake(Tx tx, Kind kind, long chainId, Hash subject, Instant now) {
    tx.update(
        "UPDATE task SET " + WOKEN + " WHERE kind = ? AND chain_id = ? AND subject = ?",
        now,
        now,
        kind.name(),
        chainId,
        subject);
  }

  /**
   * What waits for something on that chain looks again at once: it may wait for what is gone. But
   * for {@link #ON_ITS_WAY}: of what is gone {@link #lookAnew} tells.
   */
  public static void wake(Tx tx, long chainId, Instant now) {
    tx.update(
        "UPDATE task SET " + WOKEN + " WHERE chain_id = ? AND not_before > ? AND NOT " + ON_ITS_WAY,
        now,
        now,
        chainId,
        now);
  }

  /**
   * Executions elsewhere of what home finally sent look again at once.
   *
   * @param where the chains on which they may be
   * @param above number of home's block that was the last final one
   * @param upTo number of the one that is now
   */
  public static void wakeDispatched(
      Tx tx, Set<Long> where, long home, long above, long upTo, Instant now) {
    tx.update(
        "UPDATE task SET "
            + WOKEN
            + """
               WHERE kind = 'EXECUTE' AND chain_id = ANY (?) AND subject = ANY (ARRAY(
                SELECT e.subject FROM event e
                 WHERE e.chain_id = ? AND e.block_number <= ? AND e.block_number > ? AND e.kind IN ('DISPATCHED', 'RESENT')))
              """,
        now,
        now,
        Tx.column("bigint", List.copyOf(where)),
        home,
        upTo,
        above);
  }

  private static Task read(Row row) throws java.sql.SQLException {
    return new Task(
        Kind.valueOf(row.text("kind")),
        row.number("chain_id"),
        row.hash("subject"),
        (int) row.number("attempts"),
        row.text("claimed_by"),
        row.time("not_before"),
        row.optionalTime("held_since"));
  }
}
