package org.mandate.watchdog;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * What the watchdog shows over HTTP: health, metrics, findings. Reads only; binds where the
 * configuration says.
 */
final class Endpoint implements AutoCloseable {
  private static final String JSON = "application/json";
  private static final int IDLE_SECONDS = 30;

  private final Vertx vertx;
  private final HttpServer server;

  /**
   * What the watchdog lacks to do its work.
   *
   * @param lacking empty: it is ready
   */
  record Readiness(List<String> lacking) {
    Readiness {
      lacking = List.copyOf(lacking);
    }
  }

  /**
   * Binds.
   *
   * @param port 0: any free one
   * @param metrics in the Prometheus text format
   */
  Endpoint(
      String host,
      int port,
      Supplier<Readiness> readiness,
      Supplier<String> metrics,
      Findings findings) {
    vertx = Vertx.vertx();
    try {
      server =
          vertx
              .createHttpServer(
                  new HttpServerOptions()
                      .setHost(host)
                      .setPort(port)
                      // else the idle limit starts with the first byte only
                      .setHttp2ClearTextEnabled(false)
                      .setIdleTimeout(IDLE_SECONDS)
                      .setIdleTimeoutUnit(TimeUnit.SECONDS))
              .requestHandler(request -> answer(request, readiness, metrics, findings))
              .listen()
              .toCompletionStage()
              .toCompletableFuture()
              .join();
    } catch (RuntimeException e) {
      vertx.close();
      throw new IllegalStateException(
          "http: cannot listen on %s:%d: %s; set http.port to a free port, or 0 for any"
              .formatted(host, port, e.getMessage()),
          e);
    }
  }

  int port() {
    return server.actualPort();
  }

  @Override
  public void close() {
    vertx
        .close()
        .toCompletionStage()
        .toCompletableFuture()
        .orTimeout(5, TimeUnit.SECONDS)
        .exceptionally(e -> null)
        .join();
  }

  private static void answer(
      HttpServerRequest request,
      Supplier<Readiness> readiness,
      Supplier<String> metrics,
      Findings findings) {
    if (request.method() != HttpMethod.GET) {
      send(request, 405, JSON, error("only GET is answered here"));
      return;
    }
    switch (request.path()) {
      case "/health/live" -> send(request, 200, JSON, object().put("live", true).toString());
      case "/health/ready" -> {
        List<String> lacking = readiness.get().lacking();
        ObjectNode body = object().put("ready", lacking.isEmpty());
        lacking.forEach(body.putArray("lacking")::add);
        send(request, lacking.isEmpty() ? 200 : 503, JSON, body.toString());
      }
      case "/metrics" ->
          send(request, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.get());
      case "/v1/findings" -> {
        ObjectNode body = object();
        var list = body.putArray("findings");
        findings.all().forEach(finding -> list.add(FindingJson.of(finding)));
        send(request, 200, JSON, body.toString());
      }
      default ->
          send(
              request,
              404,
              JSON,
              error("unknown; there are /health/live, /health/ready, /metrics, /v1/findings"));
    }
  }

  private static Future<Void> send(
      HttpServerRequest request, int status, String type, String body) {
    return request
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", type)
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Content-Type-Options", "nosniff")
        .end(body);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static String error(String text) {
    return object().put("error", text).toString();
  }
}
