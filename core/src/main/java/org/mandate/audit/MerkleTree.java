package org.mandate.audit;

import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.Hash;

/**
 * A Merkle tree as in RFC 6962, section 2.1, with SHA-256: leaves and nodes are hashed with
 * different prefixes, so that neither passes for the other. Proofs are verified as in RFC 9162,
 * sections 2.1.3.2 and 2.1.4.2.
 */
public final class MerkleTree {
  private static final byte[] LEAF = {0};
  private static final byte[] NODE = {1};

  private final List<Hash> leaves;

  private MerkleTree(List<Hash> leaves) {
    this.leaves = leaves;
  }

  /** The tree over the given leaf inputs, in their order. */
  public static MerkleTree over(List<byte[]> leafInputs) {
    return new MerkleTree(leafInputs.stream().map(MerkleTree::leafHash).toList());
  }

  /** {@code SHA-256(0x00 ‖ input)}. */
  public static Hash leafHash(byte[] input) {
    return Sha256.of(LEAF, input);
  }

  public int size() {
    return leaves.size();
  }

  /** The tree's root; of the empty tree, SHA-256 of nothing. */
  public Hash root() {
    return leaves.isEmpty() ? Sha256.of() : root(0, leaves.size());
  }

  /**
   * The audit path of leaf {@code index}, from the leaf's sibling upwards.
   *
   * @throws IndexOutOfBoundsException when there is no such leaf
   */
  public List<Hash> inclusionProof(int index) {
    if (index < 0 || index >= leaves.size()) {
      throw new IndexOutOfBoundsException("leaf " + index + " of a tree of " + leaves.size());
    }
    List<Hash> path = new ArrayList<>();
    addPath(index, 0, leaves.size(), path);
    return List.copyOf(path);
  }

  /**
   * The proof that this tree extends its first {@code oldSize} leaves; empty when they are all of
   * it.
   *
   * @throws IndexOutOfBoundsException when {@code oldSize} is not in 1 to {@link #size}
   */
  public List<Hash> consistencyProof(int oldSize) {
    if (oldSize < 1 || oldSize > leaves.size()) {
      throw new IndexOutOfBoundsException(
          "consistency of " + oldSize + " with a tree of " + leaves.size());
    }
    List<Hash> proof = new ArrayList<>();
    addSubproof(oldSize, 0, leaves.size(), true, proof);
    return List.copyOf(proof);
  }

  /**
   * Whether {@code proof} shows that {@code leafInput} is leaf {@code index} of the tree of {@code
   * size} leaves under {@code root}.
   */
  public static boolean verifyInclusion(
      Hash root, long size, long index, byte[] leafInput, List<Hash> proof) {
    if (index < 0 || index >= size) {
      return false;
    }
    long fn = index;
    long sn = size - 1;
    Hash hash = leafHash(leafInput);
    for (Hash sibling : proof) {
      if (sn == 0) {
        return false;
      }
      if ((fn & 1) == 1 || fn == sn) {
        hash = node(sibling, hash);
        while (fn != 0 && (fn & 1) == 0) {
          fn >>= 1;
          sn >>= 1;
        }
      } else {
        hash = node(hash, sibling);
      }
      fn >>= 1;
      sn >>= 1;
    }
    return sn == 0 && hash.equals(root);
  }

  /**
   * Whether {@code proof} shows that the tree of {@code newSize} leaves extends the tree of {@code
   * oldSize} leaves.
   */
  public static boolean verifyConsistency(
      long oldSize, long newSize, Hash oldRoot, Hash newRoot, List<Hash> proof) {
    if (oldSize < 1 || oldSize > newSize) {
      return false;
    }
    if (oldSize == newSize) {
      return proof.isEmpty() && oldRoot.equals(newRoot);
    }
    // A complete old tree is itself a node of the new one: it stands for the first hash of the
    // proof.
    List<Hash> path = new ArrayList<>(proof);
    if (Long.bitCount(oldSize) == 1) {
      path.addFirst(oldRoot);
    }
    if (path.isEmpty()) {
      return false;
    }
    long fn = oldSize - 1;
    long sn = newSize - 1;
    while ((fn & 1) == 1) {
      fn >>= 1;
      sn >>= 1;
    }
    Hash first = path.getFirst();
    Hash second = first;
    for (Hash sibling : path.subList(1, path.size())) {
      if (sn == 0) {
        return false;
      }
      if ((fn & 1) == 1 || fn == sn) {
        first = node(sibling, first);
        second = node(sibling, second);
        while (fn != 0 && (fn & 1) == 0) {
          fn >>= 1;
          sn >>= 1;
        }
      } else {
        second = node(second, sibling);
      }
      fn >>= 1;
      sn >>= 1;
    }
    return sn == 0 && first.equals(oldRoot) && second.equals(newRoot);
  }

  private Hash root(int from, int to) {
    if (to - from == 1) {
      return leaves.get(from);
    }
    int split = from + split(to - from);
    return node(root(from, split), root(split, to));
  }

  private void addPath(int index, int from, int to, List<Hash> path) {
    if (to - from == 1) {
      return;
    }
    int split = from + split(to - from);
    if (index < split) {
      addPath(index, from, split, path);
      path.add(root(split, to));
    } else {
      addPath(index, split, to, path);
      path.add(root(from, split));
    }
  }

  private void addSubproof(int oldEnd, int from, int to, boolean wholeOldTree, List<Hash> proof) {
    if (oldEnd == to) {
      if (!wholeOldTree) {
        proof.add(root(from, to));
      }
      return;
    }
    int split = from + split(to - from);
    if (oldEnd <= split) {
      addSubproof(oldEnd, from, split, wholeOldTree, proof);
      proof.add(root(split, to));
    } else {
      addSubproof(oldEnd, split, to, false, proof);
      proof.add(root(from, split));
    }
  }

  /** The largest power of two below {@code size}. */
  private static int split(int size) {
    return Integer.highestOneBit(size - 1);
  }

  private static Hash node(Hash left, Hash right) {
    return Sha256.of(NODE, left.bytes(), right.bytes());
  }
}
