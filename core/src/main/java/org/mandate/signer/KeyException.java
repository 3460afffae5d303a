package org.mandate.signer;

import java.io.Serial;

/** A key cannot be used; the message says why and what to do, and holds no secret. */
public class KeyException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public KeyException(String message) {
    super(message);
  }
}
