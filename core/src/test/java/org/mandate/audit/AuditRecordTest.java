package org.mandate.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mandate.audit.AuditRecord.Anchor;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;
import org.web3j.abi.datatypes.generated.Uint8;
import org.web3j.utils.Numeric;

class AuditRecordTest {
  private static final BigInteger HUGE = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);
  private static final Hash MESSAGE = Hash.keccak("message");
  private static final Address SOMEBODY = Address.of("0x" + "a1".repeat(20));
  private static final Address ASSET = Address.of("0x" + "a2".repeat(20));

  /** Each kind of detail, and its fields as the executor encodes them. */
  private static final Map<Detail, List<Type<?>>> DETAILS =
      Map.ofEntries(
          Map.entry(
              new Detail.Admitted(Tier.DELAY, 1_800_000_000L),
              List.of(new Uint8(2), new Uint64(1_800_000_000L))),
          Map.entry(
              new Detail.Denied(verdict(HUGE, BigInteger.ZERO)),
              List.of(
                  new Uint8(10),
                  new Bool(true),
                  new Uint8(3),
                  new Uint64(8),
                  new Uint256(HUGE),
                  new Uint256(0),
                  new Uint64(77),
                  address(SOMEBODY))),
          Map.entry(new Detail.Dispatched(MESSAGE), List.of(new Bytes32(MESSAGE.bytes()))),
          Map.entry(
              new Detail.Queued(MESSAGE, 9), List.of(new Bytes32(MESSAGE.bytes()), new Uint64(9))),
          Map.entry(
              new Detail.Executed(SOMEBODY, ASSET, HUGE),
              List.of(address(SOMEBODY), address(ASSET), new Uint256(HUGE))),
          Map.entry(new Detail.Cancelled(SOMEBODY), List.of(address(SOMEBODY))),
          Map.entry(new Detail.Disputed(SOMEBODY, 5), List.of(address(SOMEBODY), new Uint64(5))),
          Map.entry(new Detail.Upheld(SOMEBODY, 6), List.of(address(SOMEBODY), new Uint64(6))),
          Map.entry(new Detail.Expired(), List.of()),
          Map.entry(new Detail.Failed(), List.of()),
          Map.entry(
              new Detail.Settled(IntentState.CANCELLED, HUGE, BigInteger.ONE),
              List.of(new Uint8(7), new Uint256(HUGE), new Uint256(1))));

  /** No denial says all this, but whoever hashes one hashes all of it. */
  private static Verdict verdict(BigInteger limit, BigInteger left) {
    return new Verdict(Rule.WINDOW, true, Tier.APPROVAL, 8, limit, left, 77, SOMEBODY);
  }

  @Test
  void shouldEncodeDetailsAsTheExecutorDoes() {
    Set<Action> actions = new HashSet<>();
    DETAILS.forEach(
        (detail, fields) -> {
          @SuppressWarnings("rawtypes")
          List<Type> types = List.copyOf(fields);
          assertArrayEquals(
              Numeric.hexStringToByteArray(FunctionEncoder.encodeConstructor(types)),
              detail.encode(),
              detail.toString());
          actions.add(detail.action());
        });
    assertEquals(Action.values().length - 1, actions.size(), "every action but NONE");
  }

  @Test
  void shouldReadWhatItWrites() {
    for (Detail detail : DETAILS.keySet()) {
      for (Optional<Intent> intent : List.of(Optional.of(intent()), Optional.<Intent>empty())) {
        AuditRecord record = record(detail, intent);
        assertEquals(record, AuditRecord.parse(record.toBlob()));
      }
    }
  }

  @Test
  void shouldWriteTheDocumentedForm() {
    AuditRecord record =
        record(new Detail.Denied(verdict(BigInteger.TEN, BigInteger.ONE)), Optional.empty());
    assertEquals(
        "{\"action\":\"DENIED\",\"agentId\":\"1\",\"block\":{\"hash\":\""
            + Hash.keccak("block")
            + "\",\"number\":\"12\",\"timestamp\":\"1800000000\"},\"chainId\":\"31337\",\"detail\":{\"availableAt\":\"77\","
            + "\"eta\":\"8\",\"left\":\"1\",\"limit\":\"10\",\"rule\":\"WINDOW\",\"source\":\""
            + SOMEBODY.hex()
            + "\",\"tier\":\"APPROVAL\",\"tripped\":true},\"index\":0,\"intentId\":\""
            + Hash.keccak("intent")
            + "\",\"logIndex\":3,\"recordHash\":\""
            + record.recordHash()
            + "\",\"schema\":\"mandate.record.v1\",\"transaction\":\""
            + Hash.keccak("transaction")
            + "\"}",
        new String(record.toBlob(), UTF_8));
  }

  @Test
  void shouldRefuseEveryOtherSpelling() {
    String good =
        new String(
            record(new Detail.Executed(SOMEBODY, ASSET, BigInteger.TEN), Optional.of(intent()))
                .toBlob(),
            UTF_8);
    AuditRecord.parse(good.getBytes(UTF_8));
    List<String> bad =
        List.of(
            good.replace("mandate.record.v1", "mandate.record.v2"),
            good.replace("\"moved\":\"10\"", "\"moved\":\"11\""), // another hash
            good.replace("\"moved\":\"10\"", "\"moved\":\"010\""),
            good.replace("\"moved\":\"10\"", "\"moved\":10"),
            good.replace("\"moved\":\"10\"", "\"moved\":\"-10\""),
            good.replace("\"moved\":\"10\"", "\"moved\":\"" + "9".repeat(78) + "\""),
            good.replace("EXECUTED", "UPHELD"),
            good.replace("EXECUTED", "NONE"),
            good.replace("EXECUTED", "executed"),
            good.replace("\"index\":0", "\"index\":1.5"),
            good.replace("\"index\":0", "\"index\":\"0\""),
            good.replace("\"logIndex\":3", "\"logIndex\":4294967299"),
            good.replace(SOMEBODY.hex(), SOMEBODY.hex().toUpperCase(Locale.ROOT)),
            good.replace("\"agentId\":\"1\",\"block\"", "\"agentId\":\"1\",\"b\":1,\"block\""),
            good.replace("\"transaction\":", "\"transactions\":"),
            good.replace("\"nonce\":\"4\"", "\"nonce\":\"04\""));
    for (String text : bad) {
      assertThrows(
          MalformedBlobException.class, () -> AuditRecord.parse(text.getBytes(UTF_8)), text);
    }
  }

  @Test
  void shouldRefuseAManifestThatIsNotConsistent() {
    AuditRecord first = record(new Detail.Expired(), Optional.empty());
    AuditRecord second =
        new AuditRecord(
            first.chainId(),
            first.agentId(),
            1,
            first.intentId(),
            first.intent(),
            first.detail(),
            first.anchor());
    Batch batch = Batch.of(List.of(first, second));
    String good = new String(batch.toBlob(), UTF_8);
    assertEquals(batch, Batch.parse(good.getBytes(UTF_8)));
    for (String text :
        List.of(
            good.replace("\"to\":2", "\"to\":3"),
            good.replace("\"from\":0", "\"from\":1"),
            good.replace("\"index\":1", "\"index\":2"),
            good.replace(batch.root().hex(), Hash.ZERO.hex()),
            good.replace(first.recordHash().hex(), Hash.ZERO.hex()),
            good.replace("mandate.batch.v1", "mandate.batch.v0"),
            "{\"schema\":\"mandate.batch.v1\"}")) {
      assertThrows(MalformedBlobException.class, () -> Batch.parse(text.getBytes(UTF_8)), text);
    }
    assertThrows(IllegalArgumentException.class, () -> Batch.of(List.of(second, first)));
  }

  @Test
  void shouldChainAsTheAuditLogDoes() {
    HashChain chain = HashChain.EMPTY.append(Hash.ZERO);
    // keccak256 of 58 zero bytes, its first 26
    assertEquals(Hash.keccak(new byte[58]).hex().substring(0, 54), chain.head());
    assertEquals(1, chain.count());
  }

  private static AuditRecord record(Detail detail, Optional<Intent> intent) {
    return new AuditRecord(
        BigInteger.valueOf(31337),
        BigInteger.ONE,
        0,
        Hash.keccak("intent"),
        intent,
        detail,
        new Anchor(12, Hash.keccak("block"), 1_800_000_000L, Hash.keccak("transaction"), 3));
  }

  private static Intent intent() {
    return new Intent(
        BigInteger.ONE,
        SOMEBODY,
        HUGE,
        ASSET,
        SOMEBODY,
        HUGE,
        Bytes.of("0xdeadbeef"),
        BigInteger.valueOf(4),
        BigInteger.valueOf(1_900_000_000L));
  }

  private static org.web3j.abi.datatypes.Address address(Address address) {
    return new org.web3j.abi.datatypes.Address(address.hex());
  }
}
