package org.mandate.watchdog;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mandate.chain.Block;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.watchdog.Dispatches.Dispatch;

/**
 * Asks home whether it dispatched an intent. Two sources must agree: the events that the follower read, and the executor's
 * own state at a block. A "no" counts only as of a block that is not older than the question.
 */
final class Witness {
  private final ChainClient home;
  private final Follower follower;
  private final Chronicle chronicle;
  private final Dispatches dispatches;
  private final ExecutorState executor;
  private final Finality finality;
  private final Duration maxLag;

  /**
   * @param maxLag how much older than the destination's block home's head may be at most and still say "no"
   */
  Witness(
      ChainClient home,
      Follower follower,
      Chronicle chronicle,
      Dispatches dispatches,
      ExecutorState executor,
      Finality finality,
      Duration maxLag) {
    this.home = home;
    this.follower = follower;
    this.chronicle = chronicle;
    this.dispatches = dispatches;
    this.executor = executor;
    this.finality = finality;
    this.maxLag = maxLag;
  }

  /**
   * @param messageId the message in which it must have been dispatched; empty: any
   * @param arrivedAt timestamp of the destination's block in which it was seen
   */
  Testimony ask(Hash intentId, Optional<Hash> messageId, Instant arrivedAt) {
    Optional<Block> tip = chronicle.tip();
    if (tip.isEmpty() || !follower.caughtUp()) {
      return new Testimony.Unknown("home has not been read up to its head yet");
    }
    Optional<Dispatch> dispatch = dispatches.of(intentId);
    try {
      return dispatch.isPresent()
          ? confirm(dispatch.get(), intentId, messageId, tip.get())
          : deny(intentId, arrivedAt);
    } catch (NodeException e) {
      return new Testimony.Unknown("home's node does not answer: " + e.getMessage());
    } catch (CallRevertedException e) {
      return new Testimony.Unknown("home's executor does not answer: " + e.getMessage());
    }
  }

  private Testimony confirm(Dispatch dispatch, Hash intentId, Optional<Hash> messageId, Block tip) {
    Block block = dispatch.block();
    if (messageId.filter(id -> !id.equals(dispatch.event().messageId())).isPresent()) {
      return new Testimony.OtherMessage(dispatch.event().messageId(), block);
    }
    ExecutorState.Progress progress = executor.progress(intentId, tip.hash());
    if (progress.state() != IntentState.DISPATCHED) {
      return new Testimony.Unknown("home's event says DISPATCHED, its state at block " + tip.number() + " says " + progress.state());
    }
    boolean settled = finality.highest(home).filter(highest -> highest.number() >= block.number()).isPresent();
    return settled ? new Testimony.Proven(block) : new Testimony.Provisional(block);
  }

  // Asked at a head that the node gives now, so that it does not matter how far the follower has read.
  private Testimony deny(Hash intentId, Instant arrivedAt) {
    Block head = home.head();
    Duration lag = allowedLag(head);
    if (head.timestamp().isBefore(arrivedAt.minus(lag))) {
      return new Testimony.Unknown(
          "home's head %d is of %s, more than %s older than the delivery at %s"
              .formatted(head.number(), head.timestamp(), lag, arrivedAt));
    }
    ExecutorState.Progress progress = executor.progress(intentId, head.hash());
    if (progress.state() == IntentState.DISPATCHED) {
      return new Testimony.Unknown("home's state at block " + head.number() + " says DISPATCHED, its event was not seen yet");
    }
    return new Testimony.Absent(progress.state().name(), head);
  }

  // An honest delivery's dispatch was final before it was delivered, so it is older than it by home's delay of finality:
  // a head that lags by less has it. Half of the delay, because delays vary.
  private Duration allowedLag(Block head) {
    Duration delay =
        finality.highest(home).map(block -> Duration.between(block.timestamp(), head.timestamp())).orElse(Duration.ZERO);
    Duration half = delay.isNegative() ? Duration.ZERO : delay.dividedBy(2);
    return half.compareTo(maxLag) < 0 ? half : maxLag;
  }
}
