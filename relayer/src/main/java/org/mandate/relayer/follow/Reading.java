package org.mandate.relayer.follow;

import java.util.Optional;
import java.util.stream.Stream;
import org.mandate.chain.Bytes;
import org.mandate.chain.Log;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.relayer.store.EventKind;
import org.mandate.relayer.store.StoredEvent;

/**
 * What a log that is followed says, read once.
 *
 * @param step in an intent's life
 * @param notice what an executor tells beside the steps, where something follows from it
 * @param sent the message, where it is one of our own contracts'
 */
record Reading(
    EventKind kind,
    Log log,
    Optional<IntentEvent> step,
    Optional<IntentNotice> notice,
    Optional<GatewayEvent.MessageSent> sent) {

  /**
   * Empty: it is not followed. Anybody may send messages through the gateway, of any content; only
   * those of our own contracts are ours to carry.
   *
   * @throws IllegalArgumentException when it is not the event that its topic names
   */
  static Optional<Reading> of(FollowedChain chain, Log log) {
    Optional<EventKind> known = chain.kindOf(log);
    if (known.isEmpty()) return Optional.empty();
    EventKind kind = known.get();
    return switch (kind) {
      case ADMITTED,
          DENIED,
          DISPATCHED,
          QUEUED,
          EXECUTED,
          CANCELLED,
          DISPUTED,
          UPHELD,
          EXPIRED,
          FAILED,
          SETTLED,
          PAID,
          REFUSED ->
          read(
              kind,
              log,
              StoredEvent.step(kind, chain.id(), log, chain.domain()),
              Optional.empty(),
              Optional.empty());
      case HASTENED, RESULT, DROPPED, REPORTED ->
          read(kind, log, Optional.empty(), ContractEvents.notice(log), Optional.empty());
      case SENT -> sent(chain, log);
      case NOTIFIED, RESENT, REFUTED, APPENDED, PUBLISHED, NUMBERED, DELIVERED ->
          read(kind, log, Optional.empty(), Optional.empty(), Optional.empty());
    };
  }

  private static Optional<Reading> sent(FollowedChain chain, Log log) {
    return ContractEvents.gateway(log)
        .filter(GatewayEvent.MessageSent.class::isInstance)
        .map(GatewayEvent.MessageSent.class::cast)
        .filter(message -> isOurs(chain, message.sender()))
        .map(
            message ->
                new Reading(
                    EventKind.SENT, log, Optional.empty(), Optional.empty(), Optional.of(message)));
  }

  private static boolean isOurs(FollowedChain chain, Bytes sender) {
    return Stream.concat(Stream.of(chain.executor()), chain.remoteGovernance().stream())
        .anyMatch(a -> sender.equals(new InteroperableAddress(chain.bigId(), a).encode()));
  }

  private static Optional<Reading> read(
      EventKind kind,
      Log log,
      Optional<IntentEvent> step,
      Optional<IntentNotice> notice,
      Optional<GatewayEvent.MessageSent> sent) {
    return Optional.of(new Reading(kind, log, step, notice, sent));
  }
}
