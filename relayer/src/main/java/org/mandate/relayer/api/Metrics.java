package org.mandate.relayer.api;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.mandate.relayer.lead.Instance;
import org.mandate.relayer.lead.Line;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Row;
import org.mandate.relayer.store.Tx;
import org.mandate.relayer.work.Worker;

/**
 * What the database knows, as Prometheus metrics; read when they are asked for, so they survive
 * restarts.
 */
public final class Metrics {
  private final PrometheusMeterRegistry registry;
  private final Database database;
  private final Health health;
  private final Instance instance;
  private final MultiGauge intents;
  private final MultiGauge transactions;
  private final MultiGauge gas;
  private final MultiGauge tasks;
  private final MultiGauge parked;
  private final MultiGauge fees;
  private final MultiGauge records;
  private final MultiGauge batches;
  private final MultiGauge attestations;
  private final MultiGauge chains;
  private final MultiGauge nodes;
  private final MultiGauge nodeFailures;
  private final MultiGauge nodeDisagreements;
  private final MultiGauge ready;
  private final MultiGauge leads;

  public Metrics(
      PrometheusMeterRegistry registry,
      Database database,
      Health health,
      Instance instance,
      Worker worker) {
    this.instance = instance;
    this.registry = registry;
    this.database = database;
    this.health = health;
    this.intents = gauge("mandate.intents", "Intents by chain and by where they stand there");
    this.transactions =
        gauge("mandate.transactions", "Transactions of this relayer by chain, purpose and state");
    this.gas =
        gauge("mandate.gas.used", "Gas that this relayer's mined transactions used, by chain");
    this.tasks =
        gauge("mandate.tasks", "Open work by kind, and whether something stands in its way");
    this.parked =
        gauge("mandate.parked", "Open work that something stands in the way of, by chain and rule");
    this.fees =
        gauge(
            "mandate.fees.gwei",
            "What this relayer's transactions cost, by chain: paid, or reserved as the most that"
                + " they can cost");
    this.records = gauge("mandate.audit.records", "Archived audit records by chain");
    this.batches =
        gauge(
            "mandate.audit.batches",
            "Published batches by chain, and whether they are what the records lead to");
    this.attestations = gauge("mandate.attestations", "Attestations known here, by signer");
    this.chains =
        gauge(
            "mandate.chain",
            "Head, finalized block, blocks behind and per second, lag in seconds, balance in ether"
                + " and how long it lasts, by chain");
    this.nodes =
        gauge(
            "mandate.node",
            "Each node: up (1) or asked last (0), answers, failures in a row, blocks behind,"
                + " seconds of an answer");
    this.nodeFailures =
        gauge("mandate.node.failures", "How often a node failed, by what was wrong");
    this.nodeDisagreements =
        gauge(
            "mandate.node.disagreements",
            "How often a node contradicted more than half of all nodes, by what it was about");
    this.ready = gauge("mandate.ready", "1: the relayer does its work");
    this.leads = gauge("mandate.leads", "Epoch of each line of work that this instance leads");
    Gauge.builder("mandate.instances", instance, Instance::count)
        .description("Instances that work with this database")
        .register(registry);
    for (Line line : instance.lines()) {
      FunctionCounter.builder("mandate.lead.refused", line, Line::refused)
          .description("Writes and sends that were refused because another instance leads by now")
          .tag("line", line.name())
          .register(registry);
    }
    FunctionCounter.builder("mandate.work.overtaken", worker, Worker::overtaken)
        .description("Work that was another's, or had changed, when it was to be written")
        .register(registry);
  }

  private MultiGauge gauge(String name, String description) {
    return MultiGauge.builder(name).description(description).register(registry);
  }

  /** The text format; asks the database first. */
  public synchronized String scrape() {
    database.run(
        tx -> {
          fill(
              tx,
              intents,
              "SELECT chain_id::text AS chain, state, count(*) AS n FROM intent_progress GROUP BY"
                  + " 1, 2",
              "chain",
              "state");
          fill(
              tx,
              transactions,
              "SELECT chain_id::text AS chain, purpose, state, count(*) AS n FROM transaction GROUP"
                  + " BY 1, 2, 3",
              "chain",
              "purpose",
              "state");
          fill(
              tx,
              gas,
              "SELECT chain_id::text AS chain, coalesce(sum(gas_used), 0)::double precision AS n FROM"
                  + " transaction GROUP BY 1",
              "chain");
          fill(
              tx,
              tasks,
              "SELECT kind, (parked IS NOT NULL)::text AS parked, count(*) AS n FROM task GROUP BY"
                  + " 1, 2",
              "kind",
              "parked");
          fill(
              tx,
              parked,
              "SELECT chain_id::text AS chain, kind, parked->>'rule' AS rule, count(*) AS n FROM"
                  + " task WHERE parked IS NOT NULL GROUP BY 1, 2, 3",
              "chain",
              "kind",
              "rule");
          fill(
              tx,
              fees,
              "SELECT chain_id::text AS chain, CASE WHEN gas_used IS NULL THEN 'reserved' ELSE"
                  + " 'paid' END AS state, (sum(cost) / 1e9)::double precision AS n FROM transaction GROUP BY"
                  + " 1, 2",
              "chain",
              "state");
          fill(
              tx,
              records,
              "SELECT chain_id::text AS chain, count(*) AS n FROM audit_record GROUP BY 1",
              "chain");
          fill(
              tx,
              batches,
              "SELECT chain_id::text AS chain, truthful::text AS truthful, count(*) AS n FROM"
                  + " audit_batch GROUP BY 1, 2",
              "chain",
              "truthful");
          fill(
              tx,
              attestations,
              "SELECT '0x' || encode(signer, 'hex') AS signer, count(*) AS n FROM attestation GROUP"
                  + " BY 1",
              "signer");
        });
    JsonObject report = health.report();
    ready.register(
        List.of(MultiGauge.Row.of(Tags.empty(), report.getString("status").equals("UP") ? 1 : 0)),
        true);
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    report
        .getJsonObject("chains")
        .forEach(
            entry -> {
              JsonObject chain = (JsonObject) entry.getValue();
              BiConsumer<String, Double> add =
                  (what, value) ->
                      rows.add(
                          MultiGauge.Row.of(Tags.of("chain", entry.getKey(), "what", what), value));
              add.accept("head", chain.getDouble("head"));
              add.accept("finalized", chain.getDouble("finalized"));
              add.accept("behind_blocks", chain.getDouble("behind"));
              add.accept("blocks_per_second", chain.getDouble("blocksPerSecond"));
              add.accept("lag_seconds", chain.getDouble("lagSeconds"));
              String balance = chain.getString("balance");
              if (!balance.equals("unknown"))
                add.accept("balance_ether", Double.parseDouble(balance) / 1e18);
              for (String left : List.of("transactionsLeft", "daysLeft"))
                if (chain.containsKey(left))
                  add.accept(
                      left.replace("Left", "_left"), Double.parseDouble(chain.getString(left)));
            });
    chains.register(rows, true);
    List<MultiGauge.Row<?>> serving = Nodes.rows();
    List<MultiGauge.Row<?>> failing = Nodes.rows();
    List<MultiGauge.Row<?>> disagreeing = Nodes.rows();
    health
        .nodes()
        .forEach(
            (chain, reports) ->
                Nodes.gauges(Long.toString(chain), reports, serving, failing, disagreeing));
    nodes.register(serving, true);
    nodeFailures.register(failing, true);
    nodeDisagreements.register(disagreeing, true);
    List<MultiGauge.Row<?>> epochs = new ArrayList<>();
    for (Line line : instance.lines()) {
      Tags tags = Tags.of("line", line.name(), "instance", instance.id());
      line.lease().ifPresent(lease -> epochs.add(MultiGauge.Row.of(tags, lease.epoch())));
    }
    leads.register(epochs, true);
    return registry.scrape();
  }

  private static void fill(Tx tx, MultiGauge gauge, String sql, String... labels) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    tx.list(sql, row -> rows.add(MultiGauge.Row.of(tags(row, labels), row.real("n"))));
    gauge.register(rows, true);
  }

  private static Tags tags(Row row, String... labels) throws java.sql.SQLException {
    Tags tags = Tags.empty();
    for (String label : labels) tags = tags.and(label, row.text(label));
    return tags;
  }
}
