package org.mandate.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.mandate.watchdog.Watchdog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs a watchdog in this process. */
@Command(
    name = "watchdog",
    description = "Run a watchdog: replays, verifies, disputes, trips, alerts.",
    subcommands = WatchdogCommand.Run.class)
final class WatchdogCommand implements Runnable {
  @Spec private CommandSpec command;

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "say what to do: run");
  }

  @Command(
      name = "run",
      description = {
        "Runs until it is asked to end. Prints one READY line on standard output, its log on standard error.",
        "Every key of the file can be overridden in the environment: home-lag is MANDATE_HOME_LAG."
      })
  static final class Run implements Callable<ExitCode> {
    @Option(names = "--config", required = true, paramLabel = "FILE", description = "Settings, YAML.")
    private Path config;

    @Override
    public ExitCode call() throws InterruptedException {
      Watchdog.run(config);
      return ExitCode.OK;
    }
  }
}
