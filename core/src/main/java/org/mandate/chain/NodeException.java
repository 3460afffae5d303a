package org.mandate.chain;

import java.io.Serial;
import java.time.Duration;
import java.util.Optional;

/**
 * A node did not answer, answered too late or too much, or its answer makes no sense. Says nothing
 * about the chain.
 */
public final class NodeException extends RuntimeException {
  @Serial private static final long serialVersionUID = 2;

  /** What is wrong with the node that did not answer. */
  public enum Fault {
    /** No connection, no answer in time, or one that was cut off. */
    SILENT,
    /** Its answer is none to the question: not JSON, too long, of something else. */
    NONSENSE,
    /** It has had enough questions for now: HTTP 429, JSON-RPC -32005. */
    BUSY,
    /** It says that it failed, or that it does not serve this. */
    BROKEN,
    /** Nothing: it does not have what was asked for yet, or the question is at fault. */
    NONE
  }

  private final Fault fault;
  private final transient Optional<Duration> retryAfter;

  public NodeException(String message) {
    this(Fault.BROKEN, message, null);
  }

  public NodeException(String message, Throwable cause) {
    this(Fault.BROKEN, message, cause);
  }

  /**
   * @param cause may be null
   */
  public NodeException(Fault fault, String message, Throwable cause) {
    this(fault, message, cause, Optional.empty());
  }

  /**
   * @param cause may be null
   * @param retryAfter how long the node wants to be left alone, when it says so (RFC 9110, 10.2.3)
   */
  NodeException(Fault fault, String message, Throwable cause, Optional<Duration> retryAfter) {
    super(message, cause);
    this.fault = fault;
    this.retryAfter = retryAfter;
  }

  public Fault fault() {
    return fault;
  }

  /** How long the node wants to be left alone, when it says so. */
  public Optional<Duration> retryAfter() {
    return retryAfter == null ? Optional.empty() : retryAfter;
  }
}
