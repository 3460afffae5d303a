package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentEvent.Executed;
import org.mandate.intent.IntentDomain;

/**
 * At a destination: what executed must be what home dispatched. An intent's id commits to its
 * content, so equal id is equal content; that the event's content has that id is checked here.
 */
final class ExecutionExaminer implements Examiner {
  private final long chainId;
  private final IntentDomain domain;
  private final Witness witness;
  private final Freezer freezer;
  private final BiConsumer<String, Hash> onForged;
  private final Predicate<Block> stands;
  private final Duration poll;
  private final Clock clock;
  private final Map<Hash, Execution> executed = new ConcurrentHashMap<>();

  private record Execution(Executed event, Block block) {}

  /**
   * @param onForged told the finding and the intent, when home never dispatched it
   * @param stands whether a block is still in the chain
   */
  ExecutionExaminer(
      long chainId,
      IntentDomain domain,
      Witness witness,
      Freezer freezer,
      BiConsumer<String, Hash> onForged,
      Predicate<Block> stands,
      Duration poll,
      Clock clock) {
    this.chainId = chainId;
    this.domain = domain;
    this.witness = witness;
    this.freezer = freezer;
    this.onForged = onForged;
    this.stands = stands;
    this.poll = poll;
    this.clock = clock;
  }

  /** What left the account for the intent, if it was read that it executed. */
  Optional<BigInteger> moved(Hash intentId) {
    return Optional.ofNullable(executed.get(intentId)).map(execution -> execution.event().moved());
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Step(Executed event)) {
        Execution execution = new Execution(event, page.block());
        if (!execution.equals(executed.put(event.intentId(), execution))) {
          Errand.start("execution-" + event.intentId(), poll, () -> check(execution));
        }
      } else if (entry instanceof Entry.Step(IntentEvent.Paid event)) {
        found(
            event,
            page.block(),
            "direct payments at home only, where mandates are counted",
            "account %s paid %s of asset %s to %s here"
                .formatted(
                    event.intent().account(),
                    event.intent().amount(),
                    event.intent().asset(),
                    event.intent().to()));
      }
    }
  }

  @Override
  public void reset() {
    // What was judged in a block that stands stays judged; what runs for another ends by itself.
    executed.values().removeIf(execution -> !stands.test(execution.block()));
  }

  /**
   * @return whether it is judged
   */
  private boolean check(Execution execution) {
    IntentEvent.Executed event = execution.event();
    if (!execution.equals(executed.get(event.intentId()))) {
      return true;
    }
    if (!event.intent().id(domain).equals(event.intentId())) {
      found(
          event,
          execution.block(),
          "intent " + event.intent().id(domain) + ", the id of the content that executed",
          "intent " + event.intentId());
      return true;
    }
    return switch (witness.ask(event.intentId(), Optional.empty(), execution.block().timestamp())) {
      case Testimony.Proven proven -> true;
      case Testimony.Absent absent -> {
        found(
            event,
            execution.block(),
            "home's executor says DISPATCHED for this intent",
            "home says %s as of block %d, while %s of asset %s left %s for %s"
                .formatted(
                    absent.state(),
                    absent.asOf().number(),
                    event.moved(),
                    event.intent().asset(),
                    event.intent().account(),
                    event.intent().to()));
        onForged.accept(id(event), event.intentId());
        yield true;
      }
      case Testimony.Provisional provisional -> false;
      case Testimony.OtherMessage other -> true;
      case Testimony.Settled settled -> true;
      case Testimony.Unknown unknown -> false;
    };
  }

  private String id(IntentEvent event) {
    return "execution:" + chainId + ":" + event.intentId();
  }

  private void found(IntentEvent event, Block block, String expected, String seen) {
    freezer.freezeFor(
        new Finding(
            id(event),
            Check.EXECUTION,
            Severity.CRITICAL,
            chainId,
            block.number(),
            Optional.of(event.agentId()),
            Optional.of(event.intentId()),
            expected,
            seen,
            "Value left the account without a dispatch at home. Withdraw what is left in the"
                + " account on this chain, replace the relayer set, and find out why no dispute"
                + " stopped it.",
            clock.instant(),
            Finding.Status.OPEN,
            List.of()),
        event.agentId(),
        block.timestamp());
  }
}
