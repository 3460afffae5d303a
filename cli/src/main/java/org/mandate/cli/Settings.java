package org.mandate.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Settings of a process that are given on the command line; they win over all others. */
final class Settings {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = {
        "Any key of the file, with dots between the levels: --set http.port=0 --set chains.0.poll-interval=1s.",
        "As often as wanted. Never a password or secret, which every process of the machine could read."
      })
  private Map<String, String> set = new LinkedHashMap<>();

  @Option(names = "--http-host", paramLabel = "HOST", description = "Instead of http.host.")
  private Optional<String> httpHost = Optional.empty();

  @Option(names = "--http-port", paramLabel = "PORT", description = "Instead of http.port.")
  private Optional<String> httpPort = Optional.empty();

  /**
   * By dotted key.
   *
   * @param own the command's own options by the key that they stand for
   */
  Map<String, String> flags(Map<String, Optional<String>> own) {
    var flags = new LinkedHashMap<>(set);
    BiConsumer<String, Optional<String>> add =
        (key, value) ->
            value.ifPresent(
                v -> {
                  if (flags.put(key, v) != null) {
                    throw new ParameterException(
                        command.commandLine(),
                        key + " is given twice: by --set and by an option of its own");
                  }
                });
    add.accept("http.host", httpHost);
    add.accept("http.port", httpPort);
    own.forEach(add);
    return flags;
  }
}
