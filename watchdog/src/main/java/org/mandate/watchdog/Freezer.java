package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.NodeException;

/**
 * Freezes agents in home's account, trips the breakers above them in any, and notes on the finding
 * what came of it. A finding is stopped when a final block has the stop.
 */
final class Freezer {
  private static final Duration WAIT = Duration.ofMillis(200);
  private static final int WORD = 32;

  private final long chainId;
  private final ChainClient chain;
  private final Finality finality;
  private final Address account;
  private final Enforcer enforcer;
  private final Trips trips;
  private final BooleanSupplier isRead;
  private final Findings findings;
  private final Clock clock;
  private final Map<Stoppable, ReentrantLock> turns = new ConcurrentHashMap<>();

  /**
   * @param isRead whether the chain's events were read up to its head, so that every stop is known
   */
  Freezer(
      long chainId,
      ChainClient chain,
      Finality finality,
      Address account,
      Enforcer enforcer,
      Trips trips,
      BooleanSupplier isRead,
      Findings findings,
      Clock clock) {
    this.chainId = chainId;
    this.chain = chain;
    this.finality = finality;
    this.account = account;
    this.enforcer = enforcer;
    this.trips = trips;
    this.isRead = isRead;
    this.findings = findings;
    this.clock = clock;
  }

  /**
   * Reports the finding and, if it is new, freezes its agent, also when it is frozen already: a
   * thaw that was decided for what was found before must not let it go. Unless the agent was
   * stopped since: a watchdog that starts again must not overrule what governance decided knowing
   * the finding. Returns at once.
   *
   * @param seenAt timestamp of the block where it was found
   */
  void freezeFor(Finding finding, BigInteger agentId, Instant seenAt) {
    stopFor(finding, new Stoppable.Agent(agentId), seenAt);
  }

  /** As {@link #freezeFor}, of anything that can be stopped on this chain. */
  void stopFor(Finding finding, Stoppable what, Instant seenAt) {
    if (findings.report(finding)) {
      Errand.start(what.words(), WAIT, new Stop(what, finding.id(), seenAt)::round);
    }
  }

  /**
   * One finding's way to a stop that no reorg undoes any more (L10): looks until a final block has
   * it, and freezes again when it is gone before.
   */
  private final class Stop {
    private final Stoppable what;
    private final String findingId;
    private final Instant seenAt;

    /** How many stops there have been with this one; empty: it is still to be made. */
    private Optional<BigInteger> made = Optional.empty();

    private Optional<Deed> somebodyElses = Optional.empty();

    private Stop(Stoppable what, String findingId, Instant seenAt) {
      this.what = what;
      this.findingId = findingId;
      this.seenAt = seenAt;
    }

    /**
     * @return whether it is over
     */
    private boolean round() {
      if (isWithdrawn()) {
        return true;
      }
      if (!isRead.getAsBoolean()) {
        return false;
      }
      if (made.isEmpty()) {
        make();
      }
      if (made.isEmpty()) {
        return true; // the watchdog closes
      }
      Optional<Block> highest = finality.highest(chain);
      if (highest.isPresent()
          && stops(question -> chain.call(account, question, highest.get().hash()))
                  .compareTo(made.get())
              >= 0) {
        findings.update(findingId, this::stopped);
        return true;
      }
      if (stops(question -> chain.call(account, question)).compareTo(made.get()) < 0) {
        made = Optional.empty(); // a reorg undid it
        somebodyElses = Optional.empty();
      }
      return false;
    }

    private boolean isWithdrawn() {
      return findings
          .find(findingId)
          .filter(found -> found.status() != Finding.Status.WITHDRAWN)
          .isEmpty();
    }

    private void make() {
      // One after the other: what is found together needs one stop.
      ReentrantLock turn = turns.computeIfAbsent(what, id -> new ReentrantLock());
      turn.lock();
      try {
        Optional<Trips.Trip> last = trips.last(what);
        long before = last.map(Trips.Trip::count).orElse(0L);
        Optional<Instant> since = last.map(Trips.Trip::at).filter(at -> !at.isBefore(seenAt));
        if (since.isPresent()) {
          made = Optional.of(BigInteger.valueOf(before));
          somebodyElses =
              Optional.of(
                  new Deed(
                      "nothing",
                      chainId,
                      Optional.empty(),
                      "%s: done after that, at %s; only a decision since then takes it back"
                          .formatted(what.words(), since.get()),
                      clock.instant()));
          return;
        }
        Optional<Enforcer.Done> end = enforcer.bringAbout(new Freeze(what, before));
        if (end.isPresent()) {
          made = Optional.of(BigInteger.valueOf(before + 1));
          Deed deed =
              new Deed(
                  what.words(),
                  chainId,
                  end.get().transaction(),
                  end.get().settled().outcome(),
                  clock.instant());
          findings.update(findingId, found -> found.with(deed));
        }
      } finally {
        turn.unlock();
      }
    }

    private Finding stopped(Finding found) {
      return somebodyElses.map(found::with).orElse(found).with(Finding.Status.STOPPED);
    }

    private BigInteger stops(UnaryOperator<byte[]> ask) {
      return last(ask.apply(what.stops().bytes()));
    }
  }

  private final class Freeze implements Remedy {
    private final Stoppable what;
    private final BigInteger stopsBefore;

    private Freeze(Stoppable what, long stopsBefore) {
      this.what = what;
      this.stopsBefore = BigInteger.valueOf(stopsBefore);
    }

    @Override
    public String what() {
      return what.words();
    }

    @Override
    public Address to() {
      return account;
    }

    @Override
    public Bytes data() {
      return what.stop();
    }

    @Override
    public Optional<Settled> settled() {
      return first(chain.call(account, what.isStopped().bytes())).signum() != 0
              && last(chain.call(account, what.stops().bytes())).compareTo(stopsBefore) > 0
          ? Optional.of(new Settled(what.words() + ": done; it may be undone until that is final"))
          : Optional.empty();
    }
  }

  private static BigInteger first(byte[] answer) {
    return new BigInteger(1, Arrays.copyOf(words(answer), WORD));
  }

  private static BigInteger last(byte[] answer) {
    return new BigInteger(
        1, Arrays.copyOfRange(words(answer), answer.length - WORD, answer.length));
  }

  private static byte[] words(byte[] answer) {
    if (answer.length < WORD || answer.length % WORD != 0) {
      throw new NodeException(
          "the account answered %d bytes: expected words of 32".formatted(answer.length));
    }
    return answer;
  }
}
