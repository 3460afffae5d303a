package org.mandate.audit;

/**
 * A blob's bytes are what their CID says, but not what their schema says. The message names the
 * first field that is wrong.
 */
public final class MalformedBlobException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MalformedBlobException(String message) {
    super(message);
  }
}
