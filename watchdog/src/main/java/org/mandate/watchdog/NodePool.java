package org.mandate.watchdog;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.NodeException;
import org.mandate.chain.SendOutcome;

/**
 * Several nodes of one chain behind one {@link ChainClient}. All are asked for the head, and the
 * first one, in the configured order, that does not lag is asked everything else; the next one when
 * it fails, or does not show a transaction, for that question only. Transactions go to all. A node
 * of another chain is never believed.
 */
final class NodePool implements InvocationHandler {
  /** A head that is older than another node's by more than this is of a node that stands still. */
  static final Duration LAG = Duration.ofSeconds(15);

  /** How long one node is waited for when another has answered, usually. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** A block's time may be ahead of this machine's clock. */
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(1);

  private final BigInteger chainId;
  private final List<Node> nodes;
  private final Duration timeout;
  private final Duration patience;
  private final Clock clock;
  private volatile Node preferred;

  private NodePool(
      BigInteger chainId, List<Node> nodes, Duration timeout, Duration patience, Clock clock) {
    this.chainId = chainId;
    this.nodes = nodes;
    this.timeout = timeout;
    this.patience = patience;
    this.clock = clock;
    this.preferred = nodes.getFirst();
  }

  /**
   * @param urls at least one, the preferred one first
   * @param timeout of one request
   */
  static ChainClient of(long chainId, List<URI> urls, Duration timeout) {
    return of(chainId, urls, timeout, PATIENCE);
  }

  /**
   * As {@link #of(long, List, Duration)}.
   *
   * @param patience how long one node is waited for when another has answered
   */
  static ChainClient of(long chainId, List<URI> urls, Duration timeout, Duration patience) {
    BigInteger id = BigInteger.valueOf(chainId);
    List<Node> nodes =
        urls.stream().map(url -> new Node(id, new JsonRpcClient(url, timeout))).toList();
    return (ChainClient)
        Proxy.newProxyInstance(
            NodePool.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            new NodePool(id, nodes, timeout, patience, Clock.systemUTC()));
  }

  @Override
  public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
    if (method.getDeclaringClass() == Object.class) {
      return method.invoke(this, arguments);
    }
    return switch (method.getName()) {
      case "head" -> head();
      case "send" -> send((byte[]) arguments[0]);
      default -> first(method, arguments);
    };
  }

  private Object first(Method method, Object[] arguments) throws Throwable {
    NodeException failure = new NodeException("chain " + chainId + " has no nodes");
    boolean shownByNone = false;
    for (Node node : preferredFirst()) {
      try {
        Object answer = method.invoke(node.proven(), arguments);
        // One that lags has not seen it yet.
        if (!method.getName().equals("transaction") || !Optional.empty().equals(answer)) {
          return answer;
        }
        shownByNone = true;
      } catch (NodeException e) {
        failure = e;
      } catch (InvocationTargetException e) {
        if (!(e.getCause() instanceof NodeException silence)) {
          throw e.getCause();
        }
        failure = silence;
      }
    }
    if (shownByNone) {
      return Optional.empty();
    }
    throw failure;
  }

  private List<Node> preferredFirst() {
    Node first = preferred;
    List<Node> order = new ArrayList<>(nodes);
    order.remove(first);
    order.addFirst(first);
    return order;
  }

  private Block head() {
    Map<Node, CompletableFuture<Block>> asked = new LinkedHashMap<>();
    List<CompletableFuture<Block>> prompt = new ArrayList<>();
    for (Node node : nodes) {
      CompletableFuture<Block> answer = node.head();
      asked.put(node, answer);
      if (!node.isSlow(patience)) {
        prompt.add(answer);
      }
    }
    await(prompt, patience);
    Map<Node, Block> heads = answered(asked);
    if (heads.isEmpty()) {
      await(asked.values(), timeout.multipliedBy(2)); // chain id and head
      heads = answered(asked);
    }
    if (heads.isEmpty()) {
      throw failure(asked.get(preferred));
    }
    preferred = best(heads);
    return heads.get(preferred);
  }

  private static Map<Node, Block> answered(Map<Node, CompletableFuture<Block>> asked) {
    Map<Node, Block> heads = new LinkedHashMap<>();
    asked.forEach(
        (node, answer) -> {
          if (answer.state() == CompletableFuture.State.SUCCESS) {
            heads.put(node, answer.resultNow());
          }
        });
    return heads;
  }

  /**
   * The first that does not lag. By time, which no node can claim much of, unlike height: what a
   * head has of the future counts for nothing.
   */
  private Node best(Map<Node, Block> heads) {
    Instant now = clock.instant();
    Map<Node, Block> plausible = new LinkedHashMap<>(heads);
    plausible.values().removeIf(head -> head.timestamp().isAfter(now.plus(CLOCK_TOLERANCE)));
    boolean ahead = plausible.isEmpty(); // a chain whose time runs ahead, as a test's may
    Map<Node, Block> candidates = ahead ? heads : plausible;
    Comparator<Instant> time = Comparator.naturalOrder();
    Instant newest = candidates.values().stream().map(Block::timestamp).max(time).orElseThrow();
    Instant least = (ahead || newest.isBefore(now) ? newest : now).minus(LAG);
    return candidates.entrySet().stream()
        .filter(entry -> !entry.getValue().timestamp().isBefore(least))
        .findFirst()
        .orElseThrow()
        .getKey();
  }

  private NodeException failure(CompletableFuture<Block> answer) {
    return answer.state() == CompletableFuture.State.FAILED
            && answer.exceptionNow() instanceof NodeException known
        ? known
        : new NodeException("no node of chain " + chainId + " tells its head");
  }

  /** Taken when one node takes it; what one node alone has may never reach a block. */
  private SendOutcome send(byte[] raw) {
    List<CompletableFuture<SendOutcome>> answers =
        preferredFirst().stream().map(node -> node.send(raw)).toList();
    CompletableFuture<SendOutcome> taken = new CompletableFuture<>();
    answers.forEach(
        answer ->
            answer.thenAccept(
                outcome -> {
                  if (isTaken(outcome)) {
                    taken.complete(outcome);
                  }
                }));
    CompletableFuture<Void> all =
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    await(List.of(CompletableFuture.anyOf(taken, all)), timeout.multipliedBy(2));
    List<SendOutcome> outcomes =
        answers.stream()
            .filter(answer -> answer.state() == CompletableFuture.State.SUCCESS)
            .map(CompletableFuture::resultNow)
            .toList();
    // Otherwise the preferred node's reason, if it gives one.
    return outcomes.stream()
        .filter(NodePool::isTaken)
        .findFirst()
        .or(
            () ->
                outcomes.stream()
                    .filter(outcome -> !(outcome instanceof SendOutcome.Unreachable))
                    .findFirst())
        .orElse(new SendOutcome.Unreachable("no node of chain " + chainId + " answers"));
  }

  private static boolean isTaken(SendOutcome outcome) {
    return outcome instanceof SendOutcome.Accepted || outcome instanceof SendOutcome.AlreadyKnown;
  }

  /** Until all have ended, well or badly. */
  private static void await(Collection<? extends CompletableFuture<?>> answers, Duration most) {
    try {
      CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
          .get(most.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      // What has ended well counts.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NodeException("interrupted");
    }
  }

  /** One of them. */
  private static final class Node {
    private final BigInteger chainId;
    private final ChainClient client;
    private volatile boolean proven;
    private CompletableFuture<Block> head = CompletableFuture.failedFuture(new NodeException("-"));
    private long askedAt;

    private Node(BigInteger chainId, ChainClient client) {
      this.chainId = chainId;
      this.client = client;
    }

    /**
     * @throws NodeException also when it is of another chain
     */
    private ChainClient proven() {
      if (!proven) {
        BigInteger told = client.chainId();
        if (!told.equals(chainId)) {
          throw new NodeException(
              "a node for chain " + chainId + " is of chain " + told + ": correct its rpc-urls");
        }
        proven = true;
      }
      return client;
    }

    /** One question at a time: whoever asks meanwhile gets its answer too. */
    private synchronized CompletableFuture<Block> head() {
      if (head.isDone()) {
        askedAt = System.nanoTime();
        head = apart("head", () -> proven().head());
      }
      return head;
    }

    private synchronized boolean isSlow(Duration patience) {
      return !head.isDone() && System.nanoTime() - askedAt > patience.toNanos();
    }

    private CompletableFuture<SendOutcome> send(byte[] raw) {
      return apart("send", () -> proven().send(raw));
    }

    private <T> CompletableFuture<T> apart(String what, Supplier<T> question) {
      CompletableFuture<T> answer = new CompletableFuture<>();
      Thread.ofVirtual()
          .name("node-" + chainId + "-" + what)
          .start(
              () -> {
                try {
                  answer.complete(question.get());
                } catch (Throwable e) {
                  Fault.endIfFatal(e);
                  answer.completeExceptionally(e);
                }
              });
      return answer;
    }
  }
}
