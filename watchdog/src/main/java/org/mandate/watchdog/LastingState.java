package org.mandate.watchdog;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;

/**
 * Whether something that was read at the head is in a final block by now (L10). Nodes without an
 * archive forget the state at a final block: what counts is the block after which it was read.
 */
final class LastingState {
  private final ChainClient chain;
  private final Finality finality;
  private Optional<Block> seen = Optional.empty();

  LastingState(ChainClient chain, Finality finality) {
    this.chain = chain;
    this.finality = finality;
  }

  /** How far it is. */
  enum Look {
    /** It is not so, any more. */
    GONE,
    /** It is so, and may be undone. */
    OPEN,
    FINAL
  }

  /**
   * @param holds reads it at the latest block
   */
  Look look(BooleanSupplier holds) {
    if (seen.isEmpty()) {
      Block head = chain.head();
      if (!holds.getAsBoolean()) {
        return Look.GONE;
      }
      seen = Optional.of(head);
    }
    Block block = seen.get();
    if (finality.highest(chain).filter(b -> b.number() >= block.number()).isEmpty()) {
      return Look.OPEN;
    }
    boolean stays = chain.block(block.number()).filter(block::equals).isPresent();
    seen = Optional.empty();
    if (!stays) {
      return Look.OPEN;
    }
    return holds.getAsBoolean() ? Look.FINAL : Look.GONE;
  }
}
