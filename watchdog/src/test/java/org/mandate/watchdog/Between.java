package org.mandate.watchdog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;

/** A node that lies: it asks an honest one, and says something else. */
final class Between implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REVERTED = "reverted";

  private final URI node;
  private final Lie lie;
  private final HttpServer server;
  private final HttpClient http = HttpClient.newHttpClient();

  /** What it makes of the answer to a request; of a call: a {@link #revert} as well. */
  @FunctionalInterface
  interface Lie {
    JsonNode answer(String method, JsonNode parameters, JsonNode honest);
  }

  /** That a call reverts with these data. */
  static JsonNode revert(String data) {
    return JSON.createObjectNode().put(REVERTED, data);
  }

  Between(URI node, Lie lie) throws IOException {
    this.node = node;
    this.lie = lie;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            byte[] said = said(exchange.getRequestBody().readAllBytes());
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, said.length);
            exchange.getResponseBody().write(said);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private byte[] said(byte[] body) throws IOException, InterruptedException {
    HttpResponse<byte[]> honest =
        http.send(
            HttpRequest.newBuilder(node)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    JsonNode asked = JSON.readTree(body);
    JsonNode answered = JSON.readTree(honest.body());
    Map<String, JsonNode> requests = new HashMap<>();
    for (JsonNode one : asked instanceof ArrayNode all ? all : JSON.createArrayNode().add(asked)) {
      requests.put(one.path("id").asText(), one);
    }
    for (JsonNode one :
        answered instanceof ArrayNode all ? all : JSON.createArrayNode().add(answered)) {
      JsonNode request = requests.get(one.path("id").asText());
      if (one instanceof ObjectNode object && object.has("result")) {
        JsonNode said =
            lie.answer(
                request.path("method").asText(), request.path("params"), object.get("result"));
        if (said.has(REVERTED)) {
          object.remove("result");
          object
              .putObject("error")
              .put("code", 3)
              .put("message", "execution reverted")
              .put("data", said.path(REVERTED).asText());
        } else {
          object.set("result", said);
        }
      }
    }
    return JSON.writeValueAsBytes(answered);
  }

  @Override
  public void close() {
    server.stop(0);
    http.shutdownNow();
  }
}
