package org.mandate.relayer.api;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import org.mandate.relayer.store.Tx;

/** Open work that something stands in the way of, what waits longest first. */
final class ParkedWork {
  private static final int PAGE = 100;

  private ParkedWork() {}

  /**
   * @param rule only what is parked by it
   * @param skipped how many are left out
   */
  static JsonObject page(Tx tx, Optional<String> rule, long skipped) {
    List<JsonObject> some =
        tx.list(
            """
            SELECT t.kind, t.chain_id, t.subject, t.attempts, t.created_at, t.not_before, t.parked,
                   ARRAY(SELECT '0x' || encode(m.intent_id, 'hex') FROM message_intent m
                          WHERE m.message_id = t.subject ORDER BY m.intent_id)::text AS intents
              FROM task t WHERE t.parked IS NOT NULL AND t.parked->>'rule' = coalesce(?, t.parked->>'rule')
             ORDER BY t.created_at, t.kind, t.chain_id, t.subject OFFSET ? LIMIT ?
            """,
            row ->
                new JsonObject()
                    .put("work", row.text("kind"))
                    .put("chainId", Long.toString(row.number("chain_id")))
                    .put("subject", row.hash("subject").hex())
                    .put("intents", intents(row.text("intents")))
                    .put("attempts", row.number("attempts"))
                    .put("since", row.time("created_at").toString())
                    .put("next", row.time("not_before").toString())
                    .put("parked", new JsonObject(row.text("parked"))),
            rule,
            skipped,
            PAGE + 1);
    JsonObject page =
        new JsonObject()
            .put(
                "parked", new JsonArray(List.copyOf(some.subList(0, Math.min(PAGE, some.size())))));
    if (some.size() > PAGE) page.put("next", Long.toString(skipped + PAGE));
    return page;
  }

  /** From PostgreSQL's way to write an array of hexadecimal words. */
  private static JsonArray intents(String array) {
    String inside = array.substring(1, array.length() - 1);
    return new JsonArray(inside.isEmpty() ? List.of() : List.of(inside.split(",")));
  }
}
