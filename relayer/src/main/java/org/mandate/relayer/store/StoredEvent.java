package org.mandate.relayer.store;

import java.math.BigInteger;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.intent.IntentDomain;

/**
 * An event of the protocol in a canonical block.
 *
 * @param time of its block, unix seconds
 * @param isFinal whether its block is final
 */
public record StoredEvent(EventKind kind, long chainId, Log log, long time, boolean isFinal) {
  private static final String SELECT =
      """
      SELECT e.*, b.hash AS block_hash, b.time, coalesce(e.block_number <= c.finalized, false) AS final
        FROM event e
        JOIN block b ON b.chain_id = e.chain_id AND b.number = e.block_number
        JOIN chain c ON c.chain_id = e.chain_id
      """;

  /**
   * The step in an intent's life that the log tells of; empty when it tells of none.
   *
   * @param domain under which intents have their ids
   * @throws IllegalArgumentException when it is not the event that its topic names
   */
  public static Optional<IntentEvent> step(
      EventKind kind, long chainId, Log log, IntentDomain domain) {
    return switch (kind) {
      case ADMITTED,
          DENIED,
          DISPATCHED,
          QUEUED,
          EXECUTED,
          CANCELLED,
          DISPUTED,
          UPHELD,
          EXPIRED,
          FAILED,
          SETTLED ->
          ContractEvents.executor(log);
      case PAID, REFUSED -> ContractEvents.payment(log, domain, BigInteger.valueOf(chainId));
      case NOTIFIED,
          RESENT,
          HASTENED,
          REFUTED,
          RESULT,
          DROPPED,
          APPENDED,
          PUBLISHED,
          SENT,
          NUMBERED,
          DELIVERED,
          REPORTED ->
          Optional.empty();
    };
  }

  /** As {@link #step(EventKind, long, Log, IntentDomain)}. */
  public Optional<IntentEvent> step(IntentDomain domain) {
    return step(kind, chainId, log, domain);
  }

  /**
   * What an executor tells beside the steps; empty when it is something else.
   *
   * @throws IllegalArgumentException when it is not the event that its topic names
   */
  public Optional<IntentNotice> notice() {
    return ContractEvents.notice(log);
  }

  /** The intent or message it is about; empty for a published batch. */
  private static Optional<Hash> subject(EventKind kind, Log log, Optional<IntentEvent> step) {
    return switch (kind) {
      case ADMITTED,
          NOTIFIED,
          DENIED,
          DISPATCHED,
          RESENT,
          QUEUED,
          HASTENED,
          EXECUTED,
          CANCELLED,
          DISPUTED,
          UPHELD,
          REFUTED,
          EXPIRED,
          FAILED,
          RESULT,
          DROPPED,
          SETTLED,
          SENT,
          NUMBERED,
          DELIVERED,
          REPORTED ->
          Optional.of(log.topics().get(1));
      case APPENDED -> Optional.of(log.topics().get(2));
      case PAID, REFUSED -> step.map(IntentEvent::intentId);
      case PUBLISHED -> Optional.empty();
    };
  }

  /** The agent it is about; empty where the event does not tell. */
  public static Optional<BigInteger> agent(EventKind kind, Log log) {
    return switch (kind) {
      case ADMITTED,
          NOTIFIED,
          DENIED,
          DISPATCHED,
          RESENT,
          QUEUED,
          HASTENED,
          EXECUTED,
          CANCELLED,
          DISPUTED,
          UPHELD,
          REFUTED,
          EXPIRED,
          FAILED,
          SETTLED ->
          Optional.of(new BigInteger(1, log.topics().get(2).bytes()));
      case PAID, REFUSED, APPENDED, PUBLISHED ->
          Optional.of(new BigInteger(1, log.topics().get(1).bytes()));
      case RESULT, DROPPED, SENT, NUMBERED, DELIVERED, REPORTED -> Optional.empty();
    };
  }

  /**
   * What a block logged, to be stored.
   *
   * @param step as {@link #step(EventKind, long, Log, IntentDomain)} reads it
   */
  public record Logged(EventKind kind, Log log, Optional<IntentEvent> step) {}

  /** As {@link #insert(Tx, long, List)}, one. */
  public static void insert(Tx tx, long chainId, EventKind kind, Log log, IntentDomain domain) {
    insert(tx, chainId, List.of(new Logged(kind, log, step(kind, chainId, log, domain))));
  }

  /** Stores what was logged in blocks that are stored already. */
  public static void insert(Tx tx, long chainId, List<Logged> events) {
    tx.updateAll(
        """
        INSERT INTO event (chain_id, block_number, log_index, transaction, kind, subject, agent_id, address, topics, data)
        SELECT * FROM unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        List.of(
            "bigint", "bigint", "integer", "bytea", "text", "bytea", "numeric", "bytea", "bytea",
            "bytea"),
        events.stream()
            .map(
                event ->
                    new Object[] {
                      chainId,
                      event.log().blockNumber(),
                      event.log().index(),
                      event.log().transaction(),
                      event.kind().name(),
                      subject(event.kind(), event.log(), event.step()),
                      agent(event.kind(), event.log()),
                      event.log().address(),
                      joined(event.log().topics()),
                      Bytes.of(event.log().data())
                    })
            .toList());
  }

  /** What is stored of the blocks {@code from} to {@code to}, both included, in order. */
  public static List<Log> within(Tx tx, long chainId, long from, long to) {
    return tx.list(
        SELECT
            + " WHERE e.chain_id = ? AND e.block_number BETWEEN ? AND ?"
            + " ORDER BY e.block_number, e.log_index",
        row -> read(row).log(),
        chainId,
        from,
        to);
  }

  /**
   * Forgets a log that is none, with everything that was derived from it. Answers which intents or
   * messages it was about.
   */
  public static List<Hash> remove(Tx tx, long chainId, Log log) {
    return tx
        .list(
            "DELETE FROM event WHERE chain_id = ? AND block_number = ? AND log_index = ? RETURNING subject",
            row -> row.optionalHash("subject"),
            chainId,
            log.blockNumber(),
            log.index())
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  /** All events about an intent or message, in order, chain by chain. */
  public static List<StoredEvent> about(Tx tx, Hash subject) {
    return tx.list(
        SELECT + " WHERE e.subject = ? ORDER BY e.chain_id, e.block_number, e.log_index",
        StoredEvent::read,
        subject);
  }

  /** The events of that kind about an intent or message on one chain, in order. */
  public static List<StoredEvent> about(Tx tx, Hash subject, long chainId, EventKind kind) {
    return tx.list(
        SELECT
            + " WHERE e.subject = ? AND e.chain_id = ? AND e.kind = ? ORDER BY e.block_number,"
            + " e.log_index",
        StoredEvent::read,
        subject,
        chainId,
        kind.name());
  }

  /** The events of that kind that a transaction logged, in order. */
  public static List<StoredEvent> ofTransaction(
      Tx tx, long chainId, Hash transaction, EventKind kind) {
    return tx.list(
        SELECT + " WHERE e.chain_id = ? AND e.transaction = ? AND e.kind = ? ORDER BY e.log_index",
        StoredEvent::read,
        chainId,
        transaction,
        kind.name());
  }

  /**
   * Of which intents a report tells.
   *
   * @param log the report's
   */
  public record Report(Log log, List<Hash> intents) {}

  /** Stores of which intents reports tell; with their blocks they go. */
  public static void insertReported(Tx tx, long chainId, List<Report> reports) {
    tx.updateAll(
        """
        INSERT INTO reported_intent (chain_id, block_number, log_index, intent_id)
        SELECT * FROM unnest(?, ?, ?, ?) ON CONFLICT DO NOTHING
        """,
        List.of("bigint", "bigint", "integer", "bytea"),
        reports.stream()
            .flatMap(
                report ->
                    report.intents().stream()
                        .map(
                            intent ->
                                new Object[] {
                                  chainId, report.log().blockNumber(), report.log().index(), intent
                                }))
            .toList());
  }

  /** The newest report of an intent on a chain. */
  public static Optional<StoredEvent> lastReport(Tx tx, long chainId, Hash intentId) {
    return tx.one(
        SELECT
            + """
              JOIN reported_intent r ON r.chain_id = e.chain_id AND r.block_number = e.block_number AND r.log_index = e.log_index
             WHERE r.chain_id = ? AND r.intent_id = ?
             ORDER BY e.block_number DESC, e.log_index DESC LIMIT 1
            """,
        StoredEvent::read,
        chainId,
        intentId);
  }

  /** What home was told last of an intent, unless that was dropped. */
  public static Optional<StoredEvent> result(Tx tx, long home, Hash intentId) {
    return lastTold(tx, home, intentId).filter(e -> e.kind() == EventKind.RESULT);
  }

  /** What home was told last of an intent, or that this was dropped. */
  public static Optional<StoredEvent> lastTold(Tx tx, long home, Hash intentId) {
    return tx.one(
        SELECT
            + """
             WHERE e.subject = ? AND e.chain_id = ? AND e.kind IN ('RESULT', 'DROPPED')
             ORDER BY e.block_number DESC, e.log_index DESC LIMIT 1
            """,
        StoredEvent::read,
        intentId,
        home);
  }

  /**
   * For other tables' questions: the rest of a query over events {@code e} and chains {@code c}.
   */
  static List<StoredEvent> where(Tx tx, String rest, Object... parameters) {
    return tx.list(SELECT + rest, StoredEvent::read, parameters);
  }

  /** Where an intent stands on a chain: its last event there. */
  public static Optional<StoredEvent> progress(Tx tx, Hash intentId, long chainId) {
    return tx.one(
        "SELECT * FROM intent_progress WHERE intent_id = ? AND chain_id = ?",
        StoredEvent::read,
        intentId,
        chainId);
  }

  /** Whether the transaction logged anything that is stored. */
  public static boolean isOf(Tx tx, long chainId, Hash transaction) {
    return tx.one(
            "SELECT count(*) AS n FROM event WHERE chain_id = ? AND transaction = ?",
            row -> row.number("n"),
            chainId,
            transaction)
        .filter(n -> n > 0)
        .isPresent();
  }

  /**
   * Final messages from {@code chainId} that are neither attested nor refused yet, in order: all of
   * the oldest {@code blocks} blocks that have any, since one root is over all messages of a block.
   *
   * @param after only of blocks above this one
   */
  public static List<StoredEvent> unattested(Tx tx, long chainId, long after, int blocks) {
    WaitingBlocks.update(tx, DoneUntil.Work.ATTEST, chainId);
    List<Long> due =
        tx.list(
            """
            SELECT block_number FROM waiting_block WHERE work = 'ATTEST' AND chain_id = ? AND block_number > ?
             ORDER BY block_number LIMIT ?
            """,
            row -> row.number("block_number"),
            chainId,
            after,
            blocks);
    if (due.isEmpty()) return List.of();
    return tx.list(
        SELECT
            + " WHERE e.chain_id = ? AND e.block_number = ANY (?) AND e.block_number <= c.finalized AND "
            + WaitingBlocks.left(DoneUntil.Work.ATTEST)
            + " ORDER BY e.block_number, e.log_index",
        StoredEvent::read,
        chainId,
        Tx.column("bigint", due));
  }

  /**
   * Final audit records whose blob is not stored yet, oldest first, but for those of some agents.
   *
   * @param after only of blocks above this one
   */
  public static List<StoredEvent> unarchived(
      Tx tx, long chainId, long after, Set<BigInteger> without, int limit) {
    return tx.list(
        SELECT
            + """
             WHERE e.kind IN ('APPENDED', 'PAID', 'REFUSED') AND e.chain_id = ? AND e.block_number > ?
               AND e.block_number <= c.finalized
               AND e.agent_id <> ALL (?::numeric[])
               AND NOT EXISTS (SELECT 1 FROM audit_record r
                                WHERE r.chain_id = e.chain_id AND r.block_number = e.block_number AND r.log_index = e.log_index)
             ORDER BY e.block_number, e.log_index LIMIT ?
            """,
        StoredEvent::read,
        chainId,
        after,
        array(without),
        limit);
  }

  /**
   * Published batches that were not compared with this relayer's records yet, oldest first, but for
   * those of some agents.
   *
   * @param after only of blocks above this one
   */
  public static List<StoredEvent> unchecked(
      Tx tx, long chainId, long after, Set<BigInteger> without, int limit) {
    return tx.list(
        SELECT
            + """
             WHERE e.kind = 'PUBLISHED' AND e.chain_id = ? AND e.block_number > ?
               AND e.agent_id <> ALL (?::numeric[])
               AND NOT EXISTS (SELECT 1 FROM audit_batch a
                                WHERE a.chain_id = e.chain_id AND a.block_number = e.block_number AND a.log_index = e.log_index)
             ORDER BY e.block_number, e.log_index LIMIT ?
            """,
        StoredEvent::read,
        chainId,
        after,
        array(without),
        limit);
  }

  /** The newest batch that was published for the agent. */
  public static Optional<StoredEvent> lastPublished(Tx tx, long chainId, BigInteger agentId) {
    return tx.one(
        SELECT
            + " WHERE e.kind = 'PUBLISHED' AND e.chain_id = ? AND e.agent_id = ?"
            + " ORDER BY e.block_number DESC, e.log_index DESC LIMIT 1",
        StoredEvent::read,
        chainId,
        agentId);
  }

  /**
   * The steps in the lives of those intents that the blocks {@code from} to {@code to}, both
   * included, hold, in order: what audit records there belong to.
   */
  public static List<StoredEvent> steps(
      Tx tx, long chainId, long from, long to, Collection<Hash> subjects) {
    return tx.list(
        SELECT
            + " WHERE e.chain_id = ? AND e.block_number BETWEEN ? AND ? AND e.subject = ANY (?)"
            + " AND e.kind IN ('ADMITTED', 'DENIED', 'DISPATCHED', 'QUEUED',"
            + " 'EXECUTED', 'CANCELLED', 'DISPUTED', 'UPHELD', 'EXPIRED', 'FAILED', 'SETTLED')"
            + " ORDER BY e.block_number, e.log_index",
        StoredEvent::read,
        chainId,
        from,
        to,
        Tx.column("bytea", List.copyOf(subjects)));
  }

  private static StoredEvent read(Row row) throws SQLException {
    Log log =
        new Log(
            row.hash("block_hash"),
            row.number("block_number"),
            row.hash("transaction"),
            (int) row.number("log_index"),
            row.address("address"),
            split(row.bytes("topics")),
            row.bytes("data").hex());
    return new StoredEvent(
        EventKind.valueOf(row.text("kind")),
        row.number("chain_id"),
        log,
        row.number("time"),
        row.flag("final"));
  }

  private static String array(Set<BigInteger> numbers) {
    return numbers.stream().map(BigInteger::toString).collect(Collectors.joining(",", "{", "}"));
  }

  private static Bytes joined(List<Hash> topics) {
    StringBuilder all = new StringBuilder("0x");
    topics.forEach(t -> all.append(t.hex(), 2, 66));
    return new Bytes(all.toString());
  }

  private static List<Hash> split(Bytes topics) {
    List<Hash> all = new ArrayList<>();
    for (int i = 2; i < topics.hex().length(); i += 64)
      all.add(new Hash("0x" + topics.hex().substring(i, i + 64)));
    return all;
  }
}
