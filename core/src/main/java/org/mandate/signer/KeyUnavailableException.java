package org.mandate.signer;

import java.io.Serial;

/** A key's keeper does not answer, or not now: nothing was signed, and it may be asked again. */
public final class KeyUnavailableException extends KeyException {
  @Serial private static final long serialVersionUID = 1;

  public KeyUnavailableException(String message) {
    super(message);
  }
}
