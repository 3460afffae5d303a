package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  @Test
  void L7_shouldKeepBothWordsOfAPeerThatContradictsItself() throws Exception {
    try (Town town = Town.build(3, 2)) {
      Clock clock = Clock.systemUTC();
      try (Relayer peer = Relayer.start(town.config(1, List.of()), Town.relayer(1), clock)) {
        RelayerConfig own = town.config(0, List.of(URI.create("http://127.0.0.1:" + peer.port())));
        Hash lie;
        try (Relayer honest = Relayer.start(own, Town.relayer(0), clock)) {
          // Under the number that home's next message gets.
          lie = forge(town);
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
          new JsonObject(town.get(port, "/v1/evidence").body())
              .getJsonArray("evidence").stream()
                  .map(JsonObject.class::cast)
                  .filter(one -> lie.hex().equals(one.getString("messageId")))
                  .collect(Collectors.toMap(one -> one.getString("signer"), Function.identity()));
      if (found.values().stream().anyMatch(one -> one.containsKey("other"))) return found;
      assertTrue(Instant.now().isBefore(end), "nothing contradicts " + found);
      Thread.sleep(300);
    }
  }

  private static Hash forge(Town town) throws Exception {
    Address at = town.atHome.gateway();
    Sender reader = town.home.sender(Town.credentials(1));
    BigInteger next =
        QuorumGateway.load(at.hex(), reader.web3j(), reader.reader(), Sender.NO_GAS)
            .nextNonce()
            .send();
    Intent forged = town.payment(Town.REMOTE, town.token, 1);
    Message message =
        new Message(
            BigInteger.valueOf(Town.HOME),
            next,
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
