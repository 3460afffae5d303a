package org.mandate.audit;

import java.util.List;

/**
 * Where blobs are kept. Storing is idempotent: the same bytes have the same name. Safe for
 * concurrent use.
 */
public interface BlobStore extends BlobSource {
  /**
   * Stores and keeps {@code blob}; it is durable when this returns.
   *
   * @throws BlobTooLargeException when it is larger than {@link #MAX_BYTES}
   * @throws BlobStoreUnavailableException when it could not be stored, or nobody knows whether it
   *     was: try again
   */
  Cid put(byte[] blob);

  /**
   * Stores and keeps all of them; each is durable when this returns, and some may be when it throws
   * as {@link #put} does.
   *
   * @return their names, in their order
   */
  default List<Cid> putAll(List<byte[]> blobs) {
    return blobs.stream().map(this::put).toList();
  }

  /**
   * Makes the store keep a blob for good.
   *
   * @throws BlobStoreUnavailableException when the store does not have it or did not answer
   */
  void pin(Cid cid);
}
