package org.mandate.audit;

/** Why a blob could not be stored or read. */
public abstract sealed class BlobStoreException extends RuntimeException
    permits AlteredBlobException, BlobTooLargeException, BlobStoreUnavailableException {
  private static final long serialVersionUID = 1L;

  BlobStoreException(String message, Throwable cause) {
    super(message, cause);
  }
}
