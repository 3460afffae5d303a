package org.mandate.relayer.follow;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mandate.relayer.follow.NodeReport.LeftOut;
import org.mandate.relayer.follow.NodeReport.Reason;

/**
 * Which of several nodes are asked first, and which are left out for a while. A node that did not
 * answer in time rests, one that failed again and again, or has had enough, is left alone; one
 * whose word did not hold is doubted. All that ends by itself, and takes twice as long when it
 * comes again soon; doubts until what that node told is final.
 */
final class Roster {
  private static final Duration FIRST_REST = Duration.ofSeconds(15);
  private static final Duration FIRST_DOUBT = Duration.ofSeconds(10);
  private static final Duration FIRST_BACK_OFF = Duration.ofSeconds(1);
  private static final Duration MOST = Duration.ofMinutes(5);

  /** After how many failures in a row a node is left alone for a while. */
  static final int FAILURES = 3;

  /** How long doubts are remembered: longer than it takes a chain to be final. */
  private static final Duration MEMORY = Duration.ofDays(1);

  /** A time that is twice as long when it begins again while it is remembered. */
  private final class Spell {
    private final long first;
    private final long memory;
    private long length;
    private long end;

    Spell(Duration first, Duration memory) {
      this.first = first.toNanos();
      this.memory = memory.toNanos();
    }

    void begin() {
      begin(Duration.ZERO);
    }

    /**
     * @param least how long it lasts at least
     */
    void begin(Duration least) {
      long now = clock.getAsLong();
      boolean soon = length > 0 && now - end < memory;
      length = soon ? Math.min(length * 2, MOST.toNanos()) : first;
      end = now + Math.max(length, least.toNanos());
    }

    void end() {
      if (isOn()) end = clock.getAsLong();
    }

    void forget() {
      length = 0;
    }

    boolean isOn() {
      return length > 0 && clock.getAsLong() - end < 0;
    }

    Duration left() {
      return isOn() ? Duration.ofNanos(end - clock.getAsLong()) : Duration.ZERO;
    }

    /** How long ago it began; longest of all when it is not on. */
    long age() {
      return isOn() ? clock.getAsLong() - end + length : Long.MAX_VALUE;
    }
  }

  private final LongSupplier clock;
  private final List<Spell> rests = new ArrayList<>();
  private final List<Spell> backOffs = new ArrayList<>();
  private final List<Spell> doubts = new ArrayList<>();
  private int preferred;

  /**
   * @param nodes how many there are; the first is preferred
   * @param clock nanoseconds, from anywhere
   */
  Roster(int nodes, LongSupplier clock) {
    this.clock = clock;
    for (int i = 0; i < nodes; i++) {
      rests.add(new Spell(FIRST_REST, MOST));
      backOffs.add(new Spell(FIRST_BACK_OFF, MOST));
      doubts.add(new Spell(FIRST_DOUBT, MEMORY));
    }
  }

  /** All nodes: the preferred one first, those that rest or are doubted last. */
  synchronized List<Integer> order() {
    List<Integer> all =
        IntStream.range(0, rests.size())
            .mapToObj(i -> Math.floorMod(preferred + i, rests.size()))
            .toList();
    return Stream.concat(
            all.stream().filter(this::isTrusted), all.stream().filter(i -> !isTrusted(i)))
        .toList();
  }

  synchronized boolean isResting(int node) {
    return rests.get(node).isOn() || backOffs.get(node).isOn();
  }

  /** Neither rests nor is doubted. */
  synchronized boolean isTrusted(int node) {
    return !isResting(node) && !doubts.get(node).isOn();
  }

  /** Why, and for how long, it is asked last; empty: it is not. */
  synchronized Optional<LeftOut> leftOut(int node) {
    Map<Reason, Duration> spells =
        Map.of(
            Reason.LATE,
            rests.get(node).left(),
            Reason.BACKING_OFF,
            backOffs.get(node).left(),
            Reason.DOUBTED,
            doubts.get(node).left());
    return spells.entrySet().stream()
        .filter(spell -> spell.getValue().isPositive())
        .max(Map.Entry.comparingByValue())
        .map(longest -> new LeftOut(longest.getKey(), longest.getValue()));
  }

  synchronized int preferred() {
    return preferred;
  }

  synchronized void prefer(int node) {
    preferred = node;
  }

  /** It did not answer in time. */
  synchronized void late(int node) {
    if (!rests.get(node).isOn()) rests.get(node).begin();
  }

  /**
   * It failed.
   *
   * @param inARow how often now, one after the other
   */
  synchronized void failed(int node, int inARow) {
    if (inARow >= FAILURES && !backOffs.get(node).isOn()) backOffs.get(node).begin();
  }

  /**
   * It had enough questions.
   *
   * @param wanted how long it wants to be left alone, when it said so
   */
  synchronized void busy(int node, Optional<Duration> wanted) {
    Duration least = wanted.orElse(Duration.ZERO);
    if (backOffs.get(node).left().compareTo(least) < 0 || !backOffs.get(node).isOn())
      backOffs.get(node).begin(least);
  }

  /** It answered: what made it back off is over, unless it asked for that. */
  synchronized void answered(int node) {
    if (!backOffs.get(node).isOn()) backOffs.get(node).forget();
  }

  /** It answered in time. */
  synchronized void prompt(int node) {
    rests.get(node).forget();
  }

  /** What that node said did not hold: if it was preferred, the next one is. */
  synchronized void doubt(int node) {
    doubts.get(node).begin();
    if (node == preferred) preferred = order().getFirst();
  }

  /** As {@link #doubt}, unless it is doubted already: what it said before shows nothing new. */
  synchronized void suspect(int node) {
    if (!doubts.get(node).isOn()) doubt(node);
  }

  /** What that node said held, as far as one can see: a doubt ends, and the next is longer. */
  synchronized void trust(int node) {
    doubts.get(node).end();
  }

  /** What that node said is final: the next doubt is as short as the first. */
  synchronized void clear(int node) {
    doubts.get(node).forget();
  }

  /**
   * Of those, in order, whom nobody doubts; when these are fewer than half of all nodes, also those
   * who were doubted longest ago, up to half: who lies must not be left alone by doubts about the
   * others.
   */
  synchronized List<Integer> credible(Collection<Integer> some) {
    List<Integer> all = order().stream().filter(some::contains).toList();
    long undoubted = all.stream().filter(i -> !doubts.get(i).isOn()).count();
    Set<Integer> credible =
        all.stream()
            .sorted(Comparator.comparingLong(i -> -doubts.get(i).age()))
            .limit(Math.max(undoubted, (rests.size() + 1) / 2))
            .collect(Collectors.toSet());
    return all.stream().filter(credible::contains).toList();
  }
}
