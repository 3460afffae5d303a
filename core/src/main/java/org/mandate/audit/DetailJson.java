package org.mandate.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.mandate.intent.IntentState;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;

/** An action's facts in a blob: enums by name, numbers as decimal strings. */
final class DetailJson {
  private DetailJson() {}

  static ObjectNode write(Detail detail) {
    ObjectNode json = CanonicalJson.object();
    return switch (detail) {
      case Detail.Admitted d ->
          json.put("tier", d.tier().name()).put("eta", Long.toString(d.eta()));
      case Detail.Denied(Verdict v) ->
          json.put("rule", v.rule().name())
              .put("tripped", v.tripped())
              .put("tier", v.tier().name())
              .put("eta", Long.toString(v.eta()))
              .put("limit", v.limit().toString())
              .put("left", v.left().toString())
              .put("availableAt", Long.toString(v.availableAt()))
              .put("source", v.source().hex());
      case Detail.Dispatched d -> json.put("messageId", d.messageId().hex());
      case Detail.Queued d ->
          json.put("messageId", d.messageId().hex())
              .put("executableAt", Long.toString(d.executableAt()));
      case Detail.Executed d ->
          json.put("account", d.account().hex())
              .put("asset", d.asset().hex())
              .put("moved", d.moved().toString());
      case Detail.Cancelled d -> json.put("by", d.by().hex());
      case Detail.Disputed d ->
          json.put("by", d.by().hex()).put("resolveBy", Long.toString(d.resolveBy()));
      case Detail.Upheld d ->
          json.put("by", d.by().hex()).put("executableAt", Long.toString(d.executableAt()));
      case Detail.Expired d -> json;
      case Detail.Failed d -> json;
      case Detail.Settled d ->
          json.put("outcome", d.outcome().name())
              .put("moved", d.moved().toString())
              .put("refunded", d.refunded().toString());
    };
  }

  static Detail read(Action action, Fields fields) {
    Detail detail =
        switch (action) {
          case NONE ->
              throw new MalformedBlobException("field action is NONE, which is never recorded");
          case ADMITTED ->
              new Detail.Admitted(fields.constant("tier", Tier.class), fields.decimalLong("eta"));
          case DENIED ->
              new Detail.Denied(
                  new Verdict(
                      fields.constant("rule", Rule.class),
                      fields.flag("tripped"),
                      fields.constant("tier", Tier.class),
                      fields.decimalLong("eta"),
                      fields.decimal("limit", 256),
                      fields.decimal("left", 256),
                      fields.decimalLong("availableAt"),
                      fields.address("source")));
          case DISPATCHED -> new Detail.Dispatched(fields.hash("messageId"));
          case QUEUED ->
              new Detail.Queued(fields.hash("messageId"), fields.decimalLong("executableAt"));
          case EXECUTED ->
              new Detail.Executed(
                  fields.address("account"), fields.address("asset"), fields.decimal("moved", 256));
          case CANCELLED -> new Detail.Cancelled(fields.address("by"));
          case DISPUTED ->
              new Detail.Disputed(fields.address("by"), fields.decimalLong("resolveBy"));
          case UPHELD ->
              new Detail.Upheld(fields.address("by"), fields.decimalLong("executableAt"));
          case EXPIRED -> new Detail.Expired();
          case FAILED -> new Detail.Failed();
          case SETTLED ->
              new Detail.Settled(
                  fields.constant("outcome", IntentState.class),
                  fields.decimal("moved", 256),
                  fields.decimal("refunded", 256));
        };
    fields.end();
    return detail;
  }
}
