package org.mandate.relayer.follow;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongFunction;
import org.mandate.chain.Block;

/**
 * To which block each node led first, of those that are not final yet. Who led to what became final
 * was right; that it leads anywhere shows nothing.
 */
final class Leads {
  private final Map<Integer, Block> first = new HashMap<>();

  /** That node, by its place among all, led to that block. */
  void add(int node, Block block) {
    first.putIfAbsent(node, block);
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
    settled.values().removeIf(block -> !stored.apply(block.number()).equals(block));
    return List.copyOf(settled.keySet());
  }
}
