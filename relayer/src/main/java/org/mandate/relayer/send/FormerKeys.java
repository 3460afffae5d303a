package org.mandate.relayer.send;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Journal;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.TransactionRow;

/**
 * Brings to an end what keys signed that this relayer has no longer, on one chain: an operator may
 * give it another key on the same database. Their stored bytes are sent again and receipts say how
 * they ended; nothing is signed for them.
 */
public final class FormerKeys {
  private static final Journal LOG = Journal.of("sender");

  private final FollowedChain chain;
  private final Database database;
  private final Desk desk;
  private final Set<Address> present;
  private final Bell settled;
  private final Clock clock;
  private final Map<Address, Sender> senders = new HashMap<>();

  /**
   * @param desk of the present key, which knows what mined transactions cost
   * @param present the keys that have senders of their own
   */
  public FormerKeys(
      FollowedChain chain,
      Database database,
      Desk desk,
      Set<Address> present,
      Bell settled,
      Clock clock) {
    this.chain = chain;
    this.database = database;
    this.desk = desk;
    this.present = Set.copyOf(present);
    this.settled = settled;
    this.clock = clock;
  }

  /** Looks after each of them once. */
  public boolean round() {
    Set<Address> former =
        database.inTransaction(tx -> TransactionRow.signers(tx, chain.id())).stream()
            .filter(signer -> !present.contains(signer))
            .collect(Collectors.toSet());
    senders.keySet().retainAll(former);
    former.forEach(
        key -> {
          if (senders.containsKey(key)) return;
          LOG.warn("a former key has open transactions", "chain", chain.id(), "key", key);
          senders.put(key, new Sender(chain, database, desk, key, settled, clock));
        });
    senders.values().forEach(Sender::round);
    return false;
  }
}
