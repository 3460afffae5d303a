package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.relayer.Bell;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Journal;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
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
  private static final int PAGE = 50;

  /** Of so many blocks at most at a time nodes are asked whether anything was left out. */
  private static final int COMPARED = 200;

  private static final int PARTS_A_ROUND = 10;

  /** From when on a delivered intent is looked at whether more relayers vouch for it. */
  private static final Duration HASTE = Duration.ofSeconds(5);

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
  private final Omissions omissions;
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
    this.omissions = new Omissions(chain, database, this::isFollowed, this::store, clock);
  }

  /** When the chain was last reached. */
  public Instant lastRound() {
    return lastRound;
  }

  /** The newest block that is followed, as a node spoke of it; -1 before the first. */
  public long seenHead() {
    return seenHead;
  }

  /** Catches up by one page. Answers whether there is more. */
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
      Block top =
          database
              .inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), Long.MAX_VALUE))
              .orElseThrow();
      long last = Math.min(head.last(), top.number() + PAGE);
      if (last <= top.number()) return Pursuit.NOTHING;
      Block led = follow(teller, top, teller.blocks(top.number() + 1, last));
      if (led != top) {
        leads.add(head.node(), led);
        chain.client().trust(head);
        return last < head.last() ? Pursuit.PARTLY : Pursuit.ALL;
      }
    } catch (StoreException e) {
      throw e;
    } catch (RuntimeException e) {
      chain.client().doubt(head); // it does not answer, or nobody can read what it tells
      throw e;
    }
    chain.client().doubt(head);
    return Pursuit.NOTHING;
  }

  private Block begin() {
    Block anchor = block(chain.client(), anchor());
    database.run(tx -> Blocks.append(tx, chain.id(), anchor));
    return anchor;
  }

  /** The first block that is stored. */
  private long anchor() {
    return Math.max(chain.start() - 1, 0);
  }

  /** Undoes what the chain no longer has. Answers whether what is left agrees with the chain. */
  private boolean agrees(SeveralNodes.Head told, Block top) {
    ChainClient teller = chain.client().teller(told);
    Block head = told.block();
    long at = Math.min(head.number(), top.number());
    Block stored = stored(at);
    Block canonical = stored.number() == head.number() ? head : block(teller, stored.number());
    while (!canonical.hash().equals(stored.hash())) {
      long number = stored.number();
      if (database.inTransaction(tx -> ChainRow.of(tx, chain.id())).isFinal(number)) {
        SeveralNodes.Agreement agreement = chain.client().agreement(number, stored.hash());
        if (agreement.isContradicted()) halt(stored, canonical);
        else doubt(told, stored, canonical, agreement);
        return false;
      }
      database.run(tx -> Blocks.undoFrom(tx, chain.id(), number, clock.instant()));
      LOG.info(
          "block undone",
          "chain",
          chain.id(),
          "block",
          number,
          "hash",
          stored.hash(),
          "now",
          canonical.hash());
      stored = stored(number - 1);
      canonical = block(teller, stored.number());
    }
    return true;
  }

  /**
   * Nodes contradict each other about a final block: nothing is undone or finalized, and another
   * one is asked first.
   */
  private void doubt(
      SeveralNodes.Head told, Block stored, Block canonical, SeveralNodes.Agreement agreement) {
    chain.client().doubt(told);
    if (canonical.hash().equals(doubted)) return;
    doubted = canonical.hash();
    LOG.alarm(
        "nodes contradict each other about a final block",
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

  private void halt(Block stored, Block canonical) {
    String reason =
        "chain %d reorganized a final block: %d was %s and is %s; check the node, then start with an empty database"
            .formatted(chain.id(), stored.number(), stored.hash(), canonical.hash());
    boolean first = gate.closedBecause().isEmpty();
    gate.close(reason);
    database.run(tx -> ChainRow.halt(tx, chain.id(), reason));
    if (first) LOG.alarm("signing stopped", "chain", chain.id(), "reason", reason);
  }

  /**
   * Stores the blocks as long as each is the child of the one before. Answers the last one; {@code
   * top} when none was stored.
   */
  private Block follow(ChainClient teller, Block top, List<Block> blocks) {
    Block parent = top;
    for (Block block : blocks) {
      if (block.number() != parent.number() + 1 || !block.parent().equals(parent.hash())) break;
      List<Log> logs = teller.logs(block.hash(), chain.sources());
      for (Log log : logs) {
        if (!log.blockHash().equals(block.hash()) || log.blockNumber() != block.number()) {
          throw new NodeException(
              "node answered a log of block " + log.blockHash() + " for block " + block.hash());
        }
      }
      database.run(tx -> store(tx, block, logs));
      parent = block;
    }
    return parent;
  }

  private void store(Tx tx, Block block, List<Log> logs) {
    Blocks.append(tx, chain.id(), block);
    for (Log log : logs) if (isFollowed(log)) store(tx, log);
    Failpoint.BEFORE_BLOCK_STORED.reach();
  }

  private boolean isFollowed(Log log) {
    return chain.kindOf(log).filter(kind -> !isForeign(kind, log)).isPresent();
  }

  private void store(Tx tx, Log log) {
    EventKind kind = chain.kindOf(log).orElseThrow();
    StoredEvent.insert(tx, chain.id(), kind, log, chain.domain());
    openWork(tx, kind, log);
  }

  /**
   * Anybody may send messages through the gateway, of any content; only those of our own contracts
   * are ours to carry.
   */
  private boolean isForeign(EventKind kind, Log log) {
    if (kind != EventKind.SENT) return false;
    return ContractEvents.gateway(log)
        .filter(e -> e instanceof GatewayEvent.MessageSent sent && isOurs(sent.sender()))
        .isEmpty();
  }

  private boolean isOurs(Bytes sender) {
    return Stream.concat(Stream.of(chain.executor()), chain.remoteGovernance().stream())
        .anyMatch(a -> sender.equals(new InteroperableAddress(chain.bigId(), a).encode()));
  }

  /** What the event may call for. */
  private void openWork(Tx tx, EventKind kind, Log log) {
    Instant now = clock.instant();
    switch (kind) {
      case ADMITTED,
          DENIED,
          DISPATCHED,
          QUEUED,
          EXECUTED,
          CANCELLED,
          DISPUTED,
          UPHELD,
          EXPIRED,
          FAILED,
          SETTLED ->
          step(kind, log).ifPresent(event -> openWork(tx, event, now));
      case PAID, REFUSED -> {
        step(kind, log).ifPresent(event -> openWork(tx, event, now));
        openPublishing(tx, kind, log, now);
      }
      case SENT -> ContractEvents.gateway(log).ifPresent(event -> openWork(tx, event, now));
      case APPENDED -> openPublishing(tx, kind, log, now);
      case HASTENED, RESULT, DROPPED, REPORTED ->
          ContractEvents.notice(log).ifPresent(notice -> openWork(tx, notice, now));
      case NOTIFIED, RESENT, REFUTED, PUBLISHED, NUMBERED, DELIVERED -> {}
    }
  }

  private Optional<IntentEvent> step(EventKind kind, Log log) {
    return StoredEvent.step(kind, chain.id(), log, chain.domain());
  }

  private void openPublishing(Tx tx, EventKind kind, Log log, Instant now) {
    BigInteger agentId = StoredEvent.agent(kind, log).orElseThrow();
    Task.ensure(tx, Task.Kind.PUBLISH, chain.id(), agentSubject(agentId), now, now);
  }

  private void openWork(Tx tx, IntentEvent event, Instant now) {
    switch (event) {
      case IntentEvent.Admitted e -> {
        save(tx, e.intentId(), e.intent(), now);
        Task.open(
            tx, Task.Kind.PROCEED, chain.id(), e.intentId(), Instant.ofEpochSecond(e.eta()), now);
      }
      case IntentEvent.Denied e -> save(tx, e.intentId(), e.intent(), now);
      case IntentEvent.Dispatched e -> save(tx, e.intentId(), e.intent(), now);
      case IntentEvent.Queued e -> {
        save(tx, e.intentId(), e.intent(), now);
        Task.open(
            tx,
            Task.Kind.EXECUTE,
            chain.id(),
            e.intentId(),
            Instant.ofEpochSecond(e.executableAt()),
            now);
        Task.open(tx, Task.Kind.HASTEN, chain.id(), e.intentId(), now.plus(HASTE), now);
      }
      case IntentEvent.Executed e -> {
        save(tx, e.intentId(), e.intent(), now);
        openReport(tx, chain.id(), e.intentId(), now);
      }
      case IntentEvent.Upheld e ->
          Task.open(
              tx,
              Task.Kind.EXECUTE,
              chain.id(),
              e.intentId(),
              Instant.ofEpochSecond(e.executableAt()),
              now);
      case IntentEvent.Disputed e ->
          Task.open(
              tx,
              Task.Kind.EXECUTE,
              chain.id(),
              e.intentId(),
              Instant.ofEpochSecond(e.resolveBy() + 1),
              now);
      case IntentEvent.Cancelled e -> {
        save(tx, e.intentId(), e.intent(), now);
        openReport(tx, chain.id(), e.intentId(), now);
      }
      case IntentEvent.Expired e -> openReport(tx, chain.id(), e.intentId(), now);
      case IntentEvent.Failed e -> openReport(tx, chain.id(), e.intentId(), now);
      case IntentEvent.Settled e -> {}
      case IntentEvent.Paid e -> save(tx, e.intentId(), e.intent(), now);
      case IntentEvent.Refused e -> save(tx, e.intentId(), e.intent(), now);
    }
  }

  /** What became of an intent elsewhere is told home, together with others. */
  private void openReport(Tx tx, long where, Hash intentId, Instant now) {
    if (where == chain.homeId()) return;
    Task.open(tx, Task.Kind.REPORT, where, intentId, now.plus(reportInterval), now);
    Task.hurryWhenMany(tx, Task.Kind.REPORT, where, IntentAbi.MOST_RESULTS, now);
  }

  private void openWork(Tx tx, IntentNotice notice, Instant now) {
    switch (notice) {
      case IntentNotice.Reported e ->
          StoredEvent.insertReported(tx, chain.id(), e.log(), e.intentIds());
      case IntentNotice.ResultReceived e ->
          Task.open(
              tx,
              Task.Kind.SETTLE,
              chain.id(),
              e.intentId(),
              Instant.ofEpochSecond(e.settleAt()),
              now);
      case IntentNotice.ResultDropped e ->
          StoredIntent.of(tx, e.intentId())
              .map(stored -> stored.intent().chainId())
              .filter(there -> there.bitLength() < 64 && served.contains(there.longValue()))
              .ifPresent(there -> openReport(tx, there.longValue(), e.intentId(), now));
      case IntentNotice.Resent e -> {}
      case IntentNotice.Refused e -> {}
      case IntentNotice.Failed e -> {}
      case IntentNotice.Hastened e ->
          Task.open(
              tx,
              Task.Kind.EXECUTE,
              chain.id(),
              e.intentId(),
              Instant.ofEpochSecond(e.executableAt()),
              now);
      case IntentNotice.Confirmed e -> {}
      case IntentNotice.Refuted e -> {}
    }
  }

  private void openWork(Tx tx, GatewayEvent event, Instant now) {
    switch (event) {
      case GatewayEvent.MessageSent sent -> {
        // Any chain id can stand there, also one beyond 64 bits: what is not served must not stop
        // the follower.
        BigInteger destination = InteroperableAddress.decode(sent.recipient()).chainId();
        if (destination.bitLength() < 64 && served.contains(destination.longValue())) {
          Task.open(tx, Task.Kind.DELIVER, destination.longValue(), sent.messageId(), now, now);
        }
      }
      case GatewayEvent.NonceAssigned numbered -> {}
      case GatewayEvent.MessageDelivered delivered -> {}
      case GatewayEvent.MessageRefused refused -> {}
    }
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

  private boolean moveMark(Block block) {
    boolean moved =
        database.inTransaction(
            tx -> ChainRow.finalize(tx, chain.id(), block.number(), block.hash()));
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

  private static void save(Tx tx, Hash id, Intent intent, Instant now) {
    StoredIntent.save(tx, id, intent, Optional.empty(), now);
  }

  /** An agent's id as the subject of work. */
  public static Hash agentSubject(BigInteger agentId) {
    return new Hash("0x" + "0".repeat(64 - agentId.toString(16).length()) + agentId.toString(16));
  }
}
