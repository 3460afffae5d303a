package org.mandate.watchdog;

import java.time.Clock;
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
import org.mandate.contracts.RemoteGovernance;
import org.mandate.gateway.Deliveries;
import org.mandate.gateway.Deliveries.Delivery;
import org.mandate.gateway.MessageAbi;
import org.mandate.proof.ProofAbi;
import org.web3j.abi.datatypes.generated.Bytes32;

/**
 * As {@link Notary}, of orders: shows that home never sent one that waits, which anybody may, so
 * that a forgery ends though no guardian is awake; and that home did send one which a guardian
 * vetoed, or whose gateway was closed: nobody stops that one any more.
 */
final class OrderNotary {
  private final Place place;

  /**
   * Where it shows what.
   *
   * @param governance the same address at home
   * @param gateway as above
   * @param docket as above
   */
  record Place(
      HomeStorage storage,
      long chainId,
      ChainClient chain,
      Address governance,
      Address gateway,
      Enforcer enforcer,
      Findings findings,
      Docket docket,
      Clock clock) {}

  /**
   * An order, as one message brought it.
   *
   * @param block of its arrival
   * @param transaction that brought it
   * @param stands whether that block is still in the chain
   * @param waits whether this message may still have it executed
   * @param isStopped whether somebody keeps it from that, and a proof would help
   */
  record Subject(
      Hash orderId,
      Hash messageId,
      Block block,
      Hash transaction,
      BooleanSupplier stands,
      BooleanSupplier waits,
      BooleanSupplier isStopped) {}

  OrderNotary(Place place) {
    this.place = place;
  }

  /**
   * Shows that home never sent the message, as soon as that can be shown. Returns at once.
   *
   * @param findingId what is told of it
   */
  void refute(String findingId, Subject order) {
    begin(
        "refute-order-" + order.messageId(), order, order.waits(), () -> refuted(findingId, order));
  }

  /** Shows that home sent the message, as soon as that can be shown. As above. */
  void confirm(Subject order) {
    begin("confirm-order-" + order.messageId(), order, order.isStopped(), () -> confirmed(order));
  }

  private void begin(String name, Subject order, BooleanSupplier calledFor, BooleanSupplier done) {
    place
        .docket()
        .add(
            name,
            () ->
                !order.stands().getAsBoolean() || !calledFor.getAsBoolean() || done.getAsBoolean());
  }

  private Optional<Delivery> delivery(Subject order) {
    Bytes input =
        place
            .chain()
            .transaction(order.transaction())
            .orElseThrow(() -> new NodeException("the node does not show the delivery"))
            .input();
    return Deliveries.in(input, place.gateway(), order.messageId()).stream().findFirst();
  }

  private boolean refuted(String findingId, Subject order) {
    Optional<Delivery> delivery = delivery(order);
    if (delivery.isEmpty()) {
      return true; // it came through another gateway, or hidden in a contract's own words
    }
    Optional<HomeStorage.Proof> proof =
        place
            .storage()
            .notSent(
                delivery.get().message(),
                order.messageId(),
                order.block().timestamp(),
                place.governance());
    if (proof.isEmpty()) {
      return false;
    }
    bringAbout(
            order,
            order.waits(),
            "refutation of order " + order.orderId(),
            Abi.call(
                RemoteGovernance.FUNC_REFUTE,
                new Bytes32(order.orderId().bytes()),
                MessageAbi.toRemote(delivery.get().message()),
                ProofAbi.toRemote(proof.get().shown().proof())))
        .ifPresent(
            done ->
                place
                    .findings()
                    .update(
                        findingId, told -> told.with(deed("refute", done, proof.get().block()))));
    return !order.waits().getAsBoolean();
  }

  private boolean confirmed(Subject order) {
    Optional<Delivery> delivery = delivery(order);
    if (delivery.isEmpty()) {
      return true;
    }
    Optional<HomeStorage.Proof> proof =
        place.storage().sent(delivery.get().message(), order.messageId(), place.governance());
    if (proof.isEmpty()) {
      return false;
    }
    bringAbout(
            order,
            order.isStopped(),
            "confirmation of order " + order.orderId(),
            Abi.call(
                RemoteGovernance.FUNC_CONFIRM,
                MessageAbi.toRemote(delivery.get().message()),
                ProofAbi.toRemote(proof.get().shown().proof())))
        .ifPresent(done -> place.findings().report(finding(order, done, proof.get().block())));
    return !order.isStopped().getAsBoolean();
  }

  /** Empty: somebody else did, or it was refused. */
  private Optional<Enforcer.Done> bringAbout(
      Subject order, BooleanSupplier calledFor, String what, byte[] data) {
    return place
        .enforcer()
        .bringAbout(new Showing(order, calledFor, what, Bytes.of(data)))
        .filter(done -> done.transaction().isPresent());
  }

  private Finding finding(Subject order, Enforcer.Done done, Block block) {
    return new Finding(
        "confirmed:" + place.chainId() + ":" + order.orderId(),
        Check.ORDER,
        Severity.WARNING,
        place.chainId(),
        order.block().number(),
        Optional.empty(),
        Optional.empty(),
        "nobody stops what home ordered",
        "order "
            + order.orderId()
            + " was vetoed, or its gateway was closed; home's storage shows that it was sent",
        "Find out who stopped it. A guardian that does so again and again should lose its role.",
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

  /** A call with a proof; a refusal ends it: another proof may do better. */
  private final class Showing implements Remedy {
    private final Subject order;
    private final BooleanSupplier calledFor;
    private final String what;
    private final Bytes data;
    private Optional<String> refusal = Optional.empty();

    private Showing(Subject order, BooleanSupplier calledFor, String what, Bytes data) {
      this.order = order;
      this.calledFor = calledFor;
      this.what = what;
      this.data = data;
    }

    @Override
    public String what() {
      return what;
    }

    @Override
    public Address to() {
      return place.governance();
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
      return order.stands().getAsBoolean() && calledFor.getAsBoolean()
          ? refusal.map(reason -> new Settled("refused: " + reason))
          : Optional.of(new Settled("shown by a proof, or otherwise decided"));
    }
  }
}
