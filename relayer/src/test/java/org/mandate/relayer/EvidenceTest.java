package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.gateway.MessageTree;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.signer.Signature;

/** What a relayer holds against its peers, on two real chains. */
class EvidenceTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final int MANY = 26;

  @Test
  void L7_shouldKeepBothWordsOfAPeerThatContradictsItself() throws Exception {
    try (Town town = Town.build(3, 2)) {
      Clock clock = Clock.systemUTC();
      try (Relayer peer = Relayer.start(town.config(1, List.of()), Town.relayer(1), clock)) {
        RelayerConfig own = town.config(0, List.of(URI.create("http://127.0.0.1:" + peer.port())));
        Hash lie;
        try (Relayer honest = Relayer.start(own, Town.relayer(0), clock)) {
          // Under the number that home's next message gets.
          lie = forge(town, next(town));
          Hash id = town.submit(honest.port(), town.payment(Town.REMOTE, town.token, 40));
          town.awaitState(honest.port(), id, "EXECUTED", SOON);
          assertContradicts(town, await(town, honest.port(), lie));
        }
        try (Relayer again = Relayer.start(own, Town.relayer(0), clock)) {
          assertContradicts(town, await(town, again.port(), lie));
        }
      }
    }
  }

  /** Forgeries by the dozen, and peers that answer without end, hide nothing that takes a bond. */
  @Test
  void L7_shouldTakeTheBondByWhatWasFoundInAFlood() throws Exception {
    HttpServer flooding = flooding();
    try (Town town = Town.build(3, 2)) {
      Clock clock = Clock.systemUTC();
      try (Relayer peer = Relayer.start(town.config(1, List.of()), Town.relayer(1), clock)) {
        List<URI> peers =
            List.of(
                URI.create("http://127.0.0.1:" + flooding.getAddress().getPort()),
                URI.create("http://127.0.0.1:" + peer.port()));
        try (Relayer honest = Relayer.start(town.config(0, peers), Town.relayer(0), clock)) {
          BigInteger next = next(town);
          for (int i = 1; i <= MANY; i++) forge(town, next.add(BigInteger.valueOf(1000 + i)));
          Hash lie = forge(town, next);
          for (int i = 1; i <= MANY; i++) forge(town, next.add(BigInteger.valueOf(2000 + i)));
          Hash id = town.submit(honest.port(), town.payment(Town.REMOTE, town.token, 40));
          town.awaitState(honest.port(), id, "EXECUTED", SOON);
          awaitPieces(town, honest.port(), 2 * (2 * MANY + 1));
          JsonObject piece = await(town, honest.port(), lie).get(Town.relayer(1).address().hex());
          Bonds.take(town, piece);
        }
      }
    } finally {
      flooding.stop(0);
    }
  }

  /** All of them are kept, and page by page handed out. */
  private static void awaitPieces(Town town, int port, int many) throws Exception {
    Instant end = Instant.now().plus(SOON);
    int found = pieces(town, port).size();
    while (found != many) {
      assertTrue(Instant.now().isBefore(end), found + " of " + many + " pieces are there");
      Thread.sleep(300);
      found = pieces(town, port).size();
    }
  }

  private static List<JsonObject> pieces(Town town, int port) throws Exception {
    List<JsonObject> pieces = new ArrayList<>();
    String next = "";
    while (next != null) {
      JsonObject page = new JsonObject(town.get(port, "/v1/evidence" + next).body());
      page.getJsonArray("evidence").forEach(piece -> pieces.add((JsonObject) piece));
      next = page.containsKey("next") ? "?cursor=" + page.getString("next") : null;
    }
    return pieces;
  }

  /** Answers megabytes, of signatures that are nobody's. */
  private static HttpServer flooding() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          String root = exchange.getRequestURI().getPath().replaceAll(".*/", "");
          try (exchange;
              OutputStream out = exchange.getResponseBody()) {
            exchange.sendResponseHeaders(200, 0);
            out.write(
                ("{\"root\":\"" + root + "\",\"attestations\":[")
                    .getBytes(StandardCharsets.US_ASCII));
            byte[] many =
                ("{\"signature\":\"0x" + "11".repeat(64) + "1b\"},")
                    .repeat(1000)
                    .getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 100; i++) out.write(many);
          }
        });
    server.start();
    return server;
  }

  /** The peer signed what home sent, too; whose key lies and attests nothing else, did not. */
  private static void assertContradicts(Town town, Map<String, JsonObject> bySigner) {
    assertEquals(2, bySigner.size());
    JsonObject piece = bySigner.get(Town.relayer(1).address().hex());
    JsonObject other = piece.getJsonObject("other");
    assertEquals(
        piece.getJsonObject("message").getString("nonce"),
        other.getJsonObject("message").getString("nonce"));
    assertEquals(
        piece.getJsonObject("message").getString("sourceChainId"),
        other.getJsonObject("message").getString("sourceChainId"));
    assertFalse(piece.getString("messageId").equals(other.getString("messageId")));
    for (JsonObject one : List.of(piece, other))
      assertEquals(Optional.of(Town.relayer(1).address()), signer(town, one));
    assertFalse(bySigner.get(Town.relayer(2).address().hex()).containsKey("other"));
  }

  private static Optional<Address> signer(Town town, JsonObject piece) {
    Hash root = Hash.of(piece.getString("root"));
    List<Hash> proof =
        piece.getJsonArray("proof").stream().map(hash -> Hash.of((String) hash)).toList();
    assertEquals(root, MessageTree.root(Hash.of(piece.getString("messageId")), proof));
    Signature signature = Signature.ofCompact(Bytes.of(piece.getString("signature")).bytes());
    return new Attestation(root, signature).signer(AttestationDomain.of(town.atHome));
  }

  private static Map<String, JsonObject> await(Town town, int port, Hash lie) throws Exception {
    Instant end = Instant.now().plus(SOON);
    while (true) {
      Map<String, JsonObject> found =
          pieces(town, port).stream()
              .filter(one -> lie.hex().equals(one.getString("messageId")))
              .collect(Collectors.toMap(one -> one.getString("signer"), Function.identity()));
      if (found.values().stream().anyMatch(one -> one.containsKey("other"))) return found;
      assertTrue(Instant.now().isBefore(end), "nothing contradicts " + found);
      Thread.sleep(300);
    }
  }

  /** The number that home's next message gets. */
  private static BigInteger next(Town town) throws Exception {
    Sender reader = town.home.sender(Town.credentials(1));
    return QuorumGateway.load(
            town.atHome.gateway().hex(), reader.web3j(), reader.reader(), Sender.NO_GAS)
        .nextNonce()
        .send();
  }

  private static Hash forge(Town town, BigInteger number) {
    Address at = town.atHome.gateway();
    Intent forged = town.payment(Town.REMOTE, town.token, 1);
    Message message =
        new Message(
            BigInteger.valueOf(Town.HOME),
            number,
            new InteroperableAddress(BigInteger.valueOf(Town.HOME), town.atHome.executor())
                .encode(),
            new InteroperableAddress(BigInteger.valueOf(Town.REMOTE), town.atHome.executor())
                .encode(),
            IntentAbi.encode(forged, 0));
    Hash id = message.id(at);
    AttestationDomain domain = AttestationDomain.of(town.atHome);
    Sender anyone = town.remote.sender(Town.credentials(7));
    QuorumGateway gateway =
        QuorumGateway.load(at.hex(), anyone.web3j(), anyone.reader(), Sender.NO_GAS);
    anyone.send(
        Call.of(
            "deliver a forgery",
            at.hex(),
            gateway.deliver(
                MessageAbi.toGateway(message),
                List.of(),
                Attestation.forDelivery(
                        domain,
                        List.of(
                            Attestation.sign(domain, id, Town.relayer(1)),
                            Attestation.sign(domain, id, Town.relayer(2))))
                    .bytes())));
    return id;
  }
}
