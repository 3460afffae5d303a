package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node that answers whatever it likes: no real one can be made to. */
class HostileNodeTest {
  private static final Pattern ID = Pattern.compile("\"id\":(\\d+)");
  private static final String HASH = "0x" + "1".repeat(64);
  private static final String OTHER = "0x" + "2".repeat(64);
  private static final String TOKEN = "0x" + "a".repeat(40);

  private HttpServer server;

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nonsense",
        "[]",
        "{}",
        "null",
        "{\"id\":ID}",
        "{\"id\":\"ID\",\"result\":\"0x1\"}",
        "{\"id\":77777,\"result\":\"0x1\"}",
        "{\"id\":ID,\"result\":null}",
        "{\"id\":ID,\"result\":1}",
        "{\"id\":ID,\"result\":\"1\"}",
        "{\"id\":ID,\"result\":\"0x\"}",
        "{\"id\":ID,\"result\":\"0x-1\"}",
        "{\"id\":ID,\"result\":\"0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"}",
        "{\"id\":ID,\"result\":\"0x1\",\"result\":\"0x2\"}",
        "{\"id\":ID,\"result\":\"0x1\"} {}",
        "{\"id\":ID,\"error\":{\"code\":-32005,\"message\":\"slow down\"}}",
        "{\"id\":ID,\"error\":{}}"
      })
  void shouldRefuseWhenTheAnswerMakesNoSense(String answer) {
    assertThrows(NodeException.class, () -> answering(200, answer).chainId());
  }

  @Test
  void shouldReadWhenTheAnswerMakesSense() {
    assertDoesNotThrow(
        () ->
            answering(200, "{\"id\":ID,\"result\":\"0x1\"}").chainId()); // the other tests can fail
  }

  @Test
  void shouldRefuseWhenAnotherBlockIsAnswered() {
    ChainClient node = answering(200, "{\"id\":ID,\"result\":" + block("0x7", OTHER) + "}");
    assertThrows(NodeException.class, () -> node.block(Hash.of(HASH)));
    assertThrows(NodeException.class, () -> node.block(8));
    assertDoesNotThrow(() -> node.block(7));
  }

  @Test
  void shouldRefuseWhenLogsAreOfAnotherBlockOrContract() {
    String block = block("0x7", HASH);
    assertDoesNotThrow(() -> logs(log(HASH, "0x7", TOKEN, "0x0", false), block));
    assertThrows(NodeException.class, () -> logs(log(OTHER, "0x7", TOKEN, "0x0", false), block));
    assertThrows(NodeException.class, () -> logs(log(HASH, "0x8", TOKEN, "0x0", false), block));
    assertThrows(
        NodeException.class,
        () -> logs(log(HASH, "0x7", "0x" + "b".repeat(40), "0x0", false), block));
    assertThrows(
        NodeException.class, () -> logs(log(HASH, "0x7", TOKEN, "0xffffffffff", false), block));
    assertThrows(NodeException.class, () -> logs(log(HASH, "0x7", TOKEN, "0x0", true), block));
    String twice = log(HASH, "0x7", TOKEN, "0x0", false);
    assertThrows(NodeException.class, () -> logs(twice + "," + twice, block));
    assertThrows(
        NodeException.class, () -> logs("", "null")); // no logs, of a block that it does not know
  }

  @Test
  void shouldRefuseWhenTheProofIsOfSomethingElseOrHuge() {
    String one = "{\"key\":\"" + OTHER + "\",\"value\":\"0x1\",\"proof\":[\"0x80\"]}";
    assertDoesNotThrow(() -> proof(TOKEN, "\"0x80\"", one));
    assertDoesNotThrow(() -> proof(TOKEN, "", one));
    assertThrows(NodeException.class, () -> proof("0x" + "b".repeat(40), "\"0x80\"", one));
    assertThrows(NodeException.class, () -> proof(TOKEN, "\"0x80\"", ""));
    assertThrows(NodeException.class, () -> proof(TOKEN, "\"0x80\"", one + "," + one));
    assertThrows(NodeException.class, () -> proof(TOKEN, "\"0x80\"", one.replace(OTHER, HASH)));
    assertThrows(NodeException.class, () -> proof(TOKEN, "128", one));
    assertThrows(NodeException.class, () -> proof(TOKEN, "\"0x80\"", one.replace("[", "[[]")));
    assertThrows(NodeException.class, () -> proof(TOKEN, "\"0x" + "80".repeat(1025) + "\"", one));
    assertThrows(NodeException.class, () -> proof(TOKEN, "\"0x80\"" + ",\"0x80\"".repeat(65), one));
  }

  private void proof(String account, String nodes, String slots) {
    if (server != null) {
      server.stop(0);
    }
    String answer =
        "{\"id\":ID,\"result\":{\"address\":\"%s\",\"accountProof\":[%s],\"storageProof\":[%s]}}"
            .formatted(account, nodes, slots);
    answering(200, answer).proof(Address.of(TOKEN), Hash.of(OTHER), Hash.of(HASH));
  }

  @Test
  void shouldSayUnreachableWhenTheNodeNamesAnotherTransaction() {
    var outcome = answering(200, "{\"id\":ID,\"result\":\"" + HASH + "\"}").send(new byte[] {1});
    assertInstanceOf(SendOutcome.Unreachable.class, outcome);
  }

  @Test
  void shouldNotCountAgainstTheTransactionWhenTheNodeIsIll() {
    for (String error :
        new String[] {
          "internal error", "request rate exceeded", "header not found", "txpool is full"
        }) {
      var outcome =
          answering(200, "{\"id\":ID,\"error\":{\"code\":-32000,\"message\":\"" + error + "\"}}")
              .send(new byte[] {1});
      assertInstanceOf(SendOutcome.Unreachable.class, outcome, error);
      server.stop(0);
    }
    assertInstanceOf(
        SendOutcome.Unreachable.class, answering(502, "Bad gateway").send(new byte[] {1}));
  }

  /** RFC 9110: seconds or a date; never without end, and the body says nothing. */
  @Test
  void L10_shouldHearHowLongABusyNodeWantsToBeLeftAlone() {
    String date =
        DateTimeFormatter.RFC_1123_DATE_TIME.format(
            ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(90));
    assertEquals(Optional.of(Duration.ofSeconds(7)), busy(429, "7"));
    assertEquals(Optional.of(Duration.ofMinutes(10)), busy(503, "999999"));
    assertTrue(busy(429, date).orElseThrow().toSeconds() > 60, date);
    assertEquals(Optional.of(Duration.ZERO), busy(429, "Sun, 06 Nov 1994 08:49:37 GMT"));
    assertEquals(Optional.empty(), busy(429, "-5"));
    assertEquals(Optional.empty(), busy(429, "soon"));
  }

  private Optional<Duration> busy(int status, String retryAfter) {
    if (server != null) server.stop(0);
    ChainClient node =
        serving(
            exchange -> {
              exchange.http().getResponseHeaders().set("Retry-After", retryAfter);
              exchange.sendResponseHeaders(status, 4);
              exchange.write("null".getBytes(StandardCharsets.UTF_8));
            });
    NodeException busy = assertThrows(NodeException.class, node::head);
    assertEquals(NodeException.Fault.BUSY, busy.fault());
    SendOutcome.Unreachable sent =
        assertInstanceOf(SendOutcome.Unreachable.class, node.send(new byte[] {1}));
    assertEquals(NodeException.Fault.BUSY, sent.fault());
    return busy.retryAfter();
  }

  /** In geth's words. */
  @Test
  void L1_shouldTellAContractsFailureFromTheNodes() {
    for (String error :
        new String[] {
          "invalid jump destination",
          "stack limit reached 1024 (1023)",
          "return data out of bounds",
          "stack underflow (0 <=> 1)",
          "invalid opcode: INVALID",
          "out of gas",
          "execution reverted",
          "gas uint64 overflow",
          "write protection"
        }) {
      assertThrows(CallRevertedException.class, () -> call(error), error);
    }
    for (String error :
        new String[] {
          "header not found", "missing trie node", "execution aborted (timeout = 5s)"
        }) {
      assertThrows(NodeException.class, () -> call(error), error);
    }
  }

  private void call(String error) {
    if (server != null) {
      server.stop(0);
    }
    answering(200, "{\"id\":ID,\"error\":{\"code\":-32000,\"message\":\"" + error + "\"}}")
        .call(Address.of(TOKEN), new byte[0]);
  }

  @Test
  void shouldRefuseWhenABlockNumberIsAbsurd() {
    String block =
        "{\"jsonrpc\":\"2.0\",\"id\":ID,\"result\":{\"number\":\"NUMBER\",\"hash\":\"%s\",\"parentHash\":\"%s\",\"timestamp\":\"0x1\"}}"
            .formatted(HASH, OTHER);
    ChainClient honest = answering(200, block.replace("NUMBER", "0x1312d00"));
    assertDoesNotThrow(honest::finalized);
    stop();
    ChainClient absurd = answering(200, block.replace("NUMBER", "0x7fffffffffffffff"));
    assertThrows(NodeException.class, absurd::finalized);
  }

  @Test
  void L9_shouldMakeNoTreeOfMillionsOfSmallValues() {
    String few = "[]" + ",[]".repeat(10);
    String many = "[]" + ",[]".repeat(600_000); // 1.8 MB of text, some 30 of tree
    String answer = "{\"id\":ID,\"result\":[%s]}";
    // Neither is a number; but only the first one is looked at.
    var read = assertThrows(NodeException.class, answering(200, answer.formatted(few))::chainId);
    var unread = assertThrows(NodeException.class, answering(200, answer.formatted(many))::chainId);
    assertFalse(read.getMessage().contains("not JSON"), read.getMessage());
    assertTrue(unread.getMessage().contains("not JSON"), unread.getMessage());
  }

  /** 20 MB of one value would take four times that at once, of a heap of 256. */
  @Test
  void L9_shouldReadNoValueThatNoTransactionCanHave() {
    String block = block("0x7", HASH);
    String large =
        log(HASH, "0x7", TOKEN, "0x0", false).replace("\"data\":\"0x\"", "\"data\":\"0x%s\"");
    assertDoesNotThrow(() -> logs(large.formatted("00".repeat(1_677_000)), block));
    NodeException refused =
        assertThrows(
            NodeException.class, () -> logs(large.formatted("ab".repeat(10_000_000)), block));
    assertTrue(refused.getMessage().contains("not JSON"), refused.getMessage());
  }

  @Test
  void L9_shouldReadNoMoreOfANumberThanOfANumber() {
    String tooLong = "{\"id\":ID,\"result\":\"0x1\",\"more\":\"" + "a".repeat(5 << 20) + "\"}";
    var refused = assertThrows(NodeException.class, answering(200, tooLong)::chainId);
    assertTrue(refused.getMessage().contains("larger than"), refused.getMessage());
  }

  @Test
  void shouldStopReadingWhenTheAnswerIsHuge() throws IOException {
    ChainClient node =
        serving(
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              byte[] chunk = " ".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
              for (int i = 0; i < 64; i++) {
                exchange.write(chunk);
              }
            });
    var refused = assertThrows(NodeException.class, node::chainId);
    assertTrue(refused.getMessage().contains("larger than"), refused.getMessage());
  }

  @Test
  void shouldStopWaitingWhenTheAnswerDrips() {
    ChainClient node =
        serving(
            Duration.ofSeconds(2),
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              for (int i = 0; i < 600; i++) {
                exchange.write(new byte[] {' '});
                Thread.sleep(100);
              }
            });
    assertTimeoutPreemptively(
        Duration.ofSeconds(30), () -> assertThrows(NodeException.class, node::chainId));
  }

  @Test
  void shouldNotShowTheAccessKeyWhenTheNodeFails() {
    answering(200, "nonsense");
    URI secret =
        URI.create(
            "http://user:hush@127.0.0.1:" + server.getAddress().getPort() + "/v3/hush?key=hush");
    var refused =
        assertThrows(
            NodeException.class, () -> new JsonRpcClient(secret, Duration.ofSeconds(1)).chainId());
    assertFalse(refused.getMessage().contains("hush"), refused.getMessage());
  }

  private void logs(String logs, String block) {
    if (server != null) {
      server.stop(0);
    }
    // a batch of two, answered in the other order
    answering(
            200, "[{\"id\":SECOND,\"result\":" + block + "},{\"id\":ID,\"result\":[" + logs + "]}]")
        .logs(Hash.of(HASH), Set.of(Address.of(TOKEN)));
  }

  private static String block(String number, String hash) {
    return "{\"number\":\""
        + number
        + "\",\"hash\":\""
        + hash
        + "\",\"parentHash\":\""
        + OTHER
        + "\",\"timestamp\":\"0x1\"}";
  }

  private static String log(
      String block, String number, String address, String index, boolean removed) {
    return "{\"blockHash\":\""
        + block
        + "\",\"blockNumber\":\""
        + number
        + "\",\"address\":\""
        + address
        + "\",\"logIndex\":\""
        + index
        + "\",\"removed\":"
        + removed
        + ",\"topics\":[],\"data\":\"0x\",\"transactionHash\":\""
        + OTHER
        + "\"}";
  }

  private ChainClient answering(int status, String answer) {
    return serving(
        exchange -> {
          byte[] body =
              answer
                  .replace("SECOND", exchange.id(1))
                  .replace("ID", exchange.id(0))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
          if (body.length > 0) {
            exchange.write(body);
          }
        });
  }

  private interface Behaviour {
    void answer(Exchange exchange) throws IOException, InterruptedException;
  }

  private record Exchange(com.sun.net.httpserver.HttpExchange http, String request) {
    void sendResponseHeaders(int status, long length) throws IOException {
      http.sendResponseHeaders(status, length);
    }

    void write(byte[] bytes) throws IOException {
      OutputStream body = http.getResponseBody();
      body.write(bytes);
      body.flush();
    }

    /** The id of the request, or of the n-th in a batch. */
    String id(int n) {
      Matcher ids = ID.matcher(request);
      String id = "0";
      for (int i = 0; i <= n && ids.find(); i++) {
        id = ids.group(1);
      }
      return id;
    }
  }

  private ChainClient serving(Behaviour behaviour) {
    return serving(Duration.ofSeconds(30), behaviour);
  }

  private ChainClient serving(Duration timeout, Behaviour behaviour) {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        http -> {
          try (http) {
            behaviour.answer(
                new Exchange(
                    http,
                    new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    return new JsonRpcClient(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort()), timeout);
  }
}
