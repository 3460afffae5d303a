package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.mandate.watchdog.Attested.Signed;

/** Relayers that hand out what fills memory. */
class HandoutsTest {
  private static final String SIGNED =
      """
      {"message":{"sourceChainId":"1","nonce":"2","sender":"0x01","recipient":"0x02","payload":"%s"},
       "root":"0x%s","proof":[],"signature":"0x%s"}""";

  private final AtomicInteger asked = new AtomicInteger();
  private final List<Signed> taken = new ArrayList<>();

  @Test
  void L11_shouldTakeWhatARelayerHandsOut() throws Exception {
    evidence(() -> "{\"evidence\":[" + piece(10) + "]}");
    assertEquals(1, taken.size());
  }

  @Test
  void L11_shouldNotReadPartsThatNoGatewayTakes() throws Exception {
    evidence(() -> "{\"evidence\":[" + piece(200 << 10) + "]}");
    assertEquals(0, taken.size());
  }

  @Test
  void L11_shouldNotMakeATreeOfAMillionSmallValues() throws Exception {
    evidence(() -> "{\"evidence\":[" + piece(10) + "],\"x\":[" + "0,".repeat(1 << 20) + "0]}");
    assertEquals(0, taken.size());
    evidence(
        () -> "{\"evidence\":[" + piece(10) + "],\"x\":" + "[".repeat(500) + "]".repeat(500) + "}");
    assertEquals(0, taken.size());
  }

  @Test
  void L11_shouldReadSoManyBytesAtOneLook() throws Exception {
    String large = piece(60 << 10);
    String pieces = (large + ",").repeat(50) + large; // six megabytes
    evidence(() -> "{\"evidence\":[" + pieces + "],\"next\":\"7\"}");
    assertEquals(6, asked.get(), "pages");
  }

  private static String piece(int payload) {
    return SIGNED.formatted("0x" + "ab".repeat(payload), "11".repeat(32), "22".repeat(64));
  }

  private void evidence(Supplier<String> answer) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          byte[] body = answer.get().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try (Handouts handouts =
        new Handouts(List.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())))) {
      handouts.evidence(taken::add);
    } finally {
      server.stop(0);
    }
  }
}
