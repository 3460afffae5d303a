package org.mandate.cli.bench.recovery;

import java.nio.file.Path;
import java.time.Duration;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.bench.Bench;
import org.mandate.cli.bench.Figures;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mandate bench siege}: whatever somebody outside can do to relayers, for a while. */
@Command(
    name = "siege",
    description = {
      "Does to relayers what can be done from outside, and looks whether anything was lost, executed twice or jammed.",
      "For as long as wanted: three relayers, one of them as two processes, two real chains and a real PostgreSQL;",
      "agents ask for payments of all kinds all the while. Processes are killed and paused, and started again as a",
      "service manager would; connections to the database are cut and its tables locked; chains hang, hurry, become dear,",
      "are reorganized, and forget what waits; a relayer's coins are gone for a while; somebody else uses its key;",
      "and its API gets garbage, floods and connections that say nothing. Then all that stops, nobody helps, and",
      "chains and databases are looked at.",
      "Exit code 0: nothing was lost, executed twice or jammed, no nonce is missing, and in ten minutes or more each kind of",
      "attack was done; 1: otherwise."
    })
public final class SiegeCommand extends Bench {
  @Option(
      names = "--minutes",
      paramLabel = "N",
      defaultValue = "60",
      description = "For how long (default: ${DEFAULT-VALUE}).")
  private int minutes;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "What is done in which order follows from it (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Override
  protected String name() {
    return "siege";
  }

  @Override
  protected Figures measure(Path root) throws Exception {
    if (minutes < 1) throw new Failure(ExitCode.USAGE, "--minutes is at least 1, not " + minutes);
    return new Siege(root, Duration.ofMinutes(minutes), seed, line -> progress("%s", line)).run();
  }
}
