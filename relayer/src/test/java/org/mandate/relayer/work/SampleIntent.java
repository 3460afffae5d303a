package org.mandate.relayer.work;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.intent.Intent;

/** A payment of ten units by agent 1. */
final class SampleIntent {
  private SampleIntent() {}

  /**
   * @param deadline seconds since 1970
   */
  static Intent of(long chain, long nonce, long deadline) {
    return new Intent(
        BigInteger.ONE,
        new Address("0x" + "0b".repeat(20)),
        BigInteger.valueOf(chain),
        new Address("0x" + "0c".repeat(20)),
        new Address("0x" + "0d".repeat(20)),
        BigInteger.TEN,
        Bytes.EMPTY,
        BigInteger.valueOf(nonce),
        BigInteger.valueOf(deadline));
  }
}
