package org.mandate.chain;

import java.util.Optional;

/** When a block counts as final: what is in it is acted upon as a fact. */
public sealed interface Finality {
  /** The chain's own {@code finalized} tag. */
  record FinalizedTag() implements Finality {}

  /**
   * @param count how many blocks stand on top of it; 0: the head itself is final
   */
  record Confirmations(int count) implements Finality {
    public Confirmations {
      if (count < 0) {
        throw new IllegalArgumentException(
            "confirmations " + count + " is negative; 0 or more are possible");
      }
    }
  }

  /** {@code finalized}, or a number of confirmations. */
  static Finality of(String text) {
    if (text.equals("finalized")) {
      return new FinalizedTag();
    }
    try {
      return new Confirmations(Integer.parseInt(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "finality \"" + HexText.shown(text) + "\": write finalized, or a number of blocks");
    }
  }

  /** The highest final block; empty while the chain is too short. */
  default Optional<Block> highest(ChainClient chain) {
    return switch (this) {
      case FinalizedTag tag -> Optional.of(chain.finalized());
      case Confirmations confirmations -> {
        Block head = chain.head();
        yield confirmations.count() == 0
            ? Optional.of(head)
            : head.number() < confirmations.count()
                ? Optional.empty()
                : chain.block(head.number() - confirmations.count());
      }
    };
  }
}
