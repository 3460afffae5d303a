package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent;

/**
 * The disputes that are still to be made on one chain: the most urgent first, as many as the
 * executor takes for nothing, then with a bond where the configuration has a budget. When more wait
 * than are left, the chain is stopped: see {@link Brake}.
 */
final class Disputes implements Examiner {
  /** {@code DISPUTES_PER_HOUR} of the executor: that many a guardian has for nothing. */
  static final int PER_HOUR = 32;

  private static final Duration HOUR = Duration.ofHours(1);

  /** After a refusal for too many disputes: another guardian's clock, or a forgotten dispute. */
  private static final Duration AGAIN = Duration.ofSeconds(5);

  /** Before it is asked again whether a bond may be risked on what a node of home's shows. */
  private static final Duration DOUBT = Duration.ofMinutes(1);

  private static final Comparator<Ticket> URGENCY =
      Comparator.<Ticket, Instant>comparing(ticket -> ticket.due)
          .thenComparing(ticket -> ticket.delivery.event().intentId());

  private final Address self;
  private final Supplier<Optional<Block>> tip;
  private final Brake brake;
  private final BondPurse purse;
  private final Predicate<Queued> shown;
  private final Clock clock;
  private final ConcurrentSkipListSet<Ticket> waiting = new ConcurrentSkipListSet<>(URGENCY);
  private final Deque<Instant> made = new ArrayDeque<>();

  /** Messages that home never sent, and when each was found. */
  private final Map<Hash, Instant> lies = new HashMap<>();

  /**
   * @param self whose disputes they are
   * @param tip the newest block that was read
   * @param shown whether home's nodes show that it dispatched the intent: then no bond is risked
   */
  Disputes(
      Address self,
      Supplier<Optional<Block>> tip,
      Brake brake,
      BondPurse purse,
      Predicate<Queued> shown,
      Clock clock) {
    this.shown = shown;
    this.self = self;
    this.tip = tip;
    this.brake = brake;
    this.purse = purse;
    this.clock = clock;
  }

  @Override
  public synchronized void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Step(IntentEvent.Disputed event) && event.by().equals(self)) {
        made.addLast(page.block().timestamp());
      }
    }
  }

  @Override
  public synchronized void reset() {
    made.clear();
  }

  /**
   * One more that is to be made.
   *
   * @param due when the intent may execute
   * @param lie whether home is known never to have sent it
   */
  Ticket take(Queued delivery, Instant due, boolean lie) {
    Ticket ticket = new Ticket(delivery, due, lie);
    waiting.add(ticket);
    if (lie) {
      lied(delivery.event().messageId());
    }
    if (!stopIfTooMany() && lie) {
      stopIfNothingElseWould();
    }
    return ticket;
  }

  /** One that was made before: its bond counts, if it is the watchdog's own. */
  void known(Hash intentId) {
    purse.known(intentId);
  }

  private boolean stopIfTooMany() {
    int left = left();
    if (waiting.size() <= left) {
      return false;
    }
    stop(left);
    return true;
  }

  private void stop(int left) {
    brake.pull(
        "no more intents to dispute than the executor takes disputes, " + left + " now",
        waiting.size() + " are to be disputed",
        lies());
  }

  // One lie is disputed. Of several, with the pause used up, nothing would hold the next ones but
  // as many transactions in time.
  private void stopIfNothingElseWould() {
    int recent;
    synchronized (this) {
      Instant since = now().minus(HOUR);
      lies.values().removeIf(at -> !at.isAfter(since));
      recent = lies.size();
    }
    if (recent > 1 && brake.isSpent()) {
      brake.pull(
          "no second message within an hour that home never sent, while nobody can pause the chain",
          recent + " were delivered, and guardians paused the chain before",
          lies());
    }
  }

  private synchronized void lied(Hash messageId) {
    lies.putIfAbsent(messageId, now());
  }

  private List<Queued> lies() {
    return waiting.stream().filter(one -> one.lie).map(one -> one.delivery).toList();
  }

  /** How many are free now, by what was read. */
  private synchronized int left() {
    Instant since = now().minus(HOUR);
    while (!made.isEmpty() && !made.getFirst().isAfter(since)) {
      made.removeFirst();
    }
    return Math.max(0, PER_HOUR - made.size());
  }

  private Instant now() {
    Instant here = clock.instant();
    return tip.get().map(Block::timestamp).filter(there -> there.isAfter(here)).orElse(here);
  }

  /** A dispute's place in the row; closed when it is made, or nobody needs it any more. */
  final class Ticket implements AutoCloseable {
    private final Queued delivery;
    private final Instant due;
    private final boolean lie;
    private Instant notBefore = Instant.MIN;
    private Instant noBondBefore = Instant.MIN;
    private Optional<BigInteger> bond = Optional.empty();

    private Ticket(Queued delivery, Instant due, boolean lie) {
      this.delivery = delivery;
      this.due = due;
      this.lie = lie;
    }

    /** Wei; 0: it costs nothing. */
    BigInteger bond() {
      return bond.orElse(BigInteger.ZERO);
    }

    boolean isNext() {
      if (clock.instant().isBefore(notBefore)) {
        return false;
      }
      if (bond.isPresent()) {
        return true;
      }
      long before = waiting.headSet(this).stream().filter(one -> one.bond.isEmpty()).count();
      if (before < left()) {
        return true;
      }
      stopIfTooMany();
      return pay();
    }

    /**
     * @return whether it is a refusal that another time, or a bond, helps against
     */
    boolean refused(String reason) {
      if (reason.startsWith("ExecutorDisputesUsed(")) {
        stop(0);
        if (!pay()) {
          notBefore = clock.instant().plus(AGAIN);
        }
        return true;
      }
      if (reason.startsWith("ExecutorNoProofs(")) {
        bond.ifPresent(vain -> giveBack()); // nobody's bond is taken there
        notBefore = clock.instant().plus(AGAIN);
        return false;
      }
      if (reason.startsWith("ExecutorUnauthorized(") || reason.startsWith("ExecutorDisputeBond(")) {
        bond.ifPresent(another -> giveBack()); // governance set another since
        if (!pay()) {
          notBefore = clock.instant().plus(AGAIN);
        }
        return bond.isPresent();
      }
      return false;
    }

    private boolean pay() {
      if (clock.instant().isBefore(noBondBefore)) {
        return false;
      }
      bond = purse.reserve(delivery.event().intentId());
      if (bond.isPresent() && shown.test(delivery)) {
        giveBack(); // who disputes what home sent loses it
        noBondBefore = clock.instant().plus(DOUBT);
      }
      return bond.isPresent();
    }

    private void giveBack() {
      purse.release(delivery.event().intentId());
      bond = Optional.empty();
    }

    /** The dispute was made by a transaction of the watchdog's. */
    void used() {
      if (bond.isPresent()) {
        purse.paid(delivery.event().intentId());
      }
    }

    @Override
    public void close() {
      waiting.remove(this);
      purse.close(delivery.event().intentId());
    }
  }
}
