package org.mandate.relayer.api;

import java.time.Duration;
import java.util.Optional;
import org.mandate.relayer.work.Refusal;

/** A request that is refused, with the status and the words that the client gets. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final int status;
  private final transient Refusal refusal;
  private transient Duration again;

  RefusedException(int status, Refusal refusal) {
    super(refusal.message());
    this.status = status;
    this.refusal = refusal;
  }

  RefusedException(int status, String rule, String message, String next) {
    this(status, Refusal.of(rule, message, next));
  }

  /**
   * Too much is asked for at present: nothing is left.
   *
   * @param limit of what is too much
   * @param again after how long it is worth asking again
   */
  static RefusedException busy(int status, String rule, String message, int limit, Duration again) {
    RefusedException refused =
        new RefusedException(
            status,
            new Refusal(
                rule,
                message,
                Optional.of(Integer.toString(limit)),
                Optional.of("0"),
                Optional.empty(),
                "ask again in %d s: nothing was stored".formatted(again.toSeconds())));
    refused.again = again;
    return refused;
  }

  /** After how long it is worth asking again, where that is known. */
  Optional<Duration> again() {
    return Optional.ofNullable(again);
  }

  public int status() {
    return status;
  }

  public Refusal refusal() {
    return refusal;
  }
}
