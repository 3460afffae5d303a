package org.mandate.proof;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Rlp;

/**
 * Merkle Patricia tries, as Ethereum keeps accounts and storage: what stands under a key, or that
 * nothing does, shown by the nodes on the way from the root.
 */
final class PatriciaTrie {
  /** Of the trie in which there is nothing. */
  static final Hash EMPTY_ROOT = Hash.keccak(new byte[] {(byte) 0x80});

  private static final int RADIX = 16;

  private PatriciaTrie() {}

  /**
   * What stands under the key; empty: the proof shows that nothing does.
   *
   * @param key its bytes as the trie has them; Ethereum's are hashed before
   * @param proof nodes from the root down. Nodes that lie within their parents may be listed too
   * @throws IllegalArgumentException if the proof shows neither
   */
  static Optional<Bytes> get(Hash root, byte[] key, List<Bytes> proof) {
    if (root.equals(EMPTY_ROOT) && proof.isEmpty()) {
      return Optional.empty();
    }
    return new Walk(nibbles(key), proof).from(root);
  }

  /** One way down. */
  private static final class Walk {
    private final byte[] path;
    private final List<Bytes> proof;
    private int at;
    private int used;

    private Walk(byte[] path, List<Bytes> proof) {
      this.path = path;
      this.proof = proof;
    }

    private Optional<Bytes> from(Hash root) {
      Optional<Bytes> value = Optional.empty();
      Optional<Rlp.Item> node = Optional.of(listed(root));
      if (root.equals(EMPTY_ROOT)) { // its one node is an empty string
        node = Optional.empty();
      }
      while (node.isPresent()) {
        List<Rlp.Item> items = node.get().items();
        switch (items.size()) {
          case RADIX + 1 -> {
            if (at == path.length) {
              value = valueOf(items.get(RADIX));
              node = Optional.empty();
            } else {
              node = child(items.get(path[at++]));
            }
          }
          case 2 -> {
            byte[] partial = nibbles(items.get(0).bytes());
            if (partial.length < 2 || partial[0] > 3 || (partial[0] % 2 == 0 && partial[1] != 0)) {
              throw new IllegalArgumentException("trie proof: a node's path has a wrong prefix");
            }
            boolean leaf = partial[0] >= 2;
            byte[] rest = Arrays.copyOfRange(partial, 2 - partial[0] % 2, partial.length);
            boolean fits =
                rest.length <= path.length - at
                    && Arrays.equals(rest, 0, rest.length, path, at, at + rest.length);
            if (leaf) {
              value =
                  fits && rest.length == path.length - at
                      ? valueOf(items.get(1))
                      : Optional.empty();
              node = Optional.empty();
            } else if (rest.length == 0) {
              throw new IllegalArgumentException("trie proof: an extension extends nothing");
            } else {
              at += rest.length;
              node = fits ? child(items.get(1)) : Optional.empty();
              if (fits && node.isEmpty()) {
                throw new IllegalArgumentException("trie proof: an extension leads nowhere");
              }
            }
          }
          default ->
              throw new IllegalArgumentException(
                  "trie proof: a node has " + items.size() + " items; 2 or 17 are");
        }
      }
      if (used != proof.size()) {
        throw new IllegalArgumentException(
            "trie proof: " + (proof.size() - used) + " nodes more than lead to the key");
      }
      return value;
    }

    /** The next node of the proof. */
    private Rlp.Item listed(Hash hash) {
      if (used == proof.size()) {
        throw new IllegalArgumentException(
            "trie proof: ends after " + used + " nodes, before the key");
      }
      byte[] node = proof.get(used).bytes();
      if (!Hash.keccak(node).equals(hash)) {
        throw new IllegalArgumentException(
            "trie proof: node " + used + " is not the one whose hash is " + hash);
      }
      used++;
      return Rlp.decode(node);
    }

    /** The node that another names: by its hash, or itself when it is short; empty: none. */
    private Optional<Rlp.Item> child(Rlp.Item reference) {
      return switch (reference) {
        case Rlp.Series within -> {
          if (within.encoded().size() >= 32) {
            throw new IllegalArgumentException("trie proof: a long node lies within another");
          }
          if (used < proof.size() && proof.get(used).equals(within.encoded())) {
            used++;
          }
          yield Optional.of(within);
        }
        case Rlp.Text text when text.value().isEmpty() -> Optional.empty();
        case Rlp.Text text -> Optional.of(listed(Hash.of(text.bytes())));
      };
    }

    private static Optional<Bytes> valueOf(Rlp.Item item) {
      Bytes value = Bytes.of(item.bytes());
      return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }
  }

  private static byte[] nibbles(byte[] bytes) {
    byte[] out = new byte[2 * bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      out[2 * i] = (byte) ((bytes[i] & 0xff) >> 4);
      out[2 * i + 1] = (byte) (bytes[i] & 0x0f);
    }
    return out;
  }
}
