package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mandate.testing.Anvil;

/**
 * A real node's answers of which some part is of another shape: whatever is asked, each is read, or
 * is that node's failure, and never anything else: that would be everybody's.
 */
class WarpedAnswersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TIMES = 400;

  /** Returns a word; and logs once when it is called with a transaction. */
  private static final String CONTRACT = "0x600160005260206000a060206000f3";

  private static final List<JsonNode> SHAPES =
      List.of(
          JsonNodeFactory.instance.nullNode(),
          JsonNodeFactory.instance.objectNode(),
          JsonNodeFactory.instance.objectNode().put("a", 1),
          JsonNodeFactory.instance.objectNode().putNull("0"),
          JsonNodeFactory.instance.arrayNode(),
          JsonNodeFactory.instance.arrayNode().addNull(),
          JsonNodeFactory.instance.arrayNode().add(JsonNodeFactory.instance.arrayNode()),
          JsonNodeFactory.instance.arrayNode().add("0x1"),
          JsonNodeFactory.instance.textNode(""),
          JsonNodeFactory.instance.textNode("0x"),
          JsonNodeFactory.instance.textNode("0x-1"),
          JsonNodeFactory.instance.textNode("0xzz"),
          JsonNodeFactory.instance.textNode("0x" + "f".repeat(64)),
          JsonNodeFactory.instance.textNode("0x7fffffffffffffff"),
          JsonNodeFactory.instance.textNode("0x8000000000000000"),
          JsonNodeFactory.instance.textNode("0x" + "f".repeat(66)),
          JsonNodeFactory.instance.numberNode(1),
          JsonNodeFactory.instance.numberNode(-1),
          JsonNodeFactory.instance.numberNode(1.5),
          JsonNodeFactory.instance.numberNode(BigInteger.ONE.shiftLeft(300)),
          JsonNodeFactory.instance.booleanNode(true));

  private Anvil anvil;
  private HttpServer server;
  private final HttpClient http = HttpClient.newHttpClient();
  private Random random;
  private boolean warps;

  @BeforeEach
  void start() throws IOException {
    anvil = Anvil.start(31337);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::forward);
    server.start();
  }

  @AfterEach
  void stop() {
    http.close();
    server.stop(0);
    anvil.close();
  }

  @Test
  void L9_shouldTakeNothingThatANodeAnswersForAFailureOfItsOwn() {
    Address contract =
        anvil.create("0x600f600c600039600f6000f3" + CONTRACT.substring(2), new byte[0]);
    Receipt mined = anvil.send(contract, Bytes.EMPTY);
    Hash block = mined.blockHash();
    Hash sent = mined.transaction();
    long number = mined.blockNumber();
    for (int i = 0; i < 10; i++) anvil.send(contract, Bytes.EMPTY); // blocks with tips
    byte[] data = {1, 2, 3, 4};
    Fees bid = anvil.client().fees();
    Map<String, Consumer<ChainClient>> questions = new LinkedHashMap<>();
    questions.put("chainId", ChainClient::chainId);
    questions.put("head", ChainClient::head);
    questions.put("finalized", ChainClient::finalized);
    questions.put("block by number", n -> n.block(number));
    questions.put("block by hash", n -> n.block(block));
    questions.put("blocks", n -> n.blocks(0, number));
    questions.put("header", n -> n.header(block));
    questions.put("proof", n -> n.proof(contract, Hash.keccak("slot"), block));
    questions.put("logs of a block", n -> n.logs(block, Set.of(contract)));
    questions.put("logs", n -> n.logs(0, number, Set.of(contract)));
    questions.put("call", n -> n.call(contract, data));
    questions.put("calls", n -> n.calls(List.of(new ContractCall(contract, Bytes.of(data)))));
    questions.put("call at a block", n -> n.call(contract, data, block));
    questions.put("trial", n -> n.call(Anvil.RICH.address(), contract, data, 100_000, bid, block));
    questions.put("code", n -> n.code(contract));
    questions.put("balance", n -> n.balance(contract));
    questions.put("nonce", n -> n.nonce(contract, BlockTag.LATEST));
    questions.put("gas", n -> n.estimateGas(Anvil.RICH.address(), contract, BigInteger.ZERO, data));
    questions.put("fees", ChainClient::fees);
    questions.put("send", n -> n.send(new byte[] {1}));
    questions.put("receipt", n -> n.receipt(sent));
    questions.put("receipts", n -> n.receipts(List.of(sent, block)));
    questions.put("transaction", n -> n.transaction(sent));
    questions.put("known", n -> n.transactionKnown(sent));
    Map<String, Throwable> wrong = new TreeMap<>();
    Map<String, Integer> refused = new TreeMap<>();
    for (var question : questions.entrySet()) {
      warps = false;
      question.getValue().accept(client());
      warps = true;
      for (int seed = 0; seed < TIMES; seed++) {
        random = new Random(seed);
        try {
          question.getValue().accept(client());
        } catch (NodeException | CallRevertedException e) {
          refused.merge(question.getKey(), 1, Integer::sum);
        } catch (RuntimeException | Error e) {
          wrong.putIfAbsent(question.getKey() + ", seed " + seed, e);
        }
      }
    }
    assertEquals(Map.of(), wrong);
    // Whatever it answers to a transaction, it is asked again.
    questions.keySet().stream()
        .filter(q -> !q.equals("send") && !q.equals("gas"))
        .forEach(q -> assertTrue(refused.getOrDefault(q, 0) > TIMES / 8, q + ": " + refused));
  }

  private ChainClient client() {
    return new JsonRpcClient(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort()), Duration.ofSeconds(30));
  }

  private void forward(HttpExchange exchange) throws IOException {
    try (exchange) {
      HttpRequest request =
          HttpRequest.newBuilder(anvil.url())
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
              .build();
      JsonNode answer = JSON.readTree(http.send(request, BodyHandlers.ofByteArray()).body());
      byte[] told = JSON.writeValueAsBytes(warps ? warped(answer) : answer);
      exchange.sendResponseHeaders(200, told.length);
      exchange.getResponseBody().write(told);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Place(JsonNode parent, Optional<String> field, int index) {}

  /** One to three places of what it answers are of another shape, gone, or there twice. */
  private JsonNode warped(JsonNode answer) {
    List<Place> places = new ArrayList<>();
    for (JsonNode each : answer.isArray() ? answer : List.of(answer)) {
      for (String part : List.of("result", "error")) {
        if (!each.has(part)) continue;
        places.add(new Place(each, Optional.of(part), 0));
        collect(each.get(part), places);
      }
    }
    for (int i = 1 + random.nextInt(3); i > 0; i--) warp(places.get(random.nextInt(places.size())));
    return answer;
  }

  private static void collect(JsonNode node, List<Place> places) {
    if (node instanceof ObjectNode object)
      object
          .fieldNames()
          .forEachRemaining(name -> places.add(new Place(object, Optional.of(name), 0)));
    for (int i = 0; node instanceof ArrayNode && i < node.size(); i++)
      places.add(new Place(node, Optional.empty(), i));
    node.forEach(child -> collect(child, places));
  }

  private void warp(Place place) {
    JsonNode shape = SHAPES.get(random.nextInt(SHAPES.size()));
    boolean removes = random.nextInt(6) == 0;
    if (place.parent() instanceof ObjectNode object) {
      String name = place.field().orElseThrow();
      if (removes) object.remove(name);
      else object.set(name, shape);
      return;
    }
    ArrayNode array = (ArrayNode) place.parent();
    if (place.index() >= array.size()) return;
    if (removes) array.remove(place.index());
    else if (random.nextInt(6) == 0) array.add(array.get(place.index()));
    else array.set(place.index(), shape);
  }
}
