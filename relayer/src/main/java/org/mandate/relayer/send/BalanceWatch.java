package org.mandate.relayer.send;

import java.time.Clock;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Wei;
import org.mandate.relayer.Journal;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Spending;

/**
 * What the relayer's key has on one chain: told before it is used up, and topped up where a
 * treasury is configured.
 */
public final class BalanceWatch {
  private static final Journal LOG = Journal.of("balance");

  /**
   * When an operator is told.
   *
   * @param warnBelow a warning
   * @param alarmBelow an alarm
   */
  public record Limits(Wei warnBelow, Wei alarmBelow) {
    public Level level(Wei balance) {
      if (balance.compareTo(alarmBelow) < 0) return Level.ALARMING;
      return balance.compareTo(warnBelow) < 0 ? Level.LOW : Level.FINE;
    }
  }

  /** How much of it there is, the less the later; metrics show the place in this order. */
  public enum Level {
    FINE,
    LOW,
    ALARMING
  }

  private final FollowedChain chain;
  private final Database database;
  private final Address relayer;
  private final Limits limits;
  private final Optional<Treasury> treasury;
  private final Clock clock;
  private Level level = Level.FINE;

  public BalanceWatch(
      FollowedChain chain,
      Database database,
      Address relayer,
      Limits limits,
      Optional<Treasury> treasury,
      Clock clock) {
    this.chain = chain;
    this.database = database;
    this.relayer = relayer;
    this.limits = limits;
    this.treasury = treasury;
    this.clock = clock;
  }

  /** Reads the balance once. */
  public boolean round() {
    Wei balance = new Wei(chain.client().balance(relayer));
    tell(balance);
    treasury.ifPresent(t -> t.consider(database, balance));
    return false;
  }

  private void tell(Wei balance) {
    Level now = limits.level(balance);
    if (now == level) return;
    level = now;
    Spending.Pace pace =
        database.inTransaction(tx -> Spending.pace(tx, chain.id(), relayer, clock.instant()));
    Object[] fields = {
      "chain",
      chain.id(),
      "relayer",
      relayer,
      "balance",
      balance,
      "transactionsLeft",
      pace.transactionsLeft(balance.value()).map(Object::toString).orElse("unknown"),
      "daysLeft",
      pace.daysLeft(balance.value()).map(Object::toString).orElse("unknown")
    };
    switch (now) {
      case FINE -> LOG.info("the key has enough coins again", fields);
      case LOW -> LOG.warn("the key's coins run low: send some to it", fields);
      case ALARMING ->
          LOG.alarm("the key's coins are nearly used up: nothing is sent without", fields);
    }
  }
}
