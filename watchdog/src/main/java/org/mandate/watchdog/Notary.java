package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.PostedHashes;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.proof.ProofAbi;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;
import org.mandate.proof.StateProof;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * Shows a destination by home's storage what is so, wherever somebody posts home's block hashes
 * there: that home never sent what was forged, which then is as if it had never come, and that it
 * dispatched what somebody disputed, which then executes. Nobody decides, and nobody is trusted but
 * for the hash.
 */
final class Notary {
  /** Blocks of the destination in which a posted hash is looked for. */
  private static final long REACH = 50_000;

  /** The executor wants a younger block for what home has not sent: clocks differ. */
  private static final Duration SKEW = Duration.ofHours(1);

  private static final int SELDOM = 10;

  private final Place place;
  private final BlockRanges ranges;
  private final Set<String> begun = ConcurrentHashMap.newKeySet();

  /**
   * Where it shows what.
   *
   * @param gateway at home and here
   * @param posted who is believed about home's blocks here
   */
  record Place(
      long homeId,
      ChainClient home,
      long chainId,
      ChainClient chain,
      ExecutorState executor,
      Address gateway,
      Address posted,
      Enforcer enforcer,
      Findings findings,
      Duration poll,
      Clock clock) {}

  Notary(Place place) {
    this.place = place;
    this.ranges = new BlockRanges(place.chain());
  }

  /**
   * Shows that home never sent the message, as soon as that can be shown. Returns at once.
   *
   * @param findingId what is told of it
   * @param stands whether it still was delivered
   */
  void refute(String findingId, Queued delivery, BooleanSupplier stands) {
    Hash messageId = delivery.event().messageId();
    if (begun.add("refute " + messageId)) {
      Errand.start(
          "refute-" + messageId,
          place.poll().multipliedBy(SELDOM),
          () -> {
            boolean over = !stands.getAsBoolean() || refuted(findingId, delivery);
            if (over) {
              begun.remove("refute " + messageId);
            }
            return over;
          });
    }
  }

  /** Shows that home dispatched a disputed intent, as soon as that can be shown. As above. */
  void confirm(Queued delivery, BooleanSupplier stands) {
    Hash intentId = delivery.event().intentId();
    if (begun.add("confirm " + intentId)) {
      Errand.start(
          "confirm-" + intentId,
          place.poll().multipliedBy(SELDOM),
          () -> {
            boolean over = !stands.getAsBoolean() || confirmed(delivery);
            if (over) {
              begun.remove("confirm " + intentId);
            }
            return over;
          });
    }
  }

  private boolean refuted(String findingId, Queued delivery) {
    if (isDecided(delivery.event().intentId())) {
      return true;
    }
    Hash messageId = delivery.event().messageId();
    Bytes input =
        place
            .chain()
            .transaction(delivery.event().log().transaction())
            .orElseThrow(() -> new NodeException("the node does not show the delivery"))
            .input();
    Optional<Deliveries.Delivery> found = Deliveries.in(input, place.gateway(), messageId);
    if (found.isEmpty()) {
      return true; // it came through another gateway, or hidden in a contract's own words
    }
    BigInteger nonce = found.get().message().nonce();
    Optional<Block> block =
        posted(
            one ->
                prove(place.gateway(), Slots.sent(nonce), one).isPresent()
                    || !one.timestamp().isBefore(delivery.block().timestamp().plus(SKEW)));
    if (block.isEmpty()) {
      return false;
    }
    Optional<Prover.Shown> sent = prove(place.gateway(), Slots.sent(nonce), block.get());
    if (sent.filter(shown -> shown.proven().value().equals(messageId)).isPresent()) {
      return true; // home did send it: it is wrong for another reason
    }
    Optional<Prover.Shown> shown =
        sent.or(() -> prove(place.gateway(), Slots.NEXT_NONCE, block.get()));
    if (shown.isEmpty()) {
      return false;
    }
    Remedy refutation =
        new Showing(
            delivery,
            "refutation of intent " + delivery.event().intentId(),
            Bytes.of(
                Abi.call(
                    DestinationExecutor.FUNC_REFUTE,
                    IntentAbi.toDestination(delivery.event().intent()),
                    new org.web3j.abi.datatypes.Address(place.gateway().hex()),
                    MessageAbi.toDestination(found.get().message()),
                    ProofAbi.toDestination(shown.get().proof()))));
    place
        .enforcer()
        .bringAbout(refutation)
        .filter(done -> done.transaction().isPresent())
        .ifPresent(
            done ->
                place
                    .findings()
                    .update(findingId, told -> told.with(deed("refute", done, block.get()))));
    return isDecided(delivery.event().intentId());
  }

  private boolean confirmed(Queued delivery) {
    Hash intentId = delivery.event().intentId();
    if (place.executor().progress(intentId).state() != IntentState.DISPUTED) {
      return true;
    }
    Optional<Block> block = posted(one -> dispatched(intentId, one).isPresent());
    if (block.isEmpty()) {
      return false;
    }
    StateProof proof = dispatched(intentId, block.get()).orElseThrow().proof();
    Remedy confirmation =
        new Showing(
            delivery,
            "confirmation of intent " + intentId,
            Bytes.of(
                Abi.call(
                    DestinationExecutor.FUNC_CONFIRM,
                    IntentAbi.toDestination(delivery.event().intent()),
                    ProofAbi.toDestination(proof))));
    place
        .enforcer()
        .bringAbout(confirmation)
        .filter(done -> done.transaction().isPresent())
        .ifPresent(done -> place.findings().report(confirmed(delivery, done, block.get())));
    return place.executor().progress(intentId).state() != IntentState.DISPUTED;
  }

  private Finding confirmed(Queued delivery, Enforcer.Done done, Block block) {
    return new Finding(
        "confirmed:" + place.chainId() + ":" + delivery.event().intentId(),
        Check.FORGERY,
        Severity.WARNING,
        place.chainId(),
        delivery.block().number(),
        Optional.of(delivery.event().agentId()),
        Optional.of(delivery.event().intentId()),
        "nobody disputes what home dispatched",
        "somebody did; home's storage shows that it was dispatched",
        "Find out who disputed it. A guardian that does so again and again should lose its role.",
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

  private boolean isDecided(Hash intentId) {
    ExecutorState.Progress progress = place.executor().progress(intentId);
    boolean open =
        progress.state() == IntentState.QUEUED || progress.state() == IntentState.DISPUTED;
    return !open || progress.upheld();
  }

  private Optional<Prover.Shown> dispatched(Hash intentId, Block block) {
    return prove(place.executor().address(), Slots.progress(intentId), block)
        .filter(
            shown -> {
              IntentState state = Slots.state(shown.proven().value());
              return state == IntentState.DISPATCHED || state == IntentState.SETTLED;
            });
  }

  /** Empty: nothing stands there. */
  private Optional<Prover.Shown> prove(Address account, Hash slot, Block block) {
    return Optional.of(new Prover(place.home()).prove(account, slot, block.hash()))
        .filter(shown -> !shown.proven().absent());
  }

  /** The newest block of home's that counts here, is home's, and does. */
  private Optional<Block> posted(Predicate<Block> does) {
    if (new BigInteger(
            1,
            place
                .chain()
                .call(place.executor().address(), Abi.call(DestinationExecutor.FUNC_STATEPROOFS)))
        .equals(BigInteger.ZERO)) {
      return Optional.empty();
    }
    long head = place.chain().head().number();
    long bottom = Math.max(0, head - REACH);
    for (long to = head; to >= bottom; ) {
      BlockRanges.Part<List<Log>> part =
          ranges.last(
              bottom,
              to,
              (first, last) ->
                  place
                      .chain()
                      .logs(
                          first,
                          last,
                          List.of(place.posted()),
                          List.of(Set.of(Topics.HASH_POSTED))));
      for (Log log : part.content().reversed()) {
        Optional<Block> block = counts(LogWords.of(log).topicNumber(1)).filter(does);
        if (block.isPresent()) {
          return block;
        }
      }
      to = part.from() - 1;
    }
    return Optional.empty();
  }

  private Optional<Block> counts(BigInteger number) {
    if (number.bitLength() > 62) {
      return Optional.empty();
    }
    byte[] hash =
        place
            .chain()
            .call(
                place.posted(),
                Abi.call(
                    PostedHashes.FUNC_HASHOF, new Uint256(place.homeId()), new Uint256(number)));
    // Another chain's block shows nothing of home.
    return place
        .home()
        .block(number.longValueExact())
        .filter(block -> hash.length == 32 && block.hash().equals(Hash.of(Bytes.of(hash).hex())));
  }

  /** A call with a proof; a refusal ends it: another proof may do better. */
  private final class Showing implements Remedy {
    private final Queued delivery;
    private final String what;
    private final Bytes data;
    private Optional<String> refusal = Optional.empty();

    private Showing(Queued delivery, String what, Bytes data) {
      this.delivery = delivery;
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
