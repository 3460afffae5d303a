package org.mandate.audit;

import org.mandate.chain.Hash;

/**
 * A store answered with bytes that are not what the CID names: the blob was altered, there or on
 * the way.
 */
public final class AlteredBlobException extends BlobStoreException {
  private static final long serialVersionUID = 1L;

  private final transient Cid cid;

  private AlteredBlobException(Cid cid, String found) {
    super("blob " + cid + " was altered: " + found, null);
    this.cid = cid;
  }

  /** The blob that was asked for. */
  public Cid cid() {
    return cid;
  }

  /** {@code answer} when it is what {@code cid} names. */
  public static byte[] check(Cid cid, byte[] answer) {
    Hash found = Sha256.of(answer);
    if (!found.equals(cid.digest())) {
      throw new AlteredBlobException(cid, "its SHA-256 is " + found + ", not " + cid.digest());
    }
    return answer;
  }

  static AlteredBlobException noFile(Cid cid) {
    return new AlteredBlobException(cid, "what bears its name is no regular file");
  }

  static AlteredBlobException tooLarge(Cid cid) {
    return new AlteredBlobException(
        cid, "it is larger than any blob, " + BlobSource.MAX_BYTES + " bytes");
  }
}
