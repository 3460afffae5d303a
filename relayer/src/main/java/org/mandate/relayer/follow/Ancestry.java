package org.mandate.relayer.follow;

import java.util.Optional;
import org.mandate.chain.Block;
import org.mandate.chain.NodeException;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.Database;

/** What a chain that reorganized final blocks still has of what is stored, by most nodes' word. */
final class Ancestry {
  private Ancestry() {}

  /** Number of the first block that is stored of a chain. */
  static long anchor(FollowedChain chain) {
    return Math.max(chain.start() - 1, 0);
  }

  /**
   * The highest stored block below {@code gone} that most nodes have; empty: there is none.
   *
   * @param gone number of a block that they do not have
   * @throws NodeException when not enough nodes answer
   */
  static Optional<Block> below(FollowedChain chain, Database database, long gone) {
    long low = anchor(chain) - 1; // most have it, or it is none
    long high = gone;
    Optional<Block> found = Optional.empty();
    while (high - low > 1) {
      long middle = low + (high - low) / 2;
      Block block =
          database.inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), middle)).orElseThrow();
      if (isStanding(chain, block)) {
        found = Optional.of(block);
        low = middle;
      } else {
        high = block.number();
      }
    }
    return found;
  }

  /**
   * Whether most nodes have that block, or most do not.
   *
   * @throws NodeException when neither is so
   */
  static boolean isStanding(FollowedChain chain, Block block) {
    SeveralNodes.Agreement agreement = chain.client().agreement(block.number(), block.hash());
    if (!agreement.isConfirmed() && !agreement.isContradicted()) {
      throw new NodeException(
          "chain %d: not enough nodes say whether they have block %d"
              .formatted(chain.id(), block.number()));
    }
    return agreement.isConfirmed();
  }
}
