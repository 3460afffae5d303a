package org.mandate.signer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.BigRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Hash;
import org.web3j.crypto.Sign;

/** Both libraries give the same answers, so which of them is loaded changes nothing but speed. */
class CurveTest {
  private static final String LARGEST_KEY =
      "115792089237316195423570985008687907852837564279074904382605163141518161494336";
  private static final BigInteger ORDER = Sign.CURVE_PARAMS.getN();

  /** Where this test runs, on Linux, it loads; that it does not would make the others pass idly. */
  private static final Curve NATIVE = NativeCurve.load().orElseThrow();

  private static final Curve JAVA = new JavaCurve();

  @Property(tries = 300)
  void shouldSignTheSameWithBoth(
      @ForAll @BigRange(min = "1", max = LARGEST_KEY) BigInteger key,
      @ForAll @Size(32) byte[] digest) {
    Signature signature = new PrivateKey(key, JAVA).signDigest(Hash.of(digest));
    PrivateKey other = new PrivateKey(key, NATIVE);
    assertEquals(signature, other.signDigest(Hash.of(digest)));
    for (Curve curve : new Curve[] {JAVA, NATIVE}) {
      assertEquals(
          Optional.of(other.address()), curve.recover(signature, digest).map(Curve::address));
    }
  }

  /** Of anything that looks like a signature, made by nobody or made to confuse. */
  @Property(tries = 500)
  void L3_shouldRecoverTheSameWithBothWhateverTheSignature(
      @ForAll @BigRange(min = "1", max = LARGEST_KEY) BigInteger r,
      @ForAll @BigRange(min = "1", max = LARGEST_KEY) BigInteger s,
      @ForAll @IntRange(max = 1) int parity,
      @ForAll @Size(32) byte[] digest) {
    Signature signature = new Signature(r, s.min(ORDER.subtract(s)), parity);
    same(signature, digest);
    same(signature, new byte[32]);
    same(signature, Hash.ZERO.bytes());
  }

  /** Where the arithmetic has its edges: the point at infinity, digests beyond the order. */
  @Test
  void L3_shouldRecoverTheSameAtTheEdges() {
    BigInteger[] digests = {
      BigInteger.ZERO,
      BigInteger.ONE,
      ORDER.subtract(BigInteger.ONE),
      ORDER,
      ORDER.add(BigInteger.ONE),
      BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE)
    };
    BigInteger[] numbers = {
      BigInteger.ONE,
      BigInteger.TWO,
      new BigInteger("5"), // no point has this abscissa
      Sign.CURVE_PARAMS.getG().normalize().getAffineXCoord().toBigInteger(),
      ORDER.shiftRight(1),
      ORDER.subtract(BigInteger.ONE)
    };
    int none = 0;
    for (BigInteger digest : digests) {
      byte[] bytes = new byte[32];
      Words.put(digest, bytes, 0);
      for (BigInteger r : numbers) {
        for (BigInteger s : numbers) {
          for (int parity = 0; parity < 2; parity++) {
            Signature signature = new Signature(r, s.min(ORDER.subtract(s)), parity);
            same(signature, bytes);
            none += NATIVE.recover(signature, bytes).isEmpty() ? 1 : 0;
          }
        }
      }
    }
    assertTrue(none > 0, "no edge was met");
    // s R = z G with R = G: the key would be the point at infinity
    Signature nobody =
        new Signature(
            numbers[3],
            BigInteger.ONE,
            Sign.CURVE_PARAMS.getG().normalize().getAffineYCoord().toBigInteger().testBit(0)
                ? 1
                : 0);
    byte[] one = new byte[32];
    one[31] = 1;
    same(nobody, one);
    assertEquals(Optional.empty(), NATIVE.recover(nobody, one));
  }

  private static void same(Signature signature, byte[] digest) {
    Optional<byte[]> java = JAVA.recover(signature, digest);
    Optional<byte[]> fast = NATIVE.recover(signature, digest);
    assertEquals(java.isPresent(), fast.isPresent());
    java.ifPresent(point -> assertArrayEquals(point, fast.orElseThrow()));
  }

  /** In a process of its own, whose library is no library. */
  @Test
  void shouldSignInJavaWhenTheLibraryCannotBeLoaded(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("libsecp256k1-jni.so"), "not a library");
    String expected =
        "BouncyCastle " + new PrivateKey(BigInteger.TEN).signDigest(Hash.keccak("pay"));
    assertEquals(
        expected,
        run(
            "-Dfr.acinq.secp256k1.lib.path=" + folder,
            "-Dfr.acinq.secp256k1.lib.name=libsecp256k1-jni.so",
            "-Djava.io.tmpdir=" + folder.resolve("missing")));
    assertEquals(expected.replace("BouncyCastle", "libsecp256k1"), run());
  }

  /** What the process above does. */
  public static final class Process {
    public static void main(String[] arguments) {
      System.out.println(
          Curve.best().name()
              + " "
              + new PrivateKey(BigInteger.TEN).signDigest(Hash.keccak("pay")));
    }
  }

  private static String run(String... options) throws IOException {
    var command = new java.util.ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(java.util.List.of(options));
    command.addAll(
        java.util.List.of("-cp", System.getProperty("java.class.path"), Process.class.getName()));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String[] lines = output.strip().split("\n");
    return lines[lines.length - 1];
  }
}
