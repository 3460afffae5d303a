package org.mandate.relayer.api;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mandate.relayer.Journal;

/**
 * Who is connected, and how long each may take: whoever holds connections without asking anything,
 * or asks without end, keeps nobody else out. What is too many is closed at once, since an answer
 * would hold it open.
 */
final class Connections {
  private static final Journal LOG = Journal.of("api");
  private static final Duration TOLD_EVERY = Duration.ofMinutes(1);

  /**
   * How long a connection is left to its client, whatever comes meanwhile: bytes that trickle in do
   * not prolong it.
   *
   * @param first until the first request's headers are there
   * @param body from then until the body is, of each request
   * @param next from then until the next request's headers are there, the answer in between
   * @param look how often it is looked who is late
   */
  record Patience(Duration first, Duration body, Duration next, Duration look) {
    static final Patience DEFAULT =
        new Patience(
            Duration.ofSeconds(10),
            Duration.ofSeconds(10),
            Duration.ofMinutes(2),
            Duration.ofSeconds(1));
  }

  private static final class Held {
    private final String client;
    private volatile long deadline; // by System.nanoTime

    private Held(String client, Duration left) {
      this.client = client;
      give(left);
    }

    private void give(Duration left) {
      deadline = System.nanoTime() + left.toNanos();
    }
  }

  private final Vertx vertx;
  private final int most;
  private final int perClient;
  private final Patience patience;
  private final Map<HttpConnection, Held> open = new HashMap<>();
  private final Map<String, Integer> clients = new HashMap<>();
  private long turnedAway;
  private long told = System.nanoTime() - TOLD_EVERY.toNanos();

  /**
   * @param most at a time
   * @param perClient most of one client
   */
  Connections(Vertx vertx, int most, int perClient, Patience patience) {
    this.vertx = vertx;
    this.most = most;
    this.perClient = perClient;
    this.patience = patience;
  }

  /** Lets go of who is late, from now on, as long as Vert.x runs. */
  void watch() {
    vertx.setPeriodic(patience.look().toMillis(), look -> late().forEach(HttpConnection::close));
  }

  private synchronized List<HttpConnection> late() {
    long now = System.nanoTime();
    return open.entrySet().stream()
        .filter(e -> now - e.getValue().deadline > 0)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Somebody connected. */
  void connected(HttpConnection connection) {
    String client = ClientAddress.of(connection.remoteAddress());
    if (admit(connection, client)) connection.closeHandler(closed -> left(connection));
    else connection.close();
  }

  private synchronized boolean admit(HttpConnection connection, String client) {
    int held = clients.getOrDefault(client, 0);
    if (open.size() >= most || held >= perClient) {
      tell(client, held);
      return false;
    }
    open.put(connection, new Held(client, patience.first()));
    clients.put(client, held + 1);
    return true;
  }

  private void tell(String client, int held) {
    turnedAway++;
    long now = System.nanoTime();
    if (now - told < TOLD_EVERY.toNanos()) return;
    told = now;
    LOG.warn(
        "connections are turned away",
        "client",
        client,
        "open",
        held,
        "limit",
        perClient,
        "ofAll",
        open.size(),
        "limitOfAll",
        most,
        "turnedAwaySoFar",
        turnedAway,
        "next",
        "if that is your reverse proxy, raise http.connections-per-client");
  }

  private synchronized void left(HttpConnection connection) {
    Held held = open.remove(connection);
    if (held != null) clients.computeIfPresent(held.client, (c, n) -> n > 1 ? n - 1 : null);
  }

  /** A request's headers came. */
  void asked(HttpServerRequest request) {
    Held held = held(request.connection());
    if (held == null) return; // gone
    held.give(patience.body());
    request.end().onSuccess(read -> held.give(patience.next()));
  }

  private synchronized Held held(HttpConnection connection) {
    return open.get(connection);
  }

  synchronized boolean isEmpty() {
    return open.isEmpty();
  }
}
