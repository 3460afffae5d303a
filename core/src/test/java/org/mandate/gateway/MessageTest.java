package org.mandate.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.QuorumGateway;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.Intents;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.testing.Anvil;
import org.mandate.testing.Tools;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

class MessageTest {
  private static final Address EXECUTOR = Address.of("0x" + "99".repeat(20));
  private static final AttestationDomain DOMAIN = new AttestationDomain(BigInteger.ONE, EXECUTOR);
  private static final PrivateKeySigner FIRST = new PrivateKeySigner(BigInteger.valueOf(1));
  private static final PrivateKeySigner SECOND = new PrivateKeySigner(BigInteger.valueOf(2));

  private static Message message(BigInteger destination) {
    return new Message(
        BigInteger.valueOf(31337),
        BigInteger.valueOf(3),
        new InteroperableAddress(BigInteger.valueOf(31337), EXECUTOR).encode(),
        new InteroperableAddress(destination, EXECUTOR).encode(),
        IntentAbi.encode(Intents.payment(), 0));
  }

  @Test
  void shouldHaveTheIdThatTheContractComputes() {
    try (Anvil anvil = Anvil.start(31338)) {
      Address gateway =
          anvil.create(
              QuorumGateway.BINARY,
              Abi.encode(
                  new org.web3j.abi.datatypes.Address(EXECUTOR.hex()),
                  new Uint256(BigInteger.ONE),
                  new DynamicArray<>(
                      org.web3j.abi.datatypes.Address.class,
                      new org.web3j.abi.datatypes.Address(FIRST.address().hex())),
                  new Uint256(1)));
      for (BigInteger destination :
          List.of(
              BigInteger.valueOf(31338),
              BigInteger.ONE,
              BigInteger.TWO.pow(256).subtract(BigInteger.ONE))) {
        Message m = message(destination);
        var contracts =
            new QuorumGateway.Message(
                m.sourceChainId(),
                m.nonce(),
                m.sender().bytes(),
                m.recipient().bytes(),
                m.payload().bytes());
        byte[] answer =
            anvil.client().call(gateway, Abi.call(QuorumGateway.FUNC_MESSAGEID, contracts));
        assertEquals(
            Hash.of((byte[]) Abi.decode(answer, new TypeReference<Bytes32>() {}).getFirst()),
            m.id(gateway));
      }
    }
  }

  @Test
  void shouldRefuseWhenTheRecipientIsNowhere() {
    Message nowhere =
        new Message(BigInteger.ONE, BigInteger.ZERO, Bytes.EMPTY, Bytes.of("0x01"), Bytes.EMPTY);
    assertThrows(IllegalArgumentException.class, () -> nowhere.id(EXECUTOR));
  }

  @Test
  void shouldNameTheRelayerWhenItAttests() {
    Hash id = message(BigInteger.TEN).id(EXECUTOR);
    Attestation attestation = Attestation.sign(DOMAIN, id, FIRST);
    assertEquals(Optional.of(FIRST.address()), attestation.signer(DOMAIN));
    assertTrue(attestation.isBy(DOMAIN, FIRST.address()));
    assertFalse(attestation.isBy(DOMAIN, SECOND.address()));
    assertFalse(
        attestation.isBy(
            new AttestationDomain(DOMAIN.homeChainId(), SECOND.address()), FIRST.address()),
        "at another gateway");
    assertFalse(
        attestation.isBy(new AttestationDomain(BigInteger.TWO, EXECUTOR), FIRST.address()),
        "with another home, at the same address");
    assertFalse(
        new Attestation(Hash.keccak("another"), attestation.signature())
            .isBy(DOMAIN, FIRST.address()));
    assertFalse(
        new Attestation(id, FIRST.sign(id)).isBy(DOMAIN, FIRST.address()),
        "a message's id is not what is signed");
  }

  @Test
  void shouldBeAscendingAndDistinctWhenDelivered() {
    Hash id = message(BigInteger.TEN).id(EXECUTOR);
    Bytes signatures =
        Attestation.forDelivery(
            DOMAIN,
            List.of(
                Attestation.sign(DOMAIN, id, FIRST),
                Attestation.sign(DOMAIN, id, SECOND),
                Attestation.sign(DOMAIN, id, FIRST)));
    assertEquals(128, signatures.size());
    assertEquals(
        List.of(FIRST.address(), SECOND.address()).stream().sorted().toList(),
        Attestation.ofDelivery(id, signatures).stream()
            .map(one -> one.signer(DOMAIN).orElseThrow())
            .toList());
  }

  @Test
  void shouldRefuseWhenSignaturesAreOfSeveralRootsOrNone() {
    var first = Attestation.sign(DOMAIN, Hash.keccak("one"), FIRST);
    var second = Attestation.sign(DOMAIN, Hash.keccak("other"), SECOND);
    assertThrows(
        IllegalArgumentException.class,
        () -> Attestation.forDelivery(DOMAIN, List.of(first, second)));
    for (Bytes wrong :
        List.of(
            Bytes.of(new byte[63]),
            Bytes.of(new byte[64]), // r is 0
            Bytes.of(new byte[65]),
            Bytes.of(new byte[64 * 65]))) {
      assertThrows(
          IllegalArgumentException.class, () -> Attestation.ofDelivery(first.root(), wrong));
    }
    assertEquals(List.of(), Attestation.ofDelivery(first.root(), Bytes.EMPTY));
  }

  /** By {@code cast}, which hashes typed data itself. */
  @Test
  void shouldSignWhatTypedDataSays() {
    Hash root = Hash.keccak("root");
    String typed =
        """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},
        {"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],"Attestation":[{"name":"root","type":"bytes32"}]},
        "primaryType":"Attestation","domain":{"name":"MandateQuorumGateway","version":"1",
        "chainId":1,"verifyingContract":"%s"},"message":{"root":"%s"}}\
        """
            .formatted(EXECUTOR, root)
            .replace("\n", "");
    String other =
        Tools.cast("wallet", "sign", "--data", "--private-key", "0x" + "0".repeat(63) + "1", typed)
            .getFirst();
    assertEquals(other, Bytes.of(Attestation.sign(DOMAIN, root, FIRST).signature().bytes()).hex());
  }
}
