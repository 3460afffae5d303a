package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
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

  /** A delivery that no node shows for that long is none: a reorg removed it. */
  private static final Duration LIFE = Duration.ofHours(1);

  /** Whoever floods the chain fills no memory: the oldest are forgotten beyond this. */
  static final int MOST_FRESH = 4096;

  private static final int MOST_KNOWN = 1 << 15;
  private static final int MOST_GATEWAYS = 64;

  private final long chainId;
  private final ChainClient chain;
  private final Finality finality;
  private final Address executor;
  private final Enforcer enforcer;
  private final Findings findings;
  private final Predicate<Queued> shown;
  private final Clock clock;

  /** Lies whose gateways are still to be looked up, by their messages. */
  private final Map<Hash, Lie> fresh = new LinkedHashMap<>();

  private final Set<Hash> known = new LinkedHashSet<>();

  /** What brought lies, and is closed again by each pull. */
  private final Set<Address> convicted = new LinkedHashSet<>();

  private boolean pulling;
  private Instant pulled = Instant.MIN;

  /** A message that home never sent, and when its gateway is looked up next. */
  private static final class Lie {
    private final Queued delivery;
    private final Instant end;
    private Duration pause = WAIT;
    private Instant next = Instant.MIN;

    private Lie(Queued delivery, Instant end) {
      this.delivery = delivery;
      this.end = end;
    }

    private Hash transaction() {
      return delivery.event().log().transaction();
    }

    private void putOff(Instant now) {
      next = now.plus(pause);
      pause = pause.compareTo(SELDOM) < 0 ? pause.multipliedBy(2) : SELDOM;
    }
  }

  /**
   * @param shown whether any node of home's shows that it did send a message: no gateway is closed
   *     for that one
   */
  Brake(
      long chainId,
      ChainClient chain,
      Finality finality,
      Address executor,
      Enforcer enforcer,
      Findings findings,
      Predicate<Queued> shown,
      Clock clock) {
    this.shown = shown;
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
        fresh.put(lie.event().messageId(), new Lie(lie, clock.instant().plus(LIFE)));
      }
    }
    forget(known, MOST_KNOWN);
    forget(fresh.keySet(), MOST_FRESH);
    if (pulling || fresh.isEmpty() && clock.instant().isBefore(pulled.plus(SELDOM))) {
      return;
    }
    pulling = true;
    findings.report(finding(expected, seen));
    Errand.start("brake-" + chainId, WAIT, new Stop()::round);
  }

  private static void forget(Set<?> all, int most) {
    for (Iterator<?> oldest = all.iterator(); all.size() > most; ) {
      oldest.next();
      oldest.remove();
    }
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
      convicted.forEach(gateway -> add(new Closing(chain, executor, gateway)));
    }

    private void add(Remedy remedy) {
      remedies.putIfAbsent(remedy.what(), remedy);
    }

    // All at once: none must wait for another one's transaction.
    private boolean round() {
      begin(); // the pause waits for no look at receipts
      gateways().forEach(gateway -> add(new Closing(chain, executor, gateway)));
      begin();
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

    private void begin() {
      remedies.forEach(
          (what, remedy) -> {
            if (begun.add(what)) {
              Thread.ofVirtual().name(what).start(() -> act(what, remedy));
            }
          });
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
      Map<Hash, Lie> lies = due();
      if (lies.isEmpty()) {
        return Set.of();
      }
      Map<Hash, Receipt> receipts =
          chain.receipts(lies.values().stream().map(Lie::transaction).collect(Collectors.toSet()));
      // Of what a node does not show, ask again.
      lies.values().removeIf(lie -> !receipts.containsKey(lie.transaction()));
      Map<Address, List<Lie>> all = new LinkedHashMap<>();
      for (Receipt receipt : receipts.values()) {
        for (Log log : receipt.logs()) {
          log.topics().stream()
              .filter(lies::containsKey)
              .forEach(
                  topic ->
                      all.computeIfAbsent(log.address(), gateway -> new ArrayList<>())
                          .add(lies.get(topic)));
        }
      }
      all.remove(executor);
      all.keySet().removeIf(Stop.this::isNone);
      // One lie is enough, of which no node of home's knows anything.
      all.values().removeIf(brought -> brought.stream().allMatch(lie -> shown.test(lie.delivery)));
      synchronized (Brake.this) {
        fresh.keySet().removeAll(lies.keySet());
        convicted.addAll(all.keySet());
        forget(convicted, MOST_GATEWAYS);
      }
      return all.keySet();
    }

    private boolean isNone(Address gateway) {
      return Closing.status(chain, executor, gateway) == Closing.Status.NONE;
    }

    /** Some that are to be looked up now; what was looked for in vain for too long is let go. */
    private Map<Hash, Lie> due() {
      Map<Hash, Lie> lies = new LinkedHashMap<>();
      Instant now = clock.instant();
      synchronized (Brake.this) {
        for (Iterator<Map.Entry<Hash, Lie>> all = fresh.entrySet().iterator();
            all.hasNext() && lies.size() < AT_ONCE; ) {
          Map.Entry<Hash, Lie> one = all.next();
          if (now.isAfter(one.getValue().end)) {
            all.remove();
            known.remove(one.getKey());
          } else if (!now.isBefore(one.getValue().next)) {
            one.getValue().putOff(now);
            lies.put(one.getKey(), one.getValue());
          }
        }
      }
      return lies;
    }
  }

  /** The pause: a refusal ends it, since only guardians can. */
  private final class Halt implements Remedy {
    private final Refusals refusals = new Refusals();

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
      if (!reason.startsWith("ExecutorUnauthorized(")) {
        refusals.end();
        return false;
      }
      refusals.add();
      return true;
    }

    @Override
    public Optional<Settled> settled() {
      if (refusals.areEnough()) {
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
