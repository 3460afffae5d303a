package org.mandate.audit;

import java.util.Optional;

/**
 * Where blobs are read. Whoever answers is not believed: what comes back was hashed again and is
 * what the CID names. Calls block; make them on a virtual thread.
 */
public interface BlobSource {
  /** No blob is larger, in bytes: one blob is one IPFS block. */
  int MAX_BYTES = 1 << 20;

  /**
   * The blob that {@code cid} names; empty when the source does not have it.
   *
   * @throws AlteredBlobException when the source has other bytes under that name
   * @throws BlobStoreUnavailableException when the source did not answer, so that nothing is known
   */
  Optional<byte[]> get(Cid cid);

  /** Whether {@link #get} would give the blob; fails like it. */
  default boolean has(Cid cid) {
    return get(cid).isPresent();
  }
}
