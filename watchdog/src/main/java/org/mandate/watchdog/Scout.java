package org.mandate.watchdog;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for deliveries while the follower still reads the chain's history: a dispute window does
 * not wait for that. Reads what is new at the head, and between that backwards, as far as a
 * delivery can be that may still be disputed or upheld.
 */
final class Scout implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scout.class);

  /** MAX_DISPUTE_WINDOW and MAX_RESOLUTION_WINDOW of DestinationExecutor together. */
  private static final Duration REACH = Duration.ofDays(3 + 30);

  private final long chainId;
  private final ChainClient chain;
  private final Address executor;
  private final long firstBlock;
  private final ForgeryExaminer forgery;
  private final BooleanSupplier isRead;
  private final Duration poll;
  private final BlockRanges ranges;
  private volatile boolean closed;
  private Optional<Span> looked = Optional.empty();
  private Optional<Thread> thread = Optional.empty();

  /** The blocks {@code bottom} to {@code top} were looked at. */
  private record Span(long bottom, long top) {}

  /**
   * @param firstBlock of the deployment: nothing is queued before it
   * @param isRead whether the follower has read the chain up to its head
   */
  Scout(
      long chainId,
      ChainClient chain,
      Address executor,
      long firstBlock,
      ForgeryExaminer forgery,
      BooleanSupplier isRead,
      Duration poll) {
    this.chainId = chainId;
    this.chain = chain;
    this.executor = executor;
    this.firstBlock = firstBlock;
    this.forgery = forgery;
    this.isRead = isRead;
    this.poll = poll;
    this.ranges = new BlockRanges(chain);
  }

  void start() {
    thread = Optional.of(Thread.ofVirtual().name("scout-" + chainId).start(this::work));
  }

  @Override
  public void close() {
    closed = true;
    thread.ifPresent(Thread::interrupt);
  }

  private void work() {
    while (!closed) {
      boolean more = false;
      try {
        more = round();
      } catch (NodeException e) {
        LOG.atDebug()
            .addKeyValue("chain", chainId)
            .addKeyValue("reason", e.getMessage())
            .log("not looked"); // the follower says that the node is silent
      } catch (Throwable e) {
        Fault.endIfFatal(e);
        LOG.atError().addKeyValue("chain", chainId).setCause(e).log("looking failed; trying again");
      }
      if (!more && !Pause.of(poll)) {
        return;
      }
    }
  }

  /**
   * @return whether there is more to look at right away
   */
  private boolean round() {
    if (isRead.getAsBoolean()) {
      looked = Optional.empty();
      forgery.allRead();
      return false;
    }
    Block head = chain.head();
    Span span = looked.orElse(new Span(head.number() + 1, head.number()));
    if (looked.isEmpty() || head.number() > span.top()) {
      span = new Span(Math.min(span.bottom(), ahead(span.top(), head)), head.number());
    }
    long bottom = span.bottom();
    if (bottom > firstBlock && !beyondReach(bottom, head)) {
      bottom = look(firstBlock, bottom - 1);
    }
    looked = Optional.of(new Span(bottom, span.top()));
    return bottom > firstBlock && !beyondReach(bottom, head);
  }

  // Some blocks again: a reorg may have replaced them.
  private long ahead(long top, Block head) {
    long from = Math.max(firstBlock, top - Chronicle.KEPT_BLOCKS + 1);
    for (long to = head.number(); to >= from; ) {
      to = look(from, to) - 1;
    }
    return from;
  }

  private boolean beyondReach(long number, Block head) {
    Instant oldest = head.timestamp().minus(REACH);
    return chain.block(number).filter(block -> block.timestamp().isBefore(oldest)).isPresent();
  }

  /**
   * Looks at the end of a range.
   *
   * @return the first block that was looked at
   */
  private long look(long from, long to) {
    BlockRanges.Part<List<Log>> part =
        ranges.last(
            from,
            to,
            (first, last) ->
                chain.logs(first, last, List.of(executor), List.of(Set.of(Topics.QUEUED))));
    part.content().forEach(this::found);
    return part.from();
  }

  private void found(Log log) {
    Block block =
        chain
            .block(log.blockHash())
            .orElseThrow(
                () -> new NodeException("the node contradicts itself about " + log.blockHash()));
    try {
      if (ContractEvents.executor(log).orElse(null) instanceof IntentEvent.Queued event) {
        forgery.scouted(new Queued(event, block));
      }
    } catch (IllegalArgumentException e) {
      // The follower tells people of it. It must not hide the others.
      LOG.atError()
          .addKeyValue("chain", chainId)
          .addKeyValue("transaction", log.transaction())
          .addKeyValue("reason", String.valueOf(e.getMessage()))
          .log("a delivery cannot be read");
    }
  }
}
