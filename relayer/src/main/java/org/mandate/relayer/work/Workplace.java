package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * One chain as the workflows see it: what stands there, what is known of it, and where transactions
 * are written.
 */
public final class Workplace {
  private static final Duration QUORUM_KEEPS = Duration.ofSeconds(15);
  private static final int MOST_KNOWN = 1000;

  /** In which what another relayer sends is mined, and followed. */
  private static final int STAGE_BLOCKS = 3;

  /** A chain that makes blocks only when there is something to put in says nothing about time. */
  private static final Duration LONGEST_STAGE = Duration.ofMinutes(1);

  private static final int REMEMBERED = 100_000;

  /**
   * @param stage how long each relayer waits for the one before it
   */
  private record Known(
      ContractCalls.Quorum quorum,
      Optional<ContractCalls.Quorum> previous,
      Duration stage,
      Instant until) {}

  private final FollowedChain chain;
  private final ContractCalls calls;
  private final ContractCalls callsOfMost;
  private final Desk desk;
  private final Database database;
  private final Duration stagger;
  private final Clock clock;
  private final AtomicReference<Optional<Known>> quorum = new AtomicReference<>(Optional.empty());

  private final Outage outage = new Outage();

  private record NoWindows(boolean isSo, Instant until) {}

  private final Map<Address, NoWindows> noWindows = new ConcurrentHashMap<>();

  /** Since when whose turn it is was asked. */
  private final Since asked = new Since(REMEMBERED);

  public Workplace(
      FollowedChain chain, Desk desk, Database database, Duration stagger, Clock clock) {
    this.chain = chain;
    this.calls = new ContractCalls(chain);
    this.callsOfMost = ContractCalls.ofMost(chain);
    this.desk = desk;
    this.database = database;
    this.stagger = stagger;
    this.clock = clock;
  }

  public FollowedChain chain() {
    return chain;
  }

  public ContractCalls calls() {
    return calls;
  }

  /**
   * As {@link #calls}, by the word of more than half of all nodes: for what refuses somebody, and
   * for what holds work up as long as a node says so.
   */
  public ContractCalls callsOfMost() {
    return callsOfMost;
  }

  public Desk desk() {
    return desk;
  }

  /** Whether its nodes answer. */
  Outage outage() {
    return outage;
  }

  Instant now() {
    return clock.instant();
  }

  /**
   * When to look again at something that only finality can end: the slower the chain becomes final,
   * the later. A reorg and a new event wake the work before that.
   */
  Instant lookAgain() {
    ChainRow row = row();
    long lag = row.finalized().isPresent() ? row.headTime() - row.finalizedTime() : 0;
    return now().plus(Duration.ofSeconds(Math.clamp(lag / 8, 1, 30)));
  }

  ChainRow row() {
    return database.inTransaction(tx -> ChainRow.of(tx, chain.id()));
  }

  /** The newest final block that is stored. */
  Optional<Block> finalBlock() {
    return row()
        .finalized()
        .flatMap(
            number ->
                database
                    .inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), number))
                    .filter(block -> block.number() == number));
  }

  /** Where the intent stands here. */
  public Optional<StoredEvent> progress(Hash intentId) {
    return database.inTransaction(tx -> StoredEvent.progress(tx, intentId, chain.id()));
  }

  StoredIntent intent(Hash intentId) {
    return database
        .inTransaction(tx -> StoredIntent.of(tx, intentId))
        .orElseThrow(() -> new IllegalStateException("intent " + intentId + " is not stored"));
  }

  /** Those of them for which a transaction was mined here and did nothing. */
  List<Hash> inVain(Purpose purpose, List<Hash> subjects) {
    return database.inTransaction(tx -> TransactionRow.inVain(tx, chain.id(), purpose, subjects));
  }

  /** Who attests messages that come here; a few seconds old at most. */
  public ContractCalls.Quorum quorum() {
    return known().quorum();
  }

  private Known known() {
    Optional<Known> known = quorum.get().filter(k -> now().isBefore(k.until()));
    if (known.isPresent()) return known.get();
    Known fresh =
        new Known(
            callsOfMost.quorum(), callsOfMost.previousQuorum(), stage(), now().plus(QUORUM_KEEPS));
    quorum.set(Optional.of(fresh));
    return fresh;
  }

  /** Who attested messages that come here before that; only while it still counts. */
  public Optional<ContractCalls.Quorum> previousQuorum() {
    return known().previous();
  }

  /** As long as configured, or as blocks need, where that is longer. */
  private Duration stage() {
    Duration blocks =
        database
            .inTransaction(tx -> Blocks.interval(tx, chain.id()))
            .map(interval -> interval.multipliedBy(STAGE_BLOCKS))
            .map(each -> each.compareTo(LONGEST_STAGE) < 0 ? each : LONGEST_STAGE)
            .orElse(stagger);
    return blocks.compareTo(stagger) > 0 ? blocks : stagger;
  }

  /** As the other one, whoever it is that waits. */
  Instant turn(Hash subject, Instant from) {
    return turn(subject, from, from);
  }

  /**
   * Whether an asset's payments have no table of windows here, as more than half of all nodes say
   * of a final block; not so where they do not agree. A few seconds old at most.
   */
  boolean hasNoWindows(Address asset) {
    NoWindows known = noWindows.get(asset);
    if (known != null && now().isBefore(known.until())) return known.isSo();
    if (noWindows.size() > MOST_KNOWN) noWindows.clear();
    boolean isSo = isWithoutWindows(asset);
    noWindows.put(asset, new NoWindows(isSo, now().plus(QUORUM_KEEPS)));
    return isSo;
  }

  private boolean isWithoutWindows(Address asset) {
    try {
      return finalBlock()
          .filter(block -> calls.windows(asset, block.hash()).steps().isEmpty())
          .isPresent();
    } catch (NodeException | CallRevertedException e) {
      return false; // a node may keep no state that old
    }
  }

  /**
   * When it is this relayer's turn: the hash of the subject and each relayer's address puts them in
   * an order that nobody can choose. The first one need not wait; each other one waits a stage
   * longer than the one before it, and looks whether it is done by then. That counts from when this
   * relayer first asks: it may be long after {@code from}, for all of them at the same time, such
   * as when a slow chain becomes final.
   *
   * @param from when the first one may begin; ask when nothing else is waited for
   * @param latest when the first one begins at last, who may wait for more than others do
   */
  Instant turn(Hash subject, Instant from, Instant latest) {
    int place = place(subject);
    if (place == 0) return from;
    Instant known = asked.first(subject, now());
    Instant begin = latest.isAfter(known) ? latest : known;
    return begin.plus(known().stage().multipliedBy(place));
  }

  /** Whether nobody's turn is before this relayer's. */
  boolean isFirst(Hash subject) {
    return place(subject) == 0;
  }

  private int place(Hash subject) {
    Hash own = place(subject, desk.self());
    return (int)
        quorum().relayers().stream()
            .map(r -> place(subject, r))
            .filter(place -> place.compareTo(own) < 0)
            .count();
  }

  /** Simulates the call as this relayer; a revert blocks it, in words. */
  Decision attempt(Purpose purpose, Hash subject, ContractCalls.Call call) {
    GasEstimate estimate =
        chain.client().estimateGas(desk.self(), call.to(), BigInteger.ZERO, call.data().bytes());
    return switch (estimate) {
      case GasEstimate.Estimated gas when gas.gas() > purpose.mostGas() ->
          new Decision.Blocked(
              Refusal.of(
                  "GAS",
                  "%s on chain %d would use %d gas, this relayer pays for %d"
                      .formatted(
                          purpose.name().toLowerCase(Locale.ROOT),
                          chain.id(),
                          gas.gas(),
                          purpose.mostGas()),
                  "use a wallet or token that needs less, or send the transaction yourself"));
      case GasEstimate.Estimated gas ->
          new Decision.Send(purpose, List.of(subject), call, gas.gas());
      case GasEstimate.Reverted reverted ->
          new Decision.Blocked(
              ContractCalls.refused(reverted.data())
                  .map(VerdictWords::refusalOfWaiting)
                  .orElseGet(
                      () ->
                          Refusal.of(
                              "CONTRACT",
                              "%s on chain %d would revert: %s"
                                  .formatted(
                                      purpose.name().toLowerCase(Locale.ROOT),
                                      chain.id(),
                                      reverted.reason()),
                              "remove the cause; it is tried again until the intent's deadline")));
    };
  }

  private static Hash place(Hash subject, Address relayer) {
    return Hash.keccak(subject.hex() + relayer.hex());
  }
}
