package org.mandate.signer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.bouncycastle.crypto.generators.SCrypt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmallScryptTest {
  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The second of RFC 7914's vectors, section 12. */
  @Test
  void shouldDeriveWhatTheRfcSays() {
    String expected =
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640";
    for (int stride = 1; stride <= 16; stride *= 2) {
      assertEquals(
          expected,
          HexFormat.of()
              .formatHex(
                  SmallScrypt.generate(ascii("password"), ascii("NaCl"), 1024, 8, 16, stride, 64)));
    }
  }

  @ParameterizedTest
  @CsvSource({"2,1,1", "2,3,5", "16,1,1", "64,5,2", "4096,2,1", "32,16,3"})
  void shouldDeriveWhatTheWholeTableGives(int n, int r, int p) {
    byte[] expected = SCrypt.generate(ascii("pass"), ascii("salt"), n, r, p, 32);
    for (int stride = 1; stride <= 16; stride *= 2) {
      assertArrayEquals(
          expected, SmallScrypt.generate(ascii("pass"), ascii("salt"), n, r, p, stride, 32));
    }
  }
}
