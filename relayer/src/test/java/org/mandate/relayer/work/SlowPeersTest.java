package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;

/** Beside a peer that never answers: the honest ones' signatures wait for nobody. */
class SlowPeersTest {
  private static final Hash ROOT = Hash.keccak("root");

  @Test
  void L9_whatAnHonestPeerSignsMeanwhileIsHeardWhileAnotherOneIsSilent() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    AtomicBoolean isWaitedFor = new AtomicBoolean();
    HttpServer silent = server();
    HttpServer honest = server();
    silent.createContext(
        "/",
        exchange -> {
          try (exchange) {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    honest.createContext(
        "/",
        exchange -> {
          try (exchange) {
            // It did not sign yet when it is asked first.
            boolean signed = asked.incrementAndGet() > 1;
            if (signed) signed(exchange);
            else exchange.sendResponseHeaders(404, -1);
          }
        });
    List<Attestation> taken = new ArrayList<>();
    Instant end = Instant.now().plusSeconds(60);
    try (Peers peers = new Peers(List.of(url(silent), url(honest)), Duration.ofSeconds(60))) {
      peers.attestations(
          ROOT,
          attestation -> {
            isWaitedFor.set(over.getCount() > 0);
            taken.add(attestation);
          },
          () -> taken.isEmpty() ? end : Instant.EPOCH);
    } finally {
      over.countDown();
      silent.stop(0);
      honest.stop(0);
    }
    assertEquals(1, taken.size(), "it was asked again");
    assertTrue(isWaitedFor.get(), "although the other one had not answered");
  }

  /** Each answers only when all have been asked. */
  @Test
  void L9_allAreAskedAtOnce() throws Exception {
    int many = 5;
    CountDownLatch asked = new CountDownLatch(many);
    List<HttpServer> servers = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      HttpServer server = server();
      servers.add(server);
      server.createContext(
          "/",
          exchange -> {
            asked.countDown();
            await(asked);
            signed(exchange);
          });
    }
    List<Attestation> taken = new ArrayList<>();
    Instant end = Instant.now().plusSeconds(60);
    try (Peers peers =
        new Peers(servers.stream().map(SlowPeersTest::url).toList(), Duration.ofSeconds(60))) {
      peers.attestations(ROOT, taken::add, () -> taken.size() == many ? Instant.EPOCH : end);
    } finally {
      servers.forEach(server -> server.stop(0));
    }
    assertEquals(many, taken.size());
  }

  /** A relayer that is stopped ends, whatever peers are about to say. */
  @Test
  void L9_shouldEndThoughPeersDoNot() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    HttpServer silent = server();
    silent.createContext("/", exchange -> await(over));
    HttpServer endless = server();
    endless.createContext("/", exchange -> trickle(exchange, over));
    try {
      // Whatever each question has come to: connecting, asking, being answered.
      for (int i = 0; i < 100; i++) {
        Peers peers = new Peers(List.of(url(silent), url(endless)), Duration.ofMillis(1 + i % 20));
        Instant end = Instant.now().plusMillis(i % 8);
        peers.attestations(ROOT, attestation -> {}, () -> end);
        assertTimeoutPreemptively(Duration.ofSeconds(30), peers::close);
      }
    } finally {
      over.countDown();
      for (HttpServer server : List.of(silent, endless)) server.stop(0);
    }
  }

  private static void trickle(HttpExchange exchange, CountDownLatch over) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(200, 0);
      while (!over.await(100, TimeUnit.MILLISECONDS)) {
        exchange.getResponseBody().write(' ');
        exchange.getResponseBody().flush();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One that never answers, and one that never ends: nobody is asked again and again for them. */
  @Test
  void L9_whoWasSilentIsWaitedForNoLongerThanTheOthers() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger inVain = new AtomicInteger();
    HttpServer silent = server();
    HttpServer slow = server();
    HttpServer honest = server();
    silent.createContext(
        "/",
        exchange -> {
          inVain.incrementAndGet();
          await(over);
          exchange.close();
        });
    slow.createContext(
        "/",
        exchange -> {
          inVain.incrementAndGet();
          trickle(exchange, over);
        });
    honest.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          signed(exchange);
        });
    Instant end = Instant.now().plusSeconds(600);
    try (Peers peers =
        new Peers(List.of(url(silent), url(slow), url(honest)), Duration.ofSeconds(5))) {
      peers.attestations(ROOT, attestation -> {}, () -> end);
      assertTrue(asked.get() > 5, "it was heard while the others were waited for");
      for (int i = 0; i < 3; i++) {
        int before = asked.get();
        peers.attestations(ROOT, attestation -> {}, () -> end);
        assertTrue(asked.get() - before <= 2, "once and, on the way, again: " + asked);
      }
      assertEquals(8, inVain.get(), "they are asked each time: they may have come back");
    } finally {
      over.countDown();
      for (HttpServer server : List.of(silent, slow, honest)) server.stop(0);
    }
  }

  /** What is needed for a quorum may come from one that is only slow. */
  @Test
  void L9_whoWasSilentAndAnswersAgainIsHeard() throws Exception {
    CountDownLatch back = new CountDownLatch(1);
    HttpServer late = server();
    late.createContext(
        "/",
        exchange -> {
          await(back);
          signed(exchange);
        });
    List<Attestation> taken = new ArrayList<>();
    Instant end = Instant.now().plusSeconds(600);
    try (Peers peers = new Peers(List.of(url(late)), Duration.ofSeconds(2))) {
      peers.attestations(ROOT, taken::add, () -> end);
      assertEquals(List.of(), taken);
      back.countDown();
      for (int i = 0; i < 100 && taken.isEmpty(); i++)
        peers.attestations(ROOT, taken::add, () -> end);
    } finally {
      back.countDown();
      late.stop(0);
    }
    assertEquals(1, taken.size());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void signed(HttpExchange exchange) throws IOException {
    String body =
        "{\"root\":\""
            + ROOT
            + "\",\"attestations\":[{\"signature\":\"0x"
            + "11".repeat(64)
            + "1b\"}]}";
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static HttpServer server() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return server;
  }

  private static URI url(HttpServer server) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }
}
