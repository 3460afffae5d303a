package org.mandate.relayer.api;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.mandate.relayer.follow.NodeReport;

/** How the nodes of a chain serve, as people and metrics are told. */
final class Nodes {
  private Nodes() {}

  static JsonArray json(List<NodeReport> reports) {
    JsonArray all = new JsonArray();
    reports.forEach(report -> all.add(json(report)));
    return all;
  }

  private static JsonObject json(NodeReport report) {
    JsonObject json =
        new JsonObject()
            .put("node", report.node())
            .put("state", report.state())
            .put("answers", report.answers())
            .put("failuresInARow", report.inARow())
            .put("meanMs", Math.round(report.meanMillis()))
            .put("p95Ms", Math.round(report.slowMillis()));
    report.behind().ifPresent(blocks -> json.put("behind", blocks));
    report
        .left()
        .ifPresent(
            left -> json.put("askedLastForSeconds", left.left().plusMillis(999).toSeconds()));
    if (!report.lastFailure().isEmpty()) json.put("lastFailure", report.lastFailure());
    JsonObject failures = new JsonObject();
    report.failures().forEach((fault, n) -> failures.put(fault.name().toLowerCase(Locale.ROOT), n));
    JsonObject disagreements = new JsonObject();
    report.disagreements().forEach((kind, n) -> disagreements.put(kind.shown(), n));
    return json.put("failures", failures).put("disagreements", disagreements);
  }

  /** What a person should see to; the relayer works all the same while other nodes suffice. */
  static Optional<String> warning(long chainId, NodeReport report) {
    if (report.contradictions() > 0) {
      return Optional.of(
          "chain %d: node %s contradicted most others %d times (%s): compare it with another source, or replace it"
              .formatted(
                  chainId,
                  report.node(),
                  report.contradictions(),
                  String.join(
                      ", ",
                      report.disagreements().keySet().stream()
                          .map(kind -> kind.shown())
                          .sorted()
                          .toList())));
    }
    return report
        .failingSince()
        .filter(since -> report.inARow() >= MANY)
        .map(
            since ->
                "chain %d: node %s failed %d times in a row since %s: %s"
                    .formatted(
                        chainId, report.node(), report.inARow(), since, report.lastFailure()));
  }

  private static final int MANY = 3;

  static void gauges(
      String chain,
      List<NodeReport> reports,
      List<MultiGauge.Row<?>> nodes,
      List<MultiGauge.Row<?>> failures,
      List<MultiGauge.Row<?>> disagreements) {
    for (NodeReport report : reports) {
      Tags node = Tags.of("chain", chain, "node", report.node());
      Map<String, Number> values =
          Map.of(
              "up",
              report.state().equals("UP") ? 1 : 0,
              "answers",
              report.answers(),
              "failures_in_a_row",
              report.inARow(),
              "mean_seconds",
              report.meanMillis() / 1000,
              "p95_seconds",
              report.slowMillis() / 1000);
      values.forEach((what, n) -> nodes.add(MultiGauge.Row.of(node.and("what", what), n)));
      report
          .behind()
          .ifPresent(n -> nodes.add(MultiGauge.Row.of(node.and("what", "behind_blocks"), n)));
      report
          .failures()
          .forEach(
              (fault, n) ->
                  failures.add(
                      MultiGauge.Row.of(
                          node.and("fault", fault.name().toLowerCase(Locale.ROOT)), n)));
      report
          .disagreements()
          .forEach(
              (kind, n) ->
                  disagreements.add(MultiGauge.Row.of(node.and("about", kind.shown()), n)));
    }
  }

  /** Empty lists to be filled by {@link #gauges}. */
  static List<MultiGauge.Row<?>> rows() {
    return new ArrayList<>();
  }
}
