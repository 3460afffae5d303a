package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.contracts.DestinationExecutor;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * What stops a destination at once when more is forged than can be disputed: the closing of every
 * gateway that brought what home never sent, after which nothing executes that came through it, and
 * the pause of the executor, in case that is slower. Guardians pause once, until governance rearms
 * that, and a rogue one may have done so; they close whatever is open.
 */
final class Brake {
  private static final Duration WAIT = Duration.ofMillis(200);
  private static final Duration SELDOM = Duration.ofMinutes(1);

  /** Receipts that a node is asked for at once. */
  private static final int AT_ONCE = 50;

  private final long chainId;
  private final ChainClient chain;
  private final Finality finality;
  private final Address executor;
  private final Enforcer enforcer;
  private final Findings findings;
  private final Clock clock;

  /** Lies whose gateways are still to be looked up: the transactions that brought them. */
  private final Map<Hash, Hash> fresh = new HashMap<>();

  private final Set<Hash> known = new HashSet<>();
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
   * Stops the chain. While that is being done, and for a while afterwards, what was not known to be
   * a lie before makes it look for further gateways only. Returns at once.
   *
   * @param expected what would not be stopped
   * @param seen what is
   * @param lies deliveries of what home never sent
   */
  synchronized void pull(String expected, String seen, List<Queued> lies) {
    for (Queued lie : lies) {
      if (known.add(lie.event().messageId())) {
        fresh.put(lie.event().messageId(), lie.event().log().transaction());
      }
    }
    if (pulling || fresh.isEmpty() && clock.instant().isBefore(pulled.plus(SELDOM))) {
      return;
    }
    pulling = true;
    findings.report(finding(expected, seen));
    Errand.start("brake-" + chainId, WAIT, new Stop()::round);
  }

  /** Whether guardians paused the executor already and could not do so again. */
  boolean isSpent() {
    try {
      return word(DestinationExecutor.FUNC_ARMED).signum() == 0 && pausedUntil().isEmpty();
    } catch (NodeException | CallRevertedException e) {
      return false; // disputes go on meanwhile
    }
  }

  private synchronized void done() {
    pulling = false;
    pulled = clock.instant();
  }

  private String findingId() {
    return "flood:" + chainId;
  }

  private Finding finding(String expected, String seen) {
    return new Finding(
        findingId(),
        Check.FORGERY,
        Severity.CRITICAL,
        chainId,
        -1,
        Optional.empty(),
        Optional.empty(),
        expected,
        seen,
        "What the closed gateways brought executes no more, also when they are opened again: what"
            + " home did send is confirmed by proofs of its storage, or sent again"
            + " (HomeExecutor.resend). Take who signed out of the quorum"
            + " (QuorumGateway.tightenRelayers), find out whether their keys are lost; then have"
            + " governance open the gateway (setGateway), and rearm the pause (rearm).",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }

  private Optional<Instant> pausedUntil() {
    BigInteger until = word(DestinationExecutor.FUNC_PAUSEDUNTIL);
    Instant now = chain.head().timestamp();
    return until.bitLength() < 63 && until.longValue() > now.getEpochSecond()
        ? Optional.of(Instant.ofEpochSecond(until.longValue()))
        : Optional.empty();
  }

  private BigInteger word(String function) {
    return (BigInteger)
        Abi.decode(
                chain.call(executor, Abi.call(function, new Uint256(0))),
                new TypeReference<Uint256>() {})
            .getFirst();
  }

  /** One pull, until a final block has it. */
  private final class Stop {
    /** By what they do. */
    private final Map<String, Remedy> remedies = new LinkedHashMap<>();

    private final Set<String> begun = ConcurrentHashMap.newKeySet();
    private final Set<String> ended = ConcurrentHashMap.newKeySet();
    private final LastingState lasting = new LastingState(chain, finality);
    private volatile boolean closes;

    private Stop() {
      add(new Halt());
    }

    private void add(Remedy remedy) {
      remedies.putIfAbsent(remedy.what(), remedy);
    }

    // All at once: none must wait for another one's transaction.
    private boolean round() {
      gateways().forEach(gateway -> add(new Closing(chain, executor, gateway)));
      remedies.forEach(
          (what, remedy) -> {
            if (begun.add(what)) {
              Thread.ofVirtual().name(what).start(() -> act(what, remedy));
            }
          });
      if (closes) {
        done();
        return true;
      }
      if (!ended.containsAll(remedies.keySet())) {
        return false;
      }
      switch (lasting.look(
          () -> remedies.values().stream().allMatch(remedy -> remedy.settled().isPresent()))) {
        case GONE -> {
          begun.clear(); // a reorg undid it
          ended.clear();
          return false;
        }
        case OPEN -> {
          return false;
        }
        case FINAL -> {}
      }
      if (!isOver()) {
        return false;
      }
      if (holds()) {
        findings.update(findingId(), found -> found.with(Finding.Status.STOPPED));
      }
      return true;
    }

    /** Whether anything came about: who is no guardian stops nothing. */
    private boolean holds() {
      return remedies.values().stream()
              .anyMatch(remedy -> remedy instanceof Closing closing && closing.isDone())
          || pausedUntil().isPresent();
    }

    /** Under the lock of those that bring further lies, so that none is forgotten. */
    private boolean isOver() {
      synchronized (Brake.this) {
        if (!fresh.isEmpty()) {
          return false;
        }
        done();
        return true;
      }
    }

    private void act(String what, Remedy remedy) {
      Optional<Enforcer.Done> end = enforcer.bringAbout(remedy);
      if (end.isEmpty()) {
        closes = true;
        return;
      }
      end.filter(done -> done.transaction().isPresent())
          .ifPresent(
              done ->
                  findings.update(
                      findingId(),
                      found ->
                          found.with(
                              new Deed(
                                  what,
                                  chainId,
                                  done.transaction(),
                                  done.settled().outcome(),
                                  clock.instant()))));
      ended.add(what);
    }

    /** Which ones handed the fresh lies over: who names the message in the same transaction. */
    private Set<Address> gateways() {
      Map<Hash, Hash> lies = new HashMap<>();
      synchronized (Brake.this) {
        fresh.entrySet().stream()
            .limit(AT_ONCE)
            .forEach(lie -> lies.put(lie.getKey(), lie.getValue()));
      }
      Set<Address> all = new LinkedHashSet<>();
      if (lies.isEmpty()) {
        return all;
      }
      Map<Hash, Receipt> receipts = chain.receipts(new HashSet<>(lies.values()));
      lies.values().retainAll(receipts.keySet()); // of what a node does not show, ask again
      receipts
          .values()
          .forEach(
              receipt ->
                  receipt.logs().stream()
                      .filter(log -> log.topics().stream().anyMatch(lies::containsKey))
                      .forEach(log -> all.add(log.address())));
      all.remove(executor);
      for (Address one : new ArrayList<>(all)) {
        if (Closing.status(chain, executor, one) == Closing.Status.NONE) {
          all.remove(one);
        }
      }
      synchronized (Brake.this) {
        fresh.keySet().removeAll(lies.keySet());
      }
      return all;
    }
  }

  /** The pause: a refusal ends it, since only guardians can. */
  private final class Halt implements Remedy {
    private volatile boolean impossible;

    @Override
    public String what() {
      return "pause of chain " + chainId;
    }

    @Override
    public Address to() {
      return executor;
    }

    @Override
    public Bytes data() {
      return Bytes.of(Abi.call("pause", new Uint256(0)));
    }

    @Override
    public boolean refused(String reason) {
      impossible = impossible || reason.startsWith("ExecutorUnauthorized(");
      return impossible;
    }

    @Override
    public Optional<Settled> settled() {
      if (impossible) {
        return Optional.of(new Settled("not done: no guardian"));
      }
      Optional<Instant> until = pausedUntil();
      if (until.isPresent()) {
        return Optional.of(new Settled("paused until " + until.get()));
      }
      return word(DestinationExecutor.FUNC_ARMED).signum() == 0
          ? Optional.of(new Settled("not paused: guardians did before, and nobody rearmed it"))
          : Optional.empty();
    }
  }
}
