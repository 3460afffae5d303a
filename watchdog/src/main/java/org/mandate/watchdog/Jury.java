package org.mandate.watchdog;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.mandate.chain.Address;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;

/**
 * All nodes of home, each asked by itself before the watchdog does what cannot be taken back, or
 * costs: one that hides what home did would have it close gateways on honest relayers. A node that
 * shows what the others hide stops the act, and people are told; one that is silent does not. What
 * is free and may be undone waits for none of this.
 */
final class Jury {
  /** All are asked at once, and each may answer late: nothing here is faster than a dispute. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  /** So long ranges of home's blocks are looked through for an order. */
  private static final Duration SEARCH = Duration.ofSeconds(5);

  private final Place place;

  /** Which nodes are known to contradict the usual one, so that each is told once. */
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  /**
   * One node.
   *
   * @param name without what may be secret in its address
   */
  record Node(String name, ChainClient chain) {}

  /**
   * Home.
   *
   * @param firstBlock of the deployment there
   * @param maxLag as for {@link Witness}
   */
  record Place(
      long homeId,
      List<Node> nodes,
      Address executor,
      long firstBlock,
      Finality finality,
      Duration maxLag,
      Findings findings,
      Clock clock) {
    Place {
      nodes = List.copyOf(nodes);
    }
  }

  Jury(Place place) {
    this.place = place;
  }

  /** Whether a node shows that home sent the intent in that very message. */
  boolean showsDispatch(Queued delivery) {
    return shows(
        "message " + delivery.event().messageId(),
        node ->
            switch (new Witness(
                    node,
                    place.firstBlock(),
                    new Dispatches(),
                    new ExecutorState(node, place.executor()),
                    place.finality(),
                    place.maxLag())
                .ask(
                    delivery.event().intentId(),
                    Optional.of(delivery.event().messageId()),
                    delivery.block().timestamp())) {
              case Testimony.Proven proven -> true;
              case Testimony.Provisional provisional -> true;
              case Testimony.Settled settled -> true;
              case Testimony.OtherMessage other -> false;
              case Testimony.Absent absent -> false;
              case Testimony.Unknown unknown -> false;
            });
  }

  /** Whether a node shows that block of home's. */
  boolean showsBlock(long number, Hash hash) {
    return shows(
        "block %d, %s".formatted(number, hash),
        node -> node.block(number).filter(block -> block.hash().equals(hash)).isPresent());
  }

  /**
   * Whether a node shows that home sent the order.
   *
   * @param by the contract that sends orders
   * @param chainId to which chain
   */
  boolean showsOrder(Address by, Hash orderId, long chainId, Hash messageId) {
    List<Set<Hash>> topics =
        List.of(
            Set.of(Topics.ORDER_SENT),
            Set.of(orderId),
            Set.of(Hash.of("0x%064x".formatted(chainId))),
            Set.of(messageId));
    return shows(
        "order %s in message %s".formatted(orderId, messageId),
        node -> {
          BlockRanges ranges = new BlockRanges(node);
          Instant end = Instant.now().plus(SEARCH);
          long to = node.head().number();
          while (to >= place.firstBlock() && Instant.now().isBefore(end)) {
            BlockRanges.Part<List<Log>> part =
                ranges.last(
                    place.firstBlock(),
                    to,
                    (first, last) -> node.logs(first, last, List.of(by), topics));
            if (!part.content().isEmpty()) {
              return true;
            }
            to = part.from() - 1;
          }
          return false;
        });
  }

  private boolean shows(String what, Predicate<ChainClient> question) {
    Queue<String> witnesses = new ConcurrentLinkedQueue<>();
    CountDownLatch left = new CountDownLatch(place.nodes().size());
    for (Node node : place.nodes()) {
      Thread.ofVirtual()
          .name("jury")
          .start(
              () -> {
                try {
                  if (question.test(node.chain())) {
                    witnesses.add(node.name());
                  }
                } catch (NodeException | CallRevertedException | IllegalArgumentException e) {
                  // It is silent.
                } catch (Throwable e) {
                  Fault.endIfFatal(e);
                } finally {
                  left.countDown();
                }
              });
    }
    try {
      left.await(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeException("interrupted");
    }
    Optional<String> witness = Optional.ofNullable(witnesses.peek());
    witness.filter(told::add).ifPresent(node -> place.findings().report(finding(node, what)));
    return witness.isPresent();
  }

  private Finding finding(String node, String what) {
    return new Finding(
        "home-nodes:%d:%s".formatted(place.homeId(), node),
        Check.SELF,
        Severity.CRITICAL,
        place.homeId(),
        -1,
        Optional.empty(),
        Optional.empty(),
        "home's nodes say the same of what home did",
        "node %s shows %s, which home did not do by the node that is asked first"
            .formatted(node, what),
        "One of them lies, or one is broken: ask others, and take that one out of rpc-urls. Until"
            + " then the watchdog does nothing about this that cannot be taken back (closing a"
            + " gateway, taking a posted hash back, the veto of a proven order, a dispute for a"
            + " bond); it goes on disputing for nothing. Watch the windows yourself.",
        place.clock().instant(),
        Finding.Status.OPEN,
        List.of());
  }
}
