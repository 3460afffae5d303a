package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.DeepReorg;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.Tx;

/**
 * Follows one chain block by block. Each block is the child of the one before it, its logs are
 * asked for by its hash, and it is stored with everything that follows from it in one transaction.
 * A reorg is undone down to the common ancestor; one that goes deeper than what was declared final
 * stops all signing, first of all.
 */
public final class Follower {
  private static final Journal LOG = Journal.of("follower");

  /** Pages that a round stores before it looks again how far the chain is, and what is final. */
  private static final int PAGES_A_ROUND = 4;

  /** Of so many blocks at most at a time nodes are asked whether anything was left out. */
  private static final int COMPARED = 200;

  private static final int PARTS_A_ROUND = 10;

  /** So often undone without anything final, and whoever told of it is no guide. */
  private static final int OFTEN_UNDONE = 3;

  private final FollowedChain chain;
  private final Set<Long> served;
  private final Database database;
  private final SigningGate gate;
  private final Bell news;
  private final Duration reportInterval;
  private final Clock clock;
  private volatile Instant lastRound;
  private volatile long seenHead = -1;
  private volatile Hash doubted = Hash.ZERO;
  private volatile boolean halted;
  private final Omissions omissions;
  private final Pages pages;
  private final Pace pace;

  /** Over so many blocks of home submissions are closed at once. */
  private static final long MOST_CLOSED = 1_000;

  private final Leads leads = new Leads();

  /** Fewer while comparing fails, down to one: what was logged in many may be too much at once. */
  private int compared = COMPARED;

  /**
   * @param served chains that this relayer delivers to
   * @param reportInterval how long what became of an intent waits for others, to be told together
   */
  public Follower(
      FollowedChain chain,
      Set<Long> served,
      Database database,
      SigningGate gate,
      Bell news,
      Duration reportInterval,
      Clock clock) {
    this.chain = chain;
    this.reportInterval = reportInterval;
    this.served = Set.copyOf(served);
    this.database = database;
    this.gate = gate;
    this.news = news;
    this.clock = clock;
    this.lastRound = clock.instant();
    this.pages = new Pages(chain);
    this.pace = new Pace(clock.instant());
    this.omissions =
        new Omissions(chain, database, this::isFollowed, this::store, this::contradicted, clock);
  }

  /** When the chain was last reached. */
  public Instant lastRound() {
    return lastRound;
  }

  /** The newest block that is followed, as a node spoke of it; -1 before the first. */
  public long seenHead() {
    return seenHead;
  }

  /** How many blocks it stored per second lately. */
  public double blocksPerSecond() {
    return pace.perSecond(clock.instant());
  }

  /** Catches up by a few pages. Answers whether there is more. */
  public boolean round() {
    SeveralNodes.Head head = chain.client().newest();
    seenHead = head.last();
    Optional<Block> known =
        database.inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), Long.MAX_VALUE));
    Block top = known.isPresent() ? known.get() : begin();
    Pursuit pursuit = pursue(head, top);
    if (pursuit == Pursuit.APART) return false;
    Finished finished = finish(head);
    lastRound = clock.instant();
    if (pursuit != Pursuit.NOTHING || finished != Finished.NOTHING) news.ring();
    return pursuit == Pursuit.PARTLY || finished == Finished.PARTLY;
  }

  private enum Pursuit {
    /** The node does not have what is final. */
    APART,
    NOTHING,
    PARTLY,
    ALL
  }

  /**
   * Stores the blocks up to the head, as the node tells them that told of it: who does not lead to
   * its own head is doubted, and nobody in its place. After a reorg meanwhile that is an honest
   * one, until it leads on.
   */
  private Pursuit pursue(SeveralNodes.Head head, Block known) {
    ChainClient teller = chain.client().teller(head);
    try {
      if (!agrees(head, known)) return Pursuit.APART;
      if (!row().isCompared()) database.run(tx -> ChainRow.compared(tx, chain.id()));
      Block top =
          database
              .inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), Long.MAX_VALUE))
              .orElseThrow();
      if (head.last() <= top.number()) return Pursuit.NOTHING;
      Block led = follow(head, top);
      if (led != top) {
        chain.client().trust(head);
        return led.number() < head.last() ? Pursuit.PARTLY : Pursuit.ALL;
      }
    } catch (StoreException e) {
      if (!e.isOfTheDatabase()) chain.client().doubt(head); // nobody can store what it tells
      throw e;
    } catch (RuntimeException e) {
      chain.client().doubt(head); // it does not answer, or nobody can read what it tells
      throw e;
    }
    chain.client().doubt(head);
    return Pursuit.NOTHING;
  }

  /** All that is stored is built on it, and nothing below shows whether it is right. */
  private Block begin() {
    long number = anchor();
    Block anchor =
        chain
            .client()
            .blockOfMost(number)
            .orElseThrow(
                () ->
                    new NodeException(
                        "chain %d: most nodes do not have block %d".formatted(chain.id(), number)));
    database.run(tx -> Blocks.append(tx, chain.id(), anchor));
    return anchor;
  }

  private long anchor() {
    return Ancestry.anchor(chain);
  }

  /**
   * Undoes what the chain no longer has, all at once. Answers whether what is left agrees with the
   * chain; when it does not, nothing was undone.
   */
  private boolean agrees(SeveralNodes.Head told, Block top) {
    ChainClient teller = chain.client().teller(told);
    Block head = told.block();
    Block stored = stored(Math.min(head.number(), top.number()));
    Block canonical = stored.number() == head.number() ? head : block(teller, stored.number());
    Optional<Block> lowest = Optional.empty();
    while (!canonical.hash().equals(stored.hash())) {
      long number = stored.number();
      if (row().isFinal(number)) {
        SeveralNodes.Agreement agreement = chain.client().agreement(number, stored.hash());
        if (agreement.isContradicted()) halt(stored, canonical, agreement);
        else doubt(told, stored, canonical, agreement);
        return false;
      }
      if (number <= anchor()) {
        beginAnew(told, stored, canonical, top);
        return false;
      }
      lowest = Optional.of(stored);
      stored = stored(number - 1);
      canonical = block(teller, stored.number());
    }
    return lowest.isEmpty() || gaveWay(told, lowest.get(), top);
  }

  /**
   * Undoes the blocks from the lowest one on that the node does not have which told of the head,
   * and answers whether it may lead on. What most nodes have stays. Who told of blocks that are
   * undone again and again comes behind the others: each time costs everybody's work another look.
   */
  private boolean gaveWay(SeveralNodes.Head told, Block lowest, Block top) {
    SeveralNodes nodes = chain.client();
    if (nodes.areSeveral() && nodes.agreement(lowest.number(), lowest.hash()).isConfirmed()) {
      nodes.doubt(told); // or it is the first to see a reorg: then the others follow
      return false;
    }
    undo(lowest, top);
    Optional<Integer> restless =
        leads.teller(lowest.number()).filter(node -> leads.undone(node) >= OFTEN_UNDONE);
    restless.ifPresent(nodes::doubt);
    return restless.filter(node -> node == told.node()).isEmpty();
  }

  /**
   * A node does not have the first block, which is not final yet: nothing is stored below it that
   * could be common. When most nodes do not have it, everything begins anew; else that node is
   * doubted.
   */
  private void beginAnew(SeveralNodes.Head told, Block first, Block canonical, Block top) {
    SeveralNodes.Agreement agreement = chain.client().agreement(first.number(), first.hash());
    if (agreement.isContradicted()) undo(first, top);
    else doubt(told, first, canonical, agreement);
  }

  private void undo(Block lowest, Block top) {
    database.run(
        tx -> {
          Blocks.undoFrom(tx, chain.id(), lowest.number(), clock.instant());
          Failpoint.BEFORE_BLOCKS_UNDONE.reach();
        });
    LOG.info(
        "reorganized",
        "chain",
        chain.id(),
        "depth",
        top.number() - lowest.number() + 1,
        "from",
        lowest.number(),
        "to",
        top.number());
  }

  /**
   * Nodes contradict each other about a final block, or the first one: nothing is undone or
   * finalized, and another one is asked first.
   */
  private void doubt(
      SeveralNodes.Head told, Block stored, Block canonical, SeveralNodes.Agreement agreement) {
    chain.client().doubt(told);
    if (canonical.hash().equals(doubted)) return;
    doubted = canonical.hash();
    LOG.alarm(
        "nodes contradict each other about a block that is final, or the first one",
        "chain",
        chain.id(),
        "block",
        stored.number(),
        "stored",
        stored.hash(),
        "told",
        canonical.hash(),
        "nodes",
        agreement.nodes(),
        "same",
        agreement.same(),
        "different",
        agreement.different());
  }

  /**
   * A final block is gone. Signing stops first: at once in this process, then durably, in whatever
   * process. Then it is stored how deep it went, and then it is told.
   */
  private void halt(Block stored, Block canonical, SeveralNodes.Agreement agreement) {
    if (halted) return;
    String reason =
        "chain %d reorganized a final block: %d was %s and is %s; check its nodes; if it really did, see mandate relayer accept-reorg"
            .formatted(chain.id(), stored.number(), stored.hash(), canonical.hash());
    gate.close(reason);
    Failpoint.AFTER_GATE_CLOSED.reach();
    database.run(tx -> ChainRow.halt(tx, chain.id(), reason));
    Failpoint.AFTER_HALT_STORED.reach();
    Optional<Long> ancestor = ancestor(stored);
    database.run(
        tx ->
            new DeepReorg(
                    chain.id(),
                    stored.number(),
                    stored.hash(),
                    canonical.hash(),
                    ancestor,
                    agreement.nodes(),
                    agreement.different(),
                    clock.instant())
                .save(tx));
    Failpoint.BEFORE_HALT_TOLD.reach();
    halted = true;
    LOG.alarm(
        "signing stopped",
        "chain",
        chain.id(),
        "reason",
        reason,
        "ancestor",
        ancestor.map(number -> Long.toString(number)).orElse("none that is known"));
  }

  /** People must hear of it also while nodes do not answer: accepting it looks for it again. */
  private Optional<Long> ancestor(Block gone) {
    try {
      return Ancestry.below(chain, database, gone.number()).map(Block::number);
    } catch (NodeException e) {
      return Optional.empty();
    }
  }

  /**
   * Stores the next pages, each in one database transaction, as far as the node leads that told of
   * the head. While one is stored the next is read, and none beyond it. Answers the last block;
   * {@code top} when none was stored.
   */
  private Block follow(SeveralNodes.Head head, Block top) {
    ChainClient teller = chain.client().teller(head);
    long last = head.last();
    long settled = Pages.isFar(last - top.number()) ? settled(teller) : -1;
    Block end = top;
    Future<Pages.Page> reading = reading(teller, top, last, settled);
    try {
      for (int i = 1; i <= PAGES_A_ROUND && end.number() < last; i++) {
        Pages.Page page = answer(reading);
        if (page.isEmpty()) break;
        boolean isMore = page.last().number() < last && i < PAGES_A_ROUND;
        if (isMore) reading = reading(teller, page.last(), last, settled);
        store(page);
        pace.add(page.blocks().size(), clock.instant());
        leads.add(head.node(), page.blocks().getFirst().number(), page.last());
        end = page.last();
      }
    } finally {
      reading.cancel(true);
    }
    return end;
  }

  private Future<Pages.Page> reading(ChainClient teller, Block top, long last, long settled) {
    FutureTask<Pages.Page> reading = new FutureTask<>(() -> pages.read(teller, top, last, settled));
    chain.client().threads().execute(reading);
    return reading;
  }

  private static Pages.Page answer(Future<Pages.Page> reading) {
    try {
      return reading.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case Throwable cause -> throw new IllegalStateException(cause);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeException("interrupted while blocks were read", e);
    }
  }

  /** How far that node calls the chain final; -1: it does not say. */
  private long settled(ChainClient teller) {
    try {
      return chain.finality().highest(teller).map(Block::number).orElse(-1L);
    } catch (NodeException e) {
      return -1;
    }
  }

  private void store(Pages.Page page) {
    Consequences consequences = consequences();
    page.logs().forEach(consequences::add);
    database.run(
        tx -> {
          Blocks.append(tx, chain.id(), page.blocks());
          consequences.store(tx);
          Failpoint.BEFORE_BLOCK_STORED.reach();
        });
  }

  private boolean isFollowed(Log log) {
    return Reading.of(chain, log).isPresent();
  }

  private void store(Tx tx, Log log) {
    Consequences consequences = consequences();
    consequences.add(log);
    consequences.store(tx);
  }

  private Consequences consequences() {
    return new Consequences(chain, served, reportInterval, clock.instant());
  }

  private enum Finished {
    NOTHING,
    PARTLY,
    ALL
  }

  /**
   * Moves the finality mark to the highest stored block that most nodes have and call final, each
   * by its own account; only over blocks of which most nodes said what was logged.
   */
  private Finished finish(SeveralNodes.Head told) {
    Finality finality = chain.finality();
    Runnable otherwise = () -> {};
    for (long number : chain.client().finalHeights(finality)) {
      // Heights descend. What most blocks contradict above is doubted all the same.
      if (row().isFinal(number) || number < anchor()) break;
      Block block = stored(number);
      if (block.number() != number) continue; // not there yet
      SeveralNodes.Agreement agreement = chain.client().agreement(finality, number, block.hash());
      if (agreement.isConfirmed()) return finish(told, block);
      if (agreement.different() > 0) otherwise = () -> doubt(told, block, block, agreement);
    }
    otherwise.run();
    return Finished.NOTHING;
  }

  /** Moves the mark towards that block, as far as nothing is missing, and not too far at once. */
  private Finished finish(SeveralNodes.Head told, Block last) {
    long from = row().finalized().orElse(anchor()) + 1;
    Finished finished = Finished.NOTHING;
    omissions.begin();
    for (int i = 0; i < PARTS_A_ROUND && finished != Finished.ALL; i++) {
      boolean inParts = chain.client().areSeveral() && last.number() - from >= compared;
      Block block = inParts ? stored(from + compared - 1) : last;
      Omissions.Outcome outcome = omissions.complete(from, block);
      boolean isComplete = outcome == Omissions.Outcome.COMPLETE;
      compared = isComplete ? Math.min(COMPARED, compared * 2) : Math.max(1, compared / 2);
      if (outcome == Omissions.Outcome.UNDONE) chain.client().doubt(told);
      if (!isComplete || !moveMark(block)) break;
      finished = inParts ? Finished.PARTLY : Finished.ALL;
      from = block.number() + 1;
    }
    return finished;
  }

  /**
   * What is stored of a block was not what was logged: whoever told of it, most likely another one
   * by now, told wrongly. Who is followed goes on to do so in each block, and each costs a
   * comparison that nothing is final without.
   */
  private void contradicted(Log log) {
    leads
        .teller(log.blockNumber())
        .ifPresent(
            node -> {
              leads.drop(node);
              chain.client().doubt(node, log);
            });
  }

  private boolean moveMark(Block block) {
    boolean moved =
        database.inTransaction(
            tx -> {
              long before = ChainRow.of(tx, chain.id()).finalized().orElse(anchor());
              if (!ChainRow.finalize(tx, chain.id(), block.number(), block.hash())) return false;
              // After a long way what is open is looked at by itself.
              if (chain.id() == chain.homeId() && block.number() - before <= MOST_CLOSED) {
                Task.closeSubmitted(tx, chain.id(), before, block.number());
                Task.wakeDispatched(
                    tx, served, chain.id(), before, block.number(), clock.instant());
              }
              return true;
            });
    if (moved) leads.settle(block.number(), this::stored).forEach(chain.client()::vindicate);
    return moved;
  }

  private ChainRow row() {
    return database.inTransaction(tx -> ChainRow.of(tx, chain.id()));
  }

  private Block stored(long number) {
    return database
        .inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), number))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "chain " + chain.id() + ": no block is stored below " + number));
  }

  private Block block(ChainClient node, long number) {
    return node.block(number)
        .orElseThrow(
            () ->
                new NodeException("chain " + chain.id() + ": node does not have block " + number));
  }

  /** An agent's id as the subject of work. */
  public static Hash agentSubject(BigInteger agentId) {
    return new Hash("0x" + "0".repeat(64 - agentId.toString(16).length()) + agentId.toString(16));
  }
}
