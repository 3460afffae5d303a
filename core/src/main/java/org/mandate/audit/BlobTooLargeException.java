package org.mandate.audit;

/** A blob is larger than one block. */
public final class BlobTooLargeException extends BlobStoreException {
  private static final long serialVersionUID = 1L;

  private BlobTooLargeException(int bytes) {
    super(
        "a blob has at most "
            + BlobSource.MAX_BYTES
            + " bytes, this one has "
            + bytes
            + ": split it",
        null);
  }

  /**
   * @throws BlobTooLargeException when it is larger than one block
   */
  public static void check(byte[] blob) {
    if (blob.length > BlobSource.MAX_BYTES) {
      throw new BlobTooLargeException(blob.length);
    }
  }
}
