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
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.event.IntentEvent;
import org.mandate.policy.Breaker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;
import org.web3j.utils.Numeric;

/**
 * What left the account of one chain, from block to block: no more than was executed, paid and
 * withdrawn in between (L1). An account says nothing of what its executor has it pay, so its
 * balances are asked for. Whatever left without a word stops the asset, or everything when it is
 * the chain's own coin. What comes in at the same time hides as much.
 *
 * <p>Works apart from the follower: a token that answers slowly, or a node that does not keep old
 * states, must not keep the watchdog from the blocks.
 */
final class Outflows implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Outflows.class);

  /** How often a node that answers otherwise is asked for the balances at a block. */
  private static final int TRIES = 10;

  private static final int WORD = 32;

  private final long chainId;
  private final ChainClient chain;
  private final Address account;
  private final Chronicle chronicle;
  private final Freezer freezer;
  private final Consumer<String> unread;
  private final Duration poll;
  private final Clock clock;
  private final BlockingQueue<Span> spans = new LinkedBlockingQueue<>();
  private final TreeMap<Long, Checkpoint> checkpoints = new TreeMap<>();
  private final Set<Address> assets = new HashSet<>(Set.of(Address.ZERO));
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
   * What the account held, by asset.
   *
   * @param block whose end it is
   * @param declared what was declared since; not empty when the balances could not be read
   */
  private record Checkpoint(
      Block block, Map<Address, BigInteger> held, Map<Address, BigInteger> declared) {}

  /**
   * @param freezer of this chain
   * @param unread is told, in words, which balances could not be read
   */
  Outflows(
      long chainId,
      ChainClient chain,
      Address account,
      Chronicle chronicle,
      Freezer freezer,
      Consumer<String> unread,
      Duration poll,
      Clock clock) {
    this.chainId = chainId;
    this.chain = chain;
    this.account = account;
    this.chronicle = chronicle;
    this.freezer = freezer;
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
        look(spans.take());
      } catch (InterruptedException e) {
        return;
      } catch (Throwable e) {
        Fault.endIfFatal(e);
        LOG.atError().addKeyValue("chain", chainId).setCause(e).log("outflows were not looked at");
      }
    }
  }

  private void look(Span span) throws InterruptedException {
    Map<Address, BigInteger> declared = declared(span.pages());
    assets.addAll(declared.keySet());
    for (int tries = 1; !closed; tries++) {
      if (!chronicle.has(span.last())) {
        return; // a reorg removed it
      }
      try {
        judge(span, declared);
        return;
      } catch (RuntimeException e) {
        if (answers() && (span.settled() || tries >= TRIES)) {
          carryOver(span, declared, e);
          return;
        }
      }
      Thread.sleep(poll);
    }
  }

  private void judge(Span span, Map<Address, BigInteger> declared) {
    Map<Address, BigInteger> held = new HashMap<>();
    for (Address asset : assets) {
      held(asset, span.last()).ifPresent(amount -> held.put(asset, amount));
    }
    before(span)
        .ifPresent(
            before ->
                held.forEach(
                    (asset, now) ->
                        Optional.ofNullable(before.held().get(asset))
                            .ifPresent(
                                then ->
                                    compare(
                                        span,
                                        asset,
                                        then.subtract(now),
                                        sum(before.declared(), declared)
                                            .getOrDefault(asset, BigInteger.ZERO)))));
    remember(new Checkpoint(span.last(), held, Map.of()));
  }

  private void compare(Span span, Address asset, BigInteger left, BigInteger declared) {
    if (left.compareTo(declared) > 0) {
      found(span, asset, left, declared);
    }
  }

  // What could not be looked at is part of what is looked at next.
  private void carryOver(Span span, Map<Address, BigInteger> declared, RuntimeException reason) {
    before(span)
        .ifPresent(
            before ->
                remember(
                    new Checkpoint(span.last(), before.held(), sum(before.declared(), declared))));
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

  /** What was held right before the span; empty when it was never looked at. */
  private Optional<Checkpoint> before(Span span) {
    return Optional.ofNullable(checkpoints.get(span.from() - 1))
        .filter(before -> chronicle.has(before.block()));
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
    try {
      byte[] answer = chain.call(asset, balanceOf(), block.hash());
      return answer.length < WORD
          ? Optional.empty()
          : Optional.of(new BigInteger(1, Arrays.copyOf(answer, WORD)));
    } catch (CallRevertedException e) {
      return Optional.empty();
    }
  }

  private byte[] balanceOf() {
    return Numeric.hexStringToByteArray(
        FunctionEncoder.encode(
            new Function(
                "balanceOf",
                List.of(new org.web3j.abi.datatypes.Address(account.hex())),
                List.of())));
  }

  /** What the entries say that left the account, or may from now on: an asset that has a limit. */
  private Map<Address, BigInteger> declared(List<Page> pages) {
    Map<Address, BigInteger> all = new HashMap<>();
    for (Page page : pages) {
      for (Entry entry : page.entries()) {
        switch (entry) {
          case Entry.Step(IntentEvent.Executed e) -> {
            if (e.intent().account().equals(account)) {
              all.merge(e.intent().asset(), e.moved(), BigInteger::add);
            }
          }
          case Entry.Step(IntentEvent.Paid e) ->
              all.merge(e.intent().asset(), e.intent().amount(), BigInteger::add);
          case Entry.Step other -> {}
          case Entry.Withdrawn withdrawn ->
              all.merge(withdrawn.asset(), withdrawn.amount(), BigInteger::add);
          case Entry.Policy(var log) -> {
            LogWords words = LogWords.of(log);
            if (words.topic(0).equals(Topics.LIMIT_SET) && words.number(1).signum() > 0) {
              all.putIfAbsent(words.topicAddress(2), BigInteger.ZERO);
            }
          }
          case Entry.Audit audit -> {}
          case Entry.Registry registry -> {}
          case Entry.Unreadable unreadable -> {}
        }
      }
    }
    return all;
  }

  private static Map<Address, BigInteger> sum(
      Map<Address, BigInteger> some, Map<Address, BigInteger> others) {
    Map<Address, BigInteger> all = new HashMap<>(some);
    others.forEach((asset, amount) -> all.merge(asset, amount, BigInteger::add));
    return all;
  }

  private boolean answers() {
    try {
      chain.head();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private void found(Span span, Address asset, BigInteger left, BigInteger declared) {
    Stoppable what =
        new Stoppable.Everybody(
            asset.equals(Address.ZERO) ? new Breaker.Everything() : new Breaker.OfAsset(asset));
    freezer.stopFor(
        new Finding(
            "outflow:%d:%d:%s".formatted(chainId, span.last().number(), asset),
            Check.OUTFLOW,
            Severity.CRITICAL,
            chainId,
            span.last().number(),
            Optional.empty(),
            Optional.empty(),
            "at most %s of asset %s leaves, as declared".formatted(declared, asset),
            "%s left account %s".formatted(left, account),
            "Withdraw the account's funds on this chain: what left was not executed, paid or"
                + " withdrawn. If the asset is a token that takes balances away, end its limits"
                + " instead. AgentVault.restart takes the stop back.",
            clock.instant(),
            Finding.Status.OPEN,
            List.of()),
        what,
        span.last().timestamp());
  }
}
