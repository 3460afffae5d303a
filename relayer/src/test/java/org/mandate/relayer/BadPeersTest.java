package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.signer.PrivateKeySigner;

/** Three honest relayers and two bad ones, two real chains; a quorum is three of the five. */
class BadPeersTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final int HONEST = 3;
  private static final List<Relayer> RELAYERS = new ArrayList<>();
  private static final List<HttpServer> BAD = new ArrayList<>();
  private static final AtomicInteger ASKED = new AtomicInteger();
  private static final CountDownLatch OVER = new CountDownLatch(1);
  private static Town town;
  private static volatile Kind kind = Kind.SILENT;

  enum Kind {
    /** Takes connections, and never answers. */
    SILENT,
    /** Answers a byte a second. */
    SLOW,
    /** Signs other contents, and the same in other ways. */
    EQUIVOCATING,
    /** Answers megabytes. */
    FLOODING,
    /** Answers as many signatures as it can, none of which is anybody's. */
    MAKING_UP
  }

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(5, 3);
    List<URI> bad = new ArrayList<>();
    for (int i = HONEST; i < 5; i++) bad.add(serve(Town.relayer(i)));
    List<Integer> ports = new ArrayList<>();
    while (ports.size() < HONEST) {
      int port = RelayersTest.freePort();
      if (!ports.contains(port)) ports.add(port);
    }
    for (int i = 0; i < HONEST; i++) {
      List<URI> peers = new ArrayList<>(bad);
      for (int j = 0; j < HONEST; j++)
        if (j != i) peers.add(URI.create("http://127.0.0.1:" + ports.get(j)));
      RelayerConfig config =
          town.config(i, peers, town.home.url(), town.remote.url(), ports.get(i));
      RELAYERS.add(Relayer.start(config, Town.relayer(i), Clock.systemUTC()));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    OVER.countDown();
    RELAYERS.forEach(Relayer::close);
    BAD.forEach(server -> server.stop(0));
    town.close();
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void L9_theHonestDeliverEachPaymentOnceWhateverTheOthersDo(Kind now) throws Exception {
    kind = now;
    int before = ASKED.get();
    BigInteger there = town.received(town.remote);
    BigInteger here = town.received(town.home);
    List<Hash> ids = new ArrayList<>();
    for (int i = 0; i < HONEST; i++)
      ids.add(town.submit(port(i), town.payment(Town.REMOTE, town.token, 100 + i)));
    Hash atHome = town.submit(port(0), town.payment(Town.HOME, town.token, 7));
    town.awaitState(port(0), atHome, "EXECUTED", SOON);
    for (Hash id : ids) town.awaitState(port(0), id, "EXECUTED", SOON);
    assertEquals(there.add(BigInteger.valueOf(303)), town.received(town.remote));
    assertEquals(here.add(BigInteger.valueOf(7)), town.received(town.home));
    assertTrue(ASKED.get() > before, "the bad ones were asked");
    for (Hash id : ids) {
      for (int i = 0; i < HONEST; i++) town.awaitState(port(i), id, "EXECUTED", SOON);
      assertEquals(1, sent(id, "DELIVER"), "one of the three delivers " + id);
      assertEquals(1, sent(id, "EXECUTE"), "one of the three executes " + id);
    }
  }

  private static int port(int i) {
    return RELAYERS.get(i).port();
  }

  /** By all of them together. */
  private static long sent(Hash id, String purpose) throws Exception {
    long sent = 0;
    for (int i = 0; i < HONEST; i++)
      sent +=
          town.intent(port(i), id).getJsonArray("transactions").stream()
              .filter(t -> purpose.equals(((JsonObject) t).getString("purpose")))
              .count();
    return sent;
  }

  // ------------------------------------------------------------------ bad peers

  private static URI serve(PrivateKeySigner key) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/v1/attestations/",
        exchange -> {
          try (exchange) {
            ASKED.incrementAndGet();
            answer(exchange, key);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    server.start();
    BAD.add(server);
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private static void answer(HttpExchange exchange, PrivateKeySigner key)
      throws IOException, InterruptedException {
    Hash root = Hash.of(exchange.getRequestURI().getPath().replaceAll(".*/", ""));
    AttestationDomain domain = AttestationDomain.of(town.atHome);
    Attestation lie = Attestation.sign(domain, Hash.keccak("not " + root), key);
    Kind now = kind;
    if (now == Kind.SILENT) OVER.await();
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      switch (now) {
        case SILENT -> {}
        case SLOW -> {
          for (byte one : signatures(root, List.of(lie))) {
            out.write(one);
            out.flush();
            if (OVER.await(1, TimeUnit.SECONDS)) return;
          }
        }
        case EQUIVOCATING ->
            out.write(
                signatures(
                    root, List.of(lie, Attestation.sign(domain, Hash.keccak("nor this"), key))));
        case FLOODING -> {
          byte[] megabyte = "x".repeat(1 << 20).getBytes(StandardCharsets.US_ASCII);
          for (int i = 0; i < 64; i++) out.write(megabyte);
        }
        case MAKING_UP -> {
          List<Attestation> many = new ArrayList<>();
          for (int i = 0; i < 64; i++) many.add(lie);
          out.write(signatures(root, many));
        }
      }
    }
  }

  private static byte[] signatures(Hash root, List<Attestation> all) {
    JsonArray signatures = new JsonArray();
    for (Attestation one : all)
      signatures.add(new JsonObject().put("signature", Bytes.of(one.signature().bytes()).hex()));
    return new JsonObject()
        .put("root", root.hex())
        .put("attestations", signatures)
        .encode()
        .getBytes(StandardCharsets.UTF_8);
  }
}
