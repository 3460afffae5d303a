package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.testing.Tools;

class RlpTest {
  @Test
  void shouldBeWhatAnotherEncoderMakes() {
    Random random = new Random(1);
    for (int length : new int[] {0, 1, 2, 55, 56, 255, 256, 1000}) {
      byte[] text = new byte[length];
      random.nextBytes(text);
      String hex = Bytes.of(text).hex();
      assertEquals(
          Tools.cast("to-rlp", "[\"" + hex + "\",[\"0x01\",\"0x\"],\"0x80\"]").getFirst(),
          Bytes.of(
                  Rlp.list(
                      List.of(
                          Rlp.encode(text),
                          Rlp.list(
                              List.of(Rlp.encode(BigInteger.ONE), Rlp.encode(BigInteger.ZERO))),
                          Rlp.encode(BigInteger.valueOf(0x80)))))
              .hex());
    }
  }

  @Test
  void shouldReadWhatItWrote() {
    Random random = new Random(2);
    for (int round = 0; round < 500; round++) {
      byte[] encoded = some(random, 4);
      assertArrayEquals(encoded, written(Rlp.decode(encoded)));
    }
  }

  /** Whatever one byte is changed to: refused, or another item, whose own encoding it is. */
  @Test
  void shouldReadNoTwoEncodingsOfOneItem() {
    Random random = new Random(3);
    for (int round = 0; round < 5_000; round++) {
      byte[] encoded = some(random, 3);
      encoded[random.nextInt(encoded.length)] = (byte) random.nextInt(256);
      Rlp.Item read;
      try {
        read = Rlp.decode(encoded);
      } catch (IllegalArgumentException refused) {
        continue;
      }
      assertArrayEquals(encoded, written(read));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0x", // nothing
        "0x8100", // a small byte with a prefix
        "0x83aabb", // ends too early
        "0xc2aa", // so does a list
        "0xc1", // and this one
        "0xaa0102", // ends too late
        "0x0101", // two items
        "0xb801aa", // a short length written long
        "0xb90001aa", // leading zero
        "0xf800", // a short list written long
        "0xbfffffffffffffffff", // 2^64 - 1 bytes
        "0xffffffffffffffffff00",
        "0xc281aa00", // an item that reaches over its list's end
        "0xc181"
      })
  void shouldRefuseWhenItIsNotTheOneEncoding(String encoded) {
    byte[] bytes = Bytes.of(encoded).bytes();
    assertThrows(IllegalArgumentException.class, () -> Rlp.decode(bytes));
  }

  @Test
  void shouldRefuseWhenListsNestWithoutEnd() {
    byte[] deep = Rlp.list(List.of());
    for (int i = 0; i < 10_000; i++) {
      deep = Rlp.list(List.of(deep));
    }
    byte[] hostile = deep;
    assertThrows(IllegalArgumentException.class, () -> Rlp.decode(hostile));
  }

  @Test
  void shouldReadNumbersOnlyAsTheyAreWritten() {
    assertEquals(BigInteger.ZERO, Rlp.number(Rlp.decode(Rlp.encode(BigInteger.ZERO))));
    BigInteger most = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);
    assertEquals(most, Rlp.number(Rlp.decode(Rlp.encode(most))));
    for (byte[] wrong :
        List.of(
            Rlp.encode(new byte[] {0}),
            Rlp.encode(new byte[] {0, 1}),
            Rlp.encode(most.add(BigInteger.ONE)),
            Rlp.list(List.of()))) {
      assertThrows(IllegalArgumentException.class, () -> Rlp.number(Rlp.decode(wrong)));
    }
  }

  private static byte[] some(Random random, int depth) {
    if (depth == 0 || random.nextInt(3) > 0) {
      byte[] text = new byte[random.nextInt(4) == 0 ? random.nextInt(70) : random.nextInt(3)];
      random.nextBytes(text);
      return Rlp.encode(text);
    }
    List<byte[]> items = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      items.add(some(random, depth - 1));
    }
    return Rlp.list(items);
  }

  private static byte[] written(Rlp.Item item) {
    return switch (item) {
      case Rlp.Text text -> Rlp.encode(text.bytes());
      case Rlp.Series series -> Rlp.list(series.items().stream().map(RlpTest::written).toList());
    };
  }
}
