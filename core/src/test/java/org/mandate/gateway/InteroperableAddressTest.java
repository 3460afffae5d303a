package org.mandate.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

class InteroperableAddressTest {
  private static final String UINT256_MAX =
      "115792089237316195423570985008687907853269984665640564039457584007913129639935";

  /** ERC-7930's first example: vitalik.eth on chain 1. */
  private static final String EXAMPLE = "0x00010000010114d8da6bf26964af9d7eed9e03e53415d37aa96045";

  @Test
  void shouldAgreeWithErc7930WhenEncoded() {
    var address =
        new InteroperableAddress(
            BigInteger.ONE, Address.of("0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"));
    assertEquals(EXAMPLE, address.encode().hex());
    assertEquals(address, InteroperableAddress.decode(Bytes.of(EXAMPLE)));
  }

  @Property
  void shouldComeBackWhenEncoded(
      @ForAll @BigRange(min = "1", max = UINT256_MAX) BigInteger chainId,
      @ForAll @Size(20) byte[] address) {
    var place = new InteroperableAddress(chainId, Address.of(address));
    assertEquals(place, InteroperableAddress.decode(place.encode()));
  }

  /** Each names the example's account in a way that is not the one way. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0x",
        "0x0001",
        "0x00020000010114d8da6bf26964af9d7eed9e03e53415d37aa96045",
        "0x00010002010114d8da6bf26964af9d7eed9e03e53415d37aa96045",
        "0x0001000002000114d8da6bf26964af9d7eed9e03e53415d37aa96045",
        "0x000100000014d8da6bf26964af9d7eed9e03e53415d37aa96045",
        "0x00010000010113d8da6bf26964af9d7eed9e03e53415d37aa960",
        "0x000100000101" + "14d8da6bf26964af9d7eed9e03e53415d37aa9604500",
        "0x00010000010100",
        "0x00010000ff0114d8da6bf26964af9d7eed9e03e53415d37aa96045"
      })
  void shouldRefuseWhenNotTheOneEncoding(String encoded) {
    assertThrows(
        IllegalArgumentException.class, () -> InteroperableAddress.decode(Bytes.of(encoded)));
  }

  @Property
  void shouldRefuseOrComeBackWhateverTheBytes(@ForAll byte[] bytes) {
    try {
      assertEquals(Bytes.of(bytes), InteroperableAddress.decode(Bytes.of(bytes)).encode());
    } catch (IllegalArgumentException refused) {
      // as it should
    }
  }
}
