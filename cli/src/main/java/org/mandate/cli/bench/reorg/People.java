package org.mandate.cli.bench.reorg;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.mandate.chain.Hash;
import org.mandate.cli.bench.reorg.Deeds.Deed;
import org.mandate.cli.local.Town;
import org.mandate.intent.IntentState;

/**
 * Who does something about payments beside agents and relayers: a guardian cancels and disputes,
 * governance upholds and thaws, and somebody does what anybody may. They look at the chain again
 * and again, and do it again where a reorg took it back; where it comes too late they leave it.
 */
final class People implements AutoCloseable {
  private static final Duration LOOK = Duration.ofMillis(250);

  /** Nobody does the same for one payment more often than that. */
  private static final Duration AGAIN = Duration.ofSeconds(2);

  /** And not for ever. */
  private static final int MOST_TIMES = 100;

  /** What stood still for so long is final, and looked at no more. */
  private static final Duration OVER = Duration.ofMinutes(1);

  private final Town town;
  private final Deeds deeds;
  private final ConcurrentLinkedQueue<Payment> watched = new ConcurrentLinkedQueue<>();
  private final Map<Hash, Long> endedAt = new HashMap<>();
  private final Map<String, Times> done = new HashMap<>();
  private final Map<String, Integer> sent = new TreeMap<>();
  private final Thread thread;
  private Optional<String> trouble = Optional.empty();
  private int troubles;
  private volatile boolean closed;

  People(Town town, Deeds deeds) {
    this.town = town;
    this.deeds = deeds;
    this.thread = Thread.ofVirtual().start(this::run);
  }

  private record Times(int many, long last) {}

  void watch(Payment payment) {
    if (payment.kind().isWatched()) watched.add(payment);
  }

  /** They do nothing more. What they did is told then. */
  @Override
  public void close() {
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** How many transactions nodes took of them, by what they did. */
  Map<String, Integer> sent() {
    return sent;
  }

  /** How often nobody could look, or do something, and why at last. */
  Optional<String> trouble() {
    return trouble.map(last -> "%d times, at last: %s".formatted(troubles, last));
  }

  private void run() {
    try {
      while (!closed) {
        for (var payment : watched) look(payment);
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Payment payment) throws InterruptedException {
    try {
      var state = town.ledger(payment.chainId()).state(payment.id());
      var deed = deeds.of(payment, state);
      if (deed.isPresent()) act(payment, deed.get());
      if (isOver(payment, state)) watched.remove(payment);
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      // A node may answer anything while it is reorganized: the next look is a moment later.
      troubles++;
      trouble = Optional.of(e.toString());
    }
  }

  private void act(Payment payment, Deed deed) throws Exception {
    var key = deed.what() + " " + payment.id();
    var times = done.getOrDefault(key, new Times(0, System.nanoTime() - AGAIN.toNanos()));
    if (times.many() >= MOST_TIMES || System.nanoTime() - times.last() < AGAIN.toNanos()) return;
    if (!deed.step().isSent()) return;
    done.put(key, new Times(times.many() + 1, System.nanoTime()));
    sent.merge(deed.what(), 1, Integer::sum);
  }

  private boolean isOver(Payment payment, IntentState state) {
    if (!state.isOutcome() && state != IntentState.DENIED) {
      endedAt.remove(payment.id()); // a reorg may have taken its end back
      return false;
    }
    var now = System.nanoTime();
    return now - endedAt.computeIfAbsent(payment.id(), id -> now) > OVER.toNanos();
  }
}
