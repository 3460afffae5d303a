package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
  /** ERC-55's own examples. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"
      })
  void shouldAgreeWithErc55WhenChecksumming(String example) {
    assertEquals(example, Address.of(example).checksummed());
    assertEquals(example.toLowerCase(Locale.ROOT), Address.of(example).hex());
  }

  @Test
  void shouldRefuseWhenChecksumIsWrong() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> Address.of("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed"));
    assertTrue(refused.getMessage().contains("checksum"), refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0x",
        "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed00",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg",
        "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beae١"
      })
  void shouldRefuseWhenNotAnAddress(String text) {
    assertThrows(IllegalArgumentException.class, () -> Address.of(text));
  }

  @Property
  void shouldComeBackWhenWritten(@ForAll @Size(20) byte[] bytes) {
    Address address = Address.of(bytes);
    assertEquals(address, Address.of(address.checksummed()));
    assertEquals(address, Address.of(address.bytes()));
  }

  @Property
  void shouldComeBackWhenBytesAreWritten(@ForAll byte[] bytes) {
    assertEquals(bytes.length, Bytes.of(bytes).size());
    assertEquals(Bytes.of(bytes), Bytes.of(Bytes.of(bytes).bytes()));
    assertEquals(
        Bytes.of(bytes),
        Bytes.of(Bytes.of(bytes).hex().toUpperCase(Locale.ROOT).replace("0X", "0x")));
  }

  @Test
  void shouldNotBeShownWholeWhenHuge() {
    var refused =
        assertThrows(IllegalArgumentException.class, () -> Address.of("0x" + "a".repeat(100_000)));
    assertTrue(refused.getMessage().length() < 300);
  }
}
