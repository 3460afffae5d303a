package org.mandate.watchdog;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.intent.IntentState;
import org.mandate.watchdog.Dispatches.Dispatch;

/**
 * Asks home whether it dispatched an intent. Two sources must agree: the events that the follower
 * read, and the executor's own state at a block. A "no" counts only as of a block that is not older
 * than the question.
 */
final class Witness {
  private static final Set<Hash> SENT = Set.of(Topics.DISPATCHED, Topics.RESENT);

  /** A case must not wait here while its window runs out. */
  private static final Duration SEARCH = Duration.ofSeconds(2);

  private final ChainClient home;
  private final long firstBlock;
  private final Dispatches dispatches;
  private final ExecutorState executor;
  private final Finality finality;
  private final Duration maxLag;
  private final BlockRanges ranges;

  /** The highest block that was not searched yet, of searches that were broken off. */
  private final Map<Search, Long> searches = new ConcurrentHashMap<>();

  /** For messages with an intent; empty: the first one. */
  private record Search(Hash intentId, Optional<Hash> messageId) {}

  /**
   * @param firstBlock of the deployment at home: no dispatch is older
   * @param maxLag how much older than the destination's block home's head may be at most and still
   *     say "no"
   */
  Witness(
      ChainClient home,
      long firstBlock,
      Dispatches dispatches,
      ExecutorState executor,
      Finality finality,
      Duration maxLag) {
    this.home = home;
    this.firstBlock = firstBlock;
    this.dispatches = dispatches;
    this.executor = executor;
    this.finality = finality;
    this.maxLag = maxLag;
    this.ranges = new BlockRanges(home);
  }

  /**
   * @param messageId the message in which it must have been dispatched, or sent again; empty: any
   * @param arrivedAt timestamp of the destination's block in which it was seen
   */
  Testimony ask(Hash intentId, Optional<Hash> messageId, Instant arrivedAt) {
    try {
      Optional<Dispatch> sent =
          messageId.isPresent()
              ? dispatches.of(intentId, messageId.get())
              : dispatches.of(intentId);
      if (sent.isPresent()) {
        return confirm(sent.get(), intentId);
      }
      Block head = home.head();
      ExecutorState.Progress progress = executor.progress(intentId, head.hash());
      if (!isDispatched(progress)) {
        return deny(progress, head, arrivedAt);
      }
      // The follower has not read that far yet, or the node withheld the event from it.
      Search search = new Search(intentId, messageId);
      Optional<Dispatch> found = find(search, head);
      if (found.isPresent()) {
        return confirm(found.get(), intentId);
      }
      Optional<Dispatch> other =
          dispatches.of(intentId).or(() -> find(new Search(intentId, Optional.empty()), head));
      if (messageId.isPresent() && other.isPresent() && !searches.containsKey(search)) {
        return isTooOld(head, arrivedAt)
            ? tooOld(head, arrivedAt)
            : new Testimony.OtherMessage(other.get().messageId(), other.get().block());
      }
      return new Testimony.Unknown(
          "home's state at block %d says %s, but there is no such event%s"
              .formatted(
                  head.number(),
                  progress.state(),
                  Optional.ofNullable(searches.get(search))
                      .map(block -> " above block " + block + "; below is searched still")
                      .orElse("")));
    } catch (NodeException e) {
      return new Testimony.Unknown("home's node does not answer: " + e.getMessage());
    } catch (CallRevertedException e) {
      return new Testimony.Unknown("home's executor does not answer: " + e.getMessage());
    }
  }

  private Testimony confirm(Dispatch sent, Hash intentId) {
    Block block = sent.block();
    ExecutorState.Progress progress = executor.progress(intentId);
    if (!isDispatched(progress)) {
      return new Testimony.Unknown(
          "home's event of block "
              + block.number()
              + " says DISPATCHED, its state says "
              + progress.state());
    }
    if (progress.state() == IntentState.SETTLED) {
      return new Testimony.Settled(block);
    }
    boolean settled =
        finality.highest(home).filter(highest -> highest.number() >= block.number()).isPresent();
    return settled ? new Testimony.Proven(block) : new Testimony.Provisional(block);
  }

  /** What was settled had been dispatched. */
  private static boolean isDispatched(ExecutorState.Progress progress) {
    return progress.state() == IntentState.DISPATCHED || progress.state() == IntentState.SETTLED;
  }

  // Backwards, since an honest delivery follows soon on its dispatch; goes on where the last search
  // was broken off. Not below the dispatch: what is sent again was dispatched before.
  private Optional<Dispatch> find(Search search, Block head) {
    long start = System.nanoTime();
    long from = dispatches.of(search.intentId()).map(d -> d.block().number()).orElse(firstBlock);
    long to = Math.min(head.number(), searches.getOrDefault(search, head.number()));
    while (to >= from) {
      BlockRanges.Part<List<Log>> part =
          ranges.last(
              from,
              to,
              (first, last) ->
                  home.logs(
                      first,
                      last,
                      List.of(executor.address()),
                      List.of(SENT, Set.of(search.intentId()))));
      for (Log log : part.content()) {
        Optional<Block> block =
            home.block(log.blockNumber()).filter(b -> b.hash().equals(log.blockHash()));
        Optional<Hash> messageId = messageId(log, search.messageId().isEmpty());
        if (block.isPresent()
            && messageId.isPresent()
            && search.messageId().filter(asked -> !asked.equals(messageId.get())).isEmpty()) {
          searches.remove(search);
          return Optional.of(new Dispatch(messageId.get(), block.get()));
        }
      }
      to = part.from() - 1;
      if (System.nanoTime() - start > SEARCH.toNanos()) {
        searches.put(search, to);
        return Optional.empty();
      }
    }
    searches.remove(search); // from the head again: a reorg may have moved it up
    return Optional.empty();
  }

  /**
   * @param first only of the dispatch itself
   */
  private static Optional<Hash> messageId(Log log, boolean first) {
    if (ContractEvents.executor(log).orElse(null) instanceof IntentEvent.Dispatched event) {
      return Optional.of(event.messageId());
    }
    return ContractEvents.notice(log).orElse(null) instanceof IntentNotice.Resent event && !first
        ? Optional.of(event.messageId())
        : Optional.empty();
  }

  // Judged at a head that the node gives now, so that it does not matter how far the follower has
  // read.
  private Testimony deny(ExecutorState.Progress progress, Block head, Instant arrivedAt) {
    return isTooOld(head, arrivedAt)
        ? tooOld(head, arrivedAt)
        : new Testimony.Absent(progress.state().name(), head);
  }

  private boolean isTooOld(Block head, Instant arrivedAt) {
    return head.timestamp().isBefore(arrivedAt.minus(allowedLag(head)));
  }

  private Testimony tooOld(Block head, Instant arrivedAt) {
    return new Testimony.Unknown(
        "home's head %d is of %s, more than %s older than the delivery at %s"
            .formatted(head.number(), head.timestamp(), allowedLag(head), arrivedAt));
  }

  // An honest delivery's dispatch was final before it was delivered, so it is older than it by
  // home's delay of finality:
  // a head that lags by less has it. Half of the delay, because delays vary.
  private Duration allowedLag(Block head) {
    Duration delay =
        finality
            .highest(home)
            .map(block -> Duration.between(block.timestamp(), head.timestamp()))
            .orElse(Duration.ZERO);
    Duration half = delay.isNegative() ? Duration.ZERO : delay.dividedBy(2);
    return half.compareTo(maxLag) < 0 ? half : maxLag;
  }
}
