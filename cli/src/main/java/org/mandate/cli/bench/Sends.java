package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mandate.cli.Output;
import org.mandate.relayer.store.Database;

/**
 * How often several relayers sent the same thing: by purpose, how many transactions they wrote for
 * how many things. A transaction for several things counts for each of them.
 */
record Sends(Map<String, Count> byPurpose) {
  /**
   * @param sent by all relayers together
   * @param things each once, however many sent it
   */
  record Count(long sent, long things) {}

  private record Sent(String purpose, String of) {}

  /** The newest transaction of a relayer that is stored. */
  static long newest(Database database) {
    return database.inTransaction(
        tx ->
            tx.one(
                    "SELECT coalesce(max(transaction_id), 0) AS n FROM transaction",
                    row -> row.number("n"))
                .orElseThrow());
  }

  /**
   * @param databases of each relayer
   * @param marks of each, {@link #newest} when counting began
   */
  static Sends since(List<Database> databases, List<Long> marks) {
    Map<String, Long> sent = new HashMap<>();
    Map<String, Set<String>> things = new HashMap<>();
    for (int i = 0; i < databases.size(); i++) {
      for (Sent one : sent(databases.get(i), marks.get(i))) {
        sent.merge(one.purpose(), 1L, Long::sum);
        things.computeIfAbsent(one.purpose(), p -> new HashSet<>()).add(one.of());
      }
    }
    Map<String, Count> counts = new TreeMap<>();
    sent.forEach((purpose, n) -> counts.put(purpose, new Count(n, things.get(purpose).size())));
    return new Sends(counts);
  }

  /** What each relayer does for itself is no second send. */
  private static List<Sent> sent(Database database, long after) {
    return database.inTransaction(
        tx ->
            tx.list(
                """
                SELECT purpose, chain_id, subject FROM transaction_item
                 WHERE transaction_id > ? AND purpose NOT IN ('PUBLISH', 'TOP_UP')
                """,
                row ->
                    new Sent(
                        row.text("purpose"), row.number("chain_id") + " " + row.hash("subject")),
                after));
  }

  /** How often each thing was sent on average, of one purpose; 0 when nothing was. */
  double each(String purpose) {
    var count = byPurpose.get(purpose);
    return count == null ? 0 : Math.round(1000.0 * count.sent() / count.things()) / 1000.0;
  }

  /** How often each thing was sent on average. */
  double each() {
    long sent = byPurpose.values().stream().mapToLong(Count::sent).sum();
    long things = byPurpose.values().stream().mapToLong(Count::things).sum();
    return things == 0 ? 0 : Math.round(1000.0 * sent / things) / 1000.0;
  }

  ObjectNode toJson() {
    ObjectNode json = Output.object();
    byPurpose.forEach(
        (purpose, count) ->
            json.putObject(purpose)
                .put("sent", count.sent())
                .put("things", count.things())
                .put("each", each(purpose)));
    return json;
  }

  /** Such as {@code DELIVER 210 of 200, SUBMIT 200 of 200}: sent, of how many things. */
  String words() {
    return byPurpose.entrySet().stream()
        .map(e -> "%s %d of %d".formatted(e.getKey(), e.getValue().sent(), e.getValue().things()))
        .collect(Collectors.joining(", "));
  }
}
