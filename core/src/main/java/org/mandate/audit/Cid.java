package org.mandate.audit;

import java.util.Arrays;
import org.mandate.chain.Hash;

/**
 * Content identifier of a blob: CIDv1, codec raw (0x55), multihash SHA-256 (0x12, 32 bytes),
 * written in base32 (multibase {@code b}, RFC 4648, lower case, no padding). The only kind that the
 * audit trail uses: one blob, one block, one name.
 *
 * @param digest SHA-256 of the blob's bytes
 * @see <a href="https://github.com/multiformats/cid">CID specification</a>
 */
public record Cid(Hash digest) {
  private static final byte[] PREFIX = {0x01, 0x55, 0x12, 0x20};
  private static final int BINARY_LENGTH = 36;
  private static final int TEXT_LENGTH = 59;

  /** The CID of {@code blob}. */
  public static Cid of(byte[] blob) {
    return new Cid(Sha256.of(blob));
  }

  /**
   * Reads the text form; exactly what {@link #toString} writes.
   *
   * @throws IllegalArgumentException when {@code text} is anything else, other valid kinds of CID
   *     included
   */
  public static Cid parse(String text) {
    if (text.length() != TEXT_LENGTH || text.charAt(0) != 'b') {
      throw invalid(text);
    }
    byte[] binary = Base32.decode(text.substring(1)).orElseThrow(() -> invalid(text));
    if (binary.length != BINARY_LENGTH
        || !Arrays.equals(binary, 0, PREFIX.length, PREFIX, 0, PREFIX.length)) {
      throw invalid(text);
    }
    return new Cid(Hash.of(Arrays.copyOfRange(binary, PREFIX.length, BINARY_LENGTH)));
  }

  /** Whether {@code blob} is the content that this names. */
  public boolean names(byte[] blob) {
    return digest.equals(Sha256.of(blob));
  }

  /** The text form, 59 characters that begin with {@code bafkrei}. */
  @Override
  public String toString() {
    byte[] binary = Arrays.copyOf(PREFIX, BINARY_LENGTH);
    System.arraycopy(digest.bytes(), 0, binary, PREFIX.length, BINARY_LENGTH - PREFIX.length);
    return "b" + Base32.encode(binary);
  }

  private static IllegalArgumentException invalid(String text) {
    String shown = text.length() > 80 ? text.substring(0, 80) + "…" : text;
    return new IllegalArgumentException(
        "not a raw CIDv1 with SHA-256 in base32 (59 characters that begin with bafkrei): " + shown);
  }
}
