package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.mandate.chain.Hash;
import org.mandate.event.ExecutorEvent;

/**
 * Opens a case for each intent that is queued on its chain; home included, where anything queued is
 * forged. A case runs on its own thread until the intent is proven or no longer queued.
 */
final class ForgeryExaminer implements Examiner, AutoCloseable {
  /**
   * How long after its deadline, by this machine's clock, an intent is looked at: the chain's clock
   * may be behind.
   */
  private static final Duration GRACE = Duration.ofDays(1);

  private final Cases cases;
  private final Clock clock;
  private final Map<Hash, Queued> queued = new HashMap<>();
  private final Map<Hash, Queued> scouted = new HashMap<>();
  private final Map<Hash, Case> running = new HashMap<>();
  private final Set<Hash> again = new HashSet<>();
  private boolean closed;

  /** Makes a case about a delivery. */
  interface Cases {
    /**
     * @param stands whether that very delivery is still in the chain
     * @param onEnd to be called when the case is over
     */
    Case open(Queued delivery, BooleanSupplier stands, Runnable onEnd);
  }

  ForgeryExaminer(Cases cases, Clock clock) {
    this.cases = cases;
    this.clock = clock;
  }

  @Override
  public synchronized void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Executor(ExecutorEvent.Queued event)) {
        take(new Queued(event, page.block()));
      }
    }
  }

  /** A delivery in a block that the follower has not read yet. */
  synchronized void scouted(Queued delivery) {
    scouted.put(delivery.event().intentId(), delivery);
    take(delivery);
  }

  /** From here on the follower alone knows what is queued. */
  synchronized void allRead() {
    scouted.clear();
  }

  @Override
  public synchronized void reset() {
    queued.clear();
    scouted.values().forEach(this::take);
  }

  /** Looks again at every delivery: what made an intent honest may be gone. */
  synchronized void reopen() {
    List.copyOf(queued.keySet()).forEach(this::open);
  }

  synchronized int running() {
    return running.size();
  }

  @Override
  public synchronized void close() {
    closed = true;
    queued.clear();
    scouted.clear();
    running.values().forEach(Case::close);
  }

  private void take(Queued delivery) {
    if (!closed && !delivery.equals(queued.put(delivery.event().intentId(), delivery))) {
      open(delivery.event().intentId());
    }
  }

  private void open(Hash intentId) {
    if (closed || queued.get(intentId).event().intent().expiredAt(clock.instant().minus(GRACE))) {
      return;
    }
    if (running.containsKey(intentId)) {
      // It may be about to end on what it knew before.
      again.add(intentId);
      return;
    }
    Queued delivery = queued.get(intentId);
    Case opened = cases.open(delivery, () -> stands(delivery), () -> ended(intentId));
    running.put(intentId, opened);
    opened.start();
  }

  private synchronized boolean stands(Queued delivery) {
    return delivery.equals(queued.get(delivery.event().intentId()));
  }

  private synchronized void ended(Hash intentId) {
    running.remove(intentId);
    if (again.remove(intentId) && queued.containsKey(intentId)) {
      open(intentId);
    }
  }
}
