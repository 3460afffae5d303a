package org.mandate.signer;

import java.util.Arrays;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.engines.Salsa20Engine;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * scrypt (RFC 7914) in a part of the memory that its parameters ask for: of the table only every
 * second, fourth, … row is kept, and the rows between are computed again when they are looked up.
 * For processes whose heap is small: the table of a usual key file (n 2^18, r 8) is 256 MiB, as
 * much as a relayer's whole heap.
 */
final class SmallScrypt {
  /** Words of a Salsa20 block. */
  private static final int BLOCK = 16;

  private final int n;
  private final int stride;

  /** Of a row. */
  private final int words;

  /** Row after row: in one piece, which is not copied while the heap is young. */
  private final int[] table;

  /** Of 2r blocks: the mixed one, one looked up, and what mixing writes. */
  private int[] mixed;

  private int[] found;
  private int[] scratch;
  private final int[] block = new int[BLOCK];

  private SmallScrypt(int n, int r, int stride) {
    this.n = n;
    this.stride = stride;
    words = 2 * r * BLOCK;
    table = new int[Math.max(1, n / stride) * words];
    mixed = new int[words];
    found = new int[words];
    scratch = new int[words];
  }

  /**
   * @param n a power of two, p and r within RFC 7914
   * @param stride a power of two: which part of the table is kept, of which one array must hold the
   *     32 * n * r / stride words; the time grows to (stride + 3) / 4 times that of the whole one
   */
  static byte[] generate(
      byte[] secret, byte[] salt, int n, int r, int p, int stride, int derivedBytes) {
    byte[] blocks = pbkdf2(secret, salt, p * 128 * r);
    SmallScrypt one = new SmallScrypt(n, r, stride);
    try {
      for (int i = 0; i < p; i++) {
        one.mix(blocks, i * 128 * r);
      }
      return pbkdf2(secret, blocks, derivedBytes);
    } finally {
      one.wipe();
      Arrays.fill(blocks, (byte) 0);
    }
  }

  private static byte[] pbkdf2(byte[] secret, byte[] salt, int bytes) {
    PKCS5S2ParametersGenerator generator = new PKCS5S2ParametersGenerator(new SHA256Digest());
    generator.init(secret, salt, 1);
    return ((KeyParameter) generator.generateDerivedParameters(bytes * 8)).getKey();
  }

  /** scryptROMix, in place. */
  private void mix(byte[] bytes, int offset) {
    for (int i = 0; i < mixed.length; i++) {
      mixed[i] = word(bytes, offset + 4 * i);
    }
    for (int i = 0; i < n; i++) {
      if (i % stride == 0) {
        System.arraycopy(mixed, 0, table, i / stride * words, words);
      }
      mixed = mixBlocks(mixed);
    }
    for (int i = 0; i < n; i++) {
      int row = mixed[mixed.length - BLOCK] & (n - 1);
      System.arraycopy(table, row / stride * words, found, 0, words);
      for (int missing = row % stride; missing > 0; missing--) {
        found = mixBlocks(found);
      }
      for (int j = 0; j < mixed.length; j++) {
        mixed[j] ^= found[j];
      }
      mixed = mixBlocks(mixed);
    }
    for (int i = 0; i < mixed.length; i++) {
      for (int j = 0; j < 4; j++) {
        bytes[offset + 4 * i + j] = (byte) (mixed[i] >>> (8 * j));
      }
    }
  }

  /** scryptBlockMix: the answer is in what was scratch, and the input is scratch then. */
  private int[] mixBlocks(int[] input) {
    int[] output = scratch;
    int half = input.length / 2;
    System.arraycopy(input, input.length - BLOCK, block, 0, BLOCK);
    for (int i = 0; i < input.length; i += BLOCK) {
      for (int j = 0; j < BLOCK; j++) {
        block[j] ^= input[i + j];
      }
      Salsa20Engine.salsaCore(8, block, block);
      int pair = i / (2 * BLOCK) * BLOCK; // even blocks first, then the odd ones
      System.arraycopy(block, 0, output, i / BLOCK % 2 == 0 ? pair : half + pair, BLOCK);
    }
    scratch = input;
    return output;
  }

  private static int word(byte[] bytes, int at) {
    return bytes[at] & 0xff
        | (bytes[at + 1] & 0xff) << 8
        | (bytes[at + 2] & 0xff) << 16
        | (bytes[at + 3] & 0xff) << 24;
  }

  private void wipe() {
    Arrays.fill(table, 0);
    Arrays.fill(mixed, 0);
    Arrays.fill(found, 0);
    Arrays.fill(scratch, 0);
    Arrays.fill(block, 0);
  }
}
