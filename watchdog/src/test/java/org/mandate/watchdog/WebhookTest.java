package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WebhookTest {
  private static final byte[] SECRET = "key".getBytes(StandardCharsets.UTF_8);

  private record Received(String timestamp, String signature, String body) {}

  @Test
  void shouldSignTimestampAndBody() {
    // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
    assertEquals(
        "sha256=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03",
        Webhook.sign(SECRET, 1_700_000_000L, "{\"a\":1}"));
    assertNotEquals(
        Webhook.sign(SECRET, 1, "2.body"),
        Webhook.sign(SECRET, 12, "body"),
        "a timestamp must not slide into the body");
  }

  @Test
  void shouldDeliverSignedAndTryAgainAfterAFailure() throws Exception {
    BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    List<String> trouble = new CopyOnWriteArrayList<>();
    AtomicInteger requests = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/alerts",
        exchange -> {
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          boolean refuse = requests.incrementAndGet() == 1;
          if (!refuse) {
            received.add(
                new Received(
                    exchange.getRequestHeaders().getFirst(Webhook.TIMESTAMP),
                    exchange.getRequestHeaders().getFirst(Webhook.SIGNATURE),
                    body));
          }
          exchange.sendResponseHeaders(refuse ? 503 : 204, -1);
          exchange.close();
        });
    server.start();
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/alerts");
    try (Webhook webhook = new Webhook(url, SECRET, Clock.systemUTC(), trouble::add)) {
      webhook.post("{\"a\":1}");
      Received first = received.poll(60, TimeUnit.SECONDS);
      assertEquals("{\"a\":1}", first.body());
      javax.crypto.Mac mac = javax.crypto.Mac.getInstance("HmacSHA256");
      mac.init(new javax.crypto.spec.SecretKeySpec(SECRET, "HmacSHA256"));
      String expected =
          java.util.HexFormat.of()
              .formatHex(
                  mac.doFinal(
                      (first.timestamp() + "." + first.body()).getBytes(StandardCharsets.UTF_8)));
      assertEquals("sha256=" + expected, first.signature());
      assertEquals(List.of(), trouble);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void L7_shouldDeliverAlarmsBeforeWhatTheWatchdogLacksAndDropThatFirst() throws Exception {
    BlockingQueue<String> received = new LinkedBlockingQueue<>();
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/alerts",
        exchange -> {
          received.add(
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          busy.countDown();
          try {
            open.await(30, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/alerts");
    try (Webhook webhook = new Webhook(url, SECRET, Clock.systemUTC(), text -> {})) {
      webhook.post("first", Webhook.Urgency.SELF);
      busy.await(60, TimeUnit.SECONDS);
      for (int i = 0; i < 1_000; i++) {
        webhook.post("self " + i, Webhook.Urgency.SELF);
      }
      webhook.post("forgery", Webhook.Urgency.ALARM);
      webhook.post("disputed", Webhook.Urgency.ALARM);
      open.countDown();
      assertEquals("first", received.poll(60, TimeUnit.SECONDS));
      assertEquals("forgery", received.poll(60, TimeUnit.SECONDS));
      assertEquals("disputed", received.poll(60, TimeUnit.SECONDS));
      assertEquals("self 0", received.poll(60, TimeUnit.SECONDS));
      assertEquals(2, webhook.dropped());
    } finally {
      server.stop(0);
    }
  }
}
