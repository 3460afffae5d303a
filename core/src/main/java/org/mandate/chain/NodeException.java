package org.mandate.chain;

import java.io.Serial;

/**
 * A node did not answer, answered too late or too much, or its answer makes no sense. Says nothing
 * about the chain.
 */
public final class NodeException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  public NodeException(String message) {
    super(message);
  }

  public NodeException(String message, Throwable cause) {
    super(message, cause);
  }
}
