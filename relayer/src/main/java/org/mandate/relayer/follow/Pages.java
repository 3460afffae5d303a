package org.mandate.relayer.follow;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;

/**
 * Reads a chain page by page, as one node tells it: blocks of which each is the child of the one
 * before, and what was logged in them. A page ends early where more was logged than it may hold, so
 * that what is read takes no more memory far behind the head than at it.
 *
 * <p>Logs of a block are asked for by its hash. Only those of blocks that the node itself calls
 * final are asked for by number, many at once: each must be of the block that the headers name, and
 * the last of these blocks must still stand there afterwards.
 */
final class Pages {
  private static final int FIRST = 50;

  /** Blocks. */
  private static final int MOST = 500;

  /** Characters of logs in a page; what one question brings may come on top. */
  private static final long MOST_LOGGED = 8 << 20;

  /** From so many final blocks on their logs are asked for by number. */
  private static final int WORTHWHILE = 16;

  /**
   * @param blocks each the child of the one before; none: the node does not lead on
   * @param logs of these blocks, in order
   */
  record Page(List<Block> blocks, List<Log> logs) {
    boolean isEmpty() {
      return blocks.isEmpty();
    }

    Block last() {
      return blocks.getLast();
    }
  }

  private final FollowedChain chain;

  /** How many blocks at once each node takes: it is not asked anew for each page. */
  private final Map<ChainClient, BlockRanges> ranges =
      Collections.synchronizedMap(new IdentityHashMap<>());

  private volatile int size = FIRST;

  Pages(FollowedChain chain) {
    this.chain = chain;
  }

  /** Whether so many blocks are worth asking how far the node calls them final. */
  static boolean isFar(long blocks) {
    return blocks > WORTHWHILE;
  }

  /**
   * What stands on top of a block.
   *
   * @param last number of the last block to read
   * @param settled number of the newest block that this node calls final; -1: none is taken for it
   * @throws NodeException when what it answers does not fit together
   */
  Page read(ChainClient node, Block top, long last, long settled) {
    List<Block> blocks =
        linked(top, node.blocks(top.number() + 1, Math.min(last, top.number() + size)));
    List<Log> logs = new ArrayList<>();
    BlockRanges known = ranges.computeIfAbsent(node, BlockRanges::new);
    int read = 0;
    for (long logged = 0; read < blocks.size() && logged <= MOST_LOGGED; ) {
      Block next = blocks.get(read);
      long lastSettled = Math.min(settled, blocks.getLast().number());
      List<Log> some;
      if (isFar(lastSettled - next.number())) {
        BlockRanges.Part<List<Log>> part =
            known.first(
                next.number(), lastSettled, (from, to) -> node.logs(from, to, chain.sources()));
        some = part.content();
        read += (int) (part.to() - part.from() + 1);
        part.content().forEach(log -> requireOf(blocks, log));
        requireStanding(node, blocks.get(read - 1));
      } else {
        some = node.logs(next.hash(), chain.sources());
        some.forEach(log -> requireOf(List.of(next), log));
        read++;
      }
      logs.addAll(some);
      for (Log log : some) logged += SeveralNodes.size(log);
    }
    if (read < blocks.size()) size = Math.max(1, read);
    else if (blocks.size() >= size) size = Math.min(MOST, size * 2);
    return new Page(List.copyOf(blocks.subList(0, read)), logs);
  }

  /** The first of them, as far as each is the child of the one before. */
  private static List<Block> linked(Block top, List<Block> blocks) {
    Block parent = top;
    List<Block> linked = new ArrayList<>();
    for (Block block : blocks) {
      if (block.number() != parent.number() + 1 || !block.parent().equals(parent.hash())) break;
      linked.add(block);
      parent = block;
    }
    return linked;
  }

  private static void requireOf(List<Block> blocks, Log log) {
    long at = log.blockNumber() - blocks.getFirst().number();
    boolean isOf =
        at >= 0 && at < blocks.size() && blocks.get((int) at).hash().equals(log.blockHash());
    if (!isOf) {
      throw new NodeException(
          "node answered a log of block %s as one of block %d, which it said is %s"
              .formatted(
                  log.blockHash(),
                  log.blockNumber(),
                  at >= 0 && at < blocks.size() ? blocks.get((int) at).hash() : "none of these"));
    }
  }

  private static void requireStanding(ChainClient node, Block block) {
    if (node.block(block.number()).filter(b -> b.hash().equals(block.hash())).isEmpty()) {
      throw new NodeException(
          "node has no block %d %s any more, which it called final"
              .formatted(block.number(), block.hash()));
    }
  }
}
