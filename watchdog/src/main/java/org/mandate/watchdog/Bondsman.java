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
import java.util.function.Predicate;
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
 * again and again: a set also changes by time alone. What one node says sends no transaction: most
 * of home's must say the same, and so many an hour are all.
 */
final class Bondsman {
  /** Polls between two looks: what is called back is not free for a week. */
  private static final int SELDOM = 30;

  /** Transactions within an hour: what is called back is in no hurry. */
  static final int PER_HOUR = 4;

  /** More than two sets have, however many a node tells of. */
  private static final int MOST_RELAYERS = 128;

  private final Place place;

  /** Whose bond is being put back, and what is told of it. */
  private final Map<Address, String> begun = new ConcurrentHashMap<>();

  /** What was tried and not seen to help, and is told when it is seen later. */
  private final Map<Address, String> undecided = new ConcurrentHashMap<>();

  /**
   * Home.
   *
   * @param most whether most of home's nodes say so
   * @param bonds the contract where relayers' bonds lie
   * @param closed whether the watchdog is
   */
  record Place(
      long chainId,
      ChainClient chain,
      Predicate<Predicate<ChainClient>> most,
      Address gateway,
      Address bonds,
      Budget budget,
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
      listed.stream()
          .limit(MOST_RELAYERS)
          .forEach(one -> all.add(Address.of((String) ((Type<?>) one).getValue())));
    }
    return all;
  }

  private void look(Address relayer) {
    BigInteger leaving = leaving(place.chain(), relayer);
    if (leaving.signum() == 0) {
      if (undecided.containsKey(relayer)
          && place.most().test(node -> leaving(node, relayer).signum() == 0)) {
        stopped(undecided.remove(relayer));
      }
      return;
    }
    String findingId = "bond:" + relayer + ":" + leaving;
    if (begun.containsKey(relayer)
        || !place
            .most()
            .test(node -> leaving(node, relayer).equals(leaving) && isRelayer(node, relayer))) {
      return;
    }
    place.findings().report(finding(findingId, relayer, leaving));
    if (place.budget().take(false)) {
      begun.put(relayer, findingId);
      Thread.ofVirtual().name("rebond-" + relayer).start(() -> rebond(relayer, findingId));
    }
  }

  private void rebond(Address relayer, String findingId) {
    Rebond rebond = new Rebond(relayer);
    try {
      place.enforcer().bringAbout(rebond).ifPresent(done -> tell(findingId, rebond, done));
    } finally {
      if (!rebond.tried) {
        place.budget().giveBack();
      }
      begun.remove(relayer);
    }
  }

  private boolean isRelayer(ChainClient node, Address relayer) {
    byte[] answer =
        node.call(
            place.gateway(),
            Abi.call(
                QuorumGateway.FUNC_ISRELAYER, new org.web3j.abi.datatypes.Address(relayer.hex())));
    return new BigInteger(1, answer).equals(BigInteger.ONE);
  }

  private void stopped(String findingId) {
    place.findings().update(findingId, found -> found.with(Finding.Status.STOPPED));
  }

  private void tell(String findingId, Rebond rebond, Enforcer.Done done) {
    if (rebond.vain) undecided.put(rebond.relayer, findingId);
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
                    .with(rebond.vain ? found.status() : Finding.Status.STOPPED));
  }

  /** Wei that the relayer called back. */
  private BigInteger leaving(ChainClient node, Address relayer) {
    return (BigInteger)
        Abi.decode(
                node.call(
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
    private volatile boolean tried;
    private volatile boolean vain;

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
      if (leaving(place.chain(), relayer).signum() == 0) {
        vain = false; // mined between two looks, it seemed to be
        return Optional.of(
            new Settled("all of its bond can be taken for a lie, as long as it is a relayer"));
      }
      if (left) {
        return Optional.of(new Settled("it is no relayer any more"));
      }
      return vain
          ? Optional.of(
              new Settled("not done by one transaction: the next look says whether again"))
          : Optional.empty();
    }

    // Asked before each transaction: one that reverted is not followed by another one at once.
    @Override
    public boolean ready() {
      vain = tried;
      tried = true;
      return !vain;
    }
  }
}
