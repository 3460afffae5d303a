package org.mandate.relayer.work;

import java.time.Instant;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;

/** Where other relayers' attestations come from. What it tells, the caller checks. */
@FunctionalInterface
public interface AttestationSource {
  /**
   * Hands over what others are known to have attested under that root, unchecked but for its form,
   * as it comes: nobody waits for the slowest when the others suffice.
   *
   * @param taker is told of one after the other
   * @param until when to stop waiting for more; asked again after each answer
   */
  void attestations(Hash root, Consumer<Attestation> taker, Supplier<Instant> until)
      throws InterruptedException;
}
