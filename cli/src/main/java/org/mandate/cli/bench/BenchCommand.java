package org.mandate.cli.bench;

import java.util.concurrent.Callable;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Group;
import org.mandate.cli.Home;
import org.mandate.cli.Output;
import org.mandate.cli.bench.recovery.RecoveryCommand;
import org.mandate.cli.bench.recovery.SiegeCommand;
import org.mandate.cli.bench.reorg.ReorgCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Measures. */
@Command(
    name = "bench",
    description = "Measure what things cost and what relayers bear, on this machine.",
    subcommands = {
      BenchCommand.Gas.class,
      RelayerBench.class,
      AcrossBench.class,
      RecoveryCommand.class,
      SiegeCommand.class,
      ReorgCommand.class,
      PeersBench.class,
      CatchUpBench.class,
      StartBench.class,
      FailoverBench.class,
      SimulationBench.class,
      SigningBench.class
    })
public final class BenchCommand extends Group {

  @Command(
      name = "gas",
      description = {
        "Prints what calls cost in gas, ours beside those of others.",
        "Each call is a whole transaction on cold storage, the second time it happens. A row with a"
            + " bound may cost",
        "at most that; the others have none: they show what the same job costs elsewhere, with the"
            + " contracts that",
        "their npm packages publish. The first run compiles for a minute or two.",
        "Exit code 0: every bound holds; 1: one does not, or the measurement failed."
      })
  static final class Gas implements Callable<ExitCode> {
    @Mixin private Output output;

    @Override
    public ExitCode call() {
      var table = GasMeasurement.in(Home.directory()).run(output::progress);
      output.json(table.toJson());
      table.toLines().forEach(output::line);
      return table.ok() ? ExitCode.OK : ExitCode.NO;
    }
  }
}
