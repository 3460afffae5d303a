package org.mandate.event;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;

/** What an account says of its agents' audit chains. */
public sealed interface AuditEvent {
  Log log();

  BigInteger agentId();

  /**
   * Record {@code index} (from 0) extended the agent's chain.
   *
   * @param action number of the contracts' {@code Action}
   * @param head 26 bytes: the chain's head after it
   */
  record Appended(
      Log log,
      BigInteger agentId,
      Hash intentId,
      BigInteger index,
      int action,
      Hash recordHash,
      Bytes head)
      implements AuditEvent {}

  /**
   * Records {@code from} to {@code to} (exclusive) were published.
   *
   * @param root RFC 6962 Merkle root
   * @param manifestDigest SHA-256 of the manifest blob
   */
  record Published(
      Log log,
      BigInteger agentId,
      BigInteger from,
      BigInteger to,
      Hash root,
      Hash manifestDigest,
      Address publisher)
      implements AuditEvent {}
}
