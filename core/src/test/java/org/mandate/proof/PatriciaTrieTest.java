package org.mandate.proof;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Rlp;

/** Shapes that a real chain's tries, whose keys are hashes, show only with luck. */
class PatriciaTrieTest {
  private static final byte[] VALUE = {1, 2, 3};
  private static final byte[] NONE = Rlp.encode(new byte[0]);

  /** The path's nibbles after its prefix, as two bytes hold them. */
  private static byte[] leaf(String path, byte[] value) {
    return Rlp.list(List.of(Rlp.encode(Bytes.of("0x" + path).bytes()), Rlp.encode(value)));
  }

  private static byte[] branch(int at, byte[] child) {
    List<byte[]> items = new ArrayList<>();
    for (int i = 0; i < 17; i++) {
      items.add(i == at ? child : NONE);
    }
    return Rlp.list(items);
  }

  private static byte[] extension(String path, byte[] child) {
    return Rlp.list(List.of(Rlp.encode(Bytes.of("0x" + path).bytes()), child));
  }

  private static Optional<Bytes> get(String key, byte[]... proof) {
    List<Bytes> nodes = java.util.Arrays.stream(proof).map(Bytes::of).toList();
    return PatriciaTrie.get(Hash.keccak(proof[0]), Bytes.of("0x" + key).bytes(), nodes);
  }

  @Test
  void shouldReadANodeThatLiesWithinItsParentListedOrNot() {
    byte[] leaf = leaf("33", VALUE); // odd: nibble 3 is left
    byte[] root = branch(5, leaf);
    assertEquals(Optional.of(Bytes.of(VALUE)), get("53", root));
    assertEquals(Optional.of(Bytes.of(VALUE)), get("53", root, leaf));
    assertEquals(Optional.empty(), get("54", root));
    assertEquals(Optional.empty(), get("63", root));
    assertThrows(IllegalArgumentException.class, () -> get("63", root, leaf));
    assertThrows(IllegalArgumentException.class, () -> get("53", root, leaf("33", new byte[] {9})));
  }

  @Test
  void shouldFollowExtensions() {
    byte[] root = extension("00ab", branch(1, leaf("32", VALUE)));
    assertEquals(Optional.of(Bytes.of(VALUE)), get("ab12", root));
    assertEquals(Optional.empty(), get("ac12", root));
    assertEquals(Optional.empty(), get("ab13", root));
    assertEquals(Optional.empty(), get("ab22", root));
  }

  @Test
  void shouldRefuseNodesThatNoTrieHas() {
    assertThrows(IllegalArgumentException.class, () -> get("ab", leaf("40ab", VALUE)));
    assertThrows(IllegalArgumentException.class, () -> get("ab", leaf("21ab", VALUE)));
    assertThrows(IllegalArgumentException.class, () -> get("ab", leaf("", VALUE)));
    assertThrows(
        IllegalArgumentException.class, () -> get("ab", extension("00", leaf("20ab", VALUE))));
    assertThrows(IllegalArgumentException.class, () -> get("ab", extension("00ab", NONE)));
    assertThrows(IllegalArgumentException.class, () -> get("ab", Rlp.list(List.of())));
    assertThrows(IllegalArgumentException.class, () -> get("ab", Rlp.encode(VALUE)));
    assertThrows(
        IllegalArgumentException.class, () -> get("ab", Rlp.list(List.of(NONE, NONE, NONE))));
    assertThrows( // a long node belongs behind its hash
        IllegalArgumentException.class, () -> get("53", branch(5, leaf("33", new byte[40]))));
    byte[] value = new byte[40];
    byte[] leaf = leaf("33", value);
    byte[] root = branch(5, Rlp.encode(Hash.keccak(leaf).bytes()));
    assertEquals(Optional.of(Bytes.of(value)), get("53", root, leaf));
    assertThrows(IllegalArgumentException.class, () -> get("53", root));
    assertThrows(IllegalArgumentException.class, () -> get("53", root, leaf, leaf));
  }

  @Test
  void shouldKnowTheEmptyTrie() {
    byte[] key = {1};
    assertEquals(Optional.empty(), PatriciaTrie.get(PatriciaTrie.EMPTY_ROOT, key, List.of()));
    assertEquals(Optional.empty(), get("01", NONE));
    assertThrows(
        IllegalArgumentException.class,
        () -> PatriciaTrie.get(Hash.keccak("another"), key, List.of()));
  }
}
