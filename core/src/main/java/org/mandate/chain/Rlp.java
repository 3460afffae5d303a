package org.mandate.chain;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Recursive length prefix, as block headers and state tries are written. Reading is strict: a value
 * has one encoding, and what is not that one is refused.
 */
public final class Rlp {
  /** Lists in lists; a state trie's node holds nodes inside it a few levels deep. */
  private static final int DEPTH = 64;

  private Rlp() {}

  /** A string of bytes, or a list. */
  public sealed interface Item {
    /**
     * @throws IllegalArgumentException if it is a list
     */
    default byte[] bytes() {
      throw new IllegalArgumentException("RLP: a list stands where bytes are expected");
    }

    /**
     * @throws IllegalArgumentException if it is bytes
     */
    default List<Item> items() {
      throw new IllegalArgumentException("RLP: bytes stand where a list is expected");
    }
  }

  /** A string of bytes. */
  public record Text(Bytes value) implements Item {
    @Override
    public byte[] bytes() {
      return value.bytes();
    }
  }

  /**
   * A list.
   *
   * @param encoded the list's own encoding
   */
  public record Series(List<Item> items, Bytes encoded) implements Item {
    public Series {
      items = List.copyOf(items);
    }
  }

  /** A string of bytes. */
  public static byte[] encode(byte[] text) {
    if (text.length == 1 && (text[0] & 0xff) < 0x80) {
      return text.clone();
    }
    return prefixed(0x80, text);
  }

  /**
   * A number: its bytes without leading zeros.
   *
   * @param value not negative
   */
  public static byte[] encode(BigInteger value) {
    if (value.signum() < 0) {
      throw new IllegalArgumentException("RLP: " + value + " is negative");
    }
    byte[] bytes = value.toByteArray();
    return encode(bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
  }

  /** A list of what is encoded already. */
  public static byte[] list(List<byte[]> encoded) {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    encoded.forEach(payload::writeBytes);
    return prefixed(0xc0, payload.toByteArray());
  }

  private static byte[] prefixed(int offset, byte[] payload) {
    byte[] prefix;
    if (payload.length < 56) {
      prefix = new byte[] {(byte) (offset + payload.length)};
    } else {
      byte[] length = BigInteger.valueOf(payload.length).toByteArray();
      int skip = length[0] == 0 ? 1 : 0;
      prefix = new byte[1 + length.length - skip];
      prefix[0] = (byte) (offset + 55 + length.length - skip);
      System.arraycopy(length, skip, prefix, 1, length.length - skip);
    }
    byte[] out = Arrays.copyOf(prefix, prefix.length + payload.length);
    System.arraycopy(payload, 0, out, prefix.length, payload.length);
    return out;
  }

  /**
   * The one item that the bytes are, to their end.
   *
   * @throws IllegalArgumentException for anything else
   */
  public static Item decode(byte[] encoded) {
    Reader reader = new Reader(encoded);
    Item item = reader.item(encoded.length, DEPTH);
    if (reader.at != encoded.length) {
      throw new IllegalArgumentException(
          "RLP: " + (encoded.length - reader.at) + " bytes follow the item");
    }
    return item;
  }

  /**
   * A number as {@link #encode(BigInteger)} writes it.
   *
   * @throws IllegalArgumentException if it has leading zeros, or more than 32 bytes
   */
  public static BigInteger number(Item item) {
    byte[] bytes = item.bytes();
    if (bytes.length > 32 || (bytes.length > 0 && bytes[0] == 0)) {
      throw new IllegalArgumentException(
          "RLP: " + bytes.length + " bytes are no number of 256 bits without leading zeros");
    }
    return new BigInteger(1, bytes);
  }

  private static final class Reader {
    private final byte[] in;
    private int at;

    private Reader(byte[] in) {
      this.in = in;
    }

    /**
     * @param end of what the item must lie in
     */
    private Item item(int end, int depth) {
      int start = at;
      int first = next(end);
      if (first < 0x80) {
        return new Text(Bytes.of(new byte[] {(byte) first}));
      }
      boolean series = first >= 0xc0;
      int code = first - (series ? 0xc0 : 0x80);
      int length = code < 56 ? code : longLength(code - 55, end);
      if (length > end - at) {
        throw new IllegalArgumentException(
            "RLP: an item of " + length + " bytes where " + (end - at) + " are left");
      }
      int stop = at + length;
      if (!series) {
        if (length == 1 && (in[at] & 0xff) < 0x80) {
          throw new IllegalArgumentException("RLP: a small byte has a prefix");
        }
        at = stop;
        return new Text(Bytes.of(Arrays.copyOfRange(in, stop - length, stop)));
      }
      if (depth == 0) {
        throw new IllegalArgumentException("RLP: lists nest deeper than " + DEPTH);
      }
      List<Item> items = new ArrayList<>();
      while (at < stop) {
        items.add(item(stop, depth - 1));
      }
      return new Series(items, Bytes.of(Arrays.copyOfRange(in, start, stop)));
    }

    private int longLength(int size, int end) {
      long length = 0;
      for (int i = 0; i < size; i++) {
        int digit = next(end);
        if (i == 0 && digit == 0) {
          throw new IllegalArgumentException("RLP: a length has leading zeros");
        }
        length = length << 8 | digit;
        if (length > in.length) {
          throw new IllegalArgumentException("RLP: an item is longer than what holds it");
        }
      }
      if (length < 56) {
        throw new IllegalArgumentException("RLP: a short length is written as a long one");
      }
      return (int) length;
    }

    private int next(int end) {
      if (at >= end) {
        throw new IllegalArgumentException("RLP: ends in the middle of an item");
      }
      return in[at++] & 0xff;
    }
  }
}
