package org.mandate.event;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;

/** What happens to relayers' bonds, at home. Amounts are wei. */
public sealed interface BondEvent {
  Log log();

  Address relayer();

  /**
   * @param by who paid
   * @param bonded what the relayer has bonded now
   */
  record Bonded(Log log, Address relayer, Address by, BigInteger amount, BigInteger bonded)
      implements BondEvent {}

  /**
   * The relayer called some of it back.
   *
   * @param unbonding all that it called back and has not withdrawn
   * @param withdrawableAt unix seconds
   */
  record Unbonding(
      Log log, Address relayer, BigInteger amount, BigInteger unbonding, long withdrawableAt)
      implements BondEvent {}

  record Withdrawn(Log log, Address relayer, Address to, BigInteger amount) implements BondEvent {}

  /**
   * The relayer attested a message that is false, and lost all that it had.
   *
   * @param payee whom who proved it named
   * @param reward the payee's
   */
  record Slashed(
      Log log,
      Address relayer,
      Hash messageId,
      Address payee,
      BigInteger reward,
      BigInteger toTreasury)
      implements BondEvent {}
}
