package org.mandate.signer;

import java.io.Serial;

/**
 * A key is not for what it was asked to sign: nothing was signed. The message says by which rule,
 * the limit, and what to do. The same is refused again.
 */
public final class SigningRefusedException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public SigningRefusedException(String message) {
    super(message);
  }
}
