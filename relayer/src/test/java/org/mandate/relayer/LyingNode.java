package org.mandate.relayer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.HashSet;
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
    ENDLESS
  }

  private static final ObjectMapper JSON = new ObjectMapper();
  private final HttpServer server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final URI real;
  private volatile Lie lie = Lie.NONE;

  private LyingNode(HttpServer server, URI real) {
    this.server = server;
    this.real = real;
  }

  static LyingNode before(URI real) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    LyingNode node = new LyingNode(server, real);
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
        case NONE -> reply(exchange, 200, ask(question));
        case NO_RECEIPTS -> reply(exchange, 200, withoutReceipts(question, ask(question)));
        case GARBAGE -> reply(exchange, 200, "<html>{]]".getBytes(StandardCharsets.UTF_8));
        case ERRORS -> reply(exchange, 500, new byte[0]);
        case ENDLESS -> endless(exchange);
      }
    }
  }

  private byte[] ask(byte[] question) throws IOException {
    try {
      return http.send(
              HttpRequest.newBuilder(real)
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

  private static byte[] withoutReceipts(byte[] question, byte[] answer) throws IOException {
    JsonNode asked = JSON.readTree(question);
    Set<String> hidden = new HashSet<>();
    for (JsonNode one : asked.isArray() ? asked : JSON.createArrayNode().add(asked)) {
      if (one.path("method").asText().equals("eth_getTransactionReceipt"))
        hidden.add(one.path("id").toString());
    }
    JsonNode told = JSON.readTree(answer);
    for (JsonNode one : told.isArray() ? told : JSON.createArrayNode().add(told)) {
      if (hidden.contains(one.path("id").toString())) ((ObjectNode) one).putNull("result");
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
