package org.mandate.signer.remote;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An HTTP server on this machine that answers as a test wants, and badly when it wants that. */
final class StandIn implements AutoCloseable {
  /** Answers one request; whatever it throws is a 500. */
  interface Handler {
    Reply answer(String method, String path, HttpExchange exchange, String body) throws Exception;
  }

  record Reply(int status, String type, byte[] body) {
    static Reply text(int status, String text) {
      return new Reply(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
    }

    static Reply json(int status, String text) {
      return new Reply(status, "application/json", text.getBytes(StandardCharsets.UTF_8));
    }
  }

  final AtomicInteger asked = new AtomicInteger();
  private final HttpServer server;
  private final AtomicReference<Handler> handler;

  private final String scheme;

  StandIn(Handler first) throws IOException {
    this(
        "http",
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0),
        first);
  }

  /** With TLS, by the key in a PKCS #12 store. */
  static StandIn secure(Path store, String password, Handler first) throws Exception {
    KeyStore keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, password.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    return new StandIn("https", server, first);
  }

  private StandIn(String scheme, HttpServer server, Handler first) {
    this.scheme = scheme;
    this.server = server;
    handler = new AtomicReference<>(first);
    server.setExecutor(Executors.newCachedThreadPool());
    server.createContext("/", this::serve);
    server.start();
  }

  URI url() {
    return URI.create(scheme + "://127.0.0.1:" + server.getAddress().getPort());
  }

  void answers(Handler next) {
    handler.set(next);
  }

  private void serve(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Reply reply;
    try {
      reply =
          handler
              .get()
              .answer(
                  exchange.getRequestMethod(), exchange.getRequestURI().getPath(), exchange, body);
    } catch (Exception e) {
      reply = Reply.text(500, e.toString());
    }
    try (exchange) {
      exchange.getResponseHeaders().add("Content-Type", reply.type());
      exchange.sendResponseHeaders(reply.status(), reply.body().length);
      exchange.getResponseBody().write(reply.body());
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
