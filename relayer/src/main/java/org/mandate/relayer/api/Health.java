package org.mandate.relayer.api;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Address;
import org.mandate.chain.NodeException;
import org.mandate.relayer.Loop;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.NodeReport;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoreException;

/** Whether the relayer does its work, and if not, why. */
public final class Health {
  private static final Duration SILENT = Duration.ofSeconds(30);
  private static final Duration UNSURE = Duration.ofSeconds(10);
  private static final Duration STUCK = Duration.ofSeconds(60);
  private static final long BEHIND_BLOCKS = 20;
  private static final Duration BALANCE_KEEPS = Duration.ofSeconds(10);

  private record Balance(BigInteger wei, Instant until) {}

  private final Database database;
  private final Map<FollowedChain, Follower> followers;
  private final List<Loop> loops;
  private final Address self;
  private final SigningGate gate;
  private final Clock clock;
  private final Map<Long, Balance> balances = new ConcurrentHashMap<>();

  public Health(
      Database database,
      Map<FollowedChain, Follower> followers,
      List<Loop> loops,
      Address self,
      SigningGate gate,
      Clock clock) {
    this.database = database;
    this.followers = Map.copyOf(followers);
    this.loops = List.copyOf(loops);
    this.self = self;
    this.gate = gate;
    this.clock = clock;
  }

  /**
   * Per chain how far it is and how its nodes serve, in {@code problems} what keeps the relayer
   * from working; empty: it is ready. In {@code warnings} what a person should see to although it
   * works.
   */
  public JsonObject report() {
    JsonArray problems = new JsonArray();
    JsonArray warnings = new JsonArray();
    JsonObject chains = new JsonObject();
    gate.closedBecause().ifPresent(reason -> problems.add("signing stopped: " + reason));
    List<ChainRow> rows;
    try {
      rows = database.inTransaction(ChainRow::all);
    } catch (StoreException e) {
      problems.add("the database does not answer");
      return new JsonObject()
          .put("status", "DOWN")
          .put("database", "DOWN")
          .put("chains", chains)
          .put("problems", problems);
    }
    followers.forEach(
        (chain, follower) ->
            rows.stream()
                .filter(row -> row.chainId() == chain.id())
                .forEach(
                    row ->
                        chains.put(
                            Long.toString(chain.id()), chain(chain, follower, row, problems))));
    followers
        .keySet()
        .forEach(
            chain ->
                chain
                    .client()
                    .reports()
                    .forEach(r -> Nodes.warning(chain.id(), r).ifPresent(warnings::add)));
    JsonObject workflows = workflows(problems);
    return new JsonObject()
        .put("status", problems.isEmpty() ? "UP" : "DOWN")
        .put("address", self.hex())
        .put("database", "UP")
        .put("chains", chains)
        .put("loops", workflows)
        .put("problems", problems)
        .put("warnings", warnings);
  }

  /** How each chain's nodes serve, by the chain's id. */
  Map<Long, List<NodeReport>> nodes() {
    Map<Long, List<NodeReport>> all = new TreeMap<>();
    followers.keySet().forEach(chain -> all.put(chain.id(), chain.client().reports()));
    return all;
  }

  /** When each workflow last ended a round well; one that has not for a minute is a problem. */
  private JsonObject workflows(JsonArray problems) {
    JsonObject json = new JsonObject();
    Instant now = Instant.now();
    for (Loop loop : loops) {
      json.put(loop.name(), loop.lastSuccess().truncatedTo(ChronoUnit.SECONDS).toString());
      if (loop.lastSuccess().plus(STUCK).isBefore(now)) {
        problems.add(
            "%s: nothing succeeded since %s; %s"
                .formatted(loop.name(), loop.lastSuccess(), loop.failure()));
      }
    }
    return json;
  }

  private JsonObject chain(
      FollowedChain chain, Follower follower, ChainRow row, JsonArray problems) {
    Instant now = clock.instant();
    long stored = row.head().orElse(-1L);
    long behind = Math.max(0, follower.seenHead() - stored);
    if (follower.lastRound().plus(SILENT).isBefore(now)) {
      problems.add(
          "chain %d: no node answered since %s".formatted(chain.id(), follower.lastRound()));
    }
    if (row.head().isEmpty() || behind > BEHIND_BLOCKS) {
      problems.add("chain %d: %d blocks behind its head".formatted(chain.id(), behind));
    }
    if (!row.isCompared() && follower.lastRound().plus(UNSURE).isBefore(now)) {
      problems.add(
          "chain %d: nothing is signed before what is stored was compared with the chain"
              .formatted(chain.id()));
    }
    row.halted().ifPresent(reason -> problems.add("chain %d: %s".formatted(chain.id(), reason)));
    JsonObject json =
        new JsonObject()
            .put("home", chain.isHome())
            .put("head", stored)
            .put("headTime", row.headTime())
            .put("behind", behind)
            .put("blocksPerSecond", Math.round(follower.blocksPerSecond() * 10) / 10.0)
            .put("finalized", row.finalized().orElse(-1L))
            .put("lagSeconds", Math.max(0, now.getEpochSecond() - row.headTime()))
            .put("nodes", Nodes.json(chain.client().reports()));
    try {
      BigInteger wei = balance(chain, now);
      json.put("balance", wei.toString());
      if (wei.signum() == 0)
        problems.add(
            "chain %d: %s has no coins to pay for transactions".formatted(chain.id(), self));
    } catch (NodeException e) {
      json.put("balance", "unknown");
    }
    return json;
  }

  private BigInteger balance(FollowedChain chain, Instant now) {
    Balance known = balances.get(chain.id());
    if (known != null && now.isBefore(known.until())) return known.wei();
    BigInteger wei = chain.client().balance(self);
    balances.put(chain.id(), new Balance(wei, now.plus(BALANCE_KEEPS)));
    return wei;
  }
}
