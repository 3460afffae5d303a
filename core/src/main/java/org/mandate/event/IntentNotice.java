package org.mandate.event;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.intent.IntentState;

/**
 * What an executor tells of intents beside the steps of their lives ({@link IntentEvent}): none of
 * it extends an audit chain.
 */
public sealed interface IntentNotice {
  /** Where it was said. */
  Log log();

  /** Home: a dispatched intent was sent once more; this message is as genuine as the first. */
  record Resent(Log log, Hash intentId, BigInteger agentId, Hash messageId)
      implements IntentNotice {}

  /** Home: element {@code index} of a batch was refused. */
  record Refused(Log log, BigInteger index, Bytes reason) implements IntentNotice {}

  /**
   * Home: a destination says what became of an intent.
   *
   * @param moved in the asset's smallest unit
   * @param settleAt unix seconds
   */
  record ResultReceived(
      Log log, Hash intentId, IntentState outcome, BigInteger moved, long settleAt)
      implements IntentNotice {}

  /** Home: what was said is not believed; it may be said again. */
  record ResultDropped(Log log, Hash intentId, Address by) implements IntentNotice {}

  /** Destination: home was told what became of these. */
  record Reported(Log log, Hash messageId, List<Hash> intentIds) implements IntentNotice {
    public Reported {
      intentIds = List.copyOf(intentIds);
    }
  }

  /** Destination: an intent was tried, and could not execute; it may be tried again. */
  record Failed(Log log, Hash intentId, BigInteger agentId, Bytes reason) implements IntentNotice {}

  /**
   * Destination: so many relayers vouch for an intent that it waits no longer than until {@code
   * executableAt}.
   *
   * @param executableAt unix seconds
   */
  record Hastened(
      Log log, Hash intentId, BigInteger agentId, BigInteger signatures, long executableAt)
      implements IntentNotice {}

  /**
   * Destination: home's storage shows that it dispatched the intent.
   *
   * @param block number of the block of home that shows it
   */
  record Confirmed(Log log, Hash intentId, BigInteger agentId, Address by, BigInteger block)
      implements IntentNotice {}

  /**
   * Destination: home's storage shows that it never sent the message that brought the intent, which
   * is as if it had never come.
   *
   * @param block as for {@link Confirmed}
   */
  record Refuted(
      Log log, Hash intentId, BigInteger agentId, Hash messageId, Address by, BigInteger block)
      implements IntentNotice {}
}
