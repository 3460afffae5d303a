package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
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
            String body =
                "{\"root\":\""
                    + ROOT
                    + "\",\"attestations\":[{\"signature\":\"0x"
                    + "11".repeat(64)
                    + "1b\"}]}";
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(signed ? 200 : 404, signed ? bytes.length : -1);
            if (signed) exchange.getResponseBody().write(bytes);
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
