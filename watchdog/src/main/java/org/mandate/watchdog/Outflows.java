package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.NodeException;
import org.mandate.policy.Breaker;
import org.mandate.watchdog.Allowances.Allowance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What left the account of one chain, from block to block: no more than was executed, paid,
 * withdrawn and taken by approvals in between (L1). An account says nothing of what its executor
 * has it pay, so its balances are asked for, and what is left of the approvals. Whatever left
 * without a word stops the asset, or everything when it is the chain's own coin; where its owner
 * had the account make calls it is only told. What comes in at the same time hides as much.
 *
 * <p>Works apart from the follower: a token that answers slowly, or a node that does not keep old
 * states, must not keep the watchdog from the blocks.
 */
final class Outflows implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Outflows.class);

  /** When more blocks wait, the newest of them is looked at, with all before it as one. */
  private static final int MOST_WAITING = 16;

  /** How often a node that answers otherwise is asked for the balances at a block. */
  private static final int TRIES = 10;

  private static final int WORD = 32;

  private final long chainId;
  private final ChainClient chain;
  private final Address account;
  private final Chronicle chronicle;
  private final Freezer freezer;
  private final Findings findings;
  private final Consumer<String> unread;
  private final Duration poll;
  private final Clock clock;
  private final BlockingQueue<Span> spans = new LinkedBlockingQueue<>();
  private final TreeMap<Long, Checkpoint> checkpoints = new TreeMap<>();
  private final Set<Address> assets = new HashSet<>(Set.of(Address.ZERO));
  private boolean behind;
  private boolean caughtUp;
  private volatile boolean closed;
  private Optional<Thread> thread = Optional.empty();

  /**
   * Blocks of which the balances are to be looked at.
   *
   * @param from number of the first
   * @param last the last one
   * @param settled no reorg reaches it: a node may no longer know the balances
   */
  private record Span(long from, Block last, List<Page> pages, boolean settled) {}

  /**
   * What the account held, and what spenders were allowed to take of it.
   *
   * @param held by asset
   * @param since what was declared after that, up to the end of the block; not empty when the
   *     balances could not be read
   */
  private record Checkpoint(
      Block block,
      Block heldAt,
      Map<Address, BigInteger> held,
      Allowances allowances,
      Declared since) {}

  /**
   * @param freezer of this chain
   * @param findings are told what left by the owner's calls
   * @param unread is told, in words, which balances could not be read
   */
  Outflows(
      long chainId,
      ChainClient chain,
      Address account,
      Chronicle chronicle,
      Freezer freezer,
      Findings findings,
      Consumer<String> unread,
      Duration poll,
      Clock clock) {
    this.chainId = chainId;
    this.chain = chain;
    this.account = account;
    this.chronicle = chronicle;
    this.freezer = freezer;
    this.findings = findings;
    this.unread = unread;
    this.poll = poll;
    this.clock = clock;
  }

  void start() {
    thread = Optional.of(Thread.ofVirtual().name("outflows-" + chainId).start(this::work));
  }

  /** Those of a block. Returns at once. */
  void of(Page page) {
    spans.add(new Span(page.block().number(), page.block(), List.of(page), false));
  }

  /**
   * Those of blocks too old to be reorganised, the last of which is {@code last}. Returns at once.
   */
  void of(long from, Block last, List<Page> pages) {
    spans.add(new Span(from, last, List.copyOf(pages), true));
  }

  @Override
  public void close() {
    closed = true;
    thread.ifPresent(Thread::interrupt);
  }

  private void work() {
    while (!closed) {
      try {
        Span span = spans.take();
        mindHowFarBehind(span);
        look(span);
      } catch (InterruptedException e) {
        return;
      } catch (Throwable e) {
        Fault.endIfFatal(e);
        LOG.atError().addKeyValue("chain", chainId).setCause(e).log("outflows were not looked at");
      }
    }
  }

  // Whoever makes many requests necessary must not make it look at blocks whose balances no node
  // has any more.
  private void mindHowFarBehind(Span span) {
    if (behind) {
      behind = !spans.isEmpty();
    } else if (!span.settled() && spans.size() > MOST_WAITING) {
      behind = true;
      String what =
          "what account %s holds at each block from %d on: %d blocks wait, and the newest of them is compared with that one"
              .formatted(account, span.last().number(), spans.size());
      LOG.atWarn().addKeyValue("chain", chainId).log(what);
      if (caughtUp) { // after a start there is much to read
        unread.accept(what);
      }
    }
    caughtUp |= spans.isEmpty();
  }

  private void look(Span span) throws InterruptedException {
    Declared declared = Declared.by(account, span.pages());
    assets.addAll(declared.moved().keySet());
    for (int tries = 1; !closed; tries++) {
      if (!chronicle.has(span.last())) {
        return; // a reorg removed it
      }
      Checkpoint before = before(span);
      Declared since = before.since().and(declared);
      // Never the first, with which the others are compared.
      if (behind && !span.settled() && !before.held().isEmpty()) {
        keepFor(span, before, since);
        return;
      }
      try {
        judge(span, before, since);
        return;
      } catch (RuntimeException e) {
        if (answers() && (span.settled() || tries >= TRIES)) {
          carryOver(span, before, since, e);
          return;
        }
      }
      Thread.sleep(poll);
    }
  }

  private void judge(Span span, Checkpoint before, Declared since) {
    Map<Address, BigInteger> held = new HashMap<>();
    Map<Address, BigInteger> allGone = new HashMap<>();
    for (Address asset : assets) {
      Optional<BigInteger> now = held(asset, span.last());
      now.ifPresent(amount -> held.put(asset, amount));
      now.flatMap(amount -> heldBefore(asset, before).map(then -> then.subtract(amount)))
          .ifPresent(gone -> allGone.put(asset, gone));
    }
    Allowances told = before.allowances().with(since.approved());
    // What calls say that they moved excuses nothing else, but it need not have been by these.
    Allowances most = told.without(since.taken());
    Map<Allowance, BigInteger> now = new HashMap<>();
    Set<Allowance> unknown = new HashSet<>();
    for (Allowance one : most.known().keySet()) {
      BigInteger gone = allGone.getOrDefault(one.asset(), BigInteger.ZERO);
      if (since.names(one) || gone.compareTo(since.moved(one.asset())) > 0) {
        allowed(one, span.last())
            .ifPresentOrElse(amount -> now.put(one, amount), () -> unknown.add(one));
      }
    }
    Allowances given = most.untold(unknown);
    Allowances left = new Allowances(told.untold(unknown).leaving(now).known(), given.others());
    for (Address asset : allGone.keySet()) {
      BigInteger declared = since.moved(asset).add(given.usedUp(asset, left));
      left = compare(span, asset, allGone.get(asset), declared, left, since.called());
    }
    remember(new Checkpoint(span.last(), span.last(), held, left.bounded(), Declared.NOTHING));
  }

  /** Also of an asset that nobody named before; empty: the account was not looked at yet. */
  private Optional<BigInteger> heldBefore(Address asset, Checkpoint before) {
    if (before.held().isEmpty() || before.held().containsKey(asset)) {
      return Optional.ofNullable(before.held().get(asset));
    }
    try {
      return held(asset, before.heldAt());
    } catch (NodeException e) {
      if (before.heldAt().equals(before.block())) {
        throw e; // it is of now: asked again
      }
      return Optional.empty(); // no node may have that state any more, after what was skipped
    }
  }

  // What left beyond what was declared was taken by an approval that is not asked for, or is told.
  private Allowances compare(
      Span span,
      Address asset,
      BigInteger gone,
      BigInteger most,
      Allowances left,
      Set<Address> called) {
    BigInteger rest = gone.subtract(most);
    if (rest.signum() <= 0) {
      return left;
    }
    if (rest.compareTo(left.ofOthers(asset)) <= 0) {
      return left.without(asset, rest);
    }
    if (called.isEmpty()) {
      stop(span, asset, gone, most);
    } else {
      tell(span, asset, gone, most, called);
    }
    return left;
  }

  // What is not looked at is part of what is looked at next.
  private void keepFor(Span span, Checkpoint before, Declared since) {
    remember(
        new Checkpoint(span.last(), before.heldAt(), before.held(), before.allowances(), since));
  }

  private void carryOver(Span span, Checkpoint before, Declared since, RuntimeException reason) {
    keepFor(span, before, since);
    if (!span.settled()) {
      LOG.atError()
          .addKeyValue("chain", chainId)
          .addKeyValue("block", span.last().number())
          .setCause(reason)
          .log("balances were not read");
      unread.accept(
          "what account %s holds at block %d: %s"
              .formatted(account, span.last().number(), reason.getMessage()));
    }
  }

  /** As it was right before the span: nothing is known to be held when it was never looked at. */
  private Checkpoint before(Span span) {
    return Optional.ofNullable(checkpoints.get(span.from() - 1))
        .filter(before -> chronicle.has(before.block()))
        .orElseGet(
            () ->
                new Checkpoint(
                    span.last(), span.last(), Map.of(), Allowances.NONE, Declared.NOTHING));
  }

  private void remember(Checkpoint checkpoint) {
    checkpoints.put(checkpoint.block().number(), checkpoint);
    checkpoints.headMap(checkpoint.block().number() - Chronicle.KEPT_BLOCKS).clear();
  }

  /** Empty: the asset is none that says how much the account holds. */
  private Optional<BigInteger> held(Address asset, Block block) {
    if (asset.equals(Address.ZERO)) {
      return Optional.of(chain.balance(account, block.hash()));
    }
    return number(
        asset, Abi.call("balanceOf", new org.web3j.abi.datatypes.Address(account.hex())), block);
  }

  /** What is left of an approval; empty when the token does not say, which may pass. */
  private Optional<BigInteger> allowed(Allowance allowance, Block block) {
    byte[] question =
        Abi.call(
            "allowance",
            new org.web3j.abi.datatypes.Address(account.hex()),
            new org.web3j.abi.datatypes.Address(allowance.spender().hex()));
    return number(allowance.asset(), question, block);
  }

  private Optional<BigInteger> number(Address token, byte[] question, Block block) {
    try {
      byte[] answer = chain.call(token, question, block.hash());
      return answer.length < WORD
          ? Optional.empty()
          : Optional.of(new BigInteger(1, Arrays.copyOf(answer, WORD)));
    } catch (CallRevertedException e) {
      return Optional.empty();
    }
  }

  private boolean answers() {
    try {
      chain.head();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private void stop(Span span, Address asset, BigInteger gone, BigInteger most) {
    Stoppable what =
        new Stoppable.Everybody(
            asset.equals(Address.ZERO) ? new Breaker.Everything() : new Breaker.OfAsset(asset));
    freezer.stopFor(
        finding(
            span,
            asset,
            Severity.CRITICAL,
            "at most %s of asset %s leaves, as declared".formatted(most, asset),
            gone,
            "Withdraw the account's funds on this chain: what left was not executed, paid,"
                + " approved or withdrawn. If the asset is a token that takes balances away, end"
                + " its limits instead. AgentVault.restart takes the stop back."),
        what,
        span.last().timestamp());
  }

  /** The owner had the account make calls, and may have it move whatever there is. */
  private void tell(
      Span span, Address asset, BigInteger gone, BigInteger most, Set<Address> called) {
    findings.report(
        finding(
            span,
            asset,
            Severity.INFO,
            "at most %s of asset %s leaves, as declared, besides what the owner's calls of %s move"
                .formatted(most, asset, called.stream().sorted().toList()),
            gone,
            "Nothing, if the owner of the funds decided these calls (AgentVault.execute). If not,"
                + " somebody else has the owner's key, or its votes."));
  }

  private Finding finding(
      Span span, Address asset, Severity severity, String expected, BigInteger gone, String next) {
    return new Finding(
        "outflow:%d:%d:%s".formatted(chainId, span.last().number(), asset),
        Check.OUTFLOW,
        severity,
        chainId,
        span.last().number(),
        Optional.empty(),
        Optional.empty(),
        expected,
        "%s left account %s".formatted(gone, account),
        next,
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }
}
