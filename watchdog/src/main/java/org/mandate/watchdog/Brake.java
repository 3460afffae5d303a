package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * What stops a destination at once when more is to be disputed than can be: the pause of its
 * executor, and the closing of every gateway that brought what home never sent. A pause ends by
 * itself; only governance opens a gateway again.
 */
final class Brake {
  private static final BigInteger OPEN = BigInteger.ONE;
  private static final Duration WAIT = Duration.ofMillis(200);
  private static final Duration SELDOM = Duration.ofMinutes(1);
  private static final int WORD = 32;

  private final long chainId;
  private final ChainClient chain;
  private final Finality finality;
  private final Address executor;
  private final Enforcer enforcer;
  private final Findings findings;
  private final Clock clock;
  private boolean pulling;
  private Instant pulled = Instant.MIN;

  Brake(
      long chainId,
      ChainClient chain,
      Finality finality,
      Address executor,
      Enforcer enforcer,
      Findings findings,
      Clock clock) {
    this.chainId = chainId;
    this.chain = chain;
    this.finality = finality;
    this.executor = executor;
    this.enforcer = enforcer;
    this.findings = findings;
    this.clock = clock;
  }

  /**
   * Stops the chain, unless that is being done. Returns at once.
   *
   * @param waiting disputes that are to be made
   * @param left how many can be
   * @param lies deliveries of what home never sent
   */
  synchronized void pull(int waiting, int left, Stream<Queued> lies) {
    if (pulling || clock.instant().isBefore(pulled.plus(SELDOM))) {
      return;
    }
    pulling = true;
    List<Queued> forged = lies.toList();
    findings.report(finding(waiting, left));
    Errand.start("brake-" + chainId, WAIT, new Stop(forged)::round);
  }

  private synchronized void done() {
    pulling = false;
    pulled = clock.instant();
  }

  private String findingId() {
    return "flood:" + chainId;
  }

  private Finding finding(int waiting, int left) {
    return new Finding(
        findingId(),
        Check.FORGERY,
        Severity.CRITICAL,
        chainId,
        -1,
        Optional.empty(),
        Optional.empty(),
        "no more intents to dispute than the executor takes disputes, " + left + " now",
        waiting + " are to be disputed",
        "What is queued on this chain stands still until its pause ends, and what is left to"
            + " dispute is disputed as soon as the executor takes it. Take who signed out of the"
            + " quorum (QuorumGateway.tightenRelayers) before the pause ends, or lengthen the"
            + " window (lengthenDisputeWindow); then open the gateway (setGateway), and rearm the"
            + " pause (rearm).",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }

  /** One pull, until a final block has it. */
  private final class Stop {
    private final List<Queued> lies;
    private Optional<Set<Remedy>> remedies = Optional.empty();
    private final LastingState lasting = new LastingState(chain, finality);

    private Stop(List<Queued> lies) {
      this.lies = lies;
    }

    private boolean round() {
      if (remedies.isEmpty()) {
        // The pause first: what is due executes meanwhile.
        if (!act(new Halt())) {
          return over();
        }
        Set<Remedy> all = new LinkedHashSet<>();
        all.add(new Halt());
        for (Address gateway : gateways()) {
          Remedy close = new Close(gateway);
          if (!act(close)) {
            return over();
          }
          all.add(close);
        }
        remedies = Optional.of(all);
      }
      switch (lasting.look(
          () -> remedies.get().stream().allMatch(remedy -> remedy.settled().isPresent()))) {
        case GONE -> {
          remedies = Optional.empty(); // a reorg undid it
          return false;
        }
        case OPEN -> {
          return false;
        }
        case FINAL -> {}
      }
      findings.update(findingId(), found -> found.with(Finding.Status.STOPPED));
      return over();
    }

    private boolean over() {
      done();
      return true;
    }

    /**
     * @return false when the watchdog closes
     */
    private boolean act(Remedy remedy) {
      Optional<Enforcer.Done> end = enforcer.bringAbout(remedy);
      end.filter(done -> done.transaction().isPresent())
          .ifPresent(
              done ->
                  findings.update(
                      findingId(),
                      found ->
                          found.with(
                              new Deed(
                                  remedy.what(),
                                  chainId,
                                  done.transaction(),
                                  done.settled().outcome(),
                                  clock.instant()))));
      return end.isPresent();
    }

    /** Which ones handed the lies over: who names the message in the same transaction. */
    private Set<Address> gateways() {
      Set<Address> all = new LinkedHashSet<>();
      Set<Hash> transactions = new LinkedHashSet<>();
      Set<Hash> messages = new LinkedHashSet<>();
      for (Queued lie : lies) {
        transactions.add(lie.event().log().transaction());
        messages.add(lie.event().messageId());
      }
      chain
          .receipts(transactions)
          .values()
          .forEach(
              receipt ->
                  receipt.logs().stream()
                      .filter(log -> log.topics().stream().anyMatch(messages::contains))
                      .forEach(log -> all.add(log.address())));
      all.remove(executor);
      all.removeIf(gateway -> !isOpen(gateway));
      return all;
    }
  }

  private boolean isOpen(Address gateway) {
    return word(
            DestinationExecutor.FUNC_GATEWAYSTATUS,
            new org.web3j.abi.datatypes.Address(gateway.hex()))
        .equals(OPEN);
  }

  private BigInteger word(String function, org.web3j.abi.datatypes.Type<?>... arguments) {
    byte[] answer = chain.call(executor, Abi.call(function, arguments));
    if (answer.length < WORD) {
      throw new NodeException(function + "() answered " + answer.length + " bytes");
    }
    return new BigInteger(1, Arrays.copyOf(answer, WORD));
  }

  /** A refusal ends a remedy that only guardians can bring about. */
  private abstract class Guarded implements Remedy {
    private boolean impossible;

    @Override
    public Address to() {
      return executor;
    }

    @Override
    public boolean refused(String reason) {
      impossible = impossible || reason.startsWith("ExecutorUnauthorized(");
      return impossible;
    }

    @Override
    public Optional<Settled> settled() {
      return impossible ? Optional.of(new Settled("not done: no guardian")) : state();
    }

    abstract Optional<Settled> state();
  }

  private final class Halt extends Guarded {
    @Override
    public String what() {
      return "pause of chain " + chainId;
    }

    @Override
    public Bytes data() {
      return Bytes.of(Abi.call("pause", new Uint256(0)));
    }

    @Override
    Optional<Settled> state() {
      BigInteger until = word(DestinationExecutor.FUNC_PAUSEDUNTIL, new Uint256(0));
      Instant now = chain.head().timestamp();
      if (until.compareTo(BigInteger.valueOf(now.getEpochSecond())) > 0) {
        return Optional.of(
            new Settled("paused until " + Instant.ofEpochSecond(until.longValueExact())));
      }
      return word(DestinationExecutor.FUNC_ARMED, new Uint256(0)).signum() == 0
          ? Optional.of(new Settled("not paused: guardians did before, and nobody rearmed it"))
          : Optional.empty();
    }
  }

  private final class Close extends Guarded {
    private final Address gateway;

    private Close(Address gateway) {
      this.gateway = gateway;
    }

    @Override
    public String what() {
      return "closing of gateway " + gateway;
    }

    @Override
    public Bytes data() {
      return Bytes.of(
          Abi.call(
              DestinationExecutor.FUNC_CLOSEGATEWAY,
              new org.web3j.abi.datatypes.Address(gateway.hex())));
    }

    @Override
    Optional<Settled> state() {
      return isOpen(gateway) ? Optional.empty() : Optional.of(new Settled("closed"));
    }
  }
}
