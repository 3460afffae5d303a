package org.mandate.deploy;

/**
 * A deployment or set-up step that did not come about; the message says which, why and what to do.
 */
public final class DeploymentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DeploymentException(String message) {
    super(message);
  }

  public DeploymentException(String message, Throwable cause) {
    super(message, cause);
  }
}
