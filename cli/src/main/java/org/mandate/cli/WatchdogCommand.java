package org.mandate.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.watchdog.Watchdog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a watchdog in this process. */
@Command(
    name = "watchdog",
    description = "Run a watchdog: replays, verifies, disputes, trips, alerts.",
    subcommands = {WatchdogCommand.Run.class, WatchdogCommand.SampleConfig.class})
final class WatchdogCommand extends Group {
  @Command(
      name = "run",
      description = {
        "Runs until it is asked to end. Prints one READY line on standard output, its log on standard error.",
        "Every key of the file can be overridden in the environment (home-lag is MANDATE_HOME_LAG), and there by",
        "--set and the options below."
      })
  static final class Run implements Callable<ExitCode> {
    @Option(
        names = "--config",
        required = true,
        paramLabel = "FILE",
        description = "Settings, YAML.")
    private Path config;

    @Mixin private Settings settings;

    @Option(
        names = "--blob-gateway",
        paramLabel = "URL",
        description = "Where published audit batches are fetched to be verified.")
    private Optional<String> blobGateway = Optional.empty();

    @Override
    public ExitCode call() throws InterruptedException {
      Watchdog.run(config, settings.flags(Map.of("blob-gateway", blobGateway)));
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
      output.document("watchdog.sample.yaml", Watchdog.class);
      return ExitCode.OK;
    }
  }
}
