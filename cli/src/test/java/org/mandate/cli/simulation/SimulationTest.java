package org.mandate.cli.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.mandate.cli.simulation.Simulation.Outcome;
import org.mandate.testing.Tools;

/**
 * Relayers under a virtual clock, with faults that a seed decides. One seed each time; {@code
 * -Dmandate.simulation.seeds=N}: so many. One again: {@code ./mandate bench simulation --seed N
 * --intents 3 --hours 30 --relayers 2}.
 */
class SimulationTest {
  private static final String SEEDS = "mandate.simulation.seeds";

  /** One with reorgs and crashes, in which an end that is declared too early shows. */
  private static final long FIRST = 5;

  /** A look of the oracle's, by which there were faults and a crash. */
  private static final long PLANTED = 40;

  private static final Duration SOON = Duration.ofMinutes(5);
  private static final int RELAYERS = 2;
  private static final int INTENTS = 3;
  private static final Duration LENGTH = Duration.ofHours(30);
  private static Path told;
  private static Process other;
  private static Simulation simulation;

  @BeforeAll
  static void prepare() throws IOException {
    told = Files.createTempFile("simulation", ".txt");
    // It takes its time to set everything up: so long this one does the same.
    other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Dmandate.root=" + Tools.root(),
                "-cp",
                System.getProperty("java.class.path"),
                SimulationTest.class.getName(),
                told.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    simulation = Simulation.prepare(Tools.root());
  }

  @AfterAll
  static void close() throws IOException {
    other.destroy();
    Files.deleteIfExists(told);
    simulation.close();
  }

  /** What runs in the other process. */
  public static void main(String[] args) throws IOException {
    try (Simulation own = Simulation.prepare(Tools.root())) {
      Files.write(Path.of(args[0]), story(failing(own)));
    }
  }

  @Test
  void L9_shouldComeToRestWhateverFails() throws IOException {
    int seeds = Integer.getInteger(SEEDS, 1);
    for (long seed = FIRST; seed < FIRST + seeds; seed++) run(seed);
  }

  /** Whoever repeats a seed that failed sees the same steps, and the same end. */
  @Test
  void L9_shouldFailTheSameWayInAnotherProcess() throws Exception {
    Outcome here = failing(simulation);
    assertFalse(here.ok());
    assertTrue(here.failure().orElseThrow().startsWith("planted: "), here.failure().orElseThrow());
    assertFalse(here.last().isEmpty());
    assertTrue(other.waitFor(SOON.toSeconds(), TimeUnit.SECONDS), "the other process goes on");
    List<String> there = Files.readAllLines(told);
    assertEquals(story(here).getLast(), there.getLast(), "steps, time and digest of all of them");
    assertEquals(lines(here), there.stream().flatMap(String::lines).toList());
  }

  @Test
  @EnabledIfSystemProperty(named = SEEDS, matches = "[0-9]+")
  void L9_shouldHappenTheSameWayAgain() throws IOException {
    Outcome first = run(1);
    Outcome again = run(1);
    assertEquals(first.digest(), again.digest());
    assertEquals(first.steps(), again.steps());
    assertTrue(first.hours() >= 24, first.hours() + " hours");
  }

  private static Outcome failing(Simulation where) throws IOException {
    return where.run(FIRST, RELAYERS, INTENTS, LENGTH, OptionalLong.of(PLANTED));
  }

  /** As they stand in a file. */
  private static List<String> lines(Outcome outcome) {
    return story(outcome).stream().flatMap(String::lines).toList();
  }

  private static List<String> story(Outcome outcome) {
    List<String> story = new ArrayList<>(outcome.last());
    story.add(outcome.failure().orElse("it did not fail"));
    story.add(outcome.steps() + " steps, " + outcome.hours() + " hours, " + outcome.digest());
    return story;
  }

  private static Outcome run(long seed) throws IOException {
    Outcome outcome = simulation.run(seed, RELAYERS, INTENTS, LENGTH);
    assertTrue(
        outcome.ok(),
        () ->
            "seed %d: %s%nafter%n%s"
                .formatted(
                    seed,
                    outcome.failure().orElseThrow(),
                    String.join(System.lineSeparator(), outcome.last())));
    return outcome;
  }
}
