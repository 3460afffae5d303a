package org.mandate.cli.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import org.mandate.cli.Output;
import org.mandate.signer.SigningSpeed;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The native library beside the one in Java. */
@Command(
    name = "signing",
    description = {
      "Measures how fast one core signs, by libsecp256k1 and by BouncyCastle.",
      "Signatures, signed transactions and recoveries per second of processor time. Figures of one"
          + " run compare",
      "with each other; those of two machines hardly do.",
      "Exit code 0: both give the same; 1: they do not, or the native library does not load here."
    })
final class SigningBench extends Bench {
  @Option(
      names = "--rounds",
      defaultValue = "5",
      paramLabel = "N",
      description = "How often each is measured; the best counts. Without it 5.")
  private int rounds;

  @Option(
      names = "--operations",
      defaultValue = "2000",
      paramLabel = "N",
      description = "Of each kind in a round. Without it 2000.")
  private int operations;

  @Override
  public String name() {
    return "signing";
  }

  @Override
  public Figures measure(Path root) {
    var speeds = SigningSpeed.measure(Math.max(1, rounds), Math.max(1, operations));
    var values = Output.object();
    var lines = new ArrayList<String>();
    lines.add(
        "%-14s %12s %14s %12s".formatted("per second", "signatures", "transactions", "recoveries"));
    var list = values.putArray("libraries");
    for (var speed : speeds) {
      list.addObject()
          .put("library", speed.library())
          .put("signaturesPerSecond", speed.signatures())
          .put("transactionsPerSecond", speed.transactions())
          .put("recoveriesPerSecond", speed.recoveries());
      lines.add(
          "%-14s %12d %14d %12d"
              .formatted(
                  speed.library(), speed.signatures(), speed.transactions(), speed.recoveries()));
    }
    var both = speeds.size() == 2;
    if (both) {
      var fast = speeds.getFirst();
      var java = speeds.getLast();
      var ratios = values.putObject("ratios");
      ratios.put("signatures", ratio(fast.signatures(), java.signatures()));
      ratios.put("transactions", ratio(fast.transactions(), java.transactions()));
      ratios.put("recoveries", ratio(fast.recoveries(), java.recoveries()));
      lines.add(
          "%-14s %12s %14s %12s"
              .formatted(
                  "times as many",
                  ratios.get("signatures"),
                  ratios.get("transactions"),
                  ratios.get("recoveries")));
    }
    return new Figures(both, values, lines);
  }

  private static double ratio(long one, long other) {
    return Math.round(10.0 * one / other) / 10.0;
  }
}
