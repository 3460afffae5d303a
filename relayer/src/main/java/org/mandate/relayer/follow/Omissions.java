package org.mandate.relayer.follow;

import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.Tx;

/**
 * What the node that was followed left out of blocks. That something else was logged, and that
 * nothing was, more than half of all nodes have to say, of blocks that are about to be final. Only
 * then does the finality mark pass over them, and only what is final is refused. What one node
 * tells of and one denies, while the others do not answer, is neither stored nor passed over.
 */
final class Omissions {
  private static final Journal LOG = Journal.of("follower");

  private final FollowedChain chain;
  private final Database database;
  private final Predicate<Log> isFollowed;
  private final BiConsumer<Tx, Log> store;
  private Log held;

  /**
   * @param isFollowed whether it is one that is stored
   * @param store stores it with all that follows from it
   */
  Omissions(
      FollowedChain chain,
      Database database,
      Predicate<Log> isFollowed,
      BiConsumer<Tx, Log> store) {
    this.chain = chain;
    this.database = database;
    this.isFollowed = isFollowed;
    this.store = store;
  }

  /**
   * Asks all nodes for the logs of the stored blocks {@code from} to {@code to}, and stores what is
   * missing. Answers whether nothing is missing any more: whether enough of them answered.
   */
  boolean complete(long from, Block to) {
    if (!chain.client().areSeveral()) return true;
    SeveralNodes.Told told = chain.client().told(from, to, chain.sources());
    Map<Long, Hash> blocks =
        database.inTransaction(tx -> Blocks.within(tx, chain.id(), from, to.number())).stream()
            .collect(Collectors.toMap(Block::number, Block::hash));
    Set<Log> stored =
        new HashSet<>(
            database.inTransaction(tx -> StoredEvent.within(tx, chain.id(), from, to.number())));
    Map<Place, Log> taken = new HashMap<>();
    stored.forEach(log -> taken.put(Place.of(log), log));
    List<Log> missing =
        told.logs().keySet().stream()
            .filter(log -> log.blockHash().equals(blocks.get(log.blockNumber())))
            .filter(log -> !stored.contains(log) && !told.isContradicted(log) && isReadable(log))
            .sorted(Comparator.comparingLong(Log::blockNumber).thenComparingInt(Log::index))
            .toList();
    for (Log log : missing) {
      if (!told.isConfirmed(log)) {
        SeveralNodes.Agreement agreement = chain.client().agreement(log);
        if (agreement.isContradicted()) continue;
        if (!agreement.isConfirmed()) {
          hold(log, agreement);
          return false;
        }
      }
      if (add(log, Optional.ofNullable(taken.get(Place.of(log))))) taken.put(Place.of(log), log);
    }
    return told.isComplete();
  }

  /** One node tells of it, another does not, and those that are left do not answer. */
  private void hold(Log log, SeveralNodes.Agreement agreement) {
    if (log.equals(held)) return;
    held = log;
    LOG.alarm(
        "nodes contradict each other about what was logged: nothing is final until most of them agree",
        "chain",
        chain.id(),
        "block",
        log.blockNumber(),
        "index",
        log.index(),
        "nodes",
        agreement.nodes(),
        "same",
        agreement.same(),
        "different",
        agreement.different());
  }

  /** Where a log stands. */
  private record Place(long block, int index) {
    static Place of(Log log) {
      return new Place(log.blockNumber(), log.index());
    }
  }

  private boolean isReadable(Log log) {
    try {
      return isFollowed.test(log);
    } catch (RuntimeException e) {
      return false;
    }
  }

  private boolean add(Log log, Optional<Log> instead) {
    try {
      database.run(
          tx -> {
            instead.ifPresent(wrong -> StoredEvent.remove(tx, chain.id(), wrong));
            store.accept(tx, log);
          });
    } catch (StoreException e) {
      throw e;
    } catch (RuntimeException e) {
      // A log of our contracts can be read: this one a node made up.
      LOG.warn(
          "a node tells of a log that cannot be read",
          "chain",
          chain.id(),
          "block",
          log.blockNumber(),
          "reason",
          Journal.reason(e));
      return false;
    }
    LOG.alarm(
        "a node left out what was logged, another tells of it",
        "chain",
        chain.id(),
        "block",
        log.blockNumber(),
        "index",
        log.index(),
        "transaction",
        log.transaction());
    return true;
  }
}
