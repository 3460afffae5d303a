package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.event.BondEvent;
import org.mandate.event.ContractEvents;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Deliveries;
import org.mandate.gateway.Deliveries.Delivery;
import org.mandate.gateway.MessageAbi;
import org.mandate.watchdog.Attested.Contradiction;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * Has relayers pay who attested what home never sent: their own signatures, in the transaction that
 * delivered it, are shown to the bonds' contract at home. Only what a final block of home, younger
 * than the delivery, does not bear out: who attested what a reorg then removed is not accused. Who
 * attested two contents of one number, of any chain, pays too.
 */
final class Prosecutor {
  private static final Duration WAIT = Duration.ofSeconds(1);

  /** Transactions within an hour for one relayer: its bond goes in one, and it may bond again. */
  static final int PER_HOUR = 4;

  /** Bytes of call data: nodes take no longer transaction than 128 KiB, whatever a block holds. */
  private static final int MOST_DATA = 120 * 1024;

  private final long homeId;
  private final ChainClient home;
  private final Finality finality;
  private final Address gateway;
  private final AttestationDomain attestations;
  private final Address bonds;
  private final Address self;
  private final Keyring keys;
  private final Predicate<ChainClient> isRead;
  private final Function<Address, Budget> budgets;
  private final Map<Address, Budget> budgetOf = new ConcurrentHashMap<>();
  private final Enforcer enforcer;
  private final Findings findings;
  private final Clock clock;
  private final Set<Hash> begun = ConcurrentHashMap.newKeySet();

  /**
   * A message that was delivered, and home does not know.
   *
   * @param findingId what is told of it
   * @param chain where it was delivered
   * @param transaction that delivered it
   * @param stands whether it still was
   */
  record Charge(
      String findingId,
      Hash messageId,
      ChainClient chain,
      Hash transaction,
      Instant deliveredAt,
      BooleanSupplier stands) {}

  /**
   * @param gateway at home; the same address on every chain
   * @param bonds the contract where relayers' bonds lie, at home
   * @param self who is paid
   * @param keys whose signatures were ever worth anything: what stands beside them anybody signed
   * @param isRead whether all keys of home and of that chain are known
   * @param budgets of transactions, for each relayer: what is bonded may be a wei, and one who goes
   *     on bonding must not use up what slashing the others takes
   */
  Prosecutor(
      long homeId,
      ChainClient home,
      Finality finality,
      Address gateway,
      Address bonds,
      Address self,
      Keyring keys,
      Predicate<ChainClient> isRead,
      Function<Address, Budget> budgets,
      Enforcer enforcer,
      Findings findings,
      Clock clock) {
    this.homeId = homeId;
    this.home = home;
    this.finality = finality;
    this.gateway = gateway;
    this.attestations = new AttestationDomain(BigInteger.valueOf(homeId), gateway);
    this.bonds = bonds;
    this.self = self;
    this.keys = keys;
    this.isRead = isRead;
    this.budgets = budgets;
    this.enforcer = enforcer;
    this.findings = findings;
    this.clock = clock;
  }

  /** Returns at once; each message once. */
  void charge(Charge charge) {
    if (begun.add(charge.messageId())) {
      Errand.start("prosecutor-" + charge.messageId(), WAIT, () -> round(charge));
    }
  }

  /**
   * @return whether it is over
   */
  private boolean round(Charge charge) {
    if (!charge.stands().getAsBoolean()) {
      begun.remove(charge.messageId());
      return true;
    }
    Optional<Block> known =
        finality.highest(home).filter(b -> b.timestamp().isAfter(charge.deliveredAt()));
    if (known.isEmpty() || !isRead.test(charge.chain())) {
      return false;
    }
    Bytes input =
        charge
            .chain()
            .transaction(charge.transaction())
            .orElseThrow(() -> new NodeException("the node does not show " + charge.transaction()))
            .input();
    List<Delivery> deliveries = Deliveries.in(input, gateway, charge.messageId());
    if (deliveries.isEmpty()) {
      return true; // it came through another gateway, or hidden in a contract's own words
    }
    if (sent(deliveries.getFirst().message().nonce(), known.get()).equals(charge.messageId())) {
      return true; // home did send it: it is wrong for another reason
    }
    Set<Address> asked = new HashSet<>();
    for (Delivery delivery : deliveries) {
      for (Attestation attestation : delivery.attestations()) {
        Optional<Address> signer =
            attestation.signer(attestations).filter(keys::has).filter(asked::add);
        if (signer.isPresent() && atStake(signer.get()).signum() > 0) {
          accuse(charge.findingId(), undispatched(delivery, attestation, signer.get()));
        }
      }
    }
    return true;
  }

  /**
   * Has who contradicts itself pay, whichever of its words is true. Returns at once.
   *
   * @param findingId what is told of it
   */
  void charge(String findingId, Contradiction contradiction) {
    Slash slash = equivocation(contradiction);
    if (slash.data.size() > MOST_DATA) {
      // It would be refused for ever, and hold a share of the budget as long.
      findings.update(findingId, found -> found.with(tooLarge(slash)));
      return;
    }
    LastingState lasting = new LastingState(home, finality);
    Errand.start(
        "prosecutor-" + findingId,
        WAIT,
        () -> {
          accuse(findingId, slash);
          if (lasting.look(() -> slash.settled().isPresent()) != LastingState.Look.FINAL) {
            return false;
          }
          findings.update(findingId, found -> found.with(Finding.Status.STOPPED));
          return true;
        });
  }

  private Deed tooLarge(Slash slash) {
    return new Deed(
        slash.what(),
        homeId,
        Optional.empty(),
        "not sent: its %d bytes are more than the %d that nodes take; take it out of the quorum"
            .formatted(slash.data.size(), MOST_DATA),
        clock.instant());
  }

  private void accuse(String findingId, Slash slash) {
    Optional<Enforcer.Done> end;
    try (slash.ration) {
      end = enforcer.bringAbout(slash);
    }
    end.filter(done -> done.transaction().isPresent())
        .ifPresent(
            done ->
                findings.update(
                    findingId,
                    found ->
                        found.with(
                            new Deed(
                                slash.what(),
                                homeId,
                                done.transaction(),
                                amounts(done.transaction().get(), slash),
                                clock.instant()))));
  }

  private String amounts(Hash transaction, Slash slash) {
    return home.receipt(transaction).stream()
        .flatMap(receipt -> receipt.logs().stream())
        .filter(log -> log.address().equals(bonds))
        .flatMap(log -> ContractEvents.bonds(log).stream())
        .filter(BondEvent.Slashed.class::isInstance)
        .map(BondEvent.Slashed.class::cast)
        .filter(event -> event.relayer().equals(slash.relayer))
        .map(
            event ->
                "slashed: %s wei to %s, %s wei to the treasury; a reorg may undo it"
                    .formatted(event.reward(), event.payee(), event.toTreasury()))
        .findFirst()
        .orElse("nothing is bonded any more");
  }

  private Hash sent(BigInteger nonce, Block block) {
    byte[] answer =
        home.call(gateway, Abi.call(QuorumGateway.FUNC_SENT, new Uint256(nonce)), block.hash());
    if (answer.length != 32) {
      throw new NodeException("sent() answered " + answer.length + " bytes");
    }
    return Hash.of(Bytes.of(answer).hex());
  }

  /** Wei that can be taken from the relayer. */
  BigInteger atStake(Address relayer) {
    List<Object> bond =
        Abi.decode(
            home.call(
                bonds,
                Abi.call(
                    RelayerBonds.FUNC_BONDOF, new org.web3j.abi.datatypes.Address(relayer.hex()))),
            new TypeReference<Uint256>() {},
            new TypeReference<Uint256>() {});
    return ((BigInteger) bond.get(0)).add((BigInteger) bond.get(1));
  }

  private Slash undispatched(Delivery delivery, Attestation attestation, Address relayer) {
    return new Slash(
        relayer,
        Abi.call(
            RelayerBonds.FUNC_SLASHUNDISPATCHED,
            MessageAbi.toBonds(delivery.message()),
            hashes(delivery.proof()),
            new DynamicBytes(attestation.signature().compact()),
            new org.web3j.abi.datatypes.Address(self.hex())));
  }

  private Slash equivocation(Contradiction words) {
    return new Slash(
        words.signer(),
        Abi.call(
            RelayerBonds.FUNC_SLASHEQUIVOCATION,
            MessageAbi.toBonds(words.one().message()),
            hashes(words.one().proof()),
            new DynamicBytes(words.one().attestation().signature().compact()),
            MessageAbi.toBonds(words.other().message()),
            hashes(words.other().proof()),
            new DynamicBytes(words.other().attestation().signature().compact()),
            new org.web3j.abi.datatypes.Address(self.hex())));
  }

  private static DynamicArray<Bytes32> hashes(List<Hash> proof) {
    return new DynamicArray<>(
        Bytes32.class, proof.stream().map(hash -> new Bytes32(hash.bytes())).toList());
  }

  private final class Slash implements Remedy {
    private final Address relayer;
    private final Bytes data;
    private final Ration ration;

    private Slash(Address relayer, byte[] data) {
      this.relayer = relayer;
      this.ration = new Ration(budgetOf.computeIfAbsent(relayer, budgets));
      this.data = Bytes.of(data);
    }

    @Override
    public String what() {
      return "slash relayer " + relayer;
    }

    @Override
    public Address to() {
      return bonds;
    }

    @Override
    public Bytes data() {
      return data;
    }

    @Override
    public boolean ready() {
      return ration.isTaken(false);
    }

    @Override
    public void sent() {
      ration.spend();
    }

    @Override
    public Optional<Settled> settled() {
      return atStake(relayer).signum() == 0
          ? Optional.of(new Settled("nothing is bonded any more"))
          : Optional.empty();
    }
  }
}
