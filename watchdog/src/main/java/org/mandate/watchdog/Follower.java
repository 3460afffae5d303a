package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.ChainClient;
import org.mandate.chain.NodeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows one chain at its latest block, by hash and parent hash, from the deployment's first block
 * on, and hands each page to the examiners. When a reorg removes blocks, the examiners forget
 * everything and are given again what is left.
 */
final class Follower implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Follower.class);

  /** Blocks asked for in one request near the head. */
  private static final int BATCH = 64;

  /** So many rounds without a new block, though there are some, and the follower is behind. */
  private static final int PATIENCE_ROUNDS = 10;

  /** A block's time may be ahead of this machine's clock. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(1);

  private final long chainId;
  private final ChainClient chain;
  private final Reader reader;
  private final Chronicle chronicle;
  private final List<Examiner> examiners;
  private final Outflows outflows;
  private final LongConsumer onReorg;
  private final Duration poll;
  private final Clock clock;
  private final BlockRanges ranges;
  private final AtomicLong reorgs = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private volatile Optional<Instant> answered = Optional.empty();
  private volatile Optional<Block> head = Optional.empty();
  private volatile boolean caughtUp;
  private int roundsInVain;
  private volatile boolean closed;
  private boolean silent;
  private Optional<Thread> thread = Optional.empty();

  /**
   * @param examiners in the order in which they see each page: the most urgent first
   * @param outflows told each block after the examiners saw it
   * @param onReorg told the number of the newest block that is left, after the examiners were told;
   *     -1 for none
   */
  Follower(
      long chainId,
      ChainClient chain,
      Reader reader,
      Chronicle chronicle,
      List<Examiner> examiners,
      Outflows outflows,
      LongConsumer onReorg,
      Duration poll,
      Clock clock) {
    this.chainId = chainId;
    this.chain = chain;
    this.reader = reader;
    this.chronicle = chronicle;
    this.examiners = List.copyOf(examiners);
    this.outflows = outflows;
    this.onReorg = onReorg;
    this.poll = poll;
    this.clock = clock;
    this.ranges = new BlockRanges(chain);
  }

  void start() {
    outflows.start();
    thread = Optional.of(Thread.ofVirtual().name("follower-" + chainId).start(this::work));
  }

  /** When the node last answered everything; empty before it ever did. */
  Optional<Instant> answered() {
    return answered;
  }

  /** What the nodes last called the head; empty before they ever did. */
  Optional<Block> head() {
    return head;
  }

  /**
   * Whether the chain's head was reached since the start, or since everything is read anew, and the
   * follower has not fallen behind since.
   */
  boolean caughtUp() {
    return caughtUp;
  }

  /** Reorgs undone since the start. */
  long reorgs() {
    return reorgs.get();
  }

  /** Pages that an examiner could not judge: a fault of this program. */
  long failures() {
    return failures.get();
  }

  @Override
  public void close() {
    closed = true;
    thread.ifPresent(Thread::interrupt);
    outflows.close();
  }

  private void work() {
    while (!closed) {
      try {
        follow();
        answered = Optional.of(clock.instant());
        if (silent) {
          silent = false;
          LOG.atInfo().addKeyValue("chain", chainId).log("the node answers again");
        }
      } catch (NodeException e) {
        if (!silent && !closed) {
          silent = true;
          LOG.atWarn()
              .addKeyValue("chain", chainId)
              .addKeyValue("reason", e.getMessage())
              .log("the node is silent");
        }
      } catch (Throwable e) {
        Fault.endIfFatal(e);
        LOG.atError()
            .addKeyValue("chain", chainId)
            .setCause(e)
            .log("following failed; trying again");
      }
      if (!Pause.of(poll)) {
        return;
      }
    }
  }

  private void follow() {
    Block head = chain.head();
    this.head = Optional.of(head);
    if (!undoReorg(head)) {
      return;
    }
    long before = chronicle.next();
    try {
      readUpTo(head);
    } finally {
      boolean reached = chronicle.next() > head.number();
      roundsInVain = reached || chronicle.next() > before ? 0 : roundsInVain + 1;
      if (reached) {
        caughtUp = true;
      } else if (roundsInVain >= PATIENCE_ROUNDS) {
        caughtUp = false; // a block that the node does not hand out: others must look ahead
      }
    }
  }

  private void readUpTo(Block head) {
    if (head.number() - chronicle.next() > Chronicle.KEPT_BLOCKS) {
      caughtUp = false;
    }
    while (!closed && chronicle.next() < head.number() - Chronicle.KEPT_BLOCKS) {
      catchUp(head.number() - Chronicle.KEPT_BLOCKS);
    }
    while (!closed && chronicle.next() <= head.number()) {
      List<Block> blocks =
          chain.blocks(chronicle.next(), Math.min(head.number(), chronicle.next() + BATCH - 1));
      if (blocks.isEmpty()) {
        return;
      }
      for (Block block : blocks) {
        Optional<Block> tip = chronicle.tip();
        if (tip.isPresent() && !tip.get().hash().equals(block.parent())) {
          return; // reorganised since the last look: the next round undoes it
        }
        read(block);
      }
    }
  }

  // Blocks that no reorg reaches any more, many at once.
  private void catchUp(long settled) {
    BlockRanges.Part<List<Page>> part = ranges.first(chronicle.next(), settled, reader::read);
    List<Page> pages = part.content();
    Block last =
        chain
            .block(part.to())
            .orElseThrow(
                () ->
                    new NodeException(
                        "the node does not have block " + part.to() + " of chain " + chainId));
    pages.forEach(chronicle::add);
    chronicle.skipTo(last);
    pages.forEach(this::examine);
    outflows.of(part.from(), last, pages);
  }

  private void read(Block block) {
    Page page = reader.read(block);
    chronicle.add(page);
    if (!page.entries().isEmpty()) {
      examine(page);
    }
    outflows.of(page);
  }

  // An examiner that fails must blind neither the others nor itself for the next page.
  private void examine(Page page) {
    for (Examiner examiner : examiners) {
      try {
        examiner.examine(page);
      } catch (Throwable e) {
        Fault.endIfFatal(e);
        failures.incrementAndGet();
        LOG.atError()
            .addKeyValue("chain", chainId)
            .addKeyValue("block", page.block().number())
            .addKeyValue("examiner", examiner.getClass().getSimpleName())
            .setCause(e)
            .log("a page could not be judged");
      }
    }
  }

  /**
   * @return false when the node cannot tell now
   */
  private boolean undoReorg(Block head) {
    Optional<Block> tip = chronicle.tip();
    if (tip.isEmpty() || tip.get().equals(head)) {
      return true;
    }
    List<Block> known = chronicle.newest();
    Block oldest = known.getLast();
    if (head.number() < oldest.number() && contradicts(head, oldest)) {
      startOver(head, known.size());
      return true;
    }
    if (head.number() < oldest.number()) {
      // So far behind that nothing can be compared: a lagging node, no reorg.
      throw new NodeException(
          "the node is at block "
              + head.number()
              + "; block "
              + tip.get().number()
              + " was seen before");
    }
    List<Block> gone = new ArrayList<>();
    for (Block block : known) {
      Optional<Block> now = chain.block(block.number());
      if (now.isEmpty() && block.number() <= head.number()) {
        throw new NodeException(
            "the node is at block " + head.number() + " and does not have block " + block.number());
      }
      if (now.filter(block::equals).isPresent()) {
        break;
      }
      gone.add(block);
    }
    if (gone.isEmpty()) {
      return true;
    }
    if (gone.stream().allMatch(block -> block.number() > head.number()) && isBelow(head, known)) {
      return false; // a node that lags some blocks: what it does not have yet is not gone
    }
    long keep = gone.size() == known.size() ? -1 : gone.getLast().number() - 1;
    undo(keep, gone.size());
    return true;
  }

  // A block of the same chain is the later one if its number is higher. So a lower one that is
  // later, or one of now beside one of the future, is of another chain: what was believed before
  // was a node's invention.
  private boolean contradicts(Block head, Block oldest) {
    Instant future = clock.instant().plus(CLOCK_TOLERANCE);
    return head.timestamp().isAfter(oldest.timestamp())
        || oldest.timestamp().isAfter(future) && !head.timestamp().isAfter(future);
  }

  private void startOver(Block head, int removed) {
    LOG.atError()
        .addKeyValue("chain", chainId)
        .addKeyValue("head", head.number())
        .log("a node told of blocks that this chain does not have: everything is read anew");
    undo(-1, removed);
  }

  private void undo(long keep, int removed) {
    reorgs.incrementAndGet();
    LOG.atWarn()
        .addKeyValue("chain", chainId)
        .addKeyValue("removed", removed)
        .addKeyValue("keep", keep)
        .log("reorg");
    if (keep < 0) {
      caughtUp = false; // everything is read anew
    }
    List<Page> kept = chronicle.rewind(keep);
    examiners.forEach(Examiner::reset);
    kept.forEach(this::examine);
    onReorg.accept(keep);
  }

  private static boolean isBelow(Block head, List<Block> known) {
    return known.stream().anyMatch(head::equals);
  }
}
