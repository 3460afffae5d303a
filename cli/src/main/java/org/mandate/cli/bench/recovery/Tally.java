package org.mandate.cli.bench.recovery;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.mandate.chain.Hash;

/** What happened, counted, on all grounds; threads share it. */
final class Tally {
  /** What must not happen to a payment or a nonce. */
  enum Harm {
    LOST,
    DOUBLED,
    JAMMED,
    NONCE_GAP
  }

  private final Map<Harm, Integer> harms = new EnumMap<>(Harm.class);
  private final Map<String, Integer> kills = new TreeMap<>();
  private final Map<String, Integer> troubles = new TreeMap<>();
  private final Map<String, Integer> notDone = new TreeMap<>();
  private final Map<String, Integer> refused = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();
  private final Map<Place, Set<Hash>> foreign = new HashMap<>();
  private int accepted;
  private int idle;
  private int twice;
  private int ended;

  /** A nonce of a relayer's on a chain. */
  private record Place(int relayer, long chainId, long nonce) {}

  /** Somebody else uses a relayer's key: a node may take this transaction, or not. */
  synchronized void foreign(int relayer, long chainId, long nonce, Hash transaction) {
    foreign
        .computeIfAbsent(new Place(relayer, chainId, nonce), p -> new HashSet<>())
        .add(transaction);
  }

  /** The transactions that somebody else signed for that nonce. */
  synchronized Set<Hash> foreign(int relayer, long chainId, long nonce) {
    return Set.copyOf(foreign.getOrDefault(new Place(relayer, chainId, nonce), Set.of()));
  }

  synchronized void harmed(Harm harm, int times) {
    harms.merge(harm, times, Integer::sum);
  }

  synchronized int harms(Harm harm) {
    return harms.getOrDefault(harm, 0);
  }

  /** A payment that a relayer took. */
  synchronized void accepted() {
    accepted++;
  }

  synchronized int payments() {
    return accepted;
  }

  /**
   * A payment that a relayer did not take.
   *
   * @param what its kind, and the rule that refused it
   */
  synchronized void refused(String what) {
    refused.merge(what, 1, Integer::sum);
  }

  synchronized Map<String, Integer> refused() {
    return new TreeMap<>(refused);
  }

  synchronized void killed(String where) {
    kills.merge(where, 1, Integer::sum);
  }

  /** When there was nothing that it could have lost. */
  synchronized void killedIdle() {
    idle++;
  }

  synchronized void killedAgain() {
    twice++;
  }

  synchronized void trouble(String what) {
    troubles.merge(what, 1, Integer::sum);
  }

  /** Not possible at that moment, or in vain. */
  synchronized void notDone(String what) {
    notDone.merge(what, 1, Integer::sum);
  }

  synchronized Map<String, Integer> notDone() {
    return new TreeMap<>(notDone);
  }

  /** A relayer's process ended by itself, as when it starts while its database is away. */
  synchronized void endedByItself() {
    ended++;
  }

  /** Something that must not be. */
  synchronized void fault(String words) {
    faults.add(words);
  }

  synchronized Map<String, Integer> kills() {
    return new TreeMap<>(kills);
  }

  synchronized int allKills() {
    return kills.values().stream().mapToInt(Integer::intValue).sum();
  }

  synchronized int idleKills() {
    return idle;
  }

  synchronized Map<String, Integer> troubles() {
    return new TreeMap<>(troubles);
  }

  synchronized List<String> faults() {
    return List.copyOf(faults);
  }

  synchronized int twice() {
    return twice;
  }

  synchronized int ended() {
    return ended;
  }
}
