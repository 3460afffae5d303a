package org.mandate.cli.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.mandate.chain.Hash;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.Town;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Tx;

/**
 * Looks again and again: when home's node said that blocks are final, when each relayer's database
 * did, and when it had the signatures of a quorum.
 */
final class QuorumWatch implements AutoCloseable {
  private final int threshold;
  private final Duration look;
  private final List<Watched> watched;
  private final FinalityWatch finality;
  private volatile boolean closed;

  /**
   * @param look between two looks: times are no more exact than that
   */
  QuorumWatch(List<Database> databases, LocalChain home, int threshold, Duration look) {
    this.finality = new FinalityWatch(home, look);
    this.threshold = threshold;
    this.look = look;
    this.watched = databases.stream().map(Watched::new).toList();
  }

  private final class Watched {
    private final Database database;
    private final ConcurrentSkipListMap<Long, Long> finalAt = new ConcurrentSkipListMap<>();
    private final Map<Hash, Long> quorumAt = new ConcurrentHashMap<>();
    private final Thread thread;

    Watched(Database database) {
      this.database = database;
      this.thread = Thread.ofVirtual().name("quorum-watch").start(this::run);
    }

    private void run() {
      while (!closed) {
        try {
          look();
          Thread.sleep(look);
        } catch (InterruptedException e) {
          return;
        }
      }
    }

    private void look() {
      var before = OpenLoop.micros();
      database
          .inTransaction(
              tx ->
                  tx.one(
                      "SELECT finalized FROM chain WHERE chain_id = ? AND finalized IS NOT NULL",
                      row -> row.number("finalized"),
                      Town.HOME))
          .ifPresent(number -> finalAt.putIfAbsent(number, before));
      var complete = database.inTransaction(this::complete);
      var after = OpenLoop.micros();
      complete.forEach(id -> quorumAt.putIfAbsent(id, after));
    }

    private List<Hash> complete(Tx tx) {
      return tx.list(
          """
          SELECT m.message_id FROM message m JOIN attestation a ON a.root IN (m.root, m.message_id)
           WHERE m.source_chain = ? AND m.attested_at > now() - interval '2 minutes'
           GROUP BY m.message_id, a.root HAVING count(*) >= ?
          """,
          row -> row.hash("message_id"),
          Town.HOME,
          threshold);
    }

    /** Of each message that tells of these. */
    private List<Time> times(List<Hash> intents) {
      var times = new ArrayList<Time>();
      sent(intents)
          .forEach(
              (message, block) -> {
                var seen = finalAt.ceilingEntry(block);
                var complete = quorumAt.get(message);
                var isFinal = finality.at(block);
                if (seen != null && complete != null && isFinal.isPresent())
                  times.add(
                      new Time(
                          Math.max(0, complete - isFinal.getAsLong()),
                          Math.max(0, complete - seen.getValue())));
              });
      return times;
    }

    private Map<Hash, Long> sent(List<Hash> intents) {
      var sent = new TreeMap<Hash, Long>();
      database.run(
          tx ->
              tx.list(
                      """
                      SELECT e.subject, e.block_number FROM event e JOIN message_intent i ON i.message_id = e.subject
                       WHERE e.kind = 'SENT' AND e.chain_id = ? AND i.intent_id = ANY (?)
                      """,
                      row -> Map.entry(row.hash("subject"), row.number("block_number")),
                      Town.HOME,
                      Tx.column("bytea", intents))
                  .forEach(entry -> sent.put(entry.getKey(), entry.getValue())));
      return sent;
    }
  }

  /**
   * Until a relayer had the signatures of a quorum, in microseconds.
   *
   * @param chain since home's node said that the message is final
   * @param own since the relayer's database did
   */
  record Time(long chain, long own) {}

  /** Of all relayers. */
  List<Time> times(List<Hash> intents) {
    return watched.stream().flatMap(w -> w.times(intents).stream()).toList();
  }

  /** It looks no more, and what it saw is complete. */
  void end() throws InterruptedException {
    closed = true;
    for (var each : watched) each.thread.join();
  }

  @Override
  public void close() {
    closed = true;
    finality.close();
  }
}
