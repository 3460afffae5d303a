package org.mandate.relayer;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether this relayer may sign. Closed first when something is deeply wrong; the reasons are
 * stored after that.
 */
public final class SigningGate {
  private final AtomicReference<String> closed = new AtomicReference<>("");

  /** Stops all signing at once. The first reason stays. */
  public void close(String reason) {
    closed.compareAndSet("", reason);
  }

  /** Why nothing is signed; empty while signing is allowed. */
  public Optional<String> closedBecause() {
    return Optional.of(closed.get()).filter(r -> !r.isEmpty());
  }

  /**
   * Call right before signing.
   *
   * @throws IllegalStateException when nothing may be signed
   */
  public void check() {
    closedBecause()
        .ifPresent(
            reason -> {
              throw new IllegalStateException("nothing is signed: " + reason);
            });
  }
}
