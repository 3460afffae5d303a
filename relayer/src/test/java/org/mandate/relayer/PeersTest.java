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
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.signer.PrivateKeySigner;

/**
 * A quorum of two of two: one relayer has honest and hostile peers, the other has hostile ones
 * only.
 */
class PeersTest {
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void shouldDeliverWithValidAttestationsOnlyWhenPeersAreHostile() throws Exception {
    List<HttpServer> servers = new ArrayList<>();
    try (Town town = Town.build(2, 2)) {
      PrivateKeySigner stranger = Town.key(7);
      AttestationDomain domain = AttestationDomain.of(town.atHome);
      List<URI> hostile =
          List.of(
              serve(servers, id -> "not json at all"),
              serve(servers, id -> "{\"root\":\"" + id + "\",\"attestations\":7}"),
              serve(
                  servers,
                  id ->
                      "{\"root\":\""
                          + id
                          + "\",\"attestations\":[{\"signature\":\"0x"
                          + "ff".repeat(65)
                          + "\"}]}"),
              serve(
                  servers, id -> attestation(id, Attestation.sign(domain, Hash.of(id), stranger))),
              serve(
                  servers,
                  id ->
                      attestation(
                          id, Attestation.sign(domain, Hash.keccak("another"), Town.relayer(1)))),
              serve(servers, id -> "x".repeat(1 << 20)),
              serve(servers, PeersTest::never));
      try (Relayer honest =
          Relayer.start(town.config(1, List.of()), Town.relayer(1), Clock.systemUTC())) {
        List<URI> peers = new ArrayList<>(hostile);
        peers.add(URI.create("http://127.0.0.1:" + honest.port()));
        try (Relayer relayer =
            Relayer.start(town.config(0, peers), Town.relayer(0), Clock.systemUTC())) {
          BigInteger before = town.received(town.remote);
          Hash id = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 500));
          JsonObject end =
              town.await(relayer.port(), id, SOON, v -> "EXECUTED".equals(v.getString("state")));
          assertEquals(before.add(BigInteger.valueOf(500)), town.received(town.remote));
          assertTrue(
              town.get(relayer.port(), "/metrics")
                      .body()
                      .lines()
                      .filter(l -> l.startsWith("mandate_attestations{"))
                      .count()
                  == 2,
              end.encodePrettily());
        }
      }
    } finally {
      servers.forEach(s -> s.stop(0));
    }
  }

  private static String attestation(String id, Attestation attestation) {
    return new JsonObject()
        .put("root", id)
        .put(
            "attestations",
            new JsonArray()
                .add(
                    new JsonObject()
                        .put("signer", Town.relayer(1).address().hex())
                        .put("signature", Bytes.of(attestation.signature().bytes()).hex())))
        .encode();
  }

  private static String never(String id) {
    try {
      Thread.sleep(Duration.ofMinutes(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return "";
  }

  private static URI serve(List<HttpServer> servers, Function<String, String> answer)
      throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/attestations/", exchange -> reply(exchange, answer));
    server.start();
    servers.add(server);
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private static void reply(HttpExchange exchange, Function<String, String> answer)
      throws IOException {
    String path = exchange.getRequestURI().getPath();
    try (exchange) {
      byte[] body =
          answer.apply(path.substring(path.lastIndexOf('/') + 1)).getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, 0);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }
}
