package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.intent.IntentState;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;

/**
 * All nodes of home, each asked by itself before the watchdog does what cannot be taken back, or
 * costs: one that hides what home did would have it close gateways on honest relayers, and one that
 * invents what home did would keep liars from being stopped. So one node is believed when it proves
 * by home's storage what it says, in a block that most nodes know; a bare word counts when most
 * nodes give it. Then the act is left, and people are told. What is free and may be undone waits
 * for none of this.
 */
final class Jury {
  /** All are asked at once, and each may answer late: nothing here is faster than a dispute. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** An order waits for days: there is time to look through home's blocks for it. */
  private static final Duration SEARCH = Duration.ofMinutes(1);

  /** So long the other nodes may lag behind the block of a proof. */
  private static final Duration LAG = Duration.ofSeconds(3);

  private static final Duration POLL = Duration.ofMillis(200);

  /** People are told anew of a node that still says other things than the first one. */
  static final Duration AGAIN = Duration.ofHours(1);

  /** Blocks in which a proof is tried: the first may be one that a reorg removes. */
  private static final int TRIES = 2;

  private final Place place;
  private final List<Juror> jurors;

  /**
   * One node.
   *
   * @param name without what may be secret in its address
   */
  record Node(String name, ChainClient chain) {}

  /**
   * Home.
   *
   * @param gateway that numbers its messages
   * @param firstBlock of the deployment there
   */
  record Place(
      long homeId,
      List<Node> nodes,
      Address executor,
      Address gateway,
      long firstBlock,
      Findings findings,
      Clock clock) {
    Place {
      nodes = List.copyOf(nodes);
    }
  }

  /**
   * A node, and what is known of it.
   *
   * @param ranges how many blocks it may be asked about at once
   */
  private record Juror(Node node, BlockRanges ranges) {
    private Juror(Node node) {
      this(node, new BlockRanges(node.chain()));
    }

    private ChainClient chain() {
      return node.chain();
    }
  }

  /** What a node says to a question. */
  private enum Word {
    NO,
    /** It says so, and does not prove it. */
    SAID,
    PROVED
  }

  Jury(Place place) {
    this.place = place;
    this.jurors = place.nodes().stream().map(Juror::new).toList();
  }

  /**
   * Whether home dispatched the intent, in whatever message: that a gateway brings what home did
   * dispatch harms nobody, and home's storage confirms it against every dispute.
   */
  boolean showsDispatch(Queued delivery) {
    Hash intentId = delivery.event().intentId();
    return shows(
        "the dispatch of intent " + intentId,
        LIMIT,
        most(),
        juror -> {
          ExecutorState executor = new ExecutorState(juror.chain(), place.executor());
          if (!isDispatched(executor.progress(intentId).state())) {
            return Word.NO;
          }
          return proves(
                  juror,
                  place.executor(),
                  Slots.progress(intentId),
                  value -> isDispatched(Slots.state(value)))
              ? Word.PROVED
              : Word.SAID;
        });
  }

  /** What was settled had been dispatched. */
  private static boolean isDispatched(IntentState state) {
    return state == IntentState.DISPATCHED || state == IntentState.SETTLED;
  }

  /**
   * Whether half of the nodes, at least, show that block of home's. Nothing proves a hash: of two
   * nodes that contradict each other, either may lie.
   */
  boolean showsBlock(long number, Hash hash) {
    return shows(
        "block %d, %s".formatted(number, hash),
        LIMIT,
        (jurors.size() + 1) / 2,
        juror -> has(juror, number, hash) ? Word.SAID : Word.NO);
  }

  /** Whether more than half of the nodes show that block of home's. Nobody is told. */
  boolean bearsOutBlock(long number, Hash hash) {
    return mostSay(juror -> has(juror, number, hash));
  }

  /**
   * Whether home sent the order.
   *
   * @param by the contract that sends orders
   * @param chainId to which chain
   */
  boolean showsOrder(Address by, Hash orderId, long chainId, Hash messageId) {
    return shows(
        "order %s in message %s".formatted(orderId, messageId),
        SEARCH,
        most(),
        order(by, orderId, chainId, messageId));
  }

  /** As {@link #showsOrder}, of what the node that is asked first shows: nobody is told. */
  boolean bearsOutOrder(Address by, Hash orderId, long chainId, Hash messageId) {
    AtomicInteger said = new AtomicInteger();
    return ask(
        SEARCH,
        order(by, orderId, chainId, messageId),
        (juror, word) -> isEnough(word, said, most()));
  }

  private Function<Juror, Word> order(Address by, Hash orderId, long chainId, Hash messageId) {
    List<Set<Hash>> topics =
        List.of(
            Set.of(Topics.ORDER_SENT),
            Set.of(orderId),
            Set.of(Hash.of("0x%064x".formatted(chainId))),
            Set.of(messageId));
    return juror -> {
      Optional<Log> sent = newest(juror, by, topics);
      if (sent.isEmpty()) {
        return Word.NO;
      }
      return provesMessage(juror, sent.get().blockHash(), messageId) ? Word.PROVED : Word.SAID;
    };
  }

  private Optional<Log> newest(Juror juror, Address by, List<Set<Hash>> topics) {
    long end = System.nanoTime() + SEARCH.toNanos();
    long to = juror.chain().head().number();
    while (to >= place.firstBlock() && System.nanoTime() < end) {
      BlockRanges.Part<List<Log>> part =
          juror
              .ranges()
              .last(
                  place.firstBlock(),
                  to,
                  (first, last) -> juror.chain().logs(first, last, List.of(by), topics));
      if (!part.content().isEmpty()) {
        return Optional.of(part.content().getLast());
      }
      to = part.from() - 1;
    }
    return Optional.empty();
  }

  /** By the number that the node says it has: a false one proves nothing. */
  private boolean provesMessage(Juror juror, Hash block, Hash messageId) {
    return juror
        .chain()
        .logs(block, List.of(place.gateway()), List.of(Set.of(Topics.NUMBERED), Set.of(messageId)))
        .stream()
        .flatMap(log -> ContractEvents.gateway(log).stream())
        .filter(GatewayEvent.NonceAssigned.class::isInstance)
        .map(GatewayEvent.NonceAssigned.class::cast)
        .findFirst()
        .filter(
            numbered ->
                proves(juror, place.gateway(), Slots.sent(numbered.nonce()), messageId::equals))
        .isPresent();
  }

  /** Whether the node proves what stands in a slot, in a block that most nodes know. */
  private boolean proves(Juror juror, Address account, Hash slot, Predicate<Hash> value) {
    for (int i = 0; i < TRIES; i++) {
      try {
        Block block = juror.chain().head();
        Prover.Shown shown = new Prover(juror.chain()).prove(account, slot, block.hash());
        if (value.test(shown.proven().value()) && isHomes(block)) {
          return true;
        }
      } catch (NodeException e) {
        // It has no proof of it, this time.
      }
    }
    return false;
  }

  private boolean isHomes(Block block) {
    long end = System.nanoTime() + LAG.toNanos();
    do {
      if (mostSay(juror -> has(juror, block.number(), block.hash()))) {
        return true;
      }
    } while (System.nanoTime() < end && Pause.of(POLL));
    return false;
  }

  private static boolean has(Juror juror, long number, Hash hash) {
    return juror.chain().block(number).filter(block -> block.hash().equals(hash)).isPresent();
  }

  /** Whether more than half of the nodes say so; who is silent does not. */
  boolean most(Predicate<ChainClient> question) {
    return mostSay(juror -> question.test(juror.chain()));
  }

  private boolean mostSay(Predicate<Juror> question) {
    AtomicInteger yes = new AtomicInteger();
    return ask(LIMIT, question::test, (juror, said) -> said && yes.incrementAndGet() >= most());
  }

  private int most() {
    return jurors.size() / 2 + 1;
  }

  /**
   * @param words so many are enough, unproven
   */
  private boolean shows(String what, Duration limit, int words, Function<Juror, Word> question) {
    AtomicInteger said = new AtomicInteger();
    return ask(
        limit,
        question,
        (juror, word) -> {
          boolean enough = isEnough(word, said, words);
          if (word != Word.NO) {
            tell(finding(juror.node().name(), what, enough));
          }
          return enough;
        });
  }

  private static boolean isEnough(Word word, AtomicInteger said, int words) {
    return word == Word.PROVED || word == Word.SAID && said.incrementAndGet() >= words;
  }

  /**
   * Asks all nodes at once, and waits no longer than for what is enough.
   *
   * @return whether it came, within the limit
   */
  private <T> boolean ask(
      Duration limit, Function<Juror, T> question, BiPredicate<Juror, T> enough) {
    BlockingQueue<Map.Entry<Juror, Optional<T>>> answers = new LinkedBlockingQueue<>();
    for (Juror juror : jurors) {
      Thread.ofVirtual()
          .name("jury")
          .start(
              () -> {
                Optional<T> answer = Optional.empty();
                try {
                  answer = Optional.of(question.apply(juror));
                } catch (NodeException | CallRevertedException | IllegalArgumentException e) {
                  // It is silent.
                } catch (Throwable e) {
                  Fault.endIfFatal(e);
                } finally {
                  answers.add(Map.entry(juror, answer));
                }
              });
    }
    long end = System.nanoTime() + limit.toNanos();
    try {
      for (int left = jurors.size(); left > 0; left--) {
        Map.Entry<Juror, Optional<T>> one =
            answers.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (one == null) {
          return false;
        }
        if (one.getValue().filter(answer -> enough.test(one.getKey(), answer)).isPresent()) {
          return true;
        }
      }
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeException("interrupted");
    }
  }

  // One finding for each node, however much it says: of the last hour.
  private void tell(Finding finding) {
    place
        .findings()
        .update(
            finding.id(),
            before ->
                before.status() == Finding.Status.OPEN
                        && !before.at().plus(AGAIN).isAfter(finding.at())
                    ? before.with(Finding.Status.WITHDRAWN)
                    : before);
    place.findings().report(finding);
  }

  private Finding finding(String node, String what, boolean believed) {
    return new Finding(
        (believed ? "home-nodes:%d:%s" : "home-node-alone:%d:%s").formatted(place.homeId(), node),
        Check.SELF,
        Severity.CRITICAL,
        place.homeId(),
        -1,
        Optional.empty(),
        Optional.empty(),
        "home's nodes say the same of what home did",
        "node %s %s %s, which home did not do by the node that is asked first"
            .formatted(node, believed ? "shows" : "says, and does not prove,", what),
        believed
            ? "One of them lies, or one is broken: ask others, and take that one out of rpc-urls."
                + " Until then the watchdog does nothing about this that cannot be taken back"
                + " (closing a gateway, taking a posted hash back, the veto of a proven order, a"
                + " dispute for a bond); it goes on disputing for nothing. Watch the windows"
                + " yourself."
            : "It lies, or is broken, or cannot prove storage (eth_getProof) while the others lie:"
                + " ask others. One node's word stops nothing: the watchdog goes on. Have three"
                + " nodes of home that prove.",
        place.clock().instant(),
        Finding.Status.OPEN,
        List.of());
  }
}
