package org.mandate.event;

import java.math.BigInteger;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;

/**
 * What the gateway says. At the source, {@link NonceAssigned} comes right before its {@link
 * MessageSent}.
 */
public sealed interface GatewayEvent {
  Log log();

  Hash messageId();

  record NonceAssigned(Log log, Hash messageId, BigInteger nonce) implements GatewayEvent {}

  /** ERC-7786, without value and attributes, which our gateway refuses. */
  record MessageSent(Log log, Hash messageId, Bytes sender, Bytes recipient, Bytes payload)
      implements GatewayEvent {}

  record MessageDelivered(Log log, Hash messageId) implements GatewayEvent {}

  /**
   * A message of a batch was not delivered, which it still can be.
   *
   * @param reason how that what its recipient reverted with begins
   */
  record MessageRefused(Log log, Hash messageId, Bytes reason) implements GatewayEvent {}
}
