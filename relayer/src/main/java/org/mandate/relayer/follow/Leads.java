package org.mandate.relayer.follow;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.mandate.chain.Block;

/**
 * To which block each node led first, of those that are not final yet, and who told of each. Who
 * led to what became final was right, unless it told wrongly of what was logged there; that it
 * leads anywhere shows nothing.
 */
final class Leads {
  private final Map<Integer, Block> first = new HashMap<>();

  /** How often blocks that a node told of were undone, since it last led to what became final. */
  private final Map<Integer, Integer> undone = new HashMap<>();

  /** By the first block that a node told of, up to the next one's. */
  private final NavigableMap<Long, Integer> tellers = new TreeMap<>();

  /** That node, by its place among all, told of the blocks from {@code from} up to that one. */
  void add(int node, long from, Block block) {
    first.putIfAbsent(node, block);
    tellers.tailMap(from, true).clear(); // what was there was undone
    tellers.put(from, node);
  }

  /**
   * Who told of that block; empty: it was stored before this process followed, or is long final.
   */
  Optional<Integer> teller(long number) {
    return Optional.ofNullable(tellers.floorEntry(number)).map(Map.Entry::getValue);
  }

  /** Blocks that the node told of were undone. Answers how often since it led to a final one. */
  int undone(int node) {
    return undone.merge(node, 1, Integer::sum);
  }

  /** That node told wrongly of what was logged: that its blocks become final shows nothing. */
  void drop(int node) {
    first.remove(node);
  }

  /**
   * Everything up to {@code mark} is final. Answers who led to some of it.
   *
   * @param stored the final block of a number
   */
  List<Integer> settle(long mark, LongFunction<Block> stored) {
    Map<Integer, Block> settled = new HashMap<>(first);
    settled.values().removeIf(block -> block.number() > mark);
    first.keySet().removeAll(settled.keySet());
    Long needed = tellers.floorKey(mark);
    if (needed != null) tellers.headMap(needed, false).clear();
    settled.values().removeIf(block -> !stored.apply(block.number()).equals(block));
    undone.keySet().removeAll(settled.keySet());
    return List.copyOf(settled.keySet());
  }
}
