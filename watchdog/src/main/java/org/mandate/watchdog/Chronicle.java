package org.mandate.watchdog;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.mandate.chain.Block;

/**
 * What the watchdog has read of one chain: the newest blocks, to notice a reorg, and all pages with
 * entries. Written by the chain's follower, read by everybody.
 */
final class Chronicle {
  /** How many blocks below the head are kept; a deeper reorg makes the follower start over. */
  static final int KEPT_BLOCKS = 256;

  private final long first;
  private final Deque<Block> newest = new ArrayDeque<>();
  private final TreeMap<Long, Page> pages = new TreeMap<>();

  /**
   * @param first the deployment's first block: nothing that matters is older
   */
  Chronicle(long first) {
    this.first = first;
  }

  /** The newest block that was read. */
  synchronized Optional<Block> tip() {
    return Optional.ofNullable(newest.peekLast());
  }

  /** Number of the block to read next. */
  synchronized long next() {
    return newest.isEmpty() ? first : newest.getLast().number() + 1;
  }

  /** The kept blocks, newest first. */
  synchronized List<Block> newest() {
    List<Block> blocks = new ArrayList<>(newest.size());
    newest.descendingIterator().forEachRemaining(blocks::add);
    return blocks;
  }

  /** Adds the block after the tip. */
  synchronized void add(Page page) {
    newest.addLast(page.block());
    if (newest.size() > KEPT_BLOCKS) {
      newest.removeFirst();
    }
    if (!page.entries().isEmpty()) {
      pages.put(page.block().number(), page);
    }
  }

  /** Everything up to {@code block} was read. */
  synchronized void skipTo(Block block) {
    newest.clear();
    newest.addLast(block);
  }

  /** Whether the block is among the newest and was not removed, or is too old to be. */
  synchronized boolean has(Block block) {
    return !newest.isEmpty() && block.number() < newest.getFirst().number()
        || newest.contains(block);
  }

  /**
   * Forgets all blocks above number {@code keep}.
   *
   * @return the pages with entries that are left, oldest first
   */
  synchronized List<Page> rewind(long keep) {
    newest.removeIf(block -> block.number() > keep);
    pages.tailMap(keep, false).clear();
    return List.copyOf(pages.values());
  }
}
