package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.intent.IntentState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * What the watchdog may risk as bonds of disputes on one chain. What comes back is fetched, and may
 * be risked again; what governance overruled stays spent.
 */
final class BondPurse {
  private static final Logger LOG = LoggerFactory.getLogger(BondPurse.class);

  private final ChainClient chain;
  private final ExecutorState executor;
  private final Address self;
  private final BigInteger budget;
  private final Enforcer enforcer;
  private final Duration poll;
  private final Map<Hash, Stake> stakes = new HashMap<>();
  private boolean fetching;

  /**
   * @param paid whether the executor has it; if not, it is put aside for a dispute to come
   */
  private record Stake(BigInteger amount, boolean paid) {}

  /**
   * @param budget wei; 0: no dispute with a bond
   */
  BondPurse(
      ChainClient chain,
      ExecutorState executor,
      Address self,
      BigInteger budget,
      Enforcer enforcer,
      Duration poll) {
    this.chain = chain;
    this.executor = executor;
    this.self = self;
    this.budget = budget;
    this.enforcer = enforcer;
    this.poll = poll;
  }

  /** Puts the bond of one dispute aside; empty: nobody may dispute with one, or it is too much. */
  Optional<BigInteger> reserve(Hash intentId) {
    if (budget.signum() == 0) {
      return Optional.empty();
    }
    BigInteger bond;
    try {
      bond = ask(DestinationExecutor.FUNC_DISPUTEBOND);
    } catch (NodeException | CallRevertedException e) {
      return Optional.empty();
    }
    synchronized (this) {
      if (bond.signum() == 0 || spent().add(bond).compareTo(budget) > 0) {
        return Optional.empty();
      }
      stakes.put(intentId, new Stake(bond, false));
      return Optional.of(bond);
    }
  }

  synchronized void release(Hash intentId) {
    stakes.remove(intentId);
  }

  /** The executor has it now. */
  synchronized void paid(Hash intentId) {
    stakes.computeIfPresent(intentId, (id, stake) -> new Stake(stake.amount(), true));
    fetch();
  }

  /** Nothing more is done about the dispute; what was only put aside is free again. */
  synchronized void close(Hash intentId) {
    if (stakes.containsKey(intentId) && !stakes.get(intentId).paid()) {
      stakes.remove(intentId);
    }
  }

  /** Of a life before: the dispute stands, and may be the watchdog's own. */
  void known(Hash intentId) {
    if (budget.signum() == 0) {
      return;
    }
    try {
      var dispute =
          Abi.decode(
              chain.call(
                  executor.address(),
                  Abi.call(DestinationExecutor.FUNC_DISPUTEOF, new Bytes32(intentId.bytes()))),
              new TypeReference<org.web3j.abi.datatypes.Address>() {},
              new TypeReference<Uint256>() {});
      BigInteger bond = (BigInteger) dispute.get(1);
      if (bond.signum() > 0 && Address.of((String) dispute.get(0)).equals(self)) {
        synchronized (this) {
          stakes.put(intentId, new Stake(bond, true));
          fetch();
        }
      }
    } catch (NodeException | CallRevertedException | IllegalArgumentException e) {
      LOG.atDebug().addKeyValue("intent", intentId).log("bond not read: " + e.getMessage());
    }
  }

  private BigInteger spent() {
    return stakes.values().stream().map(Stake::amount).reduce(BigInteger.ZERO, BigInteger::add);
  }

  private BigInteger ask(String function, org.web3j.abi.datatypes.Type<?>... arguments) {
    return (BigInteger)
        Abi.decode(
                chain.call(executor.address(), Abi.call(function, arguments)),
                new TypeReference<Uint256>() {})
            .getFirst();
  }

  // Under the lock.
  private void fetch() {
    if (!fetching) {
      fetching = true;
      Errand.start("bonds", poll.multipliedBy(10), this::round);
    }
  }

  /**
   * @return whether nothing is to be fetched any more
   */
  private boolean round() {
    Map<Hash, Stake> paid = new HashMap<>();
    synchronized (this) {
      stakes.entrySet().stream()
          .filter(stake -> stake.getValue().paid())
          .forEach(stake -> paid.put(stake.getKey(), stake.getValue()));
    }
    boolean back = false;
    for (Hash intentId : paid.keySet()) {
      ExecutorState.Progress progress = executor.progress(intentId);
      if (progress.state() == IntentState.CANCELLED || progress.state() == IntentState.NONE) {
        back = true;
        release(intentId);
      }
    }
    if (back || credited().signum() > 0) {
      enforcer.bringAbout(new Fetch());
    }
    synchronized (this) {
      fetching = stakes.values().stream().anyMatch(Stake::paid);
      return !fetching;
    }
  }

  private BigInteger credited() {
    return ask(DestinationExecutor.FUNC_BONDSOF, new org.web3j.abi.datatypes.Address(self.hex()));
  }

  private final class Fetch implements Remedy {
    @Override
    public String what() {
      return "withdrawal of bonds";
    }

    @Override
    public Address to() {
      return executor.address();
    }

    @Override
    public Bytes data() {
      return Bytes.of(
          Abi.call(
              DestinationExecutor.FUNC_WITHDRAWBONDS,
              new org.web3j.abi.datatypes.Address(self.hex())));
    }

    @Override
    public Optional<Settled> settled() {
      return credited().signum() == 0 ? Optional.of(new Settled("fetched")) : Optional.empty();
    }
  }
}
