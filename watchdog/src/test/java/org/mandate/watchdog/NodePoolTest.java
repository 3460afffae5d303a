package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.SendOutcome;

class NodePoolTest {
  private static final URI NOBODY = URI.create("http://127.0.0.1:9");
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** Which node is asked must not depend on which of two that answer is faster. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Hash HASH = Hash.keccak("any");

  @Test
  void shouldAskTheNextNodeWhenOneIsDead() throws Exception {
    try (Anvil chain = Anvil.start(5)) {
      ChainClient pool = NodePool.of(5, List.of(NOBODY, chain.url), TIMEOUT);
      assertEquals(chain.client.head(), pool.head());
      assertEquals(chain.client.finalized(), pool.finalized());
    }
  }

  @Test
  void shouldNotBelieveANodeOfAnotherChain() throws Exception {
    try (Anvil other = Anvil.start(6)) {
      ChainClient pool = NodePool.of(5, List.of(other.url), TIMEOUT);
      NodeException refused = assertThrows(NodeException.class, pool::head);
      assertTrue(refused.getMessage().contains("of chain 6"), refused.getMessage());
    }
  }

  @Test
  void shouldSayThatNobodyAnswered() {
    assertThrows(NodeException.class, () -> NodePool.of(5, List.of(NOBODY), TIMEOUT).head());
  }

  @Test
  void shouldReturnToANodeThatIsWellAgain() throws Exception {
    try (Node one = new Node(1000);
        Node two = new Node(990)) {
      ChainClient pool = pool(one, two);
      assertEquals(1000, pool.head().number());
      one.up = false;
      assertEquals(990, pool.head().number());
      one.up = true;
      assertEquals(1000, pool.head().number());
    }
  }

  @Test
  void shouldAskTheNodeThatGoesOnWhenAnotherStandsStill() throws Exception {
    try (Node one = new Node(1000);
        Node two = new Node(1001)) {
      ChainClient pool = pool(one, two);
      assertEquals(1000, pool.head().number());
      one.age = NodePool.LAG.plusSeconds(5);
      assertEquals(1001, pool.head().number());
      two.questions.clear();
      pool.balance(Address.ZERO);
      assertTrue(two.questions.contains("eth_getBalance"), two.questions.toString());
      one.age = Duration.ZERO;
      assertEquals(1000, pool.head().number());
    }
  }

  @Test
  void shouldNotBelieveAHeadOfTheFuture() throws Exception {
    try (Node one = new Node(1000);
        Node two = new Node(50_000)) {
      two.age = Duration.ofDays(-1);
      assertEquals(1000, pool(one, two).head().number());
      assertEquals(1000, pool(two, one).head().number());
    }
  }

  @Test
  void shouldAskTheNextNodeForWhatOneRefusesAndTheFirstAgainForTheRest() throws Exception {
    try (Node one = new Node(1000);
        Node two = new Node(900)) {
      ChainClient pool = pool(one, two);
      one.refused = "eth_getBalance";
      pool.balance(Address.ZERO);
      two.questions.clear();
      pool.code(Address.ZERO);
      assertEquals(List.of(), two.questions, "one refused question says nothing about the next");
    }
  }

  @Test
  void L1_shouldAskTheNextNodeForATransactionThatOneDoesNotShow() throws Exception {
    try (Node one = new Node(1000);
        Node two = new Node(1000)) {
      ChainClient pool = pool(one, two);
      two.shows = true;
      assertEquals(HASH, pool.transaction(HASH).orElseThrow().hash());
      two.shows = false;
      assertEquals(Optional.empty(), pool.transaction(HASH));
      two.up = false;
      assertEquals(Optional.empty(), pool.transaction(HASH));
      one.up = false;
      assertThrows(NodeException.class, () -> pool.transaction(HASH));
    }
  }

  @Test
  void shouldNotWaitLongForASilentNode() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Node two = new Node(1000)) {
      ChainClient pool =
          NodePool.of(
              5,
              List.of(URI.create("http://127.0.0.1:" + silent.getLocalPort()), two.url()),
              Duration.ofSeconds(20));
      assertEquals(1000, pool(two).head().number()); // the first answer of all takes longest
      long start = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        assertEquals(1000, pool.head().number());
      }
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      assertTrue(took.compareTo(Duration.ofSeconds(15)) < 0, took.toString());
    }
  }

  @Test
  void shouldSendToAllNodes() throws Exception {
    try (Node one = new Node(1000);
        Node two = new Node(1000)) {
      assertInstanceOf(SendOutcome.Accepted.class, pool(one, two).send(new byte[] {1}));
      for (Node node : List.of(one, two)) {
        World.await(
            "it is sent", PATIENCE, () -> node.questions.contains("eth_sendRawTransaction"));
      }
    }
  }

  @Test
  void shouldCallSentWhatOneNodeTook() throws Exception {
    try (Node one = new Node(1000);
        Node two = new Node(1000)) {
      one.refused = "eth_sendRawTransaction";
      assertInstanceOf(SendOutcome.Accepted.class, pool(one, two).send(new byte[] {1}));
      two.refused = "eth_sendRawTransaction";
      assertInstanceOf(SendOutcome.Refused.class, pool(one, two).send(new byte[] {1}));
      one.up = false;
      assertInstanceOf(SendOutcome.Refused.class, pool(one, two).send(new byte[] {1}));
      two.up = false;
      assertInstanceOf(SendOutcome.Unreachable.class, pool(one, two).send(new byte[] {1}));
    }
  }

  private static ChainClient pool(Node... nodes) {
    return NodePool.of(5, List.of(nodes).stream().map(Node::url).toList(), TIMEOUT, PATIENCE);
  }

  /** A node that says what it is told to. */
  private static final class Node implements AutoCloseable {
    private final HttpServer server;
    private final long head;
    private final List<String> questions = new CopyOnWriteArrayList<>();
    private volatile boolean up = true;
    private volatile boolean shows;
    private volatile Duration age = Duration.ZERO;
    private volatile String refused = "nothing";

    private Node(long head) throws IOException {
      this.head = head;
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext(
          "/",
          exchange -> {
            String question =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            byte[] answer = answer(question).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(up ? 200 : 503, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
          });
      server.start();
    }

    private URI url() {
      return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private String answer(String question) {
      String id = question.replaceAll("(?s).*\"id\":(\\d+).*", "$1");
      String method = question.replaceAll("(?s).*\"method\":\"(\\w+)\".*", "$1");
      questions.add(method);
      String result =
          switch (method) {
            case "eth_chainId" -> "\"0x5\"";
            case "eth_getBlockByNumber" ->
                "{\"number\":\"0x%x\",\"hash\":\"%s\",\"parentHash\":\"%s\",\"timestamp\":\"0x%x\"}"
                    .formatted(head, HASH, HASH, Instant.now().minus(age).getEpochSecond());
            case "eth_getTransactionByHash" ->
                shows
                    ? "{\"hash\":\"%s\",\"from\":\"%s\",\"to\":null,\"input\":\"0x\"}"
                        .formatted(HASH, Address.ZERO)
                    : "null";
            case "eth_sendRawTransaction" -> "\"" + Hash.keccak(new byte[] {1}) + "\"";
            case "eth_getCode" -> "\"0x01\"";
            default -> "\"0x1\"";
          };
      return method.equals(refused)
          ? "{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32000,\"message\":\"invalid sender\"}}"
              .formatted(id)
          : "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":%s}".formatted(id, result);
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
