package org.mandate.intent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.HomeExecutor;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.testing.Anvil;
import org.mandate.testing.Tools;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;
import org.web3j.crypto.StructuredDataEncoder;

class IntentTest {
  private static final IntentDomain DOMAIN =
      new IntentDomain(BigInteger.valueOf(31337), Address.of("0x" + "99".repeat(20)));
  private static final PrivateKeySigner AGENT = new PrivateKeySigner(BigInteger.valueOf(0xa1));

  @Provide
  Arbitrary<Intent> intents() {
    return Intents.any();
  }

  @Property(tries = 200)
  void shouldHaveTheIdThatAnotherEip712EncoderComputes(@ForAll("intents") Intent intent)
      throws IOException {
    String json =
        """
        {"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},
        {"name":"chainId","type":"uint256"},{"name":"verifyingContract","type":"address"}],
        "Intent":[{"name":"agentId","type":"uint256"},{"name":"account","type":"address"},{"name":"chainId","type":"uint256"},
        {"name":"asset","type":"address"},{"name":"to","type":"address"},{"name":"amount","type":"uint256"},
        {"name":"data","type":"bytes"},{"name":"nonce","type":"uint256"},{"name":"deadline","type":"uint64"}]},
        "primaryType":"Intent","domain":{"name":"Mandate","version":"1","chainId":31337,"verifyingContract":"%s"},"message":%s}
        """
            .formatted(DOMAIN.executor(), IntentJson.write(intent));
    assertEquals(Hash.of(new StructuredDataEncoder(json).hashStructuredData()), intent.id(DOMAIN));
  }

  @Test
  void shouldHaveTheIdThatTheContractComputes() {
    try (Anvil anvil = Anvil.start(31337)) {
      var zero = new org.web3j.abi.datatypes.Address(Address.ZERO.hex());
      Address executor =
          anvil.create(
              HomeExecutor.BINARY,
              Abi.encode(
                  zero,
                  new Uint256(31337),
                  zero,
                  zero,
                  zero,
                  zero,
                  new DynamicArray<>(org.web3j.abi.datatypes.Address.class, List.of()),
                  new Uint64(BigInteger.valueOf(5)),
                  new Uint64(BigInteger.TEN)));
      Intent odd =
          new Intent(
              BigInteger.TWO.pow(256).subtract(BigInteger.ONE),
              Address.of("0x" + "ff".repeat(20)),
              BigInteger.ZERO,
              Address.ZERO,
              Address.ZERO,
              BigInteger.TWO.pow(255),
              Bytes.of("0x" + "5a".repeat(77)),
              BigInteger.ZERO,
              BigInteger.TWO.pow(64).subtract(BigInteger.ONE));
      for (Intent intent : List.of(Intents.payment(), odd)) {
        byte[] answer =
            anvil
                .client()
                .call(executor, Abi.call(HomeExecutor.FUNC_IDOF, IntentAbi.toContract(intent)));
        Hash id = Hash.of((byte[]) Abi.decode(answer, new TypeReference<Bytes32>() {}).getFirst());
        assertEquals(id, intent.id(new IntentDomain(BigInteger.valueOf(31337), executor)));
      }
    }
  }

  @Test
  void L3_shouldHaveAnotherIdWhenAnyFieldOrTheDomainDiffers() {
    Intent i = Intents.payment();
    Address other = Address.of("0x" + "77".repeat(20));
    BigInteger n = BigInteger.valueOf(77);
    Set<Hash> ids = new HashSet<>();
    for (Intent intent :
        List.of(
            i,
            new Intent(
                n,
                i.account(),
                i.chainId(),
                i.asset(),
                i.to(),
                i.amount(),
                i.data(),
                i.nonce(),
                i.deadline()),
            new Intent(
                i.agentId(),
                other,
                i.chainId(),
                i.asset(),
                i.to(),
                i.amount(),
                i.data(),
                i.nonce(),
                i.deadline()),
            new Intent(
                i.agentId(),
                i.account(),
                n,
                i.asset(),
                i.to(),
                i.amount(),
                i.data(),
                i.nonce(),
                i.deadline()),
            new Intent(
                i.agentId(),
                i.account(),
                i.chainId(),
                other,
                i.to(),
                i.amount(),
                i.data(),
                i.nonce(),
                i.deadline()),
            new Intent(
                i.agentId(),
                i.account(),
                i.chainId(),
                i.asset(),
                other,
                i.amount(),
                i.data(),
                i.nonce(),
                i.deadline()),
            new Intent(
                i.agentId(),
                i.account(),
                i.chainId(),
                i.asset(),
                i.to(),
                n,
                i.data(),
                i.nonce(),
                i.deadline()),
            new Intent(
                i.agentId(),
                i.account(),
                i.chainId(),
                i.asset(),
                i.to(),
                i.amount(),
                Bytes.of("0x00"),
                i.nonce(),
                i.deadline()),
            new Intent(
                i.agentId(),
                i.account(),
                i.chainId(),
                i.asset(),
                i.to(),
                i.amount(),
                i.data(),
                n,
                i.deadline()),
            new Intent(
                i.agentId(),
                i.account(),
                i.chainId(),
                i.asset(),
                i.to(),
                i.amount(),
                i.data(),
                i.nonce(),
                n))) {
      assertTrue(ids.add(intent.id(DOMAIN)));
    }
    assertNotEquals(i.id(DOMAIN), i.id(new IntentDomain(BigInteger.ONE, DOMAIN.executor())));
    assertNotEquals(i.id(DOMAIN), i.id(new IntentDomain(DOMAIN.homeChainId(), other)));
  }

  @Property
  void shouldNameTheAgentWhenItSigned(@ForAll("intents") Intent intent) {
    SignedIntent signed = SignedIntent.sign(intent, DOMAIN, AGENT);
    assertEquals(Optional.of(AGENT.address()), signed.recoverSigner(DOMAIN));
    assertNotEquals(
        Optional.of(AGENT.address()),
        signed.recoverSigner(new IntentDomain(BigInteger.ONE, DOMAIN.executor())));
  }

  @Test
  void shouldNameNobodyWhenTheSignatureIsNotOfAKey() {
    for (String signature :
        List.of("0x", "0x" + "00".repeat(65), "0x" + "ff".repeat(65), "0x" + "11".repeat(66))) {
      assertEquals(
          Optional.empty(),
          new SignedIntent(Intents.payment(), Bytes.of(signature)).recoverSigner(DOMAIN));
    }
  }

  @Test
  void shouldRefuseWhenANumberDoesNotFit() {
    Intent i = Intents.payment();
    for (BigInteger bad : List.of(BigInteger.ONE.negate(), BigInteger.TWO.pow(256))) {
      assertThrows(
          IllegalArgumentException.class,
          () ->
              new Intent(
                  i.agentId(),
                  i.account(),
                  i.chainId(),
                  i.asset(),
                  i.to(),
                  bad,
                  i.data(),
                  i.nonce(),
                  i.deadline()));
    }
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Intent(
                i.agentId(),
                i.account(),
                i.chainId(),
                i.asset(),
                i.to(),
                i.amount(),
                i.data(),
                i.nonce(),
                BigInteger.TWO.pow(64)));
  }

  @Test
  void shouldStillCountInTheVerySecondOfItsDeadline() {
    Instant deadline = Instant.ofEpochSecond(1_800_000_000);
    assertFalse(Intents.payment().expiredAt(deadline));
    assertFalse(Intents.payment().expiredAt(deadline.plusMillis(999)));
    assertTrue(Intents.payment().expiredAt(deadline.plusSeconds(1)));
  }

  @Property
  void shouldComeBackWhenEncodedForTheContracts(
      @ForAll("intents") Intent intent, @ForAll @IntRange(max = 255) int riskLevel) {
    assertEquals(
        new IntentAbi.Payload(intent, riskLevel),
        IntentAbi.decode(IntentAbi.encode(intent, riskLevel)));
  }

  @Test
  void shouldBeEncodedAsAnotherAbiEncoderDoes() {
    Intent i = Intents.payment();
    String tuple =
        "(%s,%s,%s,%s,%s,%s,%s,%s,%s)"
            .formatted(
                i.agentId(),
                i.account(),
                i.chainId(),
                i.asset(),
                i.to(),
                i.amount(),
                "0x0badc0de",
                i.nonce(),
                i.deadline());
    String encoded =
        Tools.cast(
                "abi-encode",
                "f((uint256,address,uint256,address,address,uint256,bytes,uint256,uint64),uint8)",
                tuple,
                "7")
            .getFirst();
    Intent withData =
        new Intent(
            i.agentId(),
            i.account(),
            i.chainId(),
            i.asset(),
            i.to(),
            i.amount(),
            Bytes.of("0x0badc0de"),
            i.nonce(),
            i.deadline());
    assertEquals(encoded, IntentAbi.encode(withData, 7).hex());
  }

  @Property
  void shouldRefuseWhenAPayloadIsNotAnIntent(@ForAll byte[] payload) {
    assertThrows(IllegalArgumentException.class, () -> IntentAbi.decode(Bytes.of(payload)));
  }

  @Property(tries = 300)
  void shouldRefuseOrReadButNeverFailOtherwiseWhenAPayloadIsAltered(
      @ForAll("intents") Intent intent, @ForAll int where, @ForAll byte what) {
    byte[] payload = IntentAbi.encode(intent, 3).bytes();
    payload[Math.floorMod(where, payload.length)] = what;
    try {
      IntentAbi.decode(Bytes.of(payload));
    } catch (IllegalArgumentException refused) {
      // as it should
    }
  }

  @Test
  void shouldEncodeResultsAsAnotherAbiEncoderDoes() {
    BigInteger most = BigInteger.TWO.pow(104).subtract(BigInteger.ONE);
    Hash id = Hash.keccak("id");
    for (List<Result> results :
        List.of(
            List.<Result>of(),
            List.of(
                new Result(id, IntentState.EXECUTED, most),
                new Result(Hash.ZERO, IntentState.FAILED, BigInteger.ZERO)))) {
      String list =
          results.stream()
              .map(r -> "(%s,%d,%s)".formatted(r.intentId(), r.outcome().ordinal(), r.moved()))
              .collect(java.util.stream.Collectors.joining(",", "[", "]"));
      assertEquals(
          Tools.cast("abi-encode", "f((bytes32,uint8,uint104)[])", list).getFirst(),
          IntentAbi.encodeResults(results).hex());
      assertEquals(results, IntentAbi.decodeResults(IntentAbi.encodeResults(results)));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new Result(id, IntentState.EXECUTED, most.add(BigInteger.ONE)));
  }

  @Test
  void shouldRefuseWhenAPayloadIsNotResults() {
    byte[] honest =
        IntentAbi.encodeResults(List.of(new Result(Hash.ZERO, IntentState.EXPIRED, BigInteger.ONE)))
            .bytes();
    for (int[] change :
        new int[][] {
          {31, 0x40}, {63, 2}, {63, 0}, {32, 1}, {64 + 63, 11}, {64 + 32, 1}, {64 + 64, 1}
        }) {
      byte[] altered = honest.clone();
      altered[change[0]] = (byte) change[1];
      assertThrows(
          IllegalArgumentException.class, () -> IntentAbi.decodeResults(Bytes.of(altered)));
    }
    for (int length : new int[] {0, 31, 32, 64, honest.length - 1, honest.length - 32}) {
      byte[] cut = java.util.Arrays.copyOf(honest, length);
      assertThrows(IllegalArgumentException.class, () -> IntentAbi.decodeResults(Bytes.of(cut)));
    }
    var one = new Result(Hash.ZERO, IntentState.EXPIRED, BigInteger.ZERO);
    Bytes many = IntentAbi.encodeResults(java.util.Collections.nCopies(65, one));
    assertThrows(IllegalArgumentException.class, () -> IntentAbi.decodeResults(many));
  }
}
