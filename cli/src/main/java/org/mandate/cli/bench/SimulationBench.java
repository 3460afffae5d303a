package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.mandate.cli.Output;
import org.mandate.cli.simulation.Simulation;
import org.mandate.cli.simulation.Simulation.Outcome;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How much virtual time relayers live through, and what went wrong in it. */
@Command(
    name = "simulation",
    description = {
      "Has relayers live through days of faults under a virtual clock.",
      "Their own workflows run over real chains and a real database, a step at a time; the seed"
          + " decides the order,",
      "which node, peer or database fails when, what is reorganized and who crashes. After the last"
          + " intent the",
      "faults stop, and everything must come to rest. A seed does the same each time: --seed runs"
          + " one again and",
      "shows the last steps when it fails. Where nothing can happen time leaps; how much of it did is"
          + " told. Exit code 0: nothing was lost, doubled or jammed; 1:"
          + " something was."
    })
final class SimulationBench extends Bench {
  private static final int LAST = 60;

  @Option(names = "--seeds", defaultValue = "8", description = "How many, from 1 on.")
  private int seeds;

  @Option(names = "--seed", description = "This one only.")
  private Long seed;

  @Option(
      names = "--intents",
      defaultValue = "12",
      description = "How many each agent's script has.")
  private int intents;

  @Option(
      names = "--hours",
      defaultValue = "480",
      description = "Over how many virtual hours they are spread.")
  private int length;

  @Option(names = "--relayers", defaultValue = "3", description = "2 or 3; any 2 deliver.")
  private int relayers;

  @Override
  protected String name() {
    return "simulation";
  }

  @Override
  protected Figures measure(Path root) throws IOException {
    List<Outcome> outcomes = new ArrayList<>();
    long began = System.nanoTime();
    try (Simulation simulation = Simulation.prepare(root)) {
      long[] all = seed == null ? LongStream.rangeClosed(1, seeds).toArray() : new long[] {seed};
      for (long one : all) {
        Outcome outcome = simulation.run(one, relayers, intents, Duration.ofHours(length));
        outcomes.add(outcome);
        progress(
            "seed %d: %s after %d virtual hours, %d steps",
            one, outcome.ok() ? "at rest" : "FAILED", outcome.hours(), outcome.steps());
      }
    }
    return figures(outcomes, Duration.ofNanos(System.nanoTime() - began));
  }

  private Figures figures(List<Outcome> outcomes, Duration took) {
    long hours = outcomes.stream().mapToLong(Outcome::hours).sum();
    var values = Output.object();
    values
        .put("relayers", relayers)
        .put("intents", outcomes.stream().mapToInt(Outcome::intents).sum())
        .put("virtualHours", hours)
        .put("hoursLeapt", outcomes.stream().mapToLong(Outcome::hoursLeapt).sum())
        .put("leaps", outcomes.stream().mapToInt(Outcome::leaps).sum())
        .put("virtualHoursPerMinute", Math.round(hours * 60_000.0 / Math.max(1, took.toMillis())))
        .put("blocks", outcomes.stream().mapToInt(Outcome::blocks).sum())
        .put("reorgs", outcomes.stream().mapToInt(Outcome::reorgs).sum())
        .put("crashes", outcomes.stream().mapToInt(Outcome::crashes).sum())
        .put("steps", outcomes.stream().mapToLong(Outcome::steps).sum())
        .put("failed", outcomes.stream().filter(o -> !o.ok()).count());
    ArrayNode each = values.putArray("seeds");
    List<String> lines = new ArrayList<>();
    lines.add(
        "seed    hours  of them leapt  leaps  blocks  reorgs  crashes     steps  digest            ");
    for (Outcome one : outcomes) {
      each.addObject().put("seed", one.seed()).put("ok", one.ok()).put("digest", one.digest());
      lines.add(
          "%4d  %7d  %13d  %5d  %6d  %6d  %7d  %8d  %s  %s"
              .formatted(
                  one.seed(),
                  one.hours(),
                  one.hoursLeapt(),
                  one.leaps(),
                  one.blocks(),
                  one.reorgs(),
                  one.crashes(),
                  one.steps(),
                  one.digest().substring(0, 16),
                  one.ok() ? "at rest" : "FAILED"));
    }
    for (Outcome one : outcomes) {
      one.failure().ifPresent(why -> lines.addAll(story(one, why)));
    }
    return new Figures(outcomes.stream().allMatch(Outcome::ok), values, lines);
  }

  private List<String> story(Outcome one, String why) {
    List<String> last = one.last();
    List<String> story =
        new ArrayList<>(last.subList(Math.max(0, last.size() - LAST), last.size()));
    story.add("seed %d: %s".formatted(one.seed(), why));
    story.add(
        "run it again: ./mandate bench simulation --seed %d --intents %d --hours %d --relayers %d"
            .formatted(one.seed(), intents, length, relayers));
    return story;
  }
}
