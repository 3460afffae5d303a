package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.HomeExecutor;
import org.mandate.event.IntentNotice.ResultReceived;
import org.mandate.intent.IntentState;
import org.mandate.watchdog.WatchdogConfig.WhenHomeIsSilent;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;
import org.web3j.abi.datatypes.generated.Uint8;

/**
 * At home: what messages say became of intents elsewhere must be so in a final block there, before
 * it settles and a budget gets back what was spent. What is not so, or cannot be looked at until
 * the window is nearly over, is dropped: it may be said again.
 */
final class ResultExaminer implements Examiner {
  private final Court court;
  private final Set<Place> begun = ConcurrentHashMap.newKeySet();

  private record Place(Block block, int logIndex) {}

  /**
   * Another chain.
   *
   * @param moved what left the account there for an intent that executed, as far as it was read
   */
  record Elsewhere(
      ChainClient chain,
      Finality finality,
      ExecutorState executor,
      Function<Hash, Optional<BigInteger>> moved) {}

  /**
   * What all checks share.
   *
   * @param homeId home's chain
   * @param dispatches where intents were sent
   * @param elsewhere the other chains, by id
   * @param stands whether a block of home is still in the chain
   * @param whenSilent what to do about a result that cannot be looked at
   */
  record Court(
      long homeId,
      ChainClient home,
      Finality finality,
      Address executor,
      Dispatches dispatches,
      Map<BigInteger, Elsewhere> elsewhere,
      Predicate<Block> stands,
      Enforcer enforcer,
      Findings findings,
      Duration safetyMargin,
      WhenHomeIsSilent whenSilent,
      Duration poll,
      Clock clock) {}

  /** What home holds of an intent. */
  private record Held(IntentState outcome, BigInteger moved, long settleAt) {
    private boolean is(ResultReceived said) {
      return outcome == said.outcome() && moved.equals(said.moved());
    }
  }

  private sealed interface Judgement {
    record Honest() implements Judgement {}

    record Open(String reason) implements Judgement {}

    record Wrong(String expected) implements Judgement {}
  }

  ResultExaminer(Court court) {
    this.court = court;
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Notice(ResultReceived said)
          && begun.add(new Place(page.block(), said.log().index()))) {
        Check check = new Check(said, page.block());
        Errand.start("result-" + said.intentId(), court.poll(), check::round);
      }
    }
  }

  @Override
  public void reset() {
    // What runs for a block that does not stand ends by itself.
    begun.removeIf(place -> !court.stands().test(place.block()));
  }

  private Held held(Hash intentId) {
    List<Object> result =
        Abi.decode(
            court
                .home()
                .call(
                    court.executor(),
                    Abi.call(HomeExecutor.FUNC_RESULTOF, new Bytes32(intentId.bytes()))),
            new TypeReference<Uint8>() {},
            new TypeReference<Uint256>() {},
            new TypeReference<Uint64>() {});
    return new Held(
        IntentState.of(((BigInteger) result.get(0)).intValueExact()),
        (BigInteger) result.get(1),
        ((BigInteger) result.get(2)).longValueExact());
  }

  /** One result's way until it is found true, or is gone for good. */
  private final class Check {
    private final ResultReceived said;
    private final Block block;
    private final LastingState dropped = new LastingState(court.home(), court.finality());
    private boolean told;

    private Check(ResultReceived said, Block block) {
      this.said = said;
      this.block = block;
    }

    /**
     * @return whether it is over
     */
    private boolean round() {
      if (!court.stands().test(block)) {
        status(Finding.Status.WITHDRAWN);
        return true;
      }
      Held held = held(said.intentId());
      if (held.settleAt() == 0 && held.outcome() != IntentState.NONE) {
        status(Finding.Status.MISSED);
        return true;
      }
      if (!held.is(said)) {
        return switch (dropped.look(() -> !held(said.intentId()).is(said))) {
          case FINAL -> {
            status(Finding.Status.STOPPED);
            yield true;
          }
          case GONE, OPEN -> false;
        };
      }
      return switch (judge(held)) {
        case Judgement.Honest honest -> {
          status(Finding.Status.WITHDRAWN);
          yield true;
        }
        case Judgement.Wrong(String expected) -> {
          report(org.mandate.watchdog.Check.RESULT, expected, words());
          drop();
          yield false;
        }
        case Judgement.Open(String reason) -> {
          if (isLate(held)) {
            report(
                org.mandate.watchdog.Check.RESULT,
                "the other chain can be asked before the result settles",
                reason);
            if (court.whenSilent() == WhenHomeIsSilent.DISPUTE) {
              drop();
            }
          }
          yield false;
        }
      };
    }

    private Judgement judge(Held held) {
      Optional<BigInteger> chainId = court.dispatches().chainOf(said.intentId());
      if (chainId.isEmpty()) {
        return new Judgement.Open("no dispatch of this intent was read");
      }
      Elsewhere there = court.elsewhere().get(chainId.get());
      if (there == null) {
        return new Judgement.Open("chain " + chainId.get() + " is not watched");
      }
      try {
        Optional<Block> known = there.finality().highest(there.chain());
        if (known.isEmpty()) {
          return new Judgement.Open("chain " + chainId.get() + " has no final block");
        }
        IntentState state = there.executor().progress(said.intentId(), known.get().hash()).state();
        String place =
            "%s on chain %s as of block %d".formatted(state, chainId.get(), known.get().number());
        if (state != said.outcome()) {
          // What is told was final there before it was told.
          return known.get().timestamp().isBefore(block.timestamp())
              ? new Judgement.Open("it is " + place + ", which is older than what is said")
              : new Judgement.Wrong(place);
        }
        if (state != IntentState.EXECUTED) {
          return said.moved().signum() == 0
              ? new Judgement.Honest()
              : new Judgement.Wrong(place + ", where nothing moved");
        }
        Optional<BigInteger> moved = there.moved().apply(said.intentId());
        if (moved.isEmpty()) {
          return new Judgement.Open("how much moved on chain " + chainId.get() + " was not read");
        }
        return moved.get().equals(said.moved())
            ? new Judgement.Honest()
            : new Judgement.Wrong(place + ", where " + moved.get() + " moved");
      } catch (NodeException | CallRevertedException e) {
        return new Judgement.Open("chain " + chainId.get() + " cannot be asked: " + e.getMessage());
      }
    }

    private boolean isLate(Held held) {
      Instant now = court.clock().instant();
      Instant head = court.home().head().timestamp();
      Instant settleAt = Instant.ofEpochSecond(held.settleAt());
      Duration half = Duration.between(block.timestamp(), settleAt).dividedBy(2);
      Duration margin = half.compareTo(court.safetyMargin()) < 0 ? half : court.safetyMargin();
      return !(head.isAfter(now) ? head : now).isBefore(settleAt.minus(margin));
    }

    private void drop() {
      court
          .enforcer()
          .bringAbout(new Drop(said))
          .filter(done -> done.transaction().isPresent())
          .ifPresent(
              done ->
                  court
                      .findings()
                      .update(
                          findingId(),
                          found ->
                              found.with(
                                  new Deed(
                                      "drop of a result",
                                      court.homeId(),
                                      done.transaction(),
                                      done.settled().outcome(),
                                      court.clock().instant()))));
    }

    private void status(Finding.Status status) {
      if (told) {
        court
            .findings()
            .update(
                findingId(),
                found -> found.status() == Finding.Status.OPEN ? found.with(status) : found);
      }
    }

    private String words() {
      return "%s, moved %s, as a message to home says".formatted(said.outcome(), said.moved());
    }

    private String findingId() {
      return "result:%d:%s:%d".formatted(court.homeId(), said.intentId(), block.number());
    }

    private void report(org.mandate.watchdog.Check check, String expected, String seen) {
      told = true;
      court
          .findings()
          .report(
              new Finding(
                  findingId(),
                  check,
                  Severity.CRITICAL,
                  court.homeId(),
                  block.number(),
                  Optional.empty(),
                  Optional.of(said.intentId()),
                  expected,
                  seen,
                  "Compare the result with the intent's state at its destination. If it is false,"
                      + " relayers attested what the destination does not know: take them out of"
                      + " the quorum (QuorumGateway.tightenRelayers), and pause the lane. If it is"
                      + " true, have it reported again.",
                  court.clock().instant(),
                  Finding.Status.OPEN,
                  List.of()));
    }
  }

  private final class Drop implements Remedy {
    private final ResultReceived said;

    private Drop(ResultReceived said) {
      this.said = said;
    }

    @Override
    public String what() {
      return "drop of the result of intent " + said.intentId();
    }

    @Override
    public Address to() {
      return court.executor();
    }

    @Override
    public Bytes data() {
      return Bytes.of(Abi.call(HomeExecutor.FUNC_DROPRESULT, new Bytes32(said.intentId().bytes())));
    }

    @Override
    public Optional<Settled> settled() {
      Held held = held(said.intentId());
      if (held.outcome() != IntentState.NONE && held.settleAt() == 0) {
        return Optional.of(new Settled("SETTLED before it was dropped"));
      }
      return held.is(said) ? Optional.empty() : Optional.of(new Settled("dropped"));
    }
  }
}
