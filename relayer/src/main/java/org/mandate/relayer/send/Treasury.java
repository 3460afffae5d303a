package org.mandate.relayer.send;

import org.mandate.chain.Address;
import org.mandate.chain.Wei;
import org.mandate.relayer.Journal;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.Database;

/**
 * Sends coins to the relayer's key on one chain when it runs low, from a key of its own. What it
 * sent within a day is counted in the database, in the transaction that stores the next one's
 * bytes: no restart and no second process makes it more.
 */
public final class Treasury {
  private static final Journal LOG = Journal.of("treasury");

  /** Looks at the balance, every ten seconds, after which one that is on its way is late. */
  static final int LONG = 60;

  private final FollowedChain chain;
  private final Desk desk;
  private final Address relayer;
  private final TopUp topUp;
  private String complaint = "";

  /** Looks in a row at which one was on its way. */
  private int awaited;

  /**
   * @param desk where the treasury's transactions are written
   * @param relayer who is topped up
   */
  public Treasury(FollowedChain chain, Desk desk, Address relayer, TopUp topUp) {
    if (desk.self().equals(relayer)) {
      throw new IllegalArgumentException(
          "the treasury's key is the relayer's own, %s: give it one of its own".formatted(relayer));
    }
    this.chain = chain;
    this.desk = desk;
    this.relayer = relayer;
    this.topUp = topUp;
  }

  /**
   * @param own the database of whoever leads the watching, which refuses who led before
   * @param balance of the relayer's key
   * @throws FeeLimitException when blocks cost more than the limit
   */
  void consider(Database own, Wei balance) {
    if (balance.compareTo(topUp.below()) >= 0) {
      complaint = "";
      awaited = 0;
      return;
    }
    Desk.ToppedUp done = desk.topUp(own, relayer, topUp);
    awaited = done == Desk.ToppedUp.ON_ITS_WAY ? awaited + 1 : 0;
    switch (done) {
      case SIGNED -> {
        complaint = "";
        LOG.info(
            "topping up",
            "chain",
            chain.id(),
            "relayer",
            relayer,
            "balance",
            balance,
            "amount",
            topUp.amount());
      }
      case ON_ITS_WAY -> {
        if (awaited >= LONG)
          complain(
              "%s is below %s, and a top-up has been on its way for long: look at the fee limit, and at the coins of the key that signed it"
                  .formatted(relayer, topUp.below()));
      }
      case DAY_USED_UP ->
          complain(
              "%s is below %s, and the %s of a day are used up: raise top-up.per-day, or find out what it is spent on"
                  .formatted(relayer, topUp.below(), topUp.perDay()));
      case TREASURY_EMPTY ->
          complain(
              "%s is below %s, and the treasury %s cannot pay %s and the gas: send coins to it"
                  .formatted(relayer, topUp.below(), desk.self(), topUp.amount()));
    }
  }

  /** Says it once for as long as it stays the same. */
  private void complain(String what) {
    if (what.equals(complaint)) return;
    complaint = what;
    LOG.alarm(what, "chain", chain.id());
  }
}
