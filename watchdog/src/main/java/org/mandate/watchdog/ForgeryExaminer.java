package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;

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
  private final Map<Hash, Queued> read = new HashMap<>();
  private final Map<Hash, Queued> scouted = new HashMap<>();
  private final Map<Hash, Case> running = new HashMap<>();
  private final Set<Hash> again = new HashSet<>();

  /** The messages that proofs undid, or others replaced, by what they brought. */
  private final Map<Hash, Set<Hash>> refuted = new HashMap<>();

  private boolean closed;

  /** Makes a case about a delivery. */
  interface Cases {
    /**
     * @param stands whether that very delivery is still in the chain, and nothing undid it there
     * @param refuted whether a proof undid it, or another message took its place
     * @param onEnd to be called when the case is over
     */
    Case open(Queued delivery, BooleanSupplier stands, BooleanSupplier refuted, Runnable onEnd);
  }

  ForgeryExaminer(Cases cases, Clock clock) {
    this.cases = cases;
    this.clock = clock;
  }

  @Override
  public synchronized void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Step(IntentEvent.Queued event)) {
        Optional.ofNullable(refuted.get(event.intentId()))
            .ifPresent(messages -> messages.remove(event.messageId()));
        take(read, new Queued(event, page.block()));
      } else if (entry instanceof Entry.Step(IntentEvent.Disputed event)) {
        // By somebody, after it was found honest: a proof may help it.
        Optional.ofNullable(read.get(event.intentId()))
            .filter(delivery -> !running.containsKey(event.intentId()))
            .ifPresent(this::open);
      } else if (entry instanceof Entry.Notice(IntentNotice.Refuted notice)) {
        undone(notice.intentId(), notice.messageId());
        undo(read, notice);
        undo(scouted, notice);
      } else if (entry instanceof Entry.GatewayClosed) {
        reopen(); // what is genuine of what it brought, a proof may help
      }
    }
  }

  /** A delivery in a block that the follower has not read yet. */
  synchronized void scouted(Queued delivery) {
    Queued other = scouted.get(delivery.event().intentId());
    if (other == null || other.block().number() <= delivery.block().number()) {
      take(scouted, delivery);
    }
  }

  /** From here on the follower alone knows what is queued. */
  synchronized void allRead() {
    scouted.clear();
  }

  private void undone(Hash intentId, Hash messageId) {
    refuted.computeIfAbsent(intentId, id -> new HashSet<>()).add(messageId);
  }

  // The same intent may come again, by the message that home sent.
  private static void undo(Map<Hash, Queued> from, IntentNotice.Refuted notice) {
    Queued delivery = from.get(notice.intentId());
    if (delivery != null && delivery.event().messageId().equals(notice.messageId())) {
      from.remove(notice.intentId());
    }
  }

  @Override
  public synchronized void reset() {
    read.clear();
    refuted.clear();
    List.copyOf(scouted.values()).forEach(this::open);
  }

  /** Looks again at every delivery: what made an intent honest may be gone. */
  synchronized void reopen() {
    List.copyOf(scouted.values()).forEach(this::open);
    List.copyOf(read.values()).forEach(this::open);
  }

  /** What brought the intent, as far as it was read. */
  synchronized Optional<Queued> delivery(Hash intentId) {
    return Optional.ofNullable(read.get(intentId));
  }

  synchronized int running() {
    return running.size();
  }

  @Override
  public synchronized void close() {
    closed = true;
    read.clear();
    scouted.clear();
    running.values().forEach(Case::close);
  }

  private void take(Map<Hash, Queued> from, Queued delivery) {
    if (closed) {
      return;
    }
    boolean known = stands(delivery);
    Queued before = from.put(delivery.event().intentId(), delivery);
    if (before != null && !before.event().messageId().equals(delivery.event().messageId())) {
      // Its gateway was closed, or a proof undid it.
      undone(before.event().intentId(), before.event().messageId());
    }
    if (!known) {
      open(delivery);
    }
  }

  private void open(Queued delivery) {
    if (closed || delivery.event().intent().expiredAt(clock.instant().minus(GRACE))) {
      return;
    }
    Hash intentId = delivery.event().intentId();
    if (running.containsKey(intentId)) {
      // It may be about to end on what it knew before.
      again.add(intentId);
      return;
    }
    Case opened =
        cases.open(
            delivery, () -> stands(delivery), () -> isRefuted(delivery), () -> ended(intentId));
    running.put(intentId, opened);
    opened.start();
  }

  private synchronized boolean stands(Queued delivery) {
    Hash intentId = delivery.event().intentId();
    return delivery.equals(read.get(intentId)) || delivery.equals(scouted.get(intentId));
  }

  private synchronized boolean isRefuted(Queued delivery) {
    return refuted
        .getOrDefault(delivery.event().intentId(), Set.of())
        .contains(delivery.event().messageId());
  }

  private synchronized void ended(Hash intentId) {
    running.remove(intentId);
    if (again.remove(intentId)) {
      Optional.ofNullable(read.getOrDefault(intentId, scouted.get(intentId))).ifPresent(this::open);
    }
  }
}
