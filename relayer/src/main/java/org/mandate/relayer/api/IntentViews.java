package org.mandate.relayer.api;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentJson;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Tx;
import org.mandate.relayer.work.ContractCalls;
import org.mandate.relayer.work.VerdictWords;

/** An intent as the API shows it, from what is stored: nothing is asked of a chain. */
final class IntentViews {
  private static final int SHOWN_BYTES = 68; // a call with two words

  private final IntentDomain domain;
  private final long home;

  /**
   * @param domain under which intents have their ids
   */
  IntentViews(IntentDomain domain) {
    this.domain = domain;
    this.home = domain.homeChainId().longValueExact();
  }

  /** As in a list: long call data is cut to its selector, and its length told. */
  JsonObject brief(Tx tx, StoredIntent stored) {
    JsonObject view = view(tx, stored);
    int bytes = stored.intent().data().bytes().length;
    if (bytes <= SHOWN_BYTES) return view;
    JsonObject intent = view.getJsonObject("intent");
    intent.put("data", intent.getString("data").substring(0, 10)).put("dataBytes", bytes);
    return view;
  }

  JsonObject view(Tx tx, StoredIntent stored) {
    List<StoredEvent> all =
        StoredEvent.about(tx, stored.id()).stream()
            .filter(e -> e.kind() != EventKind.APPENDED)
            .toList();
    List<StoredEvent> atHome = all.stream().filter(e -> e.chainId() == home).toList();
    List<StoredEvent> elsewhere = all.stream().filter(e -> e.chainId() != home).toList();
    JsonArray transactions = transactions(tx, stored);
    Optional<JsonObject> parked = parked(tx, stored);
    Optional<StoredEvent> last = lastStep(elsewhere).or(() -> lastStep(atHome));
    String state =
        last.map(IntentViews::state)
            .orElseGet(
                () ->
                    IntentViews.over(stored)
                        .orElseGet(() -> waiting(transactions, parked.isPresent())));
    JsonObject json =
        new JsonObject()
            .put("intentId", stored.id().hex())
            .put("state", state)
            .put(
                "final",
                last.map(e -> e.isFinal() && isTerminal(state)).orElse(over(stored).isPresent()))
            .put("intent", new JsonObject(IntentJson.write(stored.intent()).toString()));
    if (last.isEmpty()) stored.supersededBy().ifPresent(by -> json.put("supersededBy", by.hex()));
    verdict(atHome).ifPresent(v -> json.put("verdict", v));
    if (!atHome.isEmpty()) json.put("home", side(home, atHome));
    if (!elsewhere.isEmpty())
      json.put("destination", side(elsewhere.getFirst().chainId(), elsewhere));
    json.put("transactions", transactions).put("timings", timings(stored, atHome, all));
    if (!isTerminal(state)) parked.ifPresent(p -> json.put("parked", p));
    return json;
  }

  /** A verdict in words and numbers. */
  static JsonObject verdict(Verdict verdict) {
    return new JsonObject()
        .put("rule", verdict.rule().name())
        .put("tripped", verdict.tripped())
        .put("tier", verdict.tier().name())
        .put("eta", Long.toString(verdict.eta()))
        .put("limit", verdict.limit().toString())
        .put("left", verdict.left().toString())
        .put("availableAt", Long.toString(verdict.availableAt()))
        .put("source", verdict.source().hex())
        .put("message", VerdictWords.message(verdict))
        .put("next", VerdictWords.next(verdict));
  }

  /** What home said first is what policy said. */
  private Optional<JsonObject> verdict(List<StoredEvent> atHome) {
    boolean notified = atHome.stream().anyMatch(e -> e.kind() == EventKind.NOTIFIED);
    Tier atOnce = notified ? Tier.NOTIFY : Tier.INSTANT;
    return atHome.stream()
        .filter(e -> e.kind() != EventKind.NOTIFIED)
        .findFirst()
        .flatMap(e -> verdict(e, atOnce));
  }

  /**
   * @param atOnce tier of what did not wait
   */
  private Optional<JsonObject> verdict(StoredEvent first, Tier atOnce) {
    return event(first)
        .flatMap(
            event ->
                switch (event) {
                  case IntentEvent.Denied e -> Optional.of(ContractCalls.verdict(e.refusal()));
                  case IntentEvent.Admitted e -> Optional.of(admitted(e.tier(), e.eta()));
                  case IntentEvent.Dispatched e ->
                      Optional.of(admitted(atOnce.ordinal(), first.time()));
                  case IntentEvent.Executed e ->
                      Optional.of(admitted(atOnce.ordinal(), first.time()));
                  case IntentEvent.Paid e -> Optional.of(admitted(0, first.time()));
                  case IntentEvent.Refused e -> Optional.of(ContractCalls.verdict(e.refusal()));
                  case IntentEvent.Queued e -> Optional.<Verdict>empty();
                  case IntentEvent.Cancelled e -> Optional.<Verdict>empty();
                  case IntentEvent.Disputed e -> Optional.<Verdict>empty();
                  case IntentEvent.Upheld e -> Optional.<Verdict>empty();
                  case IntentEvent.Expired e -> Optional.<Verdict>empty();
                  case IntentEvent.Failed e -> Optional.<Verdict>empty();
                  case IntentEvent.Settled e -> Optional.<Verdict>empty();
                })
        .map(IntentViews::verdict);
  }

  private static Verdict admitted(int tier, long eta) {
    return ContractCalls.verdict(
        new IntentEvent.Refusal(
            0, false, tier, eta, BigInteger.ZERO, BigInteger.ZERO, 0, Address.ZERO));
  }

  private JsonObject side(long chainId, List<StoredEvent> events) {
    StoredEvent last = lastStep(events).orElseGet(events::getLast);
    JsonArray steps = new JsonArray();
    events.forEach(e -> steps.add(step(e)));
    return new JsonObject()
        .put("chainId", Long.toString(chainId))
        .put("state", state(last))
        .put("final", last.isFinal())
        .put("events", steps);
  }

  private JsonObject step(StoredEvent stored) {
    JsonObject json =
        new JsonObject()
            .put("event", stored.kind().name())
            .put(
                "block",
                new JsonObject()
                    .put("number", Long.toString(stored.log().blockNumber()))
                    .put("hash", stored.log().blockHash().hex())
                    .put("timestamp", Long.toString(stored.time())))
            .put("transaction", stored.log().transaction().hex())
            .put("logIndex", stored.log().index())
            .put("final", stored.isFinal());
    event(stored)
        .ifPresent(
            event -> {
              switch (event) {
                case IntentEvent.Admitted e -> json.put("eta", Long.toString(e.eta()));
                case IntentEvent.Dispatched e -> json.put("messageId", e.messageId().hex());
                case IntentEvent.Queued e ->
                    json.put("messageId", e.messageId().hex())
                        .put("executableAt", Long.toString(e.executableAt()));
                case IntentEvent.Executed e -> json.put("moved", e.moved().toString());
                case IntentEvent.Paid e -> json.put("moved", e.intent().amount().toString());
                case IntentEvent.Cancelled e -> json.put("by", e.by().hex());
                case IntentEvent.Disputed e ->
                    json.put("by", e.by().hex()).put("resolveBy", Long.toString(e.resolveBy()));
                case IntentEvent.Upheld e ->
                    json.put("by", e.by().hex())
                        .put("executableAt", Long.toString(e.executableAt()));
                case IntentEvent.Denied e -> {}
                case IntentEvent.Refused e -> {}
                case IntentEvent.Expired e -> {}
                case IntentEvent.Failed e -> {}
                case IntentEvent.Settled e ->
                    json.put("outcome", e.outcome().name())
                        .put("moved", e.moved().toString())
                        .put("refunded", e.refunded().toString());
              }
            });
    stored.notice().ifPresent(notice -> tell(json, notice));
    return json;
  }

  private static void tell(JsonObject json, IntentNotice notice) {
    switch (notice) {
      case IntentNotice.Resent e -> json.put("messageId", e.messageId().hex());
      case IntentNotice.Hastened e ->
          json.put("executableAt", Long.toString(e.executableAt()))
              .put("signatures", e.signatures().toString());
      case IntentNotice.ResultReceived e ->
          json.put("outcome", e.outcome().name())
              .put("moved", e.moved().toString())
              .put("settleAt", Long.toString(e.settleAt()));
      case IntentNotice.ResultDropped e -> json.put("by", e.by().hex());
      case IntentNotice.Refuted e ->
          json.put("messageId", e.messageId().hex()).put("by", e.by().hex());
      case IntentNotice.Refused e -> {}
      case IntentNotice.Reported e -> {}
      case IntentNotice.Failed e -> {}
      case IntentNotice.Confirmed e -> {}
    }
  }

  private static JsonArray transactions(Tx tx, StoredIntent stored) {
    JsonArray all = new JsonArray();
    tx.list(
            """
            SELECT t.*, (SELECT count(*) FROM attempt a WHERE a.transaction_id = t.transaction_id) AS attempts,
                   coalesce(t.mined_hash, (SELECT a.hash FROM attempt a WHERE a.transaction_id = t.transaction_id
                                            ORDER BY a.attempt DESC LIMIT 1)) AS hash
              FROM transaction t
             WHERE t.transaction_id = ANY (ARRAY(
                     SELECT s.transaction_id FROM transaction_item s
                      WHERE s.subject = ANY (ARRAY(
                        SELECT ?::bytea UNION ALL SELECT message_id FROM message_intent WHERE intent_id = ?))))
             ORDER BY t.transaction_id
            """,
            row -> {
              JsonObject json =
                  new JsonObject()
                      .put("purpose", row.text("purpose"))
                      .put("chainId", Long.toString(row.number("chain_id")))
                      .put("hash", row.hash("hash").hex())
                      .put("nonce", row.number("nonce"))
                      .put("attempts", row.number("attempts"))
                      .put("state", row.text("state"));
              row.optionalNumber("block_number")
                  .ifPresent(n -> json.put("block", Long.toString(n)));
              row.optionalNumber("gas_used").ifPresent(n -> json.put("gasUsed", Long.toString(n)));
              row.optionalBig("gas_price").ifPresent(n -> json.put("gasPrice", n.toString()));
              return json;
            },
            stored.id(),
            stored.id())
        .forEach(all::add);
    return all;
  }

  private static Optional<JsonObject> parked(Tx tx, StoredIntent stored) {
    return tx
        .list(
            """
            SELECT parked FROM task
             WHERE parked IS NOT NULL
               AND (subject = ? OR subject IN (SELECT message_id FROM message_intent WHERE intent_id = ?))
            """,
            row -> new JsonObject(row.text("parked")),
            stored.id(),
            stored.id())
        .stream()
        .findFirst();
  }

  private static JsonObject timings(
      StoredIntent stored, List<StoredEvent> atHome, List<StoredEvent> all) {
    JsonObject json = new JsonObject().put("receivedAt", stored.receivedAt().toString());
    atHome.stream()
        .findFirst()
        .ifPresent(e -> json.put("submittedAt", Instant.ofEpochSecond(e.time()).toString()));
    all.stream()
        .filter(e -> e.kind() == EventKind.EXECUTED || e.kind() == EventKind.PAID)
        .findFirst()
        .ifPresent(
            e -> {
              json.put("executedAt", Instant.ofEpochSecond(e.time()).toString());
              json.put("seconds", Math.max(0, e.time() - stored.receivedAt().getEpochSecond()));
            });
    return json;
  }

  /** What an intent's state follows from: notices change nothing. */
  private static Optional<StoredEvent> lastStep(List<StoredEvent> events) {
    return events.stream().filter(e -> isStep(e.kind())).reduce((before, after) -> after);
  }

  private static boolean isStep(EventKind kind) {
    return switch (kind) {
      case ADMITTED,
          NOTIFIED,
          DENIED,
          DISPATCHED,
          QUEUED,
          EXECUTED,
          CANCELLED,
          DISPUTED,
          UPHELD,
          EXPIRED,
          FAILED,
          SETTLED,
          PAID,
          REFUSED ->
          true;
      case RESENT,
          HASTENED,
          REFUTED,
          RESULT,
          DROPPED,
          REPORTED,
          APPENDED,
          PUBLISHED,
          SENT,
          NUMBERED,
          DELIVERED ->
          false;
    };
  }

  private static String state(StoredEvent event) {
    return switch (event.kind()) {
      case UPHELD -> EventKind.QUEUED.name();
      case PAID -> EventKind.EXECUTED.name();
      case REFUSED -> EventKind.DENIED.name();
      case ADMITTED,
          NOTIFIED,
          DENIED,
          DISPATCHED,
          QUEUED,
          EXECUTED,
          CANCELLED,
          DISPUTED,
          EXPIRED,
          FAILED,
          SETTLED,
          RESENT,
          HASTENED,
          REFUTED,
          RESULT,
          DROPPED,
          REPORTED,
          APPENDED,
          PUBLISHED,
          SENT,
          NUMBERED,
          DELIVERED ->
          event.kind().name();
    };
  }

  /** What became of an intent that never came to the chain, and never will. */
  static Optional<String> over(StoredIntent stored) {
    if (stored.supersededBy().isPresent()) return Optional.of("SUPERSEDED");
    return stored.lapsed() ? Optional.of("EXPIRED") : Optional.empty();
  }

  private static String waiting(JsonArray transactions, boolean isParked) {
    boolean underWay =
        transactions.stream().anyMatch(t -> "OPEN".equals(((JsonObject) t).getString("state")));
    return underWay ? "SUBMITTED" : isParked ? "PARKED" : "RECEIVED";
  }

  private static boolean isTerminal(String state) {
    return switch (state) {
      case "DENIED", "EXECUTED", "CANCELLED", "EXPIRED", "SUPERSEDED", "FAILED", "SETTLED" -> true;
      default -> false;
    };
  }

  private Optional<IntentEvent> event(StoredEvent stored) {
    return stored.step(domain);
  }
}
