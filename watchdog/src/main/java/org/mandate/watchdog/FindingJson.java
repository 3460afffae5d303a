package org.mandate.watchdog;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A finding as it stands in the log, in the webhook and in the API. Numbers beyond 2^53 are decimal
 * strings.
 */
final class FindingJson {
  private FindingJson() {}

  static ObjectNode of(Finding finding) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("id", finding.id());
    json.put("rule", finding.check().name());
    json.put("severity", finding.severity().name());
    json.put("status", finding.status().name());
    json.put("chainId", Long.toString(finding.chainId()));
    if (finding.block() >= 0) {
      json.put("block", Long.toString(finding.block()));
    }
    finding.agentId().ifPresent(id -> json.put("agentId", id.toString()));
    finding.intentId().ifPresent(id -> json.put("intentId", id.toString()));
    json.put("expected", finding.expected());
    json.put("seen", finding.seen());
    var done = json.putArray("done");
    for (Deed deed : finding.deeds()) {
      ObjectNode entry = done.addObject();
      entry.put("what", deed.what());
      entry.put("chainId", Long.toString(deed.chainId()));
      deed.transaction().ifPresent(hash -> entry.put("transaction", hash.toString()));
      entry.put("outcome", deed.outcome());
      entry.put("at", deed.at().toString());
    }
    json.put("next", finding.next());
    json.put("at", finding.at().toString());
    return json;
  }
}
