package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.gateway.Deliveries;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.proof.ProofAbi;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;

/**
 * Shows a destination by home's storage what is so, wherever somebody posts home's block hashes
 * there: that home never sent what was forged, which then is as if it had never come, and that it
 * dispatched what somebody disputed, which then executes. Nobody decides, and nobody is trusted but
 * for the hash.
 */
final class Notary {
  /** Refutations within an hour: whoever forges pays for gas alone, and so would the watchdog. */
  static final int MOST_REFUTATIONS = 60;

  private final Place place;

  /**
   * Where it shows what.
   *
   * @param gateway at home and here
   * @param docket where what waits for a proof waits
   * @param refutations the budget of transactions for those
   * @param safetyMargin how much of a window must be left: what has less is refuted at once
   */
  record Place(
      HomeStorage storage,
      long chainId,
      ChainClient chain,
      ExecutorState executor,
      Address gateway,
      Enforcer enforcer,
      Findings findings,
      Docket docket,
      Budget refutations,
      Duration safetyMargin,
      Clock clock) {}

  Notary(Place place) {
    this.place = place;
  }

  /**
   * Shows that home never sent the message, as soon as that can be shown. Returns at once.
   *
   * @param findingId what is told of it
   * @param stands whether it still was delivered
   */
  void refute(String findingId, Queued delivery, BooleanSupplier stands) {
    place
        .docket()
        .add(
            "refute-" + delivery.event().messageId(),
            () -> !stands.getAsBoolean() || refuted(findingId, delivery));
  }

  /** Shows that home dispatched a disputed intent, as soon as that can be shown. As above. */
  void confirm(Queued delivery, BooleanSupplier stands) {
    place
        .docket()
        .add(
            "confirm-" + delivery.event().intentId(),
            () -> !stands.getAsBoolean() || confirmed(delivery));
  }

  // A short window must not be all margin. The chain's own time may run ahead of this machine's.
  private boolean isUrgent(Queued delivery) {
    Instant due = place.executor().progress(delivery.event().intentId()).due();
    Duration half = Duration.between(delivery.block().timestamp(), due).dividedBy(2);
    Duration margin = half.compareTo(place.safetyMargin()) < 0 ? half : place.safetyMargin();
    Instant now = place.clock().instant();
    Instant head = place.chain().head().timestamp();
    return !(head.isAfter(now) ? head : now).isBefore(due.minus(margin));
  }

  private boolean refuted(String findingId, Queued delivery) {
    if (isDecided(delivery)) {
      return true;
    }
    Hash messageId = delivery.event().messageId();
    Bytes input =
        place
            .chain()
            .transaction(delivery.event().log().transaction())
            .orElseThrow(() -> new NodeException("the node does not show the delivery"))
            .input();
    List<Deliveries.Delivery> found = Deliveries.in(input, place.gateway(), messageId);
    if (found.isEmpty()) {
      return true; // it came through another gateway, or hidden in a contract's own words
    }
    Optional<HomeStorage.Proof> proof =
        place
            .storage()
            .notSent(
                found.getFirst().message(),
                messageId,
                delivery.block().timestamp(),
                place.executor().address());
    if (proof.isEmpty()) {
      return false;
    }
    Ration ration = new Ration(place.refutations());
    if (!ration.isTaken(isUrgent(delivery))) {
      return false;
    }
    Remedy refutation =
        new Showing(
            delivery,
            Optional.of(ration),
            "refutation of intent " + delivery.event().intentId(),
            Bytes.of(
                Abi.call(
                    DestinationExecutor.FUNC_REFUTE,
                    MessageAbi.toDestination(found.getFirst().message()),
                    ProofAbi.toDestination(proof.get().shown().proof()))));
    Optional<Enforcer.Done> end;
    try (ration) {
      end = place.enforcer().bringAbout(refutation);
    }
    end.filter(done -> done.transaction().isPresent())
        .ifPresent(
            done ->
                place
                    .findings()
                    .update(
                        findingId, told -> told.with(deed("refute", done, proof.get().block()))));
    return isDecided(delivery);
  }

  private boolean confirmed(Queued delivery) {
    Hash intentId = delivery.event().intentId();
    ExecutorState.Progress progress = place.executor().progress(intentId);
    if (!needsHelp(delivery, progress)) {
      return true;
    }
    // Home may have changed its mind since an older block.
    Instant earliest =
        progress.state() == IntentState.DISPUTED
            ? progress.due().minus(place.executor().resolutionWindow())
            : delivery.block().timestamp();
    Optional<HomeStorage.Proof> found =
        place
            .storage()
            .shown(
                place.executor().address(),
                block ->
                    block.timestamp().isBefore(earliest)
                        ? Optional.empty()
                        : dispatched(intentId, block));
    if (found.isEmpty()) {
      return false;
    }
    HomeStorage.Proof proof = found.get();
    Remedy confirmation =
        new Showing(
            delivery,
            Optional.empty(),
            "confirmation of intent " + intentId,
            Bytes.of(
                Abi.call(
                    DestinationExecutor.FUNC_CONFIRM,
                    IntentAbi.toDestination(delivery.event().intent()),
                    ProofAbi.toDestination(proof.shown().proof()))));
    place
        .enforcer()
        .bringAbout(confirmation)
        .filter(done -> done.transaction().isPresent())
        .ifPresent(
            done ->
                place
                    .findings()
                    .report(confirmed(delivery, progress.state(), done, proof.block())));
    return !needsHelp(delivery, place.executor().progress(intentId));
  }

  /** Whether it is disputed, or the gateway that brought it was closed. */
  private boolean needsHelp(Queued delivery, ExecutorState.Progress progress) {
    return progress.state() == IntentState.DISPUTED
        || progress.state() == IntentState.QUEUED
            && !progress.upheld()
            && place.executor().isEnded(delivery.event().intent());
  }

  private Finding confirmed(Queued delivery, IntentState before, Enforcer.Done done, Block block) {
    boolean disputed = before == IntentState.DISPUTED;
    return new Finding(
        "confirmed:" + place.chainId() + ":" + delivery.event().intentId(),
        Check.FORGERY,
        Severity.WARNING,
        place.chainId(),
        delivery.block().number(),
        Optional.of(delivery.event().agentId()),
        Optional.of(delivery.event().intentId()),
        disputed ? "nobody disputes what home dispatched" : "no gateway that lied brought it",
        disputed
            ? "somebody did; home's storage shows that it was dispatched"
            : "its gateway was closed; home's storage shows that it was dispatched",
        disputed
            ? "Find out who disputed it. A guardian that does so again and again should lose its"
                + " role."
            : "Nothing: it executes. See why the gateway was closed.",
        place.clock().instant(),
        Finding.Status.STOPPED,
        List.of(deed("confirm", done, block)));
  }

  private Deed deed(String what, Enforcer.Done done, Block block) {
    return new Deed(
        what,
        place.chainId(),
        done.transaction(),
        "%s, by block %d of home".formatted(done.settled().outcome(), block.number()),
        place.clock().instant());
  }

  /** Whether nothing is to be refuted any more: also what the closing of its gateway ended. */
  private boolean isDecided(Queued delivery) {
    ExecutorState.Progress progress = place.executor().progress(delivery.event().intentId());
    boolean open =
        progress.state() == IntentState.QUEUED || progress.state() == IntentState.DISPUTED;
    return !open || progress.upheld() || place.executor().isEnded(delivery.event().intent());
  }

  private Optional<Prover.Shown> dispatched(Hash intentId, Block block) {
    return place
        .storage()
        .prove(place.executor().address(), Slots.progress(intentId), block)
        .filter(
            shown ->
                Slots.state(shown.proven().value()) == IntentState.DISPATCHED
                    && Slots.outcome(shown.proven().value()) == IntentState.NONE);
  }

  /** A call with a proof; a refusal ends it: another proof may do better. */
  private final class Showing implements Remedy {
    private final Queued delivery;
    private final Optional<Ration> ration;
    private final String what;
    private final Bytes data;
    private Optional<String> refusal = Optional.empty();

    private Showing(Queued delivery, Optional<Ration> ration, String what, Bytes data) {
      this.delivery = delivery;
      this.ration = ration;
      this.what = what;
      this.data = data;
    }

    @Override
    public String what() {
      return what;
    }

    @Override
    public Address to() {
      return place.executor().address();
    }

    @Override
    public Bytes data() {
      return data;
    }

    @Override
    public boolean ready() {
      return ration.map(share -> share.isTaken(isUrgent(delivery))).orElse(true);
    }

    @Override
    public void sent() {
      ration.ifPresent(Ration::spend);
    }

    @Override
    public boolean refused(String reason) {
      refusal = Optional.of(reason);
      return true;
    }

    @Override
    public Optional<Settled> settled() {
      ExecutorState.Progress progress = place.executor().progress(delivery.event().intentId());
      boolean open =
          progress.state() == IntentState.DISPUTED
              || progress.state() == IntentState.QUEUED && !progress.upheld();
      return open
          ? refusal.map(reason -> new Settled("refused: " + reason))
          : Optional.of(
              new Settled(
                  progress.state() + (progress.upheld() ? ", for everybody to execute" : "")));
    }
  }
}
