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

  /** How often a node may fail at one asset alone before that counts as its contract's failure. */
  private static final int TRIES_OF_AN_ASSET = 3;

  /** How many blocks a token that a node fails at is left alone at most. */
  private static final long MOST_GAP = 64;

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
  private final Map<Address, Failing> failing = new HashMap<>();
  private boolean behind;
  private boolean caughtUp;

  /** Nothing is held to compare with, and the last block that was to change that was not read. */
  private boolean inVain;

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
   * A token that did not tell, and nothing since.
   *
   * @param gap for how many blocks it is left alone when a node fails at it again
   * @param next number of the block at which it is asked again
   */
  private record Failing(long gap, long next) {
    private static final Failing ONCE = new Failing(1, 0);

    private Failing again(long block) {
      return new Failing(Math.min(2 * gap, MOST_GAP), block + gap);
    }
  }

  /**
   * One look at the balances.
   *
   * @param patient whether a node that fails at one asset alone is asked again
   * @param silent the tokens that are not asked, or not any more: each may cost a node's time-out
   */
  private record Look(Block block, boolean patient, Set<Address> silent) {}

  private Look look(Block block, boolean patient) {
    Set<Address> silent = new HashSet<>();
    failing.forEach(
        (token, one) -> {
          if (block.number() < one.next()) {
            silent.add(token);
          }
        });
    return new Look(block, patient, silent);
  }

  /**
   * What the account held, and what spenders were allowed to take of it.
   *
   * @param held by asset; of one that does not tell any more, what it told last
   * @param since what was declared after that, up to the end of the block; not empty when the
   *     balances could not be read
   * @param untold by asset, of those that did not tell at {@code heldAt}: what was declared of each
   *     up to there, after what it told last
   */
  private record Checkpoint(
      Block block,
      Block heldAt,
      Map<Address, BigInteger> held,
      Allowances allowances,
      Declared since,
      Map<Address, Declared> untold) {}

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
      // Not the first, with which the others are compared, unless it is read in vain.
      if (behind && !span.settled() && (inVain || !before.held().isEmpty())) {
        keepFor(span, before, since);
        return;
      }
      try {
        judge(span, before, since, !span.settled() && tries < TRIES_OF_AN_ASSET);
        inVain = false;
        return;
      } catch (RuntimeException e) {
        if (answers() && (span.settled() || tries >= TRIES)) {
          inVain = !span.settled() && before.held().isEmpty();
          carryOver(span, before, since, e);
          return;
        }
      }
      Thread.sleep(poll);
    }
  }

  /**
   * @param patient whether a node that fails at one asset alone is asked again
   */
  private void judge(Span span, Checkpoint before, Declared since, boolean patient) {
    Look look = look(span.last(), patient);
    Map<Address, BigInteger> held = new HashMap<>();
    Map<Address, BigInteger> allGone = new HashMap<>();
    Map<Address, Declared> untold = new HashMap<>();
    for (Address asset : assets) {
      Optional<BigInteger> now = held(asset, span.last(), look);
      Optional<BigInteger> last = Optional.ofNullable(before.held().get(asset));
      if (now.isPresent()) {
        heldBefore(asset, before, look)
            .ifPresent(then -> allGone.put(asset, then.subtract(now.get())));
      } else if (last.isPresent()) {
        untold.put(asset, untold(asset, before).and(since.only(asset::equals)));
      }
      now.or(() -> last).ifPresent(amount -> held.put(asset, amount));
      if (now.isEmpty() && (last.isPresent() || failing.containsKey(asset))) {
        findings.report(untold(asset, span.last()));
      }
    }
    Declared told = since.only(asset -> !untold.containsKey(asset));
    for (Address asset : allGone.keySet()) {
      told = told.and(untold(asset, before));
    }
    Taking taking = taking(before.allowances(), told, allGone, untold.keySet(), look);
    Allowances left = taking.left();
    for (Address asset : allGone.keySet()) {
      Loss loss =
          new Loss(
              asset,
              allGone.get(asset),
              told.moved(asset),
              since.and(untold(asset, before)).called(),
              several(span, before) || before.untold().containsKey(asset));
      left = compare(span, loss, taking, left);
    }
    Allowances kept = left.again(taking.unasked(), taking.pool());
    remember(
        new Checkpoint(span.last(), span.last(), held, kept.bounded(), Declared.NOTHING, untold));
    failing
        .keySet()
        .removeIf(token -> told(token, held, untold.keySet()) && !look.silent().contains(token));
  }

  private static boolean told(Address asset, Map<Address, BigInteger> held, Set<Address> untold) {
    return held.containsKey(asset) && !untold.contains(asset);
  }

  /**
   * What left of an asset, and what was said of it.
   *
   * @param several whether it was in more than one block
   */
  private record Loss(
      Address asset, BigInteger gone, BigInteger moved, Set<Address> called, boolean several) {}

  /**
   * What the account's approvals were used for.
   *
   * @param most before, with nothing taken off for what calls say that they moved
   * @param given before, less that
   * @param left after it
   * @param unasked of the others, those that the token is asked for again
   * @param pool by asset, what those make of the others
   */
  private record Taking(
      Allowances most,
      Allowances given,
      Allowances left,
      Map<Allowance, BigInteger> unasked,
      Map<Address, BigInteger> pool) {}

  private Taking taking(
      Allowances before,
      Declared told,
      Map<Address, BigInteger> allGone,
      Set<Address> untold,
      Look look) {
    Allowances most = before.with(told.approved());
    Map<Allowance, BigInteger> now = new HashMap<>();
    Set<Allowance> unknown = new HashSet<>();
    for (Allowance one : most.known().keySet()) {
      Address asset = one.asset();
      BigInteger gone = allGone.getOrDefault(asset, BigInteger.ZERO);
      boolean matters =
          told.names(one) || told.pulls(asset) || gone.compareTo(told.moved(asset)) > 0;
      if (matters && !untold.contains(asset)) {
        allowed(one, look).ifPresentOrElse(amount -> now.put(one, amount), () -> unknown.add(one));
      }
    }
    // What calls say that they moved excuses nothing else, but it need not have been by these.
    Allowances known = most.without(told.taken());
    Map<Allowance, BigInteger> unasked = new HashMap<>();
    Map<Address, BigInteger> pool = new HashMap<>();
    for (Allowance one : unknown) {
      findings.report(untold(one, look.block()));
      if (look.silent().contains(one.asset())) {
        unasked.put(one, most.known().get(one));
        pool.merge(one.asset(), known.known().get(one), BigInteger::add);
      }
    }
    Allowances given = known.untold(unknown);
    Allowances all = most.untold(unknown);
    Allowances left = new Allowances(all.leaving(now).known(), given.others());
    return new Taking(all, given, left, unasked, pool);
  }

  /** What was declared of an asset that did not tell, after what it told last. */
  private static Declared untold(Address asset, Checkpoint before) {
    return before.untold().getOrDefault(asset, Declared.NOTHING);
  }

  /** Whether what was declared is of more than one block. */
  private static boolean several(Span span, Checkpoint before) {
    return span.from() < span.last().number() || !before.heldAt().equals(before.block());
  }

  /** Also of an asset that nobody named before; empty: the account was not looked at yet. */
  private Optional<BigInteger> heldBefore(Address asset, Checkpoint before, Look look) {
    if (before.held().isEmpty() || before.held().containsKey(asset)) {
      return Optional.ofNullable(before.held().get(asset));
    }
    try {
      return held(asset, before.heldAt(), look);
    } catch (NodeException e) {
      if (before.heldAt().equals(before.block())) {
        throw e; // it is of now: asked again
      }
      return Optional.empty(); // no node may have that state any more, after what was skipped
    }
  }

  // What left beyond what was declared was taken by an approval that is not asked for, or is told.
  private Allowances compare(Span span, Loss loss, Taking taking, Allowances left) {
    Address asset = loss.asset();
    BigInteger most = loss.moved().add(taking.given().usedUp(asset, left));
    BigInteger rest = loss.gone().subtract(most);
    if (rest.signum() <= 0) {
      return left;
    }
    if (rest.compareTo(left.ofOthers(asset)) <= 0) {
      return left.without(asset, rest);
    }
    // Of several blocks nobody knows whether a call used the approval, or its target took as much
    // beside it, before or after.
    BigInteger atMost =
        loss.moved().add(taking.most().usedUp(asset, left)).add(taking.most().ofOthers(asset));
    if (!loss.called().isEmpty()) {
      tell(span, asset, loss.gone(), most, loss.called());
    } else if (loss.several() && loss.gone().compareTo(atMost) <= 0) {
      doubt(span, asset, loss.gone(), most);
      return left.without(asset, rest.min(left.ofOthers(asset)));
    } else {
      stop(span, asset, loss.gone(), most);
    }
    return left;
  }

  // What is not looked at is part of what is looked at next.
  private void keepFor(Span span, Checkpoint before, Declared since) {
    remember(
        new Checkpoint(
            span.last(),
            before.heldAt(),
            before.held(),
            before.allowances(),
            since,
            before.untold()));
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
                    span.last(),
                    span.last(),
                    Map.of(),
                    Allowances.NONE,
                    Declared.NOTHING,
                    Map.of()));
  }

  private void remember(Checkpoint checkpoint) {
    checkpoints.put(checkpoint.block().number(), checkpoint);
    checkpoints.headMap(checkpoint.block().number() - Chronicle.KEPT_BLOCKS).clear();
  }

  /** Empty: the asset does not say how much the account holds. */
  private Optional<BigInteger> held(Address asset, Block block, Look look) {
    if (asset.equals(Address.ZERO)) {
      return Optional.of(chain.balance(account, block.hash()));
    }
    return number(
        asset,
        Abi.call("balanceOf", new org.web3j.abi.datatypes.Address(account.hex())),
        block,
        look);
  }

  /** What is left of an approval; empty when the token does not say, which may pass. */
  private Optional<BigInteger> allowed(Allowance allowance, Look look) {
    byte[] question =
        Abi.call(
            "allowance",
            new org.web3j.abi.datatypes.Address(account.hex()),
            new org.web3j.abi.datatypes.Address(allowance.spender().hex()));
    return number(allowance.asset(), question, look.block(), look);
  }

  // One contract that fails, in whatever words, must not keep the others from being looked at.
  private Optional<BigInteger> number(Address token, byte[] question, Block block, Look look) {
    if (look.silent().contains(token)) {
      return Optional.empty();
    }
    try {
      byte[] answer = chain.call(token, question, block.hash());
      return answer.length < WORD
          ? Optional.empty()
          : Optional.of(new BigInteger(1, Arrays.copyOf(answer, WORD)));
    } catch (CallRevertedException e) {
      failing.putIfAbsent(token, Failing.ONCE);
      return Optional.empty();
    } catch (NodeException e) {
      if (look.patient() && !failing.containsKey(token)) {
        throw e; // it may have been the node's, that once
      }
      Probe.mustMake("at that block", nobody -> chain.call(nobody, question, block.hash()));
      failing.put(token, failing.getOrDefault(token, Failing.ONCE).again(look.block().number()));
      look.silent().add(token);
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
            "outflow",
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

  /** The target of a call may have taken it, by an approval that the call did not use. */
  private void doubt(Span span, Address asset, BigInteger gone, BigInteger most) {
    findings.report(
        finding(
            "doubtful-outflow",
            span,
            asset,
            Severity.WARNING,
            "at most %s of asset %s leaves, as declared, if calls used the approvals of their targets"
                .formatted(most, asset),
            gone,
            "Several blocks were looked at as one, the last of them this one. Compare what left"
                + " the account in them with what its agents' calls moved and its approvals allow,"
                + " and stop the asset if that is less."));
  }

  // Once: a token that tells at every other block must not tell people each time.
  private Finding untold(Address asset, Block block) {
    return new Finding(
        "outflows:%d:%s".formatted(chainId, asset),
        Check.OUTFLOW,
        Severity.WARNING,
        chainId,
        -1,
        Optional.empty(),
        Optional.empty(),
        "asset %s tells what account %s holds of it".formatted(asset, account),
        "it did not at block " + block.number(),
        "Find out what became of that token. While it does not tell, what left of it is only known"
            + " from the events; when it tells again, all since then is compared at once. The other"
            + " assets are looked at as before.",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }

  // Once for each token, too.
  private Finding untold(Allowance allowance, Block block) {
    return new Finding(
        "allowances:%d:%s".formatted(chainId, allowance.asset()),
        Check.OUTFLOW,
        Severity.WARNING,
        chainId,
        -1,
        Optional.empty(),
        Optional.empty(),
        "asset %s tells what %s may take from account %s"
            .formatted(allowance.asset(), allowance.spender(), account),
        "it did not at block " + block.number(),
        "Find out what became of that token. What leaves of it, up to all approvals that it does"
            + " not tell of, counts as taken by them, and is not stopped. Take back those that"
            + " nobody needs.",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }

  /** The owner had the account make calls, and may have it move whatever there is. */
  private void tell(
      Span span, Address asset, BigInteger gone, BigInteger most, Set<Address> called) {
    findings.report(
        finding(
            "outflow-by-the-owner",
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
      String kind,
      Span span,
      Address asset,
      Severity severity,
      String expected,
      BigInteger gone,
      String next) {
    return new Finding(
        "%s:%d:%d:%s".formatted(kind, chainId, span.last().number(), asset),
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
