package org.mandate.cli.bench;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Asks at a steady rate, whether the answers come or not: times count from when a request was due,
 * so that a relayer that stalls is not asked less for it.
 */
final class OpenLoop {
  private static final int CONNECTIONS = 64;
  private static final long TICK_MILLIS = 2;
  private static final int PATIENCE_SECONDS = 60;
  private static final int SHOWN = 200;

  /**
   * What came of it.
   *
   * @param due when each was due, microseconds since 1970
   * @param accepted when each was answered with 202, microseconds since 1970; 0: it was not
   * @param refusals how often each other answer came
   */
  record Outcome(long[] due, long[] accepted, Map<String, Integer> refusals) {}

  private final Requests requests;
  private final int rate;
  private final long[] due;
  private final long[] accepted;
  private final Map<String, Integer> refusals = new ConcurrentHashMap<>();
  private final CountDownLatch answered;
  private final Vertx vertx =
      Vertx.vertx(
          new VertxOptions()
              .setEventLoopPoolSize(1)
              .setWorkerPoolSize(1)
              .setInternalBlockingPoolSize(1));
  private final HttpClient client;
  private int next; // on the event loop only
  private long begin;

  /**
   * @param rate requests per second
   */
  OpenLoop(URI relayer, Requests requests, int rate) {
    this.requests = requests;
    this.rate = rate;
    int many = requests.ids().size();
    this.due = new long[many];
    this.accepted = new long[many];
    this.answered = new CountDownLatch(many);
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setDefaultHost(relayer.getHost())
                .setDefaultPort(relayer.getPort())
                .setKeepAlive(true),
            new PoolOptions().setHttp1MaxSize(CONNECTIONS).setMaxWaitQueueSize(-1));
  }

  /** Begins to ask, and returns at once. */
  void start() {
    begin = micros();
    vertx.runOnContext(start -> vertx.setPeriodic(TICK_MILLIS, this::ask));
  }

  private void ask(long timer) {
    long elapsed = micros() - begin;
    while (next < due.length && next <= elapsed * rate / 1_000_000) {
      due[next] = begin + next * 1_000_000L / rate;
      ask(next, requests.next());
      next++;
    }
    if (next == due.length) vertx.cancelTimer(timer);
  }

  private void ask(int i, byte[] body) {
    client
        .request(HttpMethod.POST, "/v1/intents")
        .compose(
            request ->
                request.putHeader("Content-Type", "application/json").send(Buffer.buffer(body)))
        .compose(response -> read(response, i))
        .onComplete(
            result -> {
              String refusal =
                  result.succeeded() ? result.result() : result.cause().getClass().getSimpleName();
              if (!refusal.isEmpty()) refusals.merge(refusal, 1, Integer::sum);
              answered.countDown();
            });
  }

  private Future<String> read(HttpClientResponse response, int i) {
    return response
        .body()
        .map(
            body -> {
              if (response.statusCode() != 202) {
                String text = body.toString();
                return response.statusCode()
                    + " "
                    + text.substring(0, Math.min(SHOWN, text.length()));
              }
              accepted[i] = micros();
              return "";
            });
  }

  /** Waits for the last answer, a minute at most. */
  Outcome end() throws InterruptedException {
    long left = begin + due.length * 1_000_000L / rate - micros();
    answered.await(Math.max(0, left) / 1_000_000 + PATIENCE_SECONDS, TimeUnit.SECONDS);
    vertx.close().await();
    return new Outcome(due, accepted, Map.copyOf(refusals));
  }

  /** Seconds since the last request was due. */
  double sinceEnd() {
    return Math.round((micros() - begin - due.length * 1_000_000L / rate) / 100_000.0) / 10.0;
  }

  static long micros() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
  }
}
