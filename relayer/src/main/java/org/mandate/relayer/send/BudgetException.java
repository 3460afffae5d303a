package org.mandate.relayer.send;

import java.util.List;
import java.util.stream.Collectors;

/** Nothing was signed: something that it was for would cost more than an intent may. */
public final class BudgetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Overrun> overruns;

  BudgetException(List<Overrun> overruns) {
    super(overruns.stream().map(Overrun::message).collect(Collectors.joining("; ")));
    this.overruns = List.copyOf(overruns);
  }

  /** Whose; the others could go on without them. */
  public List<Overrun> overruns() {
    return overruns;
  }
}
