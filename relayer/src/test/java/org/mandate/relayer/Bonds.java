package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.RelayerBonds;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;

/** What relayers have bonded at home, and who shows that they lied. */
final class Bonds {
  private Bonds() {}

  /** The two contents of one number, as a relayer's API shows them, are what the bonds take. */
  static void take(Town town, JsonObject evidence) throws Exception {
    JsonObject other = evidence.getJsonObject("other");
    assertEquals(
        evidence.getJsonObject("message").getString("nonce"),
        other.getJsonObject("message").getString("nonce"));
    Sender anyone = town.home.sender(Town.credentials(7));
    String at = town.atHome.address("RelayerBonds").hex();
    RelayerBonds bonds = RelayerBonds.load(at, anyone.web3j(), anyone.reader(), Sender.NO_GAS);
    String liar = evidence.getString("signer");
    BigInteger bond = BigInteger.valueOf(1_000_001);
    anyone.send(new Call("bond", at, bond, bonds.bond(liar, bond).encodeFunctionCall()));
    assertEquals(bond, bonds.bondOf(liar).send().component1());
    anyone.send(
        Call.of(
            "slash",
            at,
            bonds.slashEquivocation(
                message(evidence),
                proof(evidence),
                Bytes.of(evidence.getString("signature")).bytes(),
                message(other),
                proof(other),
                Bytes.of(other.getString("signature")).bytes(),
                town.recipient.hex())));
    assertEquals(BigInteger.ZERO, bonds.bondOf(liar).send().component1());
  }

  private static RelayerBonds.Message message(JsonObject piece) {
    JsonObject message = piece.getJsonObject("message");
    return new RelayerBonds.Message(
        new BigInteger(message.getString("sourceChainId")),
        new BigInteger(message.getString("nonce")),
        Bytes.of(message.getString("sender")).bytes(),
        Bytes.of(message.getString("recipient")).bytes(),
        Bytes.of(message.getString("payload")).bytes());
  }

  private static List<byte[]> proof(JsonObject piece) {
    return piece.getJsonArray("proof").stream()
        .map(hash -> Hash.of((String) hash).bytes())
        .toList();
  }
}
