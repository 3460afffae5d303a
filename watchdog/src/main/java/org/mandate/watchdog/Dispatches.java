package org.mandate.watchdog;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent.Dispatched;

/**
 * What home dispatched, by intent. Filled by home's follower, asked by the cases of all
 * destinations.
 */
final class Dispatches implements Examiner {
  /**
   * A dispatch in home's current chain.
   *
   * @param block where it happened
   */
  record Dispatch(Dispatched event, Block block) {}

  private final Map<Hash, Dispatch> byIntent = new ConcurrentHashMap<>();

  Optional<Dispatch> of(Hash intentId) {
    return Optional.ofNullable(byIntent.get(intentId));
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Step(Dispatched dispatched)) {
        byIntent.put(dispatched.intentId(), new Dispatch(dispatched, page.block()));
      }
    }
  }

  @Override
  public void reset() {
    byIntent.clear();
  }
}
