package org.mandate.cli;

import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that only groups others: by itself it says what there is. */
public abstract class Group implements Runnable {
  @Spec private CommandSpec command;

  @Override
  public void run() {
    throw new ParameterException(
        command.commandLine(),
        "say what to do: "
            + command.subcommands().keySet().stream().collect(Collectors.joining(", ")));
  }
}
