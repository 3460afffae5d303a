package org.mandate.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.mandate.relayer.Relayer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs a relayer in this process. */
@Command(
    name = "relayer",
    description =
        "Run a relayer: follows, attests, submits, publishes audit blobs, serves the API.",
    subcommands = {RelayerCommand.Run.class, RelayerCommand.SampleConfig.class})
final class RelayerCommand implements Runnable {
  @Spec private CommandSpec command;

  @Override
  public void run() {
    throw new ParameterException(command.commandLine(), "say what to do: run or sample-config");
  }

  @Command(
      name = "run",
      description = {
        "Runs until it is asked to end. Prints one READY line of JSON on standard output, its log on standard error.",
        "Every key of the file can be overridden in the environment: data-directory is MANDATE_DATA_DIRECTORY."
      })
  static final class Run implements Callable<ExitCode> {
    @Option(
        names = "--config",
        required = true,
        paramLabel = "FILE",
        description = "Settings, YAML.")
    private Path config;

    @Override
    public ExitCode call() {
      Relayer.run(config);
      return ExitCode.OK;
    }
  }

  @Command(
      name = "sample-config",
      description = "Prints a settings file that shows and explains every key.")
  static final class SampleConfig implements Callable<ExitCode> {
    @Mixin private Output output;

    @Override
    public ExitCode call() {
      output.document("relayer.sample.yaml", Relayer.class);
      return ExitCode.OK;
    }
  }
}
