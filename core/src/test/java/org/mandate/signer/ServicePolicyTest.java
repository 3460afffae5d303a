package org.mandate.signer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.Hash;

class ServicePolicyTest {
  private static final BigInteger CHAIN = BigInteger.valueOf(10);
  private static final Address CONTRACT = Address.of("0x" + "c0".repeat(20));
  private static final Address FRIEND = Address.of("0x" + "f1".repeat(20));
  private static final Address STRANGER = Address.of("0x" + "99".repeat(20));
  private static final TypedData.Domain DOMAIN =
      new TypedData.Domain("Place", "1", CHAIN, CONTRACT);
  private static final String TYPE = "Word(bytes32 root)";
  private static final Bytes MINT =
      Bytes.of(Hash.keccak("mint(address,uint256)").hex().substring(0, 10) + "00".repeat(64));

  private final PrivateKey key = new PrivateKey(BigInteger.TEN);
  private final Signer signer =
      new GuardedSigner(
          key,
          new ServicePolicy(
              Map.of(
                  CHAIN,
                  new ServicePolicy.ChainLimits(
                      Map.of(
                          CONTRACT,
                          ServicePolicy.Calls.of("mint(address,uint256)")
                              .paying(BigInteger.valueOf(7)),
                          FRIEND,
                          new ServicePolicy.Calls(Set.of(Bytes.EMPTY), BigInteger.valueOf(100))),
                      BigInteger.valueOf(50),
                      BigInteger.valueOf(5),
                      1_000_000)),
              Set.of(new ServicePolicy.Statement(DOMAIN, TYPE))));

  private static Transactions.Request request(
      BigInteger chain, Address to, long value, Bytes data, long fee, long tip, long gas) {
    return new Transactions.Request(
        chain,
        3,
        new Fees(BigInteger.ZERO, BigInteger.valueOf(tip), BigInteger.valueOf(fee)),
        gas,
        to,
        BigInteger.valueOf(value),
        data);
  }

  @Test
  void shouldSignWhatTheKeyIsFor() {
    var call = request(CHAIN, CONTRACT, 7, MINT, 50, 5, 1_000_000);
    assertEquals(Transactions.sign(call, key), signer.sign(call));
    signer.sign(request(CHAIN, FRIEND, 100, Bytes.EMPTY, 1, 1, 21_000));
    signer.sign(request(CHAIN, key.address(), 0, Bytes.EMPTY, 1, 1, 21_000));
    var message = TypedData.struct(TYPE).bytes32(Hash.ZERO).in(DOMAIN);
    assertEquals(key.address(), signer.sign(message).recover(message.digest()).orElseThrow());
  }

  /** Each with exactly one thing wrong. */
  @Test
  void L7_shouldRefuseEverythingElseInWords() {
    refuses("CHAIN", request(BigInteger.ONE, CONTRACT, 0, MINT, 1, 1, 1));
    refuses("TARGET", request(CHAIN, STRANGER, 0, MINT, 1, 1, 1));
    refuses("TARGET", request(CHAIN, STRANGER, 0, Bytes.EMPTY, 1, 1, 1));
    refuses("SELECTOR", request(CHAIN, CONTRACT, 0, Bytes.of("0x12345678"), 1, 1, 1));
    refuses("SELECTOR", request(CHAIN, CONTRACT, 0, Bytes.EMPTY, 1, 1, 1));
    refuses("SELECTOR", request(CHAIN, CONTRACT, 0, Bytes.of("0x40"), 1, 1, 1));
    refuses("SELECTOR", request(CHAIN, FRIEND, 0, MINT, 1, 1, 1));
    refuses("TARGET", request(CHAIN, key.address(), 0, MINT, 1, 1, 1));
    refuses("VALUE", request(CHAIN, key.address(), 1, Bytes.EMPTY, 1, 1, 1));
    refuses("VALUE", request(CHAIN, CONTRACT, 8, MINT, 1, 1, 1));
    refuses("VALUE", request(CHAIN, FRIEND, 101, Bytes.EMPTY, 1, 1, 1));
    refuses("FEE", request(CHAIN, CONTRACT, 0, MINT, 51, 1, 1));
    refuses("TIP", request(CHAIN, CONTRACT, 0, MINT, 50, 6, 1));
    refuses("GAS", request(CHAIN, CONTRACT, 0, MINT, 1, 1, 1_000_001));
  }

  private void refuses(String rule, Transactions.Request request) {
    var refused = assertThrows(SigningRefusedException.class, () -> signer.sign(request));
    assertTrue(refused.getMessage().contains("by rule " + rule), refused.getMessage());
    assertTrue(refused.getMessage().contains(key.address().hex()), refused.getMessage());
  }

  @Test
  void L7_shouldRefuseMessagesOfOtherTypesAndPlaces() {
    var elsewhere = new TypedData.Domain("Place", "1", BigInteger.TWO, CONTRACT);
    var other = new TypedData.Domain("Place", "1", CHAIN, STRANGER);
    var names = new TypedData.Domain("Other", "1", CHAIN, CONTRACT);
    var version = new TypedData.Domain("Place", "2", CHAIN, CONTRACT);
    for (var domain : new TypedData.Domain[] {elsewhere, other, names, version}) {
      var message = TypedData.struct(TYPE).bytes32(Hash.ZERO).in(domain);
      assertThrows(SigningRefusedException.class, () -> signer.sign(message));
    }
    var word = TypedData.struct("Deed(bytes32 root)").bytes32(Hash.ZERO).in(DOMAIN);
    var refused = assertThrows(SigningRefusedException.class, () -> signer.sign(word));
    assertTrue(refused.getMessage().contains("STATEMENT"), refused.getMessage());
    assertTrue(refused.getMessage().contains("Deed"), refused.getMessage());
  }

  @Property(tries = 200)
  void L11_shouldRefuseWhateverIsNotListed(
      @ForAll @Size(20) byte[] to, @ForAll @Size(max = 40) byte[] data) {
    var address = Address.of(Bytes.of(to).hex());
    if (address.equals(CONTRACT) || address.equals(FRIEND) || address.equals(key.address())) {
      return;
    }
    refuses("TARGET", request(CHAIN, address, 0, Bytes.of(data), 1, 1, 21_000));
  }

  @Test
  void L7_aPersonsKeyShouldNotAttest() {
    var person = new GuardedSigner(key, SigningPolicy.ofPerson());
    person.sign(request(BigInteger.ONE, STRANGER, 1, MINT, 1_000, 1, 1));
    var attestation =
        TypedData.struct("Attestation(bytes32 root)")
            .bytes32(Hash.ZERO)
            .in(new TypedData.Domain("MandateQuorumGateway", "1", CHAIN, CONTRACT));
    assertThrows(SigningRefusedException.class, () -> person.sign(attestation));
  }
}
