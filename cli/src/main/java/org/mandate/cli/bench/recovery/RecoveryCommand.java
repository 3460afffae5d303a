package org.mandate.cli.bench.recovery;

import java.nio.file.Path;
import java.time.Duration;
import org.mandate.cli.bench.Bench;
import org.mandate.cli.bench.Figures;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mandate bench recovery}. */
@Command(
    name = "recovery",
    description = {
      "Kills relayers with SIGKILL at every step, and looks whether anything was lost, executed"
          + " twice or jammed.",
      "Three relayers, two of which deliver, two real chains and a real PostgreSQL run on this"
          + " machine. Each seed",
      "says which relayer is killed at which failpoint, and what else goes wrong: a second kill"
          + " while it recovers,",
      "PostgreSQL killed, a node that hangs, a reorg, dear blocks. Agents ask for payments all the"
          + " while. Now and",
      "then everybody may run, and chains and databases are looked at. Nobody helps, but where a final"
          + " block goes:",
      "then a person says that it really did. As many seeds as there are failpoints (--json:"
          + " failpoints), or more, must",
      "kill at each of them.",
      "Exit code 0: nothing was lost, executed twice or jammed, no nonce is missing, and no failpoint"
          + " that must be",
      "reached; 1: something was."
    })
public final class RecoveryCommand extends Bench {
  @Option(
      names = "--seeds",
      paramLabel = "NUMBER",
      defaultValue = "50",
      description = "How many seeds (default: ${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--first-seed",
      paramLabel = "SEED",
      defaultValue = "0",
      description = "The first seed (default: ${DEFAULT-VALUE}).")
  private long first;

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "8",
      description =
          "Seconds after which a relayer that does not reach its failpoint is killed where it is"
              + " (default: ${DEFAULT-VALUE}).")
  private int patience;

  @Override
  protected String name() {
    return "recovery";
  }

  @Override
  protected Figures measure(Path root) throws Exception {
    return new Recovery(root, first, seeds, Duration.ofSeconds(patience), this::progress).run();
  }
}
