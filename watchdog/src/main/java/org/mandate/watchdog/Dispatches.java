package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent.Dispatched;
import org.mandate.event.IntentNotice.Resent;

/**
 * What home dispatched, by intent, and in which messages: what it sends once more is as genuine as
 * the first. Filled by home's follower, asked by the cases of all destinations.
 */
final class Dispatches implements Examiner {
  /**
   * A message in home's current chain.
   *
   * @param block where it was sent
   */
  record Dispatch(Hash messageId, Block block) {}

  private final Map<Hash, Dispatch> first = new ConcurrentHashMap<>();
  private final Map<Hash, BigInteger> chains = new ConcurrentHashMap<>();
  private final Map<Hash, Map<Hash, Block>> resent = new ConcurrentHashMap<>();
  private final Set<Hash> messages = ConcurrentHashMap.newKeySet();

  /** The message with which home dispatched the intent. */
  Optional<Dispatch> of(Hash intentId) {
    return Optional.ofNullable(first.get(intentId));
  }

  /** Where home sent the intent to. */
  Optional<BigInteger> chainOf(Hash intentId) {
    return Optional.ofNullable(chains.get(intentId));
  }

  /** As {@link #of(Hash)}, if it is that message, or one that home sent later. */
  Optional<Dispatch> of(Hash intentId, Hash messageId) {
    return of(intentId)
        .filter(dispatch -> dispatch.messageId().equals(messageId))
        .or(
            () ->
                Optional.ofNullable(resent.getOrDefault(intentId, Map.of()).get(messageId))
                    .map(block -> new Dispatch(messageId, block)));
  }

  /** Whether home sent an intent in that message. */
  boolean sent(Hash messageId) {
    return messages.contains(messageId);
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.Step(Dispatched dispatched)) {
        chains.put(dispatched.intentId(), dispatched.intent().chainId());
        messages.add(dispatched.messageId());
        first.put(dispatched.intentId(), new Dispatch(dispatched.messageId(), page.block()));
      } else if (entry instanceof Entry.Notice(Resent again)) {
        messages.add(again.messageId());
        resent
            .computeIfAbsent(again.intentId(), id -> new ConcurrentHashMap<>())
            .put(again.messageId(), page.block());
      }
    }
  }

  @Override
  public void reset() {
    first.clear();
    chains.clear();
    resent.clear();
    messages.clear();
  }
}
