package org.mandate.cli.bench.reorg;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.mandate.cli.local.Town;
import org.mandate.intent.IntentState;

/**
 * What a payment is, and how it may end. A reorg may change who comes first: where somebody acts
 * against a payment that is on its way, either may win, and the chain says who did.
 */
enum Kind {
  HOME(Town.HOME, Life.LONG, IntentState.EXECUTED),
  /** Waits at home for as long as its amount asks. */
  DELAYED(Town.HOME, Life.LONG, IntentState.EXECUTED),
  /** Waits at home until people agree, who do. */
  APPROVED(Town.HOME, Life.LONG, IntentState.EXECUTED),
  ACROSS(Town.REMOTE, Life.LONG, IntentState.EXECUTED),
  /** Somebody shows again at its destination that all relayers vouch for it. */
  HASTENED(Town.REMOTE, Life.LONG, IntentState.EXECUTED),
  /** The guardian cancels it while it waits at home, if that is still in time. */
  WITHDRAWN(Town.HOME, Life.LONG, IntentState.CANCELLED, IntentState.EXECUTED),
  /** Nobody agrees to it, and the guardian cancels it. */
  REJECTED(Town.HOME, Life.LONG, IntentState.CANCELLED),
  /** Nobody agrees to it, and its deadline passes; NONE: before it was there. */
  FORGOTTEN(Town.HOME, Life.SHORT, IntentState.EXPIRED, IntentState.NONE),
  /** More than the mandate lets the agent pay. */
  BREACH(Town.HOME, Life.LONG, IntentState.DENIED),
  /** Its deadline passes on its way, unless that is very quick. */
  LATE(Town.REMOTE, Life.SHORT, IntentState.EXPIRED, IntentState.NONE, IntentState.EXECUTED),
  /** In coins, which the payee takes none of: it is tried in vain until its deadline passes. */
  UNPAYABLE(Town.REMOTE, Life.MIDDLING, IntentState.FAILED, IntentState.EXPIRED, IntentState.NONE),
  /** The guardian disputes it, if that is still in time, and nobody upholds it. */
  DISPUTED(Town.REMOTE, Life.LONG, IntentState.CANCELLED, IntentState.EXECUTED),
  /** The guardian disputes it, and governance upholds it, if both are still in time. */
  UPHELD(Town.REMOTE, Life.LONG, IntentState.EXECUTED, IntentState.CANCELLED);

  private final long chainId;
  private final Life life;
  private final Set<IntentState> ends;

  Kind(long chainId, Life life, IntentState end, IntentState... more) {
    this.chainId = chainId;
    this.life = life;
    this.ends = EnumSet.of(end, more);
  }

  /** How long before its deadline a payment is signed. */
  private enum Life {
    LONG(Duration.ofHours(2)),
    /** Enough to be tried at the destination, after blocks became final and the window. */
    MIDDLING(Duration.ofSeconds(60)),
    /** Enough to get into a block of home, and less than such a block takes to become final. */
    SHORT(Duration.ofSeconds(12));

    private final Duration time;

    Life(Duration time) {
      this.time = time;
    }
  }

  /** Where the payee gets it. */
  long chainId() {
    return chainId;
  }

  Duration lifetime() {
    return life.time;
  }

  /** Where it may stand when all is over. */
  boolean mayBe(IntentState end) {
    return ends.contains(end);
  }

  /** Whether a relayer may refuse it by that rule, which its answer names. */
  boolean mayBeRefusedBy(String rule) {
    return switch (this) {
      case BREACH -> rule.equals("AGENT_BREAKER"); // frozen, and governance did not thaw it yet
      case FORGOTTEN, LATE, UNPAYABLE -> rule.equals("DEADLINE"); // which passed meanwhile
      case HOME, DELAYED, APPROVED, ACROSS, HASTENED, WITHDRAWN, REJECTED, DISPUTED, UPHELD ->
          false;
    };
  }

  /** Whether nothing but the payment may come of it. */
  boolean mustBePaid() {
    return ends.equals(EnumSet.of(IntentState.EXECUTED));
  }

  /** Whether somebody beside agents and relayers does something about it. */
  boolean isWatched() {
    return switch (this) {
      case HASTENED, WITHDRAWN, REJECTED, BREACH, UNPAYABLE, DISPUTED, UPHELD -> true;
      case HOME, DELAYED, APPROVED, ACROSS, FORGOTTEN, LATE -> false;
    };
  }
}
