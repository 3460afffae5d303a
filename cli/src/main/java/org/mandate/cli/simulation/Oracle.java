package org.mandate.cli.simulation;

import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Hash;
import org.mandate.chain.Receipt;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.Sender;
import org.mandate.event.IntentEvent;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Row;
import org.mandate.relayer.store.Tx;
import org.web3j.protocol.Web3j;
import org.web3j.tx.ReadonlyTransactionManager;

/** What must hold, at every step and in the end. It asks the chains, and nobody else. */
final class Oracle {
  private static final int CLOSER_LOOK = 20;

  /** Where an intent stays for good once that is final. */
  private static final Set<String> ENDS =
      Set.of("EXECUTED", "DENIED", "CANCELLED", "EXPIRED", "FAILED", "SETTLED");

  private record Ended(String relayer, long chain, Hash intent) {}

  private record Settled(
      long number, long chain, String state, Optional<Hash> mined, Optional<Hash> block) {}

  private record Progress(Hash intent, long chain, String kind, Hash block) {}

  private final World world;
  private final Map<Ended, Progress> ended = new HashMap<>();
  private final Map<String, Set<Long>> settled = new HashMap<>();
  private final Map<Long, BigInteger> heldBefore = new HashMap<>();
  private final OptionalLong planted;
  private int steps;
  private String unrest = "";

  /**
   * @param planted at which look it finds fault, whatever it sees: what fails must be told the same
   *     way each time
   */
  Oracle(World world, OptionalLong planted) {
    this.world = world;
    this.planted = planted;
    Ground.CHAINS.forEach(chain -> heldBefore.put(chain, held(chain)));
  }

  // ------------------------------------------------------------------ at every step

  void step() {
    Set<Hash> executed = new HashSet<>();
    for (long chain : Ground.CHAINS) {
      world
          .chain(chain)
          .events()
          .forEach(
              (id, events) -> {
                for (IntentEvent event : events)
                  if (event instanceof IntentEvent.Executed && !executed.add(id))
                    throw new AssertionError("L3: intent " + id + " was executed twice");
              });
    }
    if (++steps % CLOSER_LOOK == 0) lookCloser();
    if (planted.isPresent() && steps == planted.getAsLong())
      throw new AssertionError("planted: nothing may happen after look " + steps);
  }

  /** What a relayer calls final is so, and stays so. */
  private void lookCloser() {
    for (SimulatedRelayer relayer : world.relayers()) {
      for (Progress now : progress(relayer, true)) {
        if (!ENDS.contains(now.kind())) continue;
        Ended key = new Ended(relayer.name(), now.chain(), now.intent());
        Progress before = ended.putIfAbsent(key, now);
        if (before != null && !before.equals(now) && !now.kind().equals("SETTLED"))
          throw new AssertionError("L10: at " + key + ", " + before + " was final, and is " + now);
      }
      Set<Long> known = settled.computeIfAbsent(relayer.name(), n -> new HashSet<>());
      for (Settled one : settled(relayer)) if (known.add(one.number())) check(relayer, one);
    }
  }

  private void check(SimulatedRelayer relayer, Settled one) {
    if (one.state().equals("DISPLACED")) {
      for (Hash attempt : attempts(relayer, one.number())) {
        if (world.chain(one.chain()).truth().receipt(attempt).isPresent())
          throw new AssertionError(
              "L10: %s says that transaction %s was displaced, but it is mined"
                  .formatted(relayer.name(), attempt));
      }
      return;
    }
    Optional<Receipt> receipt =
        one.mined().flatMap(hash -> world.chain(one.chain()).truth().receipt(hash));
    boolean same =
        receipt
            .filter(r -> Optional.of(r.blockHash()).equals(one.block()))
            .filter(r -> r.succeeded() == one.state().equals("SUCCEEDED"))
            .isPresent();
    if (!same)
      throw new AssertionError(
          "L10: %s settled %s, the chain says %s".formatted(relayer.name(), one, receipt));
  }

  // ------------------------------------------------------------------ at rest

  /** When the next open work is due after that; the latest moment there is when none is. */
  static long nextDue(Database database, long after) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT min(not_before) AS due FROM task WHERE kind <> 'PUBLISH' AND not_before"
                        + " > ?",
                    row -> row.optionalTime("due"),
                    Instant.ofEpochMilli(after)))
        .flatMap(due -> due)
        .map(Instant::toEpochMilli)
        .orElse(Long.MAX_VALUE);
  }

  /** Whether nothing is left to do, for anybody. */
  boolean isAtRest() {
    List<String> open = new ArrayList<>();
    for (SimulatedRelayer relayer : world.relayers()) {
      if (relayer.desk().isEmpty()) open.add(relayer.name() + " does not run");
      relayer.failures().forEach((what, why) -> open.add(relayer.name() + " " + what + ": " + why));
      open.addAll(open(relayer));
    }
    for (long chain : Ground.CHAINS) {
      for (BigInteger agent : world.ground().agents()) {
        if (unpublished(chain, agent).signum() != 0)
          open.add("records of agent %s on chain %d are not published".formatted(agent, chain));
      }
    }
    for (Plan plan : world.plans()) {
      if (!isOver(plan)) open.add(plan + " is not over: " + words(plan));
    }
    if (open.isEmpty() && !agree()) open.add("relayers know different things");
    unrest = String.join("\n", open);
    return open.isEmpty();
  }

  String unrest() {
    return unrest;
  }

  private List<String> open(SimulatedRelayer relayer) {
    List<String> open = new ArrayList<>();
    world
        .look(relayer)
        .run(
            tx -> {
              open.addAll(
                  tx.list(
                      "SELECT kind || ' ' || chain_id || ' ' || encode(subject, 'hex') || ' ' ||"
                          + " attempts || ' ' || coalesce(parked::text, '') AS t FROM task WHERE"
                          + " kind <> 'PUBLISH' ORDER BY 1",
                      row -> relayer.name() + " has work: " + row.text("t")));
              open.addAll(
                  tx.list(
                      "SELECT purpose || ' ' || chain_id || ' nonce ' || nonce AS t FROM"
                          + " transaction WHERE state = 'OPEN' ORDER BY 1",
                      row -> relayer.name() + " has an open transaction: " + row.text("t")));
            });
    return open;
  }

  /** Whether what had to become of it did; a wrong end is no end. */
  private boolean isOver(Plan plan) {
    Class<?> home = last(Ground.HOME, plan);
    Class<?> remote = last(Ground.REMOTE, plan);
    return switch (plan.kind()) {
      case INSTANT, DELAYED, APPROVED -> home == IntentEvent.Executed.class;
      case UNAPPROVED -> home == IntentEvent.Expired.class;
      case CANCELLED -> home == IntentEvent.Cancelled.class;
      case DENIED -> home == IntentEvent.Denied.class || home == Void.class;
      case HASTY -> home == IntentEvent.Executed.class || home == Void.class;
      case ACROSS, ACROSS_DELAYED, UPHELD ->
          home == IntentEvent.Settled.class && remote == IntentEvent.Executed.class;
      case DISPUTED -> home == IntentEvent.Settled.class && remote == IntentEvent.Cancelled.class;
    };
  }

  private Class<?> last(long chain, Plan plan) {
    return world.chain(chain).last(plan.id()).<Class<?>>map(Object::getClass).orElse(Void.class);
  }

  private String words(Plan plan) {
    return "at home %s, elsewhere %s"
        .formatted(
            last(Ground.HOME, plan).getSimpleName(), last(Ground.REMOTE, plan).getSimpleName());
  }

  private boolean agree() {
    Set<List<Progress>> views = new LinkedHashSet<>();
    world.relayers().forEach(r -> views.add(progress(r, false)));
    return views.size() == 1;
  }

  // ------------------------------------------------------------------ in the end

  void end() {
    step();
    lookCloser();
    for (SimulatedRelayer relayer : world.relayers()) {
      for (long chain : Ground.CHAINS) checkNonces(relayer, chain);
    }
    for (long chain : Ground.CHAINS) {
      BigInteger paid = BigInteger.ZERO;
      for (Plan plan : world.plans()) {
        for (IntentEvent event : world.chain(chain).about(plan.id()))
          if (event instanceof IntentEvent.Executed) paid = paid.add(plan.intent().amount());
      }
      BigInteger got = held(chain).subtract(heldBefore.get(chain));
      if (!paid.equals(got))
        throw new AssertionError("L1: chain %d paid %s, due were %s".formatted(chain, got, paid));
    }
  }

  private void checkNonces(SimulatedRelayer relayer, long chain) {
    int index = world.relayers().indexOf(relayer);
    Address signer = Ground.address(Ground.relayer(index));
    long used = world.chain(chain).truth().nonce(signer, BlockTag.LATEST);
    long next =
        world
            .look(relayer)
            .inTransaction(
                tx ->
                    tx.one(
                        "SELECT next FROM signer_nonce WHERE chain_id = ? AND signer = ?",
                        row -> row.number("next"),
                        chain,
                        signer))
            .orElse(used);
    if (next != used)
      throw new AssertionError(
          "L9: %s took nonces up to %d on chain %d, where %d are used"
              .formatted(relayer.name(), next, chain, used));
  }

  private BigInteger unpublished(long chain, BigInteger agent) {
    Web3j web3j = Web3j.build(world.chain(chain).anvil().service());
    AgentVault vault =
        AgentVault.load(
            world.ground().of(chain).account().hex(), web3j, reader(web3j), Sender.NO_GAS);
    try {
      return vault.unpublished(agent).send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private BigInteger held(long chain) {
    Web3j web3j = Web3j.build(world.chain(chain).anvil().service());
    try {
      return TestToken.load(world.ground().token().hex(), web3j, reader(web3j), Sender.NO_GAS)
          .balanceOf(Ground.address("payee").hex())
          .send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static ReadonlyTransactionManager reader(Web3j web3j) {
    return new ReadonlyTransactionManager(web3j, Ground.address("authority").hex());
  }

  // ------------------------------------------------------------------ databases

  private List<Progress> progress(SimulatedRelayer relayer, boolean isFinal) {
    return world
        .look(relayer)
        .inTransaction(
            tx ->
                tx.list(
                    "SELECT intent_id, chain_id, kind, block_hash FROM intent_progress WHERE final"
                        + " OR NOT ? ORDER BY intent_id, chain_id",
                    row ->
                        new Progress(
                            row.hash("intent_id"),
                            row.number("chain_id"),
                            row.text("kind"),
                            row.hash("block_hash")),
                    isFinal));
  }

  private List<Settled> settled(SimulatedRelayer relayer) {
    return world
        .look(relayer)
        .inTransaction(
            tx ->
                tx.list(
                    "SELECT * FROM transaction WHERE state <> 'OPEN' ORDER BY transaction_id",
                    Oracle::settled));
  }

  private static Settled settled(Row row) throws SQLException {
    return new Settled(
        row.number("transaction_id"),
        row.number("chain_id"),
        row.text("state"),
        row.optionalHash("mined_hash"),
        row.optionalHash("block_hash"));
  }

  private List<Hash> attempts(SimulatedRelayer relayer, long number) {
    return world
        .look(relayer)
        .inTransaction(
            (Tx tx) ->
                tx.list(
                    "SELECT hash FROM attempt WHERE transaction_id = ? AND NOT cancels ORDER BY"
                        + " attempt",
                    row -> row.hash("hash"),
                    number));
  }
}
