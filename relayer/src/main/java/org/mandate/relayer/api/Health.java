package org.mandate.relayer.api;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.chain.NodeException;
import org.mandate.chain.Wei;
import org.mandate.relayer.Loop;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.NodeReport;
import org.mandate.relayer.lead.Instance;
import org.mandate.relayer.lead.Led;
import org.mandate.relayer.lead.Line;
import org.mandate.relayer.send.BalanceWatch;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Lease;
import org.mandate.relayer.store.Spending;
import org.mandate.relayer.store.StoreException;

/** Whether the relayer does its work, and if not, why. */
public final class Health {
  private static final Duration SILENT = Duration.ofSeconds(30);
  private static final Duration UNSURE = Duration.ofSeconds(10);
  private static final Duration STUCK = Duration.ofSeconds(60);
  private static final Duration UNLED = Duration.ofSeconds(10);
  private static final long BEHIND_BLOCKS = 20;
  private static final Duration BALANCE_KEEPS = Duration.ofSeconds(10);

  /**
   * What keeps the relayer from working, in words.
   *
   * @param chain where it does; empty: everywhere
   */
  private record Problem(Optional<FollowedChain> chain, String words) {}

  /** Also for how long it lasts, which takes a look at a day of transactions. */
  private record Balance(BigInteger wei, Spending.Pace pace, Instant until) {}

  private final Database database;
  private final Instance instance;
  private final Map<FollowedChain, Led<Follower>> followers;
  private final Map<Long, BalanceWatch.Limits> limits;
  private final List<Loop> loops;
  private final Address self;
  private final SigningGate gate;
  private final Clock clock;
  private final Map<String, Instant> led = new ConcurrentHashMap<>();
  private final Map<Long, Balance> balances = new ConcurrentHashMap<>();

  /**
   * @param limits when an operator is told of the key's coins, by the chain's id
   */
  public Health(
      Database database,
      Instance instance,
      Map<FollowedChain, Led<Follower>> followers,
      Map<Long, BalanceWatch.Limits> limits,
      List<Loop> loops,
      Address self,
      SigningGate gate,
      Clock clock) {
    this.database = database;
    this.instance = instance;
    this.followers = Map.copyOf(followers);
    this.limits = Map.copyOf(limits);
    this.loops = List.copyOf(loops);
    this.self = self;
    this.gate = gate;
    this.clock = clock;
  }

  /**
   * Per chain how far it is and how its nodes serve, in {@code problems} what keeps the relayer
   * from working; empty: it is ready. {@code DEGRADED}: it works, but on some chains beside home.
   * In {@code warnings} what a person should see to although it works.
   */
  public JsonObject report() {
    List<Problem> problems = new ArrayList<>();
    JsonArray warnings = new JsonArray();
    JsonObject chains = new JsonObject();
    gate.closedBecause()
        .ifPresent(
            reason -> problems.add(new Problem(Optional.empty(), "signing stopped: " + reason)));
    List<ChainRow> rows;
    List<Lease.State> leases;
    try {
      rows = database.inTransaction(ChainRow::all);
      leases = database.inTransaction(Lease::all);
    } catch (StoreException e) {
      problems.add(new Problem(Optional.empty(), "the database does not answer"));
      return new JsonObject()
          .put("status", "DOWN")
          .put("instance", instance.id())
          .put("database", "DOWN")
          .put("chains", chains)
          .put("problems", words(problems));
    }
    followers.forEach(
        (chain, following) ->
            rows.stream()
                .filter(row -> row.chainId() == chain.id())
                .forEach(
                    row ->
                        chains.put(
                            Long.toString(chain.id()),
                            chain(chain, following.present(), row, problems, warnings))));
    followers
        .keySet()
        .forEach(
            chain ->
                chain
                    .client()
                    .reports()
                    .forEach(r -> Nodes.warning(chain.id(), r).ifPresent(warnings::add)));
    JsonObject workflows = workflows(problems);
    JsonObject lines = lines(leases, problems);
    followers
        .keySet()
        .forEach(
            chain ->
                Optional.ofNullable(chains.getJsonObject(Long.toString(chain.id())))
                    .ifPresent(
                        json -> json.put("status", isFree(chain, problems) ? "UP" : "DOWN")));
    return new JsonObject()
        .put("status", status(problems))
        .put("address", self.hex())
        .put("instance", instance.id())
        .put("instances", instance.count())
        .put("lines", lines)
        .put("signs", signs(rows))
        .put("database", "UP")
        .put("chains", chains)
        .put("loops", workflows)
        .put("problems", words(problems))
        .put("warnings", warnings);
  }

  /** Whether anything may be signed: a final block that is gone stops all of it. */
  private boolean signs(List<ChainRow> rows) {
    return gate.closedBecause().isEmpty() && rows.stream().allMatch(row -> row.halted().isEmpty());
  }

  private static String status(List<Problem> problems) {
    if (problems.isEmpty()) return "UP";
    boolean isElsewhere =
        problems.stream().allMatch(p -> p.chain().filter(chain -> !chain.isHome()).isPresent());
    return isElsewhere ? "DEGRADED" : "DOWN";
  }

  private static boolean isFree(FollowedChain chain, List<Problem> problems) {
    return problems.stream().noneMatch(p -> p.chain().filter(chain::equals).isPresent());
  }

  private static JsonArray words(List<Problem> problems) {
    return new JsonArray(problems.stream().map(Problem::words).toList());
  }

  /** The chain that a line of work is of. */
  private Optional<FollowedChain> chainOf(String line) {
    boolean isLine = instance.lines().stream().map(Line::name).anyMatch(line::equals);
    return followers.keySet().stream()
        .filter(chain -> isLine && line.endsWith("-" + chain.id()))
        .findFirst();
  }

  /** How each chain's nodes serve, by the chain's id. */
  Map<Long, List<NodeReport>> nodes() {
    Map<Long, List<NodeReport>> all = new TreeMap<>();
    followers.keySet().forEach(chain -> all.put(chain.id(), chain.client().reports()));
    return all;
  }

  /**
   * Who leads what, under which epoch. That nobody leads something is a problem; for a few seconds
   * it is none, while others take over.
   */
  private JsonObject lines(List<Lease.State> leases, List<Problem> problems) {
    JsonObject json = new JsonObject();
    Instant now = clock.instant();
    Set<String> own = instance.lines().stream().map(Line::name).collect(Collectors.toSet());
    for (Lease.State lease : leases) {
      if (!own.contains(lease.line())) continue; // of a chain or a service that was taken out
      if (lease.live()) led.put(lease.line(), now);
      else if (led.computeIfAbsent(lease.line(), l -> now).plus(UNLED).isBefore(now))
        problems.add(
            new Problem(
                chainOf(lease.line()),
                lease.line() + ": no instance leads it since " + led.get(lease.line())));
      Optional<String> leader = lease.holder().filter(holder -> lease.live());
      JsonObject told =
          new JsonObject()
              .put("epoch", lease.epoch())
              .put("own", leader.filter(instance.id()::equals).isPresent());
      leader.ifPresent(holder -> told.put("leader", holder));
      json.put(lease.line(), told);
    }
    return json;
  }

  /** When each workflow last ended a round well; one that has not for a minute is a problem. */
  private JsonObject workflows(List<Problem> problems) {
    JsonObject json = new JsonObject();
    Instant now = Instant.now();
    for (Loop loop : loops) {
      json.put(loop.name(), loop.lastSuccess().truncatedTo(ChronoUnit.SECONDS).toString());
      if (loop.lastSuccess().plus(STUCK).isBefore(now)) {
        problems.add(
            new Problem(
                chainOf(loop.name()),
                "%s: nothing succeeded since %s; %s"
                    .formatted(loop.name(), loop.lastSuccess(), loop.failure())));
      }
    }
    return json;
  }

  private JsonObject chain(
      FollowedChain chain,
      Optional<Follower> follower,
      ChainRow row,
      List<Problem> all,
      JsonArray warnings) {
    Consumer<String> problems = words -> all.add(new Problem(Optional.of(chain), words));
    Instant now = clock.instant();
    long stored = row.head().orElse(-1L);
    // Only who follows the chain knows how far behind it is.
    long behind = Math.max(0, follower.map(Follower::seenHead).orElse(-1L) - stored);
    follower
        .map(Follower::lastRound)
        .filter(last -> last.plus(SILENT).isBefore(now))
        .ifPresent(
            last ->
                problems.accept("chain %d: no node answered since %s".formatted(chain.id(), last)));
    if (row.head().isEmpty()) {
      problems.accept(
          "chain %d: no block is stored yet: not enough of its nodes answer, or they do not agree about the first one"
              .formatted(chain.id()));
    } else if (behind > BEHIND_BLOCKS) {
      problems.accept("chain %d: %d blocks behind its head".formatted(chain.id(), behind));
    }
    boolean unsure =
        follower
            .map(Follower::lastRound)
            .filter(last -> last.plus(UNSURE).isBefore(now))
            .isPresent();
    if (!row.isCompared() && unsure) {
      problems.accept(
          "chain %d: nothing that relies on it is signed before what is stored was compared with it"
              .formatted(chain.id()));
    }
    row.halted() // which stops signing on all of them
        .ifPresent(
            reason ->
                all.add(
                    new Problem(Optional.empty(), "chain %d: %s".formatted(chain.id(), reason))));
    JsonObject json =
        new JsonObject()
            .put("home", chain.isHome())
            .put("head", stored)
            .put("headTime", row.headTime())
            .put("behind", behind)
            .put(
                "blocksPerSecond",
                Math.round(follower.map(Follower::blocksPerSecond).orElse(0.0) * 10) / 10.0)
            .put("finalized", row.finalized().orElse(-1L))
            .put("lagSeconds", Math.max(0, now.getEpochSecond() - row.headTime()))
            .put("nodes", Nodes.json(chain.client().reports()));
    try {
      Balance balance = balance(chain, now);
      BigInteger wei = balance.wei();
      Spending.Pace pace = balance.pace();
      json.put("balance", wei.toString());
      pace.transactionsLeft(wei).ifPresent(n -> json.put("transactionsLeft", n.toString()));
      pace.daysLeft(wei).ifPresent(n -> json.put("daysLeft", n.toString()));
      level(chain, new Wei(wei), json, warnings);
      if (wei.signum() == 0)
        problems.accept(
            "chain %d: %s has no coins to pay for transactions".formatted(chain.id(), self));
    } catch (NodeException e) {
      json.put("balance", "unknown");
    }
    return json;
  }

  /**
   * The same words as long as it lasts: whoever reads them sees when it began, and that it ended.
   */
  private void level(FollowedChain chain, Wei balance, JsonObject json, JsonArray warnings) {
    BalanceWatch.Limits told = limits.get(chain.id());
    if (told == null) return;
    BalanceWatch.Level level = told.level(balance);
    json.put("balanceLevel", level.name())
        .put("warnBelow", told.warnBelow().value().toString())
        .put("alarmBelow", told.alarmBelow().value().toString());
    switch (level) {
      case FINE -> {}
      case LOW ->
          warnings.add(
              "chain %d: %s has less than %s: send coins to it"
                  .formatted(chain.id(), self, told.warnBelow()));
      case ALARMING ->
          warnings.add(
              "chain %d: %s has less than %s, its coins are nearly used up: send coins to it at once, nothing is sent without"
                  .formatted(chain.id(), self, told.alarmBelow()));
    }
  }

  private Balance balance(FollowedChain chain, Instant now) {
    Balance known = balances.get(chain.id());
    if (known != null && now.isBefore(known.until())) return known;
    BigInteger wei = chain.client().balance(self);
    Balance read = new Balance(wei, pace(chain, now), now.plus(BALANCE_KEEPS));
    balances.put(chain.id(), read);
    return read;
  }

  /** A database that is slow to add up a day makes no relayer unready. */
  private Spending.Pace pace(FollowedChain chain, Instant now) {
    try {
      return database.inTransaction(tx -> Spending.pace(tx, chain.id(), self, now));
    } catch (StoreException e) {
      return Spending.Pace.UNKNOWN;
    }
  }
}
