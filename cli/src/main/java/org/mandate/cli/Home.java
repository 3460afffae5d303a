package org.mandate.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the project is: the launcher says so in MANDATE_HOME, else it is looked for above the
 * working directory.
 */
public final class Home {
  private Home() {}

  /**
   * @throws Failure when there is none
   */
  public static Path directory() {
    return Optional.ofNullable(System.getenv("MANDATE_HOME"))
        .map(Path::of)
        .or(Home::above)
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.CONFIGURATION,
                    "the project's folder is unknown: run ./mandate, or set MANDATE_HOME to it"));
  }

  private static Optional<Path> above() {
    for (var path = Path.of("").toAbsolutePath(); path != null; path = path.getParent()) {
      if (Files.isRegularFile(path.resolve("foundry.toml"))
          && Files.isRegularFile(path.resolve("mandate"))) {
        return Optional.of(path);
      }
    }
    return Optional.empty();
  }
}
