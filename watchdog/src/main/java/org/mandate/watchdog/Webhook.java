package org.mandate.watchdog;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Posts alerts to a person's or a pager's URL, the most urgent first, else in order, from an own
 * thread, so that a slow receiver delays nothing.
 *
 * <p>Each request carries {@code X-Mandate-Timestamp} (unix seconds) and {@code
 * X-Mandate-Signature: sha256=<hex>}, the HMAC-SHA256 (RFC 2104) of {@code timestamp + "." + body}
 * under the shared secret. A receiver compares in constant time and refuses old timestamps, so that
 * a copied request is worth nothing.
 */
final class Webhook implements AutoCloseable {
  static final String TIMESTAMP = "X-Mandate-Timestamp";
  static final String SIGNATURE = "X-Mandate-Signature";

  private static final int QUEUE = 1_000;
  private static final int TRIES = 5;
  private static final Duration TIME_LIMIT = Duration.ofSeconds(3);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(500);

  private final URI url;
  private final byte[] secret;
  private final Clock clock;
  private final Consumer<String> trouble;
  private final PriorityBlockingQueue<Waiting> queue = new PriorityBlockingQueue<>();
  private final AtomicLong posted = new AtomicLong();
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final HttpClient http;
  private final Thread sender;

  /** What goes first. */
  enum Urgency {
    /** What is wrong on chain. */
    ALARM,
    /** What the watchdog lacks. */
    SELF
  }

  private record Waiting(Urgency urgency, long number, String body) implements Comparable<Waiting> {
    @Override
    public int compareTo(Waiting other) {
      int order = urgency.compareTo(other.urgency);
      return order != 0 ? order : Long.compare(number, other.number);
    }
  }

  /**
   * @param trouble is told, in words without secrets, what could not be delivered
   */
  Webhook(URI url, byte[] secret, Clock clock, Consumer<String> trouble) {
    this.url = url;
    this.secret = secret.clone();
    this.clock = clock;
    this.trouble = trouble;
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(TIME_LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    this.sender =
        Errand.start(
            "webhook",
            FIRST_PAUSE,
            () -> {
              while (true) {
                deliver(queue.take().body());
              }
            });
  }

  /** As {@link #post(String, Urgency)}, an alarm. */
  void post(String body) {
    post(body, Urgency.ALARM);
  }

  /**
   * Queues a body behind those that are as urgent. When too many wait, because the receiver has
   * been down for too long, the newest of the least urgent is dropped, counted and logged.
   */
  synchronized void post(String body, Urgency urgency) {
    queue.add(new Waiting(urgency, posted.incrementAndGet(), body));
    if (queue.size() > QUEUE) {
      queue.stream().max(Comparator.naturalOrder()).ifPresent(queue::remove);
      dropped.incrementAndGet();
      trouble.accept("webhook: " + QUEUE + " alerts are waiting already, one is dropped");
    }
  }

  long delivered() {
    return delivered.get();
  }

  long dropped() {
    return dropped.get();
  }

  /** The value of the signature header. */
  static String sign(byte[] secret, long timestamp, String body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      byte[] tag = mac.doFinal((timestamp + "." + body).getBytes(StandardCharsets.UTF_8));
      return "sha256=" + HexFormat.of().formatHex(tag);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this Java has no HmacSHA256", e);
    }
  }

  @Override
  public void close() {
    sender.interrupt();
    http.shutdownNow();
  }

  private void deliver(String body) throws InterruptedException {
    Duration pause = FIRST_PAUSE;
    String reason = "";
    for (int attempt = 1; attempt <= TRIES; attempt++) {
      try {
        HttpResponse<Void> answer =
            http.send(request(body), HttpResponse.BodyHandlers.discarding());
        if (answer.statusCode() / 100 == 2) {
          delivered.incrementAndGet();
          return;
        }
        reason = "HTTP " + answer.statusCode();
      } catch (IOException e) {
        reason = e.getClass().getSimpleName();
      }
      if (attempt < TRIES) {
        Thread.sleep(pause);
        pause = pause.multipliedBy(2);
      }
    }
    dropped.incrementAndGet();
    trouble.accept(
        "webhook: " + url.getHost() + " did not take an alert in " + TRIES + " tries: " + reason);
  }

  // The timestamp is of this attempt: a receiver that refuses old ones must not refuse a retry.
  private HttpRequest request(String body) {
    long timestamp = clock.instant().getEpochSecond();
    return HttpRequest.newBuilder(url)
        .timeout(TIME_LIMIT)
        .header("Content-Type", "application/json")
        .header(TIMESTAMP, Long.toString(timestamp))
        .header(SIGNATURE, sign(secret, timestamp, body))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }
}
