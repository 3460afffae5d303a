package org.mandate.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;

/**
 * Known answers are those of the Certificate Transparency reference implementation's Merkle tree
 * tests.
 */
class MerkleTreeTest {
  private static final List<byte[]> LEAVES =
      Stream.of(
              "",
              "00",
              "10",
              "2021",
              "3031",
              "40414243",
              "5051525354555657",
              "606162636465666768696a6b6c6d6e6f")
          .map(HexFormat.of()::parseHex)
          .toList();
  private static final List<Hash> ROOTS =
      hashes(
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
          "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
          "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
          "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
          "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
          "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");

  @Test
  void shouldGiveTheKnownRoots() {
    assertEquals(
        hashes("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855").getFirst(),
        MerkleTree.over(List.of()).root());
    for (int size = 1; size <= LEAVES.size(); size++) {
      assertEquals(ROOTS.get(size - 1), tree(size).root(), "tree of " + size);
    }
  }

  @Test
  void shouldGiveTheKnownInclusionProofs() {
    assertEquals(List.of(), tree(1).inclusionProof(0));
    assertEquals(
        hashes(
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"),
        tree(8).inclusionProof(0));
    assertEquals(
        hashes(
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        tree(8).inclusionProof(5));
    assertEquals(
        hashes("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        tree(3).inclusionProof(2));
    assertEquals(
        hashes(
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
        tree(5).inclusionProof(1));
  }

  @Test
  void shouldGiveTheKnownConsistencyProofs() {
    assertEquals(List.of(), tree(1).consistencyProof(1));
    assertEquals(
        hashes(
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"),
        tree(8).consistencyProof(1));
    assertEquals(
        hashes(
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        tree(8).consistencyProof(6));
    assertEquals(
        hashes(
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
        tree(5).consistencyProof(2));
  }

  @Test
  void shouldProveEveryLeafOfEveryTreeAndNothingElse() {
    Random random = new Random(6962);
    for (int size = 1; size <= 40; size++) {
      List<byte[]> leaves = randomLeaves(random, size);
      MerkleTree tree = MerkleTree.over(leaves);
      for (int i = 0; i < size; i++) {
        List<Hash> proof = tree.inclusionProof(i);
        assertTrue(MerkleTree.verifyInclusion(tree.root(), size, i, leaves.get(i), proof));
        byte[] other = leaves.get(i).clone();
        other[random.nextInt(other.length)] ^= 1;
        assertFalse(MerkleTree.verifyInclusion(tree.root(), size, i, other, proof), "another leaf");
        assertFalse(
            MerkleTree.verifyInclusion(tree.root(), size, size, leaves.get(i), proof), "outside");
        assertFalse(
            MerkleTree.verifyInclusion(tree.root(), size, -1, leaves.get(i), proof), "negative");
        for (int j = 0; j < size; j++) {
          boolean atJ = MerkleTree.verifyInclusion(tree.root(), size, j, leaves.get(i), proof);
          assertEquals(i == j, atJ, "leaf " + i + " at " + j + " of " + size);
        }
        for (List<Hash> wrong : damaged(proof, random)) {
          assertFalse(
              MerkleTree.verifyInclusion(tree.root(), size, i, leaves.get(i), wrong),
              "damaged proof");
        }
      }
    }
  }

  @Test
  void shouldProveEveryPrefixOfEveryTreeAndNothingElse() {
    Random random = new Random(9162);
    for (int size = 1; size <= 40; size++) {
      List<byte[]> leaves = randomLeaves(random, size);
      MerkleTree tree = MerkleTree.over(leaves);
      for (int old = 1; old <= size; old++) {
        Hash oldRoot = MerkleTree.over(leaves.subList(0, old)).root();
        List<Hash> proof = tree.consistencyProof(old);
        assertTrue(
            MerkleTree.verifyConsistency(old, size, oldRoot, tree.root(), proof),
            old + " of " + size);
        Hash forged = MerkleTree.leafHash(new byte[100]); // no leaf of the tree is that long
        assertFalse(
            MerkleTree.verifyConsistency(old, size, forged, tree.root(), proof),
            "another old root");
        assertFalse(
            MerkleTree.verifyConsistency(old, size, oldRoot, forged, proof), "another new root");
        for (List<Hash> wrong : damaged(proof, random)) {
          assertFalse(
              MerkleTree.verifyConsistency(old, size, oldRoot, tree.root(), wrong),
              "damaged proof");
        }
      }
      assertFalse(MerkleTree.verifyConsistency(0, size, tree.root(), tree.root(), List.of()));
      assertFalse(
          MerkleTree.verifyConsistency(size + 1, size, tree.root(), tree.root(), List.of()));
    }
  }

  @Test
  void shouldKeepLeavesAndNodesApart() {
    List<byte[]> leaves = List.of(new byte[] {1}, new byte[] {2});
    byte[] asLeaf = new byte[64];
    System.arraycopy(MerkleTree.leafHash(leaves.get(0)).bytes(), 0, asLeaf, 0, 32);
    System.arraycopy(MerkleTree.leafHash(leaves.get(1)).bytes(), 0, asLeaf, 32, 32);
    assertFalse(MerkleTree.over(leaves).root().equals(MerkleTree.over(List.of(asLeaf)).root()));
  }

  @Test
  void shouldRefuseProofsOfWhatIsNotThere() {
    assertThrows(IndexOutOfBoundsException.class, () -> tree(3).inclusionProof(3));
    assertThrows(IndexOutOfBoundsException.class, () -> tree(3).inclusionProof(-1));
    assertThrows(IndexOutOfBoundsException.class, () -> tree(3).consistencyProof(0));
    assertThrows(IndexOutOfBoundsException.class, () -> tree(3).consistencyProof(4));
  }

  private static MerkleTree tree(int size) {
    return MerkleTree.over(LEAVES.subList(0, size));
  }

  private static List<Hash> hashes(String... hex) {
    return Stream.of(hex).map(HexFormat.of()::parseHex).map(Hash::of).toList();
  }

  private static List<byte[]> randomLeaves(Random random, int size) {
    List<byte[]> leaves = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      byte[] leaf = new byte[1 + random.nextInt(80)];
      random.nextBytes(leaf);
      leaves.add(leaf);
    }
    return leaves;
  }

  /** The proof with one hash changed, one left out, and one added at either end. */
  private static List<List<Hash>> damaged(List<Hash> proof, Random random) {
    List<List<Hash>> all = new ArrayList<>();
    Hash extra = MerkleTree.leafHash(new byte[] {(byte) random.nextInt()});
    List<Hash> longer = new ArrayList<>(proof);
    longer.add(extra);
    all.add(longer);
    List<Hash> earlier = new ArrayList<>(proof);
    earlier.addFirst(extra);
    all.add(earlier);
    if (!proof.isEmpty()) {
      int at = random.nextInt(proof.size());
      List<Hash> changed = new ArrayList<>(proof);
      changed.set(at, extra);
      all.add(changed);
      List<Hash> shorter = new ArrayList<>(proof);
      shorter.remove(at);
      all.add(shorter);
    }
    return all;
  }
}
