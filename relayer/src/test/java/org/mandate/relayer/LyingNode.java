package org.mandate.relayer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A node's address that answers what the real node answers, or lies. */
final class LyingNode implements AutoCloseable {
  enum Lie {
    NONE,
    /** No transaction has a receipt. */
    NO_RECEIPTS,
    /** Not JSON. */
    GARBAGE,
    /** Status 500. */
    ERRORS,
    /** A body without end. */
    ENDLESS,
    /** Null to every question. */
    NULLS,
    /** Nothing: the connection ends. */
    REFUSAL,
    /** As if the last blocks were not there yet. */
    LAG,
    /** What another chain's node answers. */
    OTHER_CHAIN,
    /** Nothing was logged in any block. */
    NO_LOGS,
    /** No contract answers with anything. */
    EMPTY_CALLS,
    /** Each contract answers each question with the number one. */
    ONES,
    /** Each block is a day older. */
    OLD_TIMES
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Set<String> TAGS = Set.of("latest", "pending", "safe", "finalized");
  private final HttpServer server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private static final int BLOCKS_BEHIND = 12;
  private final URI real;
  private final URI other;
  private volatile Lie lie = Lie.NONE;

  private LyingNode(HttpServer server, URI real, URI other) {
    this.server = server;
    this.real = real;
    this.other = other;
  }

  static LyingNode before(URI real) throws IOException {
    return before(real, real);
  }

  /**
   * @param other a node of another chain
   */
  static LyingNode before(URI real, URI other) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    LyingNode node = new LyingNode(server, real, other);
    server.setExecutor(node.threads);
    server.createContext("/", node::answer);
    server.start();
    return node;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  void tell(Lie next) {
    lie = next;
  }

  private void answer(HttpExchange exchange) throws IOException {
    byte[] question = exchange.getRequestBody().readAllBytes();
    try (exchange) {
      switch (lie) {
        case NONE -> reply(exchange, 200, ask(real, question));
        case NO_RECEIPTS ->
            reply(
                exchange,
                200,
                hiding("eth_getTransactionReceipt", null, question, ask(real, question)));
        case NO_LOGS ->
            reply(
                exchange,
                200,
                hiding("eth_getLogs", JSON.createArrayNode(), question, ask(real, question)));
        case EMPTY_CALLS -> reply(exchange, 200, calls("0x", question));
        case ONES -> reply(exchange, 200, calls("0x" + "0".repeat(63) + "1", question));
        case GARBAGE -> reply(exchange, 200, "<html>{]]".getBytes(StandardCharsets.UTF_8));
        case ERRORS -> reply(exchange, 500, new byte[0]);
        case ENDLESS -> endless(exchange);
        case NULLS -> reply(exchange, 200, nulls(question));
        case REFUSAL -> {} // closed without an answer
        case LAG -> reply(exchange, 200, lagging(question));
        case OLD_TIMES -> reply(exchange, 200, older(ask(real, question)));
        case OTHER_CHAIN -> reply(exchange, 200, ask(other, question));
      }
    }
  }

  private byte[] calls(String instead, byte[] question) throws IOException {
    return hiding("eth_call", TextNode.valueOf(instead), question, ask(real, question));
  }

  private byte[] ask(URI node, byte[] question) throws IOException {
    try {
      return http.send(
              HttpRequest.newBuilder(node)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofByteArray(question))
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray())
          .body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static byte[] hiding(String method, JsonNode instead, byte[] question, byte[] answer)
      throws IOException {
    JsonNode asked = JSON.readTree(question);
    Set<String> hidden = new HashSet<>();
    for (JsonNode one : each(asked)) {
      if (one.path("method").asText().equals(method)) hidden.add(one.path("id").toString());
    }
    JsonNode told = JSON.readTree(answer);
    for (JsonNode one : each(told)) {
      if (hidden.contains(one.path("id").toString())) ((ObjectNode) one).set("result", instead);
    }
    return JSON.writeValueAsBytes(told);
  }

  private static byte[] older(byte[] answer) throws IOException {
    JsonNode told = JSON.readTree(answer);
    for (JsonNode one : each(told)) {
      if (one.path("result") instanceof ObjectNode block && block.has("timestamp")) {
        long time = Long.decode(block.get("timestamp").asText()) - 86_400;
        block.put("timestamp", "0x" + Long.toHexString(time));
      }
    }
    return JSON.writeValueAsBytes(told);
  }

  private static List<JsonNode> each(JsonNode oneOrMany) {
    List<JsonNode> all = new ArrayList<>();
    if (oneOrMany.isArray()) oneOrMany.forEach(all::add);
    else all.add(oneOrMany);
    return all;
  }

  private static byte[] nulls(byte[] question) throws IOException {
    JsonNode asked = JSON.readTree(question);
    ArrayNode told = JSON.createArrayNode();
    for (JsonNode one : each(asked)) {
      told.addObject().put("jsonrpc", "2.0").putNull("result").set("id", one.get("id"));
    }
    return JSON.writeValueAsBytes(asked.isArray() ? told : told.get(0));
  }

  /** Asks the real node about an older block instead, and hides what is newer. */
  private byte[] lagging(byte[] question) throws IOException {
    byte[] head =
        ask(
            real,
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"eth_blockNumber\",\"params\":[]}"
                .getBytes(StandardCharsets.UTF_8));
    long last =
        Math.max(0, Long.decode(JSON.readTree(head).path("result").asText()) - BLOCKS_BEHIND);
    JsonNode asked = JSON.readTree(question);
    for (JsonNode one : each(asked)) {
      if (!(one.path("params") instanceof ArrayNode params)) continue;
      for (int i = 0; i < params.size(); i++) {
        if (TAGS.contains(params.get(i).asText()))
          params.set(i, TextNode.valueOf("0x" + Long.toHexString(last)));
      }
    }
    JsonNode told = JSON.readTree(ask(real, JSON.writeValueAsBytes(asked)));
    for (JsonNode one : each(told)) {
      String number = one.path("result").path("blockNumber").asText();
      if (number.isEmpty()) number = one.path("result").path("number").asText();
      if (number.startsWith("0x") && Long.decode(number) > last) {
        ((ObjectNode) one).putNull("result");
      }
    }
    return JSON.writeValueAsBytes(told);
  }

  private static void endless(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    byte[] some = "[".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = exchange.getResponseBody()) {
      for (int i = 0; i < 4096; i++) out.write(some);
    }
  }

  private static void reply(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    http.close();
  }
}
