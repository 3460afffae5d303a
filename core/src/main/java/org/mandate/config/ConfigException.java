package org.mandate.config;

import java.io.Serial;
import java.util.List;

/** A configuration cannot be used: all its problems at once, one a line. */
public final class ConfigException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;
  private final transient List<String> problems;

  public ConfigException(List<String> problems) {
    super("configuration: " + String.join("\n  ", problems));
    this.problems = List.copyOf(problems);
  }

  public List<String> problems() {
    return problems;
  }
}
