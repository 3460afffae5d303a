package org.mandate.cli.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.mandate.cli.simulation.Simulation.Outcome;
import org.mandate.testing.Tools;

/**
 * Relayers under a virtual clock, with faults that a seed decides, where it is asked for: {@code
 * -Dmandate.simulation.seeds=N}; one again: {@code ./mandate bench simulation --seed N --intents 3
 * --hours 30 --relayers 2}.
 */
@EnabledIfSystemProperty(named = "mandate.simulation.seeds", matches = "[0-9]+")
class SimulationTest {
  /** One with eight reorgs and a crash. */
  private static final long FIRST = 3;

  private static final int RELAYERS = 2;
  private static final int INTENTS = 3;
  private static final Duration LENGTH = Duration.ofHours(30);
  private static Simulation simulation;

  @BeforeAll
  static void prepare() throws IOException {
    simulation = Simulation.prepare(Tools.root());
  }

  @AfterAll
  static void close() {
    simulation.close();
  }

  @Test
  void L9_shouldComeToRestWhateverFails() throws IOException {
    int seeds = Integer.getInteger("mandate.simulation.seeds", 1);
    for (long seed = FIRST; seed < FIRST + seeds; seed++) run(seed);
  }

  @Test
  void L9_shouldHappenTheSameWayAgain() throws IOException {
    Outcome first = run(1);
    Outcome again = run(1);
    assertEquals(first.digest(), again.digest());
    assertEquals(first.steps(), again.steps());
    assertTrue(first.hours() >= 24, first.hours() + " hours");
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
