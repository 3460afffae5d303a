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
import org.mandate.relayer.Journal;
import org.mandate.relayer.lead.Instance;
import org.mandate.relayer.lead.Line;
import org.mandate.relayer.send.BalanceWatch;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.work.Worker;

/**
 * What the database knows, as Prometheus metrics; read when they are asked for, so they survive
 * restarts.
 */
public final class Metrics {
  private final PrometheusMeterRegistry registry;
  private final Tallies tallies;
  private final Health health;
  private final Instance instance;
  private final MultiGauge chains;
  private final MultiGauge nodes;
  private final MultiGauge nodeFailures;
  private final MultiGauge nodeDisagreements;
  private final MultiGauge ready;
  private final MultiGauge signs;
  private final MultiGauge unled;
  private final MultiGauge leads;

  public Metrics(
      PrometheusMeterRegistry registry,
      Database database,
      Health health,
      Instance instance,
      Worker worker) {
    this.instance = instance;
    this.registry = registry;
    this.health = health;
    this.tallies = new Tallies(registry, database);
    count();
    this.chains =
        gauge(
            "mandate.chain",
            "Head, finalized block, blocks behind and per second, lag in seconds, balance in ether"
                + " and wei, whether that is enough (0), low (1) or alarming (2), and how long it"
                + " lasts, by chain");
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
    this.signs = gauge("mandate.signs", "0: a final block is gone, and nothing is signed");
    this.unled = gauge("mandate.lines.unled", "Lines of work that no instance leads just now");
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
    FunctionCounter.builder("mandate.alarms", this, own -> Journal.alarms())
        .description("Alarms of this process: what a person must look at stands in its log")
        .register(registry);
    FunctionCounter.builder("mandate.work.overtaken", worker, Worker::overtaken)
        .description("Work that was another's, or had changed, when it was to be written")
        .register(registry);
  }

  /** Nothing where the report does not tell of it. */
  private static List<MultiGauge.Row<?>> one(JsonObject report, String of, Number value) {
    return report.containsKey(of) ? List.of(MultiGauge.Row.of(Tags.empty(), value)) : List.of();
  }

  private MultiGauge gauge(String name, String description) {
    return MultiGauge.builder(name).description(description).register(registry);
  }

  private void count() {
    tallies.add(
        "mandate.transactions",
        "Transactions of this relayer by chain, purpose and state",
        "SELECT chain_id::text AS chain, purpose, state, count(*) AS n FROM transaction GROUP BY 1, 2, 3",
        "chain",
        "purpose",
        "state");
    tallies.add(
        "mandate.gas.used",
        "Gas that this relayer's mined transactions used, by chain",
        "SELECT chain_id::text AS chain, coalesce(sum(gas_used), 0)::double precision AS n FROM transaction GROUP BY 1",
        "chain");
    tallies.add(
        "mandate.fees.gwei",
        "What this relayer's transactions cost, by chain: paid, or reserved as the most that they can cost",
        """
        SELECT chain_id::text AS chain, CASE WHEN gas_used IS NULL THEN 'reserved' ELSE 'paid' END AS state,
               (sum(cost) / 1e9)::double precision AS n
          FROM transaction GROUP BY 1, 2
        """,
        "chain",
        "state");
    tallies.add(
        "mandate.tasks",
        "Open work by kind, and whether something stands in its way",
        "SELECT kind, (parked IS NOT NULL)::text AS parked, count(*) AS n FROM task GROUP BY 1, 2",
        "kind",
        "parked");
    tallies.add(
        "mandate.oldest.waiting.seconds",
        "How long the intent has been here that waits longest to be submitted",
        """
        SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::double precision AS n
          FROM task WHERE kind = 'SUBMIT' AND (attempts > 0 OR not_before <= clock_timestamp())
        """);
    tallies.add(
        "mandate.parked",
        "Open work that something stands in the way of, by chain and rule",
        """
        SELECT chain_id::text AS chain, kind, parked->>'rule' AS rule, count(*) AS n
          FROM task WHERE parked IS NOT NULL GROUP BY 1, 2, 3
        """,
        "chain",
        "kind",
        "rule");
    tallies.add(
        "mandate.audit.records",
        "Archived audit records by chain",
        "SELECT chain_id::text AS chain, count(*) AS n FROM audit_record GROUP BY 1",
        "chain");
    tallies.add(
        "mandate.audit.batches",
        "Published batches by chain, and whether they are what the records lead to",
        "SELECT chain_id::text AS chain, truthful::text AS truthful, count(*) AS n FROM audit_batch GROUP BY 1, 2",
        "chain",
        "truthful");
    tallies.add(
        "mandate.attestations",
        "Attestations known here, by signer",
        "SELECT '0x' || encode(signer, 'hex') AS signer, count(*) AS n FROM attestation GROUP BY 1",
        "signer");
    tallies.add(
        "mandate.intents",
        "Intents by chain and by where they stand there",
        "SELECT chain_id::text AS chain, state, count(*) AS n FROM intent_progress GROUP BY 1, 2",
        "chain",
        "state");
  }

  /**
   * The text format. What the database has to add up may be a few seconds old ({@link Tallies}).
   */
  public synchronized String scrape() {
    tallies.refresh();
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
              if (!balance.equals("unknown")) {
                add.accept("balance_ether", Double.parseDouble(balance) / 1e18);
                add.accept("balance_wei", Double.parseDouble(balance));
              }
              if (chain.containsKey("balanceLevel"))
                add.accept(
                    "balance_level",
                    (double) BalanceWatch.Level.valueOf(chain.getString("balanceLevel")).ordinal());
              for (String left : List.of("transactionsLeft", "daysLeft"))
                if (chain.containsKey(left))
                  add.accept(
                      left.replace("Left", "_left"), Double.parseDouble(chain.getString(left)));
            });
    chains.register(rows, true);
    signs.register(one(report, "signs", report.getBoolean("signs", true) ? 1 : 0), true);
    long leaderless =
        report.getJsonObject("lines", new JsonObject()).stream()
            .filter(line -> !((JsonObject) line.getValue()).containsKey("leader"))
            .count();
    unled.register(one(report, "lines", leaderless), true);
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
}
