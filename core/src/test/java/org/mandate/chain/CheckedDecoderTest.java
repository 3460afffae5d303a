package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.event.ContractEvents;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.Intents;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.FunctionReturnDecoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.Utils;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.Utf8String;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.StaticArray2;
import org.web3j.abi.datatypes.generated.Uint256;

/** What lengths and offsets speak of has to be there. */
class CheckedDecoderTest {
  private static final int WORD = 32;
  private static final byte[] HUGE = Bytes.of("0x%064x".formatted(Integer.MAX_VALUE)).bytes();

  private static final List<TypeReference<?>> DELIVERY =
      List.of(
          new TypeReference<DynamicArray<QuorumGateway.Message>>() {},
          new TypeReference<DynamicArray<Bytes32>>() {},
          new TypeReference<DynamicArray<Bool>>() {},
          new TypeReference<DynamicBytes>() {});

  @Test
  void L11_aLengthThatTheDataDoNotHaveIsRefusedBeforeThereIsRoomForIt() {
    byte[] flags = Abi.encode(new DynamicArray<>(Bool.class, List.of(new Bool(true))));
    refuses(with(flags, 1, HUGE), new TypeReference<DynamicArray<Bool>>() {});
    byte[] text = Abi.encode(new DynamicBytes(new byte[40]));
    refuses(with(text, 1, HUGE), new TypeReference<DynamicBytes>() {});
    refuses(with(text, 1, HUGE), new TypeReference<Utf8String>() {});
    byte[] delivery = delivery();
    for (int word = 0; word < delivery.length / WORD; word++) {
      try {
        Abi.decode(with(delivery, word, HUGE), DELIVERY.toArray(TypeReference[]::new));
      } catch (IllegalArgumentException refused) {
        // and not an error that ends the process
      }
    }
  }

  @Test
  @SuppressWarnings("rawtypes") // web3j's signatures
  void L11_eventsAndTheWrappersAnswersAreLookedThroughToo() {
    byte[] addresses =
        Abi.encode(
            new DynamicArray<>(org.web3j.abi.datatypes.Address.class, List.of()), new Uint256(1));
    List<TypeReference<Type>> types =
        Utils.convert(
            List.of(
                new TypeReference<DynamicArray<org.web3j.abi.datatypes.Address>>() {},
                new TypeReference<Uint256>() {}));
    assertEquals(
        2, FunctionReturnDecoder.decode(Bytes.of(addresses).hex(), types).size(), "as it is");
    String lie = Bytes.of(with(addresses, 2, HUGE)).hex();
    assertThrows(
        IllegalArgumentException.class,
        () -> FunctionReturnDecoder.decode(lie, types),
        "a service");

    Log honest = proposal(new byte[WORD]);
    assertEquals(
        "why",
        MandateGovernor.getProposalCreatedEventFromLog(ContractEvents.web3j(honest)).description);
    Log proposal = proposal(HUGE);
    assertThrows(
        IllegalArgumentException.class,
        () -> MandateGovernor.getProposalCreatedEventFromLog(ContractEvents.web3j(proposal)));
  }

  @Test
  void L11_nothingIsReadTwice() {
    // Both elements are the same bytes: little data that would be much in memory.
    byte[] two =
        Abi.encode(
            new DynamicArray<>(
                DynamicBytes.class, List.of(new DynamicBytes(new byte[1]), DynamicBytes.DEFAULT)));
    TypeReference<?> type = new TypeReference<DynamicArray<DynamicBytes>>() {};
    assertEquals(2, ((List<?>) Abi.decode(two, type).getFirst()).size());
    refuses(with(two, 3, Arrays.copyOfRange(two, 2 * WORD, 3 * WORD)), type);
  }

  @Test
  void shouldReadWhatAnEncoderWrites() throws ClassNotFoundException {
    byte[] delivery = delivery();
    List<Object> values = Abi.decode(delivery, DELIVERY.toArray(TypeReference[]::new));
    assertEquals(2, ((List<?>) values.get(0)).size());
    assertArrayEquals(new byte[65], (byte[]) values.get(3));
    assertEquals(
        Intents.payment(),
        IntentAbi.fromContract(
            (CrossChainExecutor.Intent)
                Abi.decode(
                        IntentAbi.encode(Intents.payment(), 1).bytes(),
                        new TypeReference<CrossChainExecutor.Intent>() {})
                    .getFirst()));
    byte[] calls =
        Abi.encode(
            new DynamicArray<>(
                RemoteGovernance.Call.class,
                List.of(
                    new RemoteGovernance.Call(Address.ZERO.hex(), BigInteger.TWO, new byte[33]))));
    assertEquals(
        1,
        ((List<?>)
                Abi.decode(calls, new TypeReference<DynamicArray<RemoteGovernance.Call>>() {})
                    .getFirst())
            .size());
    byte[] pair = Abi.encode(new Uint256(1), new Uint256(2), new Utf8String("three"));
    assertEquals(
        "three",
        Abi.decode(
                pair,
                new TypeReference.StaticArrayTypeReference<StaticArray2<Uint256>>(2) {},
                new TypeReference<Utf8String>() {})
            .get(1));
    assertEquals(
        "three",
        Abi.decode(
                Arrays.copyOf(Abi.encode(new Utf8String("three")), 2 * WORD + 5),
                TypeReference.makeTypeReference("string"))
            .getFirst(),
        "some do not pad");
  }

  @Test
  void L11_whateverTheDataAreTheyAreReadOrRefused() {
    Random random = new Random(11);
    byte[] delivery = delivery();
    for (int i = 0; i < 20_000; i++) {
      byte[] altered = delivery.clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        altered[random.nextInt(altered.length)] = (byte) random.nextInt();
      }
      try {
        Abi.decode(altered, DELIVERY.toArray(TypeReference[]::new));
      } catch (IllegalArgumentException refused) {
        // as it should
      }
    }
  }

  private static void refuses(byte[] data, TypeReference<?> type) {
    assertThrows(IllegalArgumentException.class, () -> Abi.decode(data, type));
  }

  private static byte[] delivery() {
    List<QuorumGateway.Message> messages =
        List.of(
            new QuorumGateway.Message(
                BigInteger.ONE, BigInteger.TWO, new byte[20], new byte[33], new byte[100]),
            new QuorumGateway.Message(
                BigInteger.ONE, BigInteger.TEN, new byte[1], new byte[0], new byte[32]));
    return Abi.encode(
        new DynamicArray<>(QuorumGateway.Message.class, messages),
        new DynamicArray<>(Bytes32.class, List.of(new Bytes32(Hash.ZERO.bytes()))),
        new DynamicArray<>(Bool.class, List.of(new Bool(true), new Bool(false))),
        new DynamicBytes(new byte[65]));
  }

  /** An event with lists. */
  private static Log proposal(byte[] length) {
    byte[] data =
        Abi.encode(
            new Uint256(1),
            new org.web3j.abi.datatypes.Address(BigInteger.ONE),
            new DynamicArray<>(org.web3j.abi.datatypes.Address.class, List.of()),
            new DynamicArray<>(Uint256.class, List.of()),
            new DynamicArray<>(Utf8String.class, List.of()),
            new DynamicArray<>(DynamicBytes.class, List.of()),
            new Uint256(1),
            new Uint256(2),
            new Utf8String("why"));
    return new Log(
        Hash.ZERO,
        0,
        Hash.ZERO,
        0,
        Address.ZERO,
        List.of(Hash.of(EventEncoder.encode(MandateGovernor.PROPOSALCREATED_EVENT))),
        Bytes.of(with(data, 9, length)).hex());
  }

  private static byte[] with(byte[] data, int word, byte[] value) {
    byte[] altered = data.clone();
    System.arraycopy(value, 0, altered, word * WORD, WORD);
    return altered;
  }
}
