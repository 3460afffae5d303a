package org.mandate.relayer.work;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.mandate.chain.Hash;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.relayer.store.Tx;

/**
 * What a look at open work came to. Whoever looks stores nothing: what is to be stored because of
 * it goes along, into the transaction in which the claim is found to be held still.
 */
public sealed interface Decision {
  /** Nothing is stored beside what becomes of the work. */
  Consumer<Tx> NOTHING = tx -> {};

  /**
   * It is over: what is stored as final shows it, or nothing is stored any more that it is for;
   * then whatever stores that again opens it in the same transaction. What one node says, or what a
   * reorg or most nodes may still take out, only puts work off ({@link Later}).
   *
   * @param stores what is stored with that
   */
  record Over(Consumer<Tx> stores) implements Decision {
    Over() {
      this(NOTHING);
    }
  }

  /**
   * Not now.
   *
   * @param parked what stands in the way, in words; empty when it is only a matter of waiting
   * @param stores what is stored with that
   */
  record Later(Instant until, Optional<Refusal> parked, Consumer<Tx> stores) implements Decision {
    Later(Instant until, Optional<Refusal> parked) {
      this(until, parked, NOTHING);
    }
  }

  /** It reverts at present. Tried again with growing pauses: what stands in the way may go. */
  record Blocked(Refusal why) implements Decision {}

  /**
   * Send this.
   *
   * @param subjects what it is for: the claimed work's, and what goes along
   * @param gas as the node estimated
   */
  record Send(Purpose purpose, List<Hash> subjects, ContractCalls.Call call, long gas)
      implements Decision {
    public Send {
      subjects = List.copyOf(subjects);
    }
  }

  static Decision later(Instant until) {
    return new Later(until, Optional.empty());
  }
}
