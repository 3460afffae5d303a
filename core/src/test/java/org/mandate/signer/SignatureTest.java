package org.mandate.signer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.testing.Tools;
import org.web3j.crypto.Sign;

class SignatureTest {
  private static final BigInteger ORDER = Sign.CURVE_PARAMS.getN();

  @Property(tries = 200)
  void shouldNameTheSignerWhenRecovered(
      @ForAll
          @BigRange(
              min = "1",
              max = "1000000000000000000000000000000000000000000000000000000000000")
          BigInteger key,
      @ForAll @Size(32) byte[] digest) {
    var signer = new PrivateKeySigner(key);
    var signature = signer.sign(Hash.of(digest));
    assertEquals(Optional.of(signer.address()), signature.recover(Hash.of(digest)));
    assertEquals(signature, Signature.of(signature.bytes()));
    assertEquals(signature, Signature.ofCompact(signature.compact()));
  }

  @Test
  void shouldBeWhatAnotherSignerMakes() {
    var digest = Hash.keccak("pay");
    String other =
        Tools.cast(
                "wallet",
                "sign",
                "--no-hash",
                "--private-key",
                "0x" + "0".repeat(62) + "a1",
                digest.hex())
            .getFirst();
    assertEquals(
        other, Bytes.of(new PrivateKeySigner(BigInteger.valueOf(0xa1)).sign(digest).bytes()).hex());
  }

  @Test
  void L3_shouldRefuseTheTwinOfASignature() {
    var digest = Hash.keccak("pay");
    var good = new PrivateKeySigner(BigInteger.valueOf(0xa1)).sign(digest);
    byte[] twin = good.bytes();
    Words.put(ORDER.subtract(good.s()), twin, 32);
    twin[64] = (byte) (27 + 1 - good.yParity());
    assertThrows(IllegalArgumentException.class, () -> Signature.of(twin));
  }

  @Property
  void shouldRefuseOrAnswerWhateverTheBytes(
      @ForAll @Size(65) byte[] bytes, @ForAll boolean sensible) {
    if (sensible) {
      bytes[32] &= 0x3f;
      bytes[64] = 27;
    }
    try {
      Signature.of(bytes).recover(Hash.ZERO);
    } catch (IllegalArgumentException refused) {
      // as it should
    }
    assertThrows(IllegalArgumentException.class, () -> Signature.of(new byte[64]));
  }

  @Test
  void shouldNotShowTheKey() {
    var secret = new BigInteger("123456789123456789");
    assertFalse(new PrivateKeySigner(secret).toString().contains(secret.toString()));
    var refused = assertThrows(IllegalArgumentException.class, () -> new PrivateKeySigner(ORDER));
    assertFalse(refused.getMessage().contains(ORDER.toString()));
  }

  /** EIP-2098's own examples. */
  @Test
  void shouldBeCompactAsTheStandardShows() {
    String r = "68a020a209d3d56c46f38cc50a33f704f4a9a10a59377f8dd762ac66910e9b90";
    String s = "7e865ad05c4035ab5792787d4a0297a43617ae897930a6fe4d822b8faea52064";
    assertEquals(
        "0x" + r + s, Bytes.of(Signature.of(Bytes.of("0x" + r + s + "1b")).compact()).hex());
    String r2 = "9328da16089fcba9bececa81663203989f2df5fe1faa6291a45381c81bd17f76";
    String s2 = "139c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793";
    String vs2 = "939c6d6b623b42da56557e5e734a43dc83345ddfadec52cbe24d0cc64f550793";
    assertEquals(
        "0x" + r2 + vs2, Bytes.of(Signature.of(Bytes.of("0x" + r2 + s2 + "1c")).compact()).hex());
    for (byte[] wrong : java.util.List.of(new byte[0], new byte[63], new byte[64], new byte[65])) {
      assertThrows(IllegalArgumentException.class, () -> Signature.ofCompact(wrong));
    }
  }
}
