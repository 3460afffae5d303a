package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;

/**
 * What hostile relayers can fill memory and logs with: next to nothing. Reads the process's log.
 */
@Isolated
class PeersBoundsTest {
  private static final Hash ROOT = Hash.keccak("root");
  private static final String SIGNATURE = "{\"signature\":\"0x" + "11".repeat(64) + "1b\"},";
  private static final String SECRET = "a-key-that-nobody-may-see";

  private final List<HttpServer> servers = new ArrayList<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicLong sent = new AtomicLong();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private PrintStream console;

  @BeforeEach
  void captureLog() {
    console = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void stop() {
    System.setErr(console);
    servers.forEach(server -> server.stop(0));
    threads.shutdownNow();
  }

  @Test
  void L11_aPeerThatAnswersWithoutEndIsReadForAFewKilobytes() throws Exception {
    String start = "{\"root\":\"" + ROOT + "\",\"attestations\":[";
    for (String endless : List.of(start + SIGNATURE.repeat(1000), "[".repeat(1 << 16), "\"x")) {
      sent.set(0);
      assertEquals(List.of(), asked(serve(endless, Integer.MAX_VALUE)), endless.substring(0, 2));
      assertTrue(sent.get() < 16 << 20, sent + " bytes were taken from a peer");
    }
  }

  @Test
  void L11_ofOneAnswerAtMostSoManySignaturesAreRead() throws Exception {
    String many = SIGNATURE.repeat(90);
    String answer =
        "{\"root\":\""
            + ROOT
            + "\",\"attestations\":["
            + many.substring(0, many.length() - 1)
            + "]}";
    assertTrue(answer.length() < 16 * 1024, "it is not too long for other reasons");
    assertEquals(Attestation.MOST_SIGNATURES, asked(serve(answer, 1)).size());
  }

  @Test
  void L11_answersOfAnyFormAreRefusedOrReadInBounds() throws Exception {
    String root = "{\"root\":\"" + ROOT + "\",";
    for (String answer :
        List.of(
            "",
            "null",
            "[]",
            "{".repeat(5000),
            "[".repeat(16_000),
            "{\"root\":7}",
            root + "\"attestations\":{}}",
            root + "\"attestations\":[null,7,[],\"x\"]}",
            root + "\"attestations\":[{\"signature\":\"0x\"}]}",
            root + "\"attestations\":[{\"signature\":[\"0x00\"]}]}",
            root + "\"attestations\":" + "9".repeat(15_000) + "}")) {
      assertEquals(List.of(), asked(serve(answer, 1)), answer);
    }
  }

  @Test
  void shouldNotLogMoreOfAPeersAddressThanHostAndPort() throws Exception {
    URI plain = serve("x".repeat(10_000), 1);
    URI secret =
        URI.create(
            "http://somebody:" + SECRET + "@127.0.0.1:" + plain.getPort() + "/" + SECRET + "/");
    asked(secret);
    asked(URI.create("http://somebody:" + SECRET + "@127.0.0.1:1/" + SECRET));
    String told = log.toString(StandardCharsets.UTF_8);
    assertTrue(told.contains("http://127.0.0.1:" + plain.getPort()), told);
    assertTrue(told.contains("http://127.0.0.1:1\""), told);
    assertFalse(told.contains(SECRET) || told.contains("somebody"), told);
    assertTrue(told.lines().allMatch(line -> line.length() < 1_000), told);
    for (String wrong : List.of("ftp://%s@host/%s", "http://%s@host/?key=%s", "file:///%s%s")) {
      URI address = URI.create(wrong.formatted(SECRET, SECRET));
      String refused =
          assertThrows(IllegalArgumentException.class, () -> new Peers(List.of(address)))
              .getMessage();
      assertFalse(refused.contains(SECRET), refused);
    }
  }

  private static List<Attestation> asked(URI peer) throws InterruptedException {
    List<Attestation> taken = new ArrayList<>();
    try (Peers peers = new Peers(List.of(peer))) {
      Instant end = Instant.now().plusSeconds(10);
      peers.attestations(ROOT, taken::add, () -> end);
    }
    return taken;
  }

  /** Answers so, as many times over as is asked for. */
  private URI serve(String answer, int times) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        "/",
        exchange -> {
          try (exchange;
              OutputStream out = exchange.getResponseBody()) {
            exchange.sendResponseHeaders(200, 0);
            byte[] part = answer.getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < times && sent.get() < 1 << 28; i++) {
              out.write(part);
              sent.addAndGet(part.length);
            }
          }
        });
    server.start();
    servers.add(server);
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }
}
