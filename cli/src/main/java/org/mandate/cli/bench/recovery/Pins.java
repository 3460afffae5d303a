package org.mandate.cli.bench.recovery;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

/**
 * Where relayers hand over their blobs: it says what an IPFS daemon says (Kubo RPC {@code add},
 * {@code pin/add}), and keeps nothing. What is measured is what relayers do around it; a real
 * daemon's answers are the business of tests of their own.
 */
final class Pins implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("filename=\"([a-z0-9]+)\"");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  Pins() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/api/v0/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** A relayer names each blob by its CID: that is what a daemon stores it as. */
  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var request =
          new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
      var name = NAME.matcher(request);
      var answer = name.find() ? "{\"Hash\":\"%s\"}".formatted(name.group(1)) : "{}";
      var bytes = answer.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.close();
  }
}
