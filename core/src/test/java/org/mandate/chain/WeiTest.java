package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WeiTest {
  @ParameterizedTest
  @CsvSource({
    "0.5 ether, 500000000000000000, 0.5 ether",
    "20gwei, 20000000000, 20 gwei",
    "0.000000001 ether, 1000000000, 1 gwei",
    "1.5 gwei, 1500000000, 1.5 gwei",
    "7 wei, 7, 7 wei",
    "0 ether, 0, 0 wei",
    "1000 ether, 1000000000000000000000, 1000 ether"
  })
  void shouldReadAndSayAnAmount(String text, String wei, String said) {
    assertEquals(new BigInteger(wei), Wei.of(text).value());
    assertEquals(said, Wei.of(text).toString());
    assertEquals(Wei.of(text), Wei.of(said));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "5", "ether", "-1 wei", "0.1 wei", "0.0000000001 gwei", "1e3 wei", "1 eth"})
  void shouldRefuseWhatIsNoAmount(String text) {
    assertThrows(IllegalArgumentException.class, () -> Wei.of(text));
  }
}
