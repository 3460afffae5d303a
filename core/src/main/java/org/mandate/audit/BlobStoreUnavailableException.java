package org.mandate.audit;

/** A blob store did not answer, or not in a way that says anything about the blob. */
public final class BlobStoreUnavailableException extends BlobStoreException {
  private static final long serialVersionUID = 1L;

  public BlobStoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  public BlobStoreUnavailableException(String message) {
    super(message, null);
  }
}
