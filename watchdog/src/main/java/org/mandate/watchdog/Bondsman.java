package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;

/**
 * Puts into a relayer's bond again what it called back before it was named: else that comes free
 * while it attests, and in the second in which it is taken out. By what the contracts say now,
 * again and again: a set also changes by time alone.
 */
final class Bondsman {
  /** Polls between two looks: what is called back is not free for a week. */
  private static final int SELDOM = 30;

  private final Place place;

  /** Whose bond is being put back, and what is told of it. */
  private final Map<Address, String> begun = new ConcurrentHashMap<>();

  /**
   * Home.
   *
   * @param bonds the contract where relayers' bonds lie
   * @param closed whether the watchdog is
   */
  record Place(
      long chainId,
      ChainClient chain,
      Address gateway,
      Address bonds,
      Enforcer enforcer,
      Findings findings,
      Duration poll,
      BooleanSupplier closed,
      Clock clock) {}

  Bondsman(Place place) {
    this.place = place;
  }

  /** Looks from now on. */
  void start() {
    Errand.start(
        "bondsman",
        place.poll().multipliedBy(SELDOM),
        () -> {
          relayers().forEach(this::look);
          return place.closed().getAsBoolean();
        });
  }

  /** Whose signatures count at home. */
  private Set<Address> relayers() {
    Set<Address> all = new LinkedHashSet<>();
    for (String function : List.of(QuorumGateway.FUNC_QUORUM, QuorumGateway.FUNC_PREVIOUSQUORUM)) {
      List<?> listed =
          (List<?>)
              Abi.decode(
                      place.chain().call(place.gateway(), Abi.call(function)),
                      new TypeReference<DynamicArray<org.web3j.abi.datatypes.Address>>() {})
                  .getFirst();
      listed.forEach(one -> all.add(Address.of((String) ((Type<?>) one).getValue())));
    }
    return all;
  }

  private void look(Address relayer) {
    BigInteger leaving = leaving(relayer);
    String findingId = "bond:" + relayer + ":" + leaving;
    if (leaving.signum() > 0 && begun.putIfAbsent(relayer, findingId) == null) {
      place.findings().report(finding(findingId, relayer, leaving));
      Thread.ofVirtual().name("rebond-" + relayer).start(() -> rebond(relayer, findingId));
    }
  }

  private void rebond(Address relayer, String findingId) {
    try {
      place.enforcer().bringAbout(new Rebond(relayer)).ifPresent(done -> tell(findingId, done));
    } finally {
      begun.remove(relayer);
    }
  }

  private void tell(String findingId, Enforcer.Done done) {
    place
        .findings()
        .update(
            findingId,
            found ->
                (done.transaction().isPresent()
                        ? found.with(
                            new Deed(
                                "rebond",
                                place.chainId(),
                                done.transaction(),
                                done.settled().outcome(),
                                place.clock().instant()))
                        : found)
                    .with(Finding.Status.STOPPED));
  }

  /** Wei that the relayer called back. */
  private BigInteger leaving(Address relayer) {
    return (BigInteger)
        Abi.decode(
                place
                    .chain()
                    .call(
                        place.bonds(),
                        Abi.call(
                            RelayerBonds.FUNC_BONDOF,
                            new org.web3j.abi.datatypes.Address(relayer.hex()))),
                new TypeReference<Uint256>() {},
                new TypeReference<Uint256>() {},
                new TypeReference<Uint64>() {})
            .get(1);
  }

  private Finding finding(String findingId, Address relayer, BigInteger leaving) {
    return new Finding(
        findingId,
        Check.BOND,
        Severity.WARNING,
        place.chainId(),
        -1,
        Optional.empty(),
        Optional.empty(),
        "nothing of the bond of relayer %s is on its way back to it".formatted(relayer),
        leaving + " wei are: it called them back before it was named",
        "It is put into the bond again (RelayerBonds.rebond), which anybody may do. Ask before you"
            + " name a relayer whether it has called its bond back (mandate bond status).",
        place.clock().instant(),
        Finding.Status.OPEN,
        List.of());
  }

  private final class Rebond implements Remedy {
    private final Address relayer;
    private volatile boolean left;

    private Rebond(Address relayer) {
      this.relayer = relayer;
    }

    @Override
    public String what() {
      return "rebond of relayer " + relayer;
    }

    @Override
    public Address to() {
      return place.bonds();
    }

    @Override
    public Bytes data() {
      return Bytes.of(
          Abi.call(RelayerBonds.FUNC_REBOND, new org.web3j.abi.datatypes.Address(relayer.hex())));
    }

    // Taken out meanwhile: what it called back is its own again, until it is named once more.
    @Override
    public boolean refused(String reason) {
      left = left || reason.startsWith("BondsNoRelayer(");
      return left || reason.startsWith("BondsNothing(");
    }

    @Override
    public Optional<Settled> settled() {
      if (leaving(relayer).signum() == 0) {
        return Optional.of(
            new Settled("all of its bond can be taken for a lie, as long as it is a relayer"));
      }
      return left ? Optional.of(new Settled("it is no relayer any more")) : Optional.empty();
    }
  }
}
