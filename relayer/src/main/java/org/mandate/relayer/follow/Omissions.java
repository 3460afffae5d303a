package org.mandate.relayer.follow;

import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.mandate.chain.Block;
import org.mandate.chain.Log;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.Tx;

/**
 * What the node that was followed left out of blocks, or made up. That something was logged, and
 * that nothing was, more than half of all nodes have to say, of blocks that are about to be final.
 * Only then does the finality mark pass over them, and only what is final is refused. What one node
 * tells of and one denies, while the others do not answer, is neither stored nor passed over.
 */
final class Omissions {
  private static final Journal LOG = Journal.of("follower");

  private final FollowedChain chain;
  private final Database database;
  private final Predicate<Log> isFollowed;
  private final BiConsumer<Tx, Log> store;
  private final Consumer<Log> contradicted;
  private final Clock clock;

  /** Of so many logs nodes are asked one by one before the follower goes on with other things. */
  private static final int MOST_POLLS = 16;

  private Object held;
  private int polls;

  /** What was found out about single logs of what is not complete yet. */
  private final Map<Log, SeveralNodes.Agreement> decided = new HashMap<>();

  /**
   * @param isFollowed whether it is one that is stored
   * @param store stores it with all that follows from it
   * @param contradicted is told of what the node that was followed made up or left out, of each
   *     block once
   */
  Omissions(
      FollowedChain chain,
      Database database,
      Predicate<Log> isFollowed,
      BiConsumer<Tx, Log> store,
      Consumer<Log> contradicted,
      Clock clock) {
    this.chain = chain;
    this.database = database;
    this.isFollowed = isFollowed;
    this.store = store;
    this.contradicted = contradicted;
    this.clock = clock;
  }

  /** What became of a comparison. */
  enum Outcome {
    /** What is stored is what was logged. */
    COMPLETE,
    /** Not enough nodes answered, or they contradict each other. */
    OPEN,
    /** A block that most nodes do not have was undone, with all above it. */
    UNDONE
  }

  /** A round of the follower begins: in each, only so many logs are asked about one by one. */
  void begin() {
    polls = 0;
  }

  /**
   * Asks all nodes for the logs of the stored blocks {@code from} to {@code to}, stores what is
   * missing, and removes what was made up.
   */
  Outcome complete(long from, Block to) {
    if (!chain.client().areSeveral()) return Outcome.COMPLETE;
    Outcome outcome = compare(from, to);
    if (outcome != Outcome.OPEN) decided.clear();
    return outcome;
  }

  private Outcome compare(long from, Block to) {
    SeveralNodes.Told told = chain.client().told(from, to, chain.sources());
    if (!told.isComplete()) return Outcome.OPEN;
    Map<Long, Block> blocks =
        database.inTransaction(tx -> Blocks.within(tx, chain.id(), from, to.number())).stream()
            .collect(Collectors.toMap(Block::number, block -> block));
    List<Log> readable =
        told.logs().keySet().stream()
            .filter(log -> blocks.containsKey(log.blockNumber()) && isReadable(log))
            .sorted(Comparator.comparingLong(Log::blockNumber).thenComparingInt(Log::index))
            .toList();
    // Blocks first: what is stored of one that is none goes with it.
    List<Block> contested = otherwise(readable, blocks);
    List<SeveralNodes.Agreement> agreements = chain.client().agreements(contested);
    for (int i = 0; i < contested.size(); i++) {
      Block block = contested.get(i);
      SeveralNodes.Agreement agreement = agreements.get(i);
      if (agreement.isContradicted()) return undo(block, agreement);
      if (!agreement.isConfirmed()) return hold(block.hash(), block.number(), agreement);
    }
    Set<Log> stored =
        new LinkedHashSet<>(
            database.inTransaction(tx -> StoredEvent.within(tx, chain.id(), from, to.number())));
    Map<Long, Log> wrong = new TreeMap<>();
    try {
      return complete(told, readable, stored, blocks, wrong);
    } finally {
      wrong.values().forEach(contradicted);
    }
  }

  /**
   * @param wrong gets one log of each block that the node which was followed told wrongly of
   */
  private Outcome complete(
      SeveralNodes.Told told,
      List<Log> readable,
      Set<Log> stored,
      Map<Long, Block> blocks,
      Map<Long, Log> wrong) {
    for (Log log : stored) {
      if (told.isConfirmed(log)) continue;
      if (!mayAsk(log)) return Outcome.OPEN;
      SeveralNodes.Agreement agreement = agreement(log);
      if (agreement.isContradicted()) {
        remove(log, agreement);
        wrong.putIfAbsent(log.blockNumber(), log);
      } else if (!agreement.isConfirmed()) return hold(log, log.blockNumber(), agreement);
    }
    for (Log log : readable) {
      if (!log.blockHash().equals(blocks.get(log.blockNumber()).hash())) continue;
      if (stored.contains(log) || told.isContradicted(log)) continue;
      if (!told.isConfirmed(log)) {
        if (!mayAsk(log)) return Outcome.OPEN;
        SeveralNodes.Agreement agreement = agreement(log);
        if (agreement.isContradicted()) continue;
        if (!agreement.isConfirmed()) return hold(log, log.blockNumber(), agreement);
      }
      if (add(log)) wrong.putIfAbsent(log.blockNumber(), log);
    }
    return Outcome.COMPLETE;
  }

  /** Else whoever makes up thousands of logs keeps the follower from its blocks for hours. */
  private boolean mayAsk(Log log) {
    return decided.containsKey(log) || polls < MOST_POLLS;
  }

  private SeveralNodes.Agreement agreement(Log log) {
    SeveralNodes.Agreement known = decided.get(log);
    if (known != null) return known;
    polls++;
    SeveralNodes.Agreement agreement = chain.client().agreement(log);
    if (agreement.isConfirmed() || agreement.isContradicted()) decided.put(log, agreement);
    return agreement;
  }

  /** The stored blocks in whose place a node tells of logs of another one, lowest first. */
  private static List<Block> otherwise(List<Log> logs, Map<Long, Block> blocks) {
    return logs.stream()
        .filter(log -> !log.blockHash().equals(blocks.get(log.blockNumber()).hash()))
        .map(log -> blocks.get(log.blockNumber()))
        .distinct()
        .toList();
  }

  private Outcome undo(Block block, SeveralNodes.Agreement agreement) {
    database.run(tx -> Blocks.undoFrom(tx, chain.id(), block.number(), clock.instant()));
    LOG.alarm(
        "a node told of a block that most nodes do not have",
        "chain",
        chain.id(),
        "block",
        block.number(),
        "hash",
        block.hash(),
        "nodes",
        agreement.nodes(),
        "different",
        agreement.different());
    return Outcome.UNDONE;
  }

  /** One node tells of it, another does not, and those that are left do not answer. */
  private Outcome hold(Object what, long block, SeveralNodes.Agreement agreement) {
    if (what.equals(held)) return Outcome.OPEN;
    held = what;
    LOG.alarm(
        "nodes contradict each other about what was logged: nothing is final until most of them agree",
        "chain",
        chain.id(),
        "block",
        block,
        "nodes",
        agreement.nodes(),
        "same",
        agreement.same(),
        "different",
        agreement.different());
    return Outcome.OPEN;
  }

  private void remove(Log log, SeveralNodes.Agreement agreement) {
    Instant now = clock.instant();
    database.run(
        tx -> {
          // What was concluded from it is not written any more.
          Task.lookAnew(tx, chain.id(), StoredEvent.remove(tx, chain.id(), log), now);
          // Work that it opened finds nothing to do; what it put off must not wait for its time.
          Task.wake(tx, chain.id(), now);
        });
    LOG.alarm(
        "a node told of what was never logged",
        "chain",
        chain.id(),
        "block",
        log.blockNumber(),
        "index",
        log.index(),
        "nodes",
        agreement.nodes(),
        "different",
        agreement.different());
  }

  private boolean isReadable(Log log) {
    try {
      return isFollowed.test(log);
    } catch (RuntimeException e) {
      return false;
    }
  }

  private boolean add(Log log) {
    try {
      database.run(tx -> store.accept(tx, log));
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
