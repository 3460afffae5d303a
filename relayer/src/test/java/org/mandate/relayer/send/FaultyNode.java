package org.mandate.relayer.send;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.web3j.crypto.TransactionDecoder;
import org.web3j.crypto.transaction.type.Transaction1559;

/** A node's address that answers what the real node answers, but for transactions that are sent. */
final class FaultyNode implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What it does with a transaction that is sent to it. */
  @FunctionalInterface
  interface Fault {
    /** Its answer; empty: the real node gets it. */
    Optional<Answer> of(Sent sent);
  }

  /** A transaction as it came. */
  record Sent(String raw, Hash hash, Transaction1559 transaction) {
    long nonce() {
      return transaction.getNonce().longValueExact();
    }
  }

  /** A hash, or an error. */
  sealed interface Answer {
    record Taken() implements Answer {}

    record Error(int code, String message) implements Answer {}
  }

  private final HttpServer server;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final URI real;
  private volatile Fault fault = sent -> Optional.empty();

  private FaultyNode(HttpServer server, URI real) {
    this.server = server;
    this.real = real;
  }

  static FaultyNode before(URI real) {
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      FaultyNode node = new FaultyNode(server, real);
      server.setExecutor(node.threads);
      server.createContext("/", node::answer);
      server.start();
      return node;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  JsonRpcClient client() {
    return new JsonRpcClient(
        URI.create("http://127.0.0.1:" + server.getAddress().getPort()), Duration.ofSeconds(30));
  }

  void does(Fault next) {
    fault = next;
  }

  static Optional<Answer> says(int code, String message) {
    return Optional.of(new Answer.Error(code, message));
  }

  /** It says that it took it. */
  static Optional<Answer> takes() {
    return Optional.of(new Answer.Taken());
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      JsonNode asked = JSON.readTree(exchange.getRequestBody().readAllBytes());
      JsonNode told;
      if (asked.isArray()) {
        ArrayNode all = JSON.createArrayNode();
        for (JsonNode one : asked) all.add(answer(one));
        told = all;
      } else {
        told = answer(asked);
      }
      byte[] body = JSON.writeValueAsBytes(told);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }

  private JsonNode answer(JsonNode one) throws IOException {
    if (!one.path("method").asText().equals("eth_sendRawTransaction")) return ask(one);
    String raw = one.path("params").get(0).asText();
    Hash hash = Hash.keccak(org.mandate.chain.Bytes.of(raw).bytes());
    Transaction1559 transaction = (Transaction1559) TransactionDecoder.decode(raw).getTransaction();
    Optional<Answer> own = fault.of(new Sent(raw, hash, transaction));
    if (own.isEmpty()) return ask(one);
    ObjectNode told = JSON.createObjectNode().put("jsonrpc", "2.0");
    told.set("id", one.get("id"));
    switch (own.get()) {
      case Answer.Taken taken -> told.put("result", hash.hex());
      case Answer.Error error ->
          told.putObject("error").put("code", error.code()).put("message", error.message());
    }
    return told;
  }

  private JsonNode ask(JsonNode question) throws IOException {
    try {
      return JSON.readTree(
          http.send(
                  HttpRequest.newBuilder(real)
                      .header("Content-Type", "application/json")
                      .POST(
                          HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(question)))
                      .build(),
                  HttpResponse.BodyHandlers.ofByteArray())
              .body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    http.close();
  }
}
