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
import org.mandate.watchdog.Dispatches.Dispatch;

/**
 * Asks home whether it dispatched an intent. Two sources must agree: the events that the follower
 * read, and the executor's own state at a block. A "no" counts only as of a block that is not older
 * than the question.
 */
final class Witness {
  private static final Hash DISPATCHED =
      Hash.keccak(
          "IntentDispatched(bytes32,uint256,(uint256,address,uint256,address,address,uint256,bytes,uint256,uint64),bytes32)");

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
  private final Map<Hash, Long> searches = new ConcurrentHashMap<>();

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
   * @param messageId the message in which it must have been dispatched; empty: any
   * @param arrivedAt timestamp of the destination's block in which it was seen
   */
  Testimony ask(Hash intentId, Optional<Hash> messageId, Instant arrivedAt) {
    try {
      Optional<Dispatch> dispatch = dispatches.of(intentId);
      if (dispatch.isPresent()) {
        return confirm(dispatch.get(), intentId, messageId);
      }
      Block head = home.head();
      ExecutorState.Progress progress = executor.progress(intentId, head.hash());
      if (progress.state() != IntentState.DISPATCHED) {
        return deny(progress, head, arrivedAt);
      }
      // The follower has not read that far yet, or the node withheld the event from it.
      Optional<Dispatch> found = find(intentId, head);
      return found.isPresent()
          ? confirm(found.get(), intentId, messageId)
          : new Testimony.Unknown(
              "home's state at block %d says DISPATCHED, but there is no such event%s"
                  .formatted(
                      head.number(),
                      Optional.ofNullable(searches.get(intentId))
                          .map(block -> " above block " + block + "; below is searched still")
                          .orElse("")));
    } catch (NodeException e) {
      return new Testimony.Unknown("home's node does not answer: " + e.getMessage());
    } catch (CallRevertedException e) {
      return new Testimony.Unknown("home's executor does not answer: " + e.getMessage());
    }
  }

  private Testimony confirm(Dispatch dispatch, Hash intentId, Optional<Hash> messageId) {
    Block block = dispatch.block();
    if (messageId.filter(id -> !id.equals(dispatch.event().messageId())).isPresent()) {
      return new Testimony.OtherMessage(dispatch.event().messageId(), block);
    }
    ExecutorState.Progress progress = executor.progress(intentId);
    if (progress.state() != IntentState.DISPATCHED) {
      return new Testimony.Unknown(
          "home's event of block "
              + block.number()
              + " says DISPATCHED, its state says "
              + progress.state());
    }
    boolean settled =
        finality.highest(home).filter(highest -> highest.number() >= block.number()).isPresent();
    return settled ? new Testimony.Proven(block) : new Testimony.Provisional(block);
  }

  // Backwards, since an honest delivery follows soon on its dispatch; goes on where the last search
  // was broken off.
  private Optional<Dispatch> find(Hash intentId, Block head) {
    long start = System.nanoTime();
    long to = Math.min(head.number(), searches.getOrDefault(intentId, head.number()));
    while (to >= firstBlock) {
      BlockRanges.Part<List<Log>> part =
          ranges.last(
              firstBlock,
              to,
              (first, last) ->
                  home.logs(
                      first,
                      last,
                      List.of(executor.address()),
                      List.of(Set.of(DISPATCHED), Set.of(intentId))));
      for (Log log : part.content()) {
        Optional<Block> block =
            home.block(log.blockNumber()).filter(b -> b.hash().equals(log.blockHash()));
        if (block.isPresent()
            && ContractEvents.executor(log).orElse(null) instanceof IntentEvent.Dispatched event) {
          searches.remove(intentId);
          return Optional.of(new Dispatch(event, block.get()));
        }
      }
      to = part.from() - 1;
      if (System.nanoTime() - start > SEARCH.toNanos()) {
        searches.put(intentId, to);
        return Optional.empty();
      }
    }
    searches.remove(intentId); // from the head again: a reorg may have moved it up
    return Optional.empty();
  }

  // Judged at a head that the node gives now, so that it does not matter how far the follower has
  // read.
  private Testimony deny(ExecutorState.Progress progress, Block head, Instant arrivedAt) {
    Duration lag = allowedLag(head);
    if (head.timestamp().isBefore(arrivedAt.minus(lag))) {
      return new Testimony.Unknown(
          "home's head %d is of %s, more than %s older than the delivery at %s"
              .formatted(head.number(), head.timestamp(), lag, arrivedAt));
    }
    return new Testimony.Absent(progress.state().name(), head);
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
