package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
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

  /** Transactions that are looked into at once: their receipts may be of megabytes. */
  static final int AT_ONCE = 8;

  /** So many contracts that name a message beside the executor may be what brought it. */
  private static final int MOST_NAMING = 32;

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

  /** What brought lies, until a final block has its closing: governance may open it again. */
  private final Set<Address> convicted = new LinkedHashSet<>();

  /** Transactions that are being looked into. */
  private final Set<Hash> looking = new HashSet<>();

  /** The pull of now, or the last one, until nothing is to be looked up any more. */
  private Optional<Stop> stop = Optional.empty();

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

    private Hash message() {
      return delivery.event().messageId();
    }

    private Hash transaction() {
      return delivery.event().log().transaction();
    }

    private Instant next() {
      return next;
    }

    private void putOff(Instant now) {
      next = now.plus(pause);
      pause = pause.compareTo(SELDOM) < 0 ? pause.multipliedBy(2) : SELDOM;
    }
  }

  /**
   * @param shown whether home's nodes show that it dispatched an intent: no gateway is closed for
   *     bringing that one
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
    lookFor(lies);
    boolean looked = fresh.isEmpty() || stop.isPresent();
    if (pulling || looked && clock.instant().isBefore(pulled.plus(SELDOM))) {
      return;
    }
    pulling = true;
    // What a closing ended waits no more: what still does came through a gateway that is open.
    known.retainAll(fresh.keySet());
    lookFor(lies);
    findings.report(finding(expected, seen));
    Stop next = new Stop();
    stop = Optional.of(next);
    Errand.start("brake-" + chainId, WAIT, next::round);
  }

  private void lookFor(List<Queued> lies) {
    for (Queued lie : lies) {
      if (known.add(lie.event().messageId())) {
        fresh.put(lie.event().messageId(), new Lie(lie, clock.instant().plus(LIFE)));
      }
    }
    forget(known, MOST_KNOWN);
    forget(fresh.keySet(), MOST_FRESH);
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

  /** Looks up what brought the fresh lies whose turn it is, on threads of their own. */
  private void look() {
    for (List<Lie> lies = due(); !lies.isEmpty(); lies = due()) {
      List<Lie> all = lies;
      Thread.ofVirtual().name("brake-look-" + chainId).start(() -> look(all));
    }
  }

  /** Of the transaction that waits longest; what was looked for in vain for too long is let go. */
  private synchronized List<Lie> due() {
    Instant now = clock.instant();
    for (Iterator<Lie> all = fresh.values().iterator(); all.hasNext(); ) {
      Lie lie = all.next();
      if (now.isAfter(lie.end)) {
        all.remove();
        known.remove(lie.message());
      }
    }
    if (looking.size() >= AT_ONCE) {
      return List.of();
    }
    Optional<Hash> transaction =
        fresh.values().stream()
            .filter(lie -> !now.isBefore(lie.next) && !looking.contains(lie.transaction()))
            .min(Comparator.comparing(Lie::next))
            .map(Lie::transaction);
    transaction.ifPresent(looking::add);
    return fresh.values().stream()
        .filter(lie -> !now.isBefore(lie.next))
        .filter(lie -> transaction.filter(lie.transaction()::equals).isPresent())
        .toList();
  }

  /** All of one transaction. */
  private void look(List<Lie> lies) {
    Hash transaction = lies.getFirst().transaction();
    try {
      Optional<Receipt> receipt = chain.receipt(transaction);
      for (Lie lie : lies) {
        Optional<Address> gateway = receipt.flatMap(one -> gateway(one, lie));
        if (gateway.isPresent() && isConvicted(gateway.get(), lie)) {
          found(lie);
        } else {
          putOff(lie); // the node does not show it yet, or home may have sent it after all
        }
      }
    } catch (NodeException | CallRevertedException | IllegalArgumentException e) {
      lies.forEach(this::putOff);
    } catch (Throwable e) {
      Fault.endIfFatal(e);
      lies.forEach(this::putOff);
    } finally {
      synchronized (this) {
        looking.remove(transaction);
      }
    }
  }

  /** What handed it over: who names it in the same transaction, nearest to the executor. */
  private Optional<Address> gateway(Receipt receipt, Lie lie) {
    int queued = lie.delivery.event().log().index();
    return receipt.logs().stream()
        .filter(log -> log.topics().contains(lie.message()) && !log.address().equals(executor))
        .sorted(Comparator.comparingInt(log -> Math.abs(log.index() - queued)))
        .map(Log::address)
        .distinct()
        .limit(MOST_NAMING)
        .filter(one -> Closing.status(chain, executor, one) != Closing.Status.NONE)
        .findFirst();
  }

  /** Whether the gateway is convicted; one lie is enough, which no node of home's bears out. */
  private boolean isConvicted(Address gateway, Lie lie) {
    synchronized (this) {
      if (convicted.contains(gateway)) {
        return true;
      }
    }
    if (shown.test(lie.delivery)) {
      return false;
    }
    synchronized (this) {
      convicted.add(gateway);
      forget(convicted, MOST_GATEWAYS);
    }
    return true;
  }

  private synchronized void found(Lie lie) {
    fresh.remove(lie.message());
  }

  private synchronized void putOff(Lie lie) {
    lie.putOff(clock.instant());
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
    private LastingState lasting = new LastingState(chain, finality);
    private boolean lasts;
    private boolean holds;
    private volatile boolean closes;

    private Stop() {
      add(new Halt());
    }

    private void add(Remedy remedy) {
      if (remedies.putIfAbsent(remedy.what(), remedy) == null) {
        lasting = new LastingState(chain, finality);
        lasts = false;
      }
    }

    // All at once: none must wait for another one's transaction, nor for a look at receipts.
    private boolean round() {
      List<Address> gateways;
      synchronized (Brake.this) {
        if (stop.filter(this::equals).isEmpty()) {
          return true; // another pull goes on with what is to be looked up
        }
        gateways = List.copyOf(convicted);
      }
      gateways.forEach(gateway -> add(new Closing(chain, executor, gateway)));
      begin();
      look();
      if (closes) {
        done();
        return true;
      }
      if (!lasts && !isFinal()) {
        return false;
      }
      if (!isOver()) {
        return false;
      }
      if (holds) {
        findings.update(findingId(), found -> found.with(Finding.Status.STOPPED));
      }
      return true;
    }

    private boolean isFinal() {
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
      holds |= holds();
      lasts = true;
      acquit();
      return true;
    }

    /** What is closed for good is closed again for another lie only. */
    private void acquit() {
      synchronized (Brake.this) {
        convicted.removeIf(gateway -> remedies.containsKey(closing(gateway).what()));
      }
      remedies.clear();
      begun.clear();
      ended.clear();
    }

    private Closing closing(Address gateway) {
      return new Closing(chain, executor, gateway);
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
        if (pulling) {
          done();
        }
        if (!fresh.isEmpty() || !convicted.isEmpty()) {
          return false; // looks for what brought them, and reads nothing else any more
        }
        stop = Optional.empty();
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
