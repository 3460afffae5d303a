package org.mandate.gateway;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.mandate.chain.Hash;

/**
 * The Merkle tree over messages that relayers attest with one signature. A leaf is a message's id;
 * a node is the Keccak-256 of its two children, the smaller first, as the gateway computes it. Ids
 * are hashes of 66 bytes and nodes of 64, so that neither passes for the other.
 *
 * <p>Leaves stand in ascending order, so that a set of messages has one tree, whoever builds it.
 */
public final class MessageTree {
  /** Most messages under one root. */
  public static final int LIMIT = 1 << 16;

  /** The complete binary tree: the root first, the children of node i at 2i + 1 and 2i + 2. */
  private final Hash[] nodes;

  private final int leaves;

  private MessageTree(Hash[] nodes, int leaves) {
    this.nodes = nodes;
    this.leaves = leaves;
  }

  /**
   * Some of a tree's messages at once, as {@code QuorumGateway.deliverMany} wants them.
   *
   * @param ids the messages in the order in which they are handed over
   * @param flags whether each step joins two hashes that are known; if not, one comes from the
   *     proof
   */
  public record Multiproof(List<Hash> ids, List<Hash> proof, List<Boolean> flags) {
    public Multiproof {
      ids = List.copyOf(ids);
      proof = List.copyOf(proof);
      flags = List.copyOf(flags);
    }

    /**
     * The root that the proof leads to.
     *
     * @throws IllegalArgumentException if it leads to none
     */
    public Hash root() {
      if (ids.isEmpty()
          || ids.size() + proof.size() != flags.size() + 1
          || flags.stream().filter(known -> !known).count() != proof.size()) {
        throw new IllegalArgumentException(
            "a multiproof of "
                + ids.size()
                + " messages, "
                + proof.size()
                + " hashes and "
                + flags.size()
                + " flags leads nowhere");
      }
      Deque<Hash> queue = new ArrayDeque<>(ids);
      Deque<Hash> others = new ArrayDeque<>(proof);
      for (boolean known : flags) {
        Hash first = queue.remove();
        if (known && queue.isEmpty()) {
          throw new IllegalArgumentException("a multiproof joins what it does not have");
        }
        queue.add(node(first, known ? queue.remove() : others.remove()));
      }
      return queue.remove();
    }
  }

  /**
   * @param ids 1 to {@link #LIMIT}, in any order; one that stands twice is one
   */
  public static MessageTree over(Collection<Hash> ids) {
    List<Hash> sorted = ids.stream().distinct().sorted().toList();
    if (sorted.isEmpty() || sorted.size() > LIMIT) {
      throw new IllegalArgumentException(
          "a tree over " + sorted.size() + " messages; 1 to " + LIMIT + " have one");
    }
    int size = 2 * sorted.size() - 1;
    Hash[] nodes = new Hash[size];
    for (int i = 0; i < sorted.size(); i++) {
      nodes[size - 1 - i] = sorted.get(i);
    }
    for (int i = sorted.size() - 2; i >= 0; i--) {
      nodes[i] = node(nodes[2 * i + 1], nodes[2 * i + 2]);
    }
    return new MessageTree(nodes, sorted.size());
  }

  /** What relayers attest. Of one message: its id. */
  public Hash root() {
    return nodes[0];
  }

  /** The messages, ascending. */
  public List<Hash> ids() {
    List<Hash> ids = new ArrayList<>();
    for (int i = 0; i < leaves; i++) {
      ids.add(nodes[nodes.length - 1 - i]);
    }
    return List.copyOf(ids);
  }

  /**
   * The way from one message up to the root; empty when it is the only one.
   *
   * @throws IllegalArgumentException if the tree does not have it
   */
  public List<Hash> proof(Hash id) {
    List<Hash> proof = new ArrayList<>();
    for (int i = find(id); i > 0; i = (i - 1) / 2) {
      proof.add(nodes[sibling(i)]);
    }
    return List.copyOf(proof);
  }

  /**
   * The way from some messages up to the root.
   *
   * @param ids at least one
   * @throws IllegalArgumentException if the tree does not have one of them
   */
  public Multiproof multiproof(Collection<Hash> ids) {
    List<Integer> places =
        ids.stream().distinct().map(this::find).sorted(Comparator.reverseOrder()).toList();
    if (places.isEmpty()) {
      throw new IllegalArgumentException("a multiproof of no message");
    }
    Deque<Integer> queue = new ArrayDeque<>(places);
    List<Hash> proof = new ArrayList<>();
    List<Boolean> flags = new ArrayList<>();
    while (queue.peek() > 0) {
      int place = queue.remove();
      boolean known = !queue.isEmpty() && queue.peek() == sibling(place);
      if (known) {
        queue.remove();
      } else {
        proof.add(nodes[sibling(place)]);
      }
      flags.add(known);
      queue.add((place - 1) / 2);
    }
    return new Multiproof(places.stream().map(place -> nodes[place]).toList(), proof, flags);
  }

  /** The root that a message's way up leads to. */
  public static Hash root(Hash id, List<Hash> proof) {
    Hash at = id;
    for (Hash other : proof) {
      at = node(at, other);
    }
    return at;
  }

  private static Hash node(Hash one, Hash other) {
    boolean ordered = one.compareTo(other) < 0;
    byte[] input = Arrays.copyOf((ordered ? one : other).bytes(), 64);
    System.arraycopy((ordered ? other : one).bytes(), 0, input, 32, 32);
    return Hash.keccak(input);
  }

  private static int sibling(int place) {
    return place % 2 == 0 ? place - 1 : place + 1;
  }

  private int find(Hash id) {
    int low = nodes.length - leaves; // leaves descend towards the end
    int high = nodes.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = nodes[middle].compareTo(id);
      if (order == 0) {
        return middle;
      }
      if (order > 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    throw new IllegalArgumentException("message " + id + " is not in the tree");
  }
}
