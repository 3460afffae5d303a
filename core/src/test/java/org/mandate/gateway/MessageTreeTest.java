package org.mandate.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.gateway.MessageTree.Multiproof;

class MessageTreeTest {
  private static List<Hash> ids(int count) {
    return IntStream.range(0, count).mapToObj(i -> Hash.keccak("message " + i)).toList();
  }

  @Test
  void shouldBeTheMessageItselfWhenItIsAlone() {
    Hash id = Hash.keccak("alone");
    MessageTree tree = MessageTree.over(List.of(id));
    assertEquals(id, tree.root());
    assertEquals(List.of(), tree.proof(id));
    assertEquals(new Multiproof(List.of(id), List.of(), List.of()), tree.multiproof(List.of(id)));
    assertEquals(id, tree.multiproof(List.of(id)).root());
  }

  @Test
  void shouldBeOneTreeWhoeverBuildsIt() {
    List<Hash> ids = new ArrayList<>(ids(33));
    Hash root = MessageTree.over(ids).root();
    Collections.shuffle(ids, new Random(1));
    ids.add(ids.getFirst());
    assertEquals(root, MessageTree.over(ids).root());
    assertEquals(33, MessageTree.over(ids).ids().size());
    assertEquals(ids(33).stream().sorted().toList(), MessageTree.over(ids).ids());
    assertNotEquals(root, MessageTree.over(ids(32)).root());
  }

  @Test
  void shouldLeadFromEveryMessageToTheRoot() {
    for (int size = 1; size <= 40; size++) {
      MessageTree tree = MessageTree.over(ids(size));
      for (Hash id : tree.ids()) {
        assertEquals(tree.root(), MessageTree.root(id, tree.proof(id)), "of " + size);
      }
      assertThrows(IllegalArgumentException.class, () -> tree.proof(Hash.keccak("another")));
      assertThrows(IllegalArgumentException.class, () -> tree.proof(Hash.ZERO));
    }
  }

  /** Every choice of messages from small trees, many from larger ones. */
  @Test
  void shouldLeadFromAnyMessagesToTheRoot() {
    Random random = new Random(2);
    for (int size = 1; size <= 64; size++) {
      MessageTree tree = MessageTree.over(ids(size));
      for (int round = 0; round < (size <= 8 ? 1 << size : 40); round++) {
        List<Hash> some = new ArrayList<>();
        for (int i = 0; i < size; i++) {
          if (size <= 8 ? (round >> i & 1) == 1 : random.nextInt(4) == 0) {
            some.add(ids(size).get(i));
          }
        }
        if (some.isEmpty()) {
          assertThrows(IllegalArgumentException.class, () -> tree.multiproof(some));
          continue;
        }
        Collections.shuffle(some, random);
        Multiproof proof = tree.multiproof(some);
        assertEquals(some.stream().sorted().toList(), proof.ids());
        assertEquals(tree.root(), proof.root());
        assertEquals(tree.root(), asOpenZeppelinDoes(proof));
      }
    }
  }

  @Test
  void L7_shouldLeadElsewhereWhenAnythingIsAltered() {
    MessageTree tree = MessageTree.over(ids(20));
    Multiproof honest = tree.multiproof(ids(20).subList(3, 11));
    Random random = new Random(3);
    for (int round = 0; round < 500; round++) {
      List<Hash> ids = new ArrayList<>(honest.ids());
      List<Hash> proof = new ArrayList<>(honest.proof());
      List<Boolean> flags = new ArrayList<>(honest.flags());
      switch (random.nextInt(6)) {
        case 0 -> ids.set(random.nextInt(ids.size()), Hash.keccak("false " + round));
        case 1 -> proof.set(random.nextInt(proof.size()), Hash.keccak("false " + round));
        case 2 -> flags.set(random.nextInt(flags.size()), random.nextBoolean());
        case 3 -> ids.remove(random.nextInt(ids.size()));
        case 4 -> proof.remove(random.nextInt(proof.size()));
        default -> Collections.swap(ids, 0, 1 + random.nextInt(ids.size() - 1));
      }
      Multiproof altered = new Multiproof(ids, proof, flags);
      if (altered.equals(honest)) {
        continue;
      }
      try {
        // Swapping two siblings is the one change that a commutative hash does not see.
        if (!new java.util.HashSet<>(ids).equals(new java.util.HashSet<>(honest.ids()))
            || !proof.equals(honest.proof())
            || !flags.equals(honest.flags())) {
          assertNotEquals(tree.root(), altered.root());
        }
      } catch (IllegalArgumentException refused) {
        // It leads nowhere.
      }
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new Multiproof(List.of(), List.of(tree.root()), List.of()).root());
    assertThrows(
        IllegalArgumentException.class,
        () -> new Multiproof(List.of(Hash.ZERO), List.of(), List.of(true)).root());
  }

  @Test
  void shouldRefuseWhenThereIsNoMessage() {
    assertThrows(IllegalArgumentException.class, () -> MessageTree.over(List.of()));
  }

  /** OpenZeppelin's {@code MerkleProof.processMultiProof}, step by step. */
  private static Hash asOpenZeppelinDoes(Multiproof multiproof) {
    List<Hash> leaves = multiproof.ids();
    List<Hash> hashes = new ArrayList<>();
    int leafPos = 0;
    int hashPos = 0;
    int proofPos = 0;
    for (boolean flag : multiproof.flags()) {
      Hash a = leafPos < leaves.size() ? leaves.get(leafPos++) : hashes.get(hashPos++);
      Hash b =
          flag
              ? (leafPos < leaves.size() ? leaves.get(leafPos++) : hashes.get(hashPos++))
              : multiproof.proof().get(proofPos++);
      hashes.add(MessageTree.root(a, List.of(b)));
    }
    assertEquals(multiproof.proof().size(), proofPos);
    return hashes.isEmpty() ? leaves.getFirst() : hashes.getLast();
  }
}
