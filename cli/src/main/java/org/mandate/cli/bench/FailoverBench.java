package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Tx;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Three processes of one relayer share its work; the one that leads dies, again and again. */
@Command(
    name = "failover",
    description = {
      "Kills the process that leads, of three that share one database, and measures until the others go on.",
      "Two real chains, a real PostgreSQL, and payments at a steady rate all the while. From each SIGKILL on it is measured",
      "until others lead all that it led, until the first payment that was asked for afterwards is executed, and until all",
      "are that had been accepted before. Before each kill the same payment is measured with nobody killed.",
      "Exit code 0: each payment was executed once, with no nonce left out; 1: one was not, or the others did not go on."
    })
final class FailoverBench extends Bench {
  private static final String DATABASE = "failover";
  private static final int INSTANCES = 3;
  private static final int AGENTS = 4;
  private static final String LEADS = "send-" + Town.HOME;
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--kills",
      defaultValue = "20",
      paramLabel = "NUMBER",
      description = "How often. Default: ${DEFAULT-VALUE}.")
  private int kills;

  @Option(
      names = "--rate",
      defaultValue = "10",
      paramLabel = "NUMBER",
      description = "Payments asked for each second. Default: ${DEFAULT-VALUE}.")
  private int rate;

  @Override
  protected String name() {
    return "failover";
  }

  /**
   * One kill, in nanoseconds after it.
   *
   * @param usual that a payment takes with nobody killed
   * @param led until others lead what the dead one led
   * @param fresh until the first payment that was asked for afterwards is executed
   * @param held until all are that had been accepted before
   */
  private record Round(long usual, long led, long fresh, long held) {}

  @Override
  protected Figures measure(Path root) throws Exception {
    if (kills < 1 || rate < 1 || rate > 1_000)
      throw new Failure(ExitCode.USAGE, "--kills is at least 1, --rate 1 to 1,000");
    try (var town = Town.build(root, Town.Plan.DEFAULT.withRelayers(1, 1).withAgents(AGENTS))) {
      var instances = new ArrayList<Service>();
      for (int i = 1; i <= INSTANCES; i++) {
        instances.add(
            town.relayer(
                "instance-" + i,
                town.relayerKey(0),
                DATABASE,
                Service.freePort(),
                List.of(),
                RelayerSettings.DEFAULT));
      }
      for (var instance : instances) {
        instance.start(Map.of());
        instance.awaitReady();
      }
      try (var database = town.database().open(DATABASE)) {
        var figures = new Run(town, instances, database).figures();
        if (!figures.ok()) {
          town.keepDirectory(); // the logs say more
          progress("logs: %s", town.directory());
        }
        return figures;
      } catch (IOException e) {
        town.keepDirectory();
        throw e;
      } finally {
        for (var instance : instances) if (instance.isAlive()) instance.stop();
      }
    }
  }

  private final class Run {
    private final Town town;
    private final List<Service> instances;
    private final Database database;

    Run(Town town, List<Service> instances, Database database) {
      this.town = town;
      this.instances = instances;
      this.database = database;
    }

    Figures figures() throws Exception {
      var before = town.home().dollars(town.payee());
      var rounds = new ArrayList<Round>();
      var stuck = new ArrayList<String>();
      var flow = new Flow(town, instances, rate);
      try {
        for (int i = 1; i <= kills; i++) {
          rounds.add(kill(flow));
          var last = rounds.getLast();
          progress(
              "kill %d of %d: led after %.1f s, a new payment executed after %.1f s (usually %.1f s)",
              i, kills, seconds(last.led()), seconds(last.fresh()), seconds(last.usual()));
        }
      } catch (Stuck e) { // that is what is measured: it is told with what was lost by it
        stuck.add(e.getMessage());
      } finally {
        flow.end();
      }
      awaitExecuted(flow.accepted());
      return told(rounds, stuck, flow, town.home().dollars(town.payee()).subtract(before));
    }

    /** As long as it is worth it: what is not executed then is counted as lost. */
    private void awaitExecuted(List<Flow.Payment> payments) throws InterruptedException {
      var until = System.nanoTime() + PATIENCE.toNanos();
      while (executed(payments) < payments.size() && System.nanoTime() < until) Thread.sleep(LOOK);
    }

    private Round kill(Flow flow) throws Exception {
      awaitTrue("all three to share the work", this::isShared);
      var usual = awaitFresh(flow, System.nanoTime());
      var leader = leader();
      var id = id(leader);
      var lines = leaders().get(id);
      leader.kill();
      var killed = System.nanoTime();
      var held = flow.accepted().stream().filter(p -> p.asked() <= killed).toList();
      long led = 0;
      long fresh = 0;
      long done = 0;
      while (led == 0 || fresh == 0 || done == 0) {
        if (led == 0 && isTaken(lines, id)) led = System.nanoTime() - killed;
        if (fresh == 0 && isFresh(flow, killed)) fresh = System.nanoTime() - killed;
        if (done == 0 && executed(held) == held.size()) done = System.nanoTime() - killed;
        if (System.nanoTime() - killed > PATIENCE.toNanos())
          throw new Stuck("the others do not go on within %s: %s".formatted(PATIENCE, leaders()));
        Thread.sleep(LOOK);
      }
      leader.start(Map.of());
      leader.awaitReady();
      return new Round(usual, led, fresh, done);
    }

    private long awaitFresh(Flow flow, long since) throws Exception {
      awaitTrue("a payment", () -> isFresh(flow, since));
      return System.nanoTime() - since;
    }

    private boolean isFresh(Flow flow, long since) {
      return flow.firstAfter(since).filter(p -> executed(List.of(p)) == 1).isPresent();
    }

    /** How many of them are executed, by what the relayer's database has of the chain. */
    private long executed(List<Flow.Payment> payments) {
      var ids = Tx.column("bytea", payments.stream().map(Flow.Payment::id).toList());
      return database.inTransaction(
          tx ->
              tx.one(
                      "SELECT count(DISTINCT subject) AS n FROM event WHERE kind = 'EXECUTED' AND"
                          + " subject = ANY(?)",
                      row -> row.number("n"),
                      ids)
                  .orElseThrow());
    }

    // ---------------------------------------------------------------- who leads

    /** Which instances, by their ids, lead what. */
    private Map<String, Set<String>> leaders() {
      var leaders = new HashMap<String, Set<String>>();
      database.run(
          tx ->
              tx.list(
                  "SELECT line, holder FROM lease WHERE until > clock_timestamp() AND holder IS NOT"
                      + " NULL",
                  row ->
                      leaders
                          .computeIfAbsent(row.text("holder"), h -> new HashSet<>())
                          .add(row.text("line"))));
      return leaders;
    }

    /** Each leads its share: nothing is given back or taken until somebody comes or goes. */
    private boolean isShared() {
      var shares = leaders().values().stream().map(Set::size).toList();
      var lines =
          database
              .inTransaction(tx -> tx.one("SELECT count(*) AS n FROM lease", r -> r.number("n")))
              .orElseThrow();
      var most = Math.ceilDiv(lines, INSTANCES);
      return shares.size() == INSTANCES
          && shares.stream().mapToInt(n -> n).sum() == lines
          && shares.stream().allMatch(n -> n <= most);
    }

    private boolean isTaken(Set<String> lines, String by) {
      var others = new HashSet<String>();
      leaders().forEach((id, led) -> others.addAll(id.equals(by) ? Set.of() : led));
      return others.containsAll(lines);
    }

    private Service leader() throws IOException, InterruptedException, Stuck {
      for (var instance : instances)
        if (leaders().getOrDefault(id(instance), Set.of()).contains(LEADS)) return instance;
      throw new Stuck("nobody leads " + LEADS);
    }

    private static String id(Service instance) throws IOException, InterruptedException {
      return JSON.readTree(instance.get("/health/ready").body()).path("instance").asText();
    }

    // ---------------------------------------------------------------- what came of it

    private Figures told(List<Round> rounds, List<String> stuck, Flow flow, BigInteger received)
        throws Exception {
      var payments = flow.accepted();
      var faults = new ArrayList<>(stuck);
      faults.addAll(flow.faults());
      long lost = 0;
      long doubled = 0;
      for (var payment : payments) {
        var times = executions(payment.id());
        if (times == 0) lost++;
        if (times > 1) doubled++;
      }
      var wanted =
          payments.stream().map(Flow.Payment::amount).reduce(BigInteger.ZERO, BigInteger::add);
      long gaps = 0;
      var self = Address.of(town.relayerKey(0).getAddress());
      for (var ledger : List.of(town.home(), town.remote()))
        gaps += Nonces.gaps(database, ledger, self, PATIENCE);
      var ok =
          lost == 0 && doubled == 0 && gaps == 0 && received.equals(wanted) && faults.isEmpty();
      var values =
          Output.object()
              .put("instances", INSTANCES)
              .put("kills", rounds.size())
              .put("rate", rate)
              .put("payments", payments.size())
              .put("lost", lost)
              .put("doubled", doubled)
              .put("nonceGaps", gaps)
              .put("missingPay", wanted.subtract(received).toString())
              .put("notAccepted", flow.faults().size());
      var words = values.putArray("faults");
      faults.forEach(words::add);
      var millis = values.putObject("millis");
      var lines = new ArrayList<String>();
      lines.add(
          "%d kills, %d payments: %d lost, %d executed twice, %d nonces left out, %d not accepted"
              .formatted(
                  rounds.size(), payments.size(), lost, doubled, gaps, flow.faults().size()));
      faults.forEach(lines::add);
      if (!received.equals(wanted)) lines.add("the payee lacks " + wanted.subtract(received));
      for (var figure :
          List.<Map.Entry<String, ToLongFunction<Round>>>of(
              Map.entry("payment without a kill", Round::usual),
              Map.entry("others lead", Round::led),
              Map.entry("new payment executed", Round::fresh),
              Map.entry("all from before executed", Round::held))) {
        var all =
            Percentiles.ofMicros(rounds.stream().mapToLong(figure.getValue()).map(n -> n / 1_000));
        millis.set(figure.getKey(), all.toJson());
        lines.add(
            String.format(
                Locale.ROOT,
                "%-25s p50 %8.1f  p95 %8.1f  max %8.1f ms",
                figure.getKey(),
                all.p50(),
                all.p95(),
                all.max()));
      }
      return new Figures(ok, values, lines);
    }

    private int executions(Hash id) {
      return town.home().events(CrossChainExecutor.INTENTEXECUTED_EVENT, id).size();
    }
  }

  /** Something that must happen does not. */
  private static final class Stuck extends Exception {
    private static final long serialVersionUID = 1;

    Stuck(String what) {
      super(what);
    }
  }

  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void awaitTrue(String what, Condition condition) throws Exception {
    var until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > until) throw new Stuck("not within %s: %s".formatted(PATIENCE, what));
      Thread.sleep(LOOK);
    }
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }
}
