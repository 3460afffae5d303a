package org.mandate.audit;

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
   * Makes the store keep a blob for good.
   *
   * @throws BlobStoreUnavailableException when the store does not have it or did not answer
   */
  void pin(Cid cid);
}
