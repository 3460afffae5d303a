package org.mandate.signer;

import java.io.Serial;

/** A key file cannot be used; the message says why and what to do, and holds no secret. */
public final class KeystoreException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public KeystoreException(String message) {
    super(message);
  }
}
