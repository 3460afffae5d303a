package org.mandate.cli.bench.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.mandate.relayer.Trap;

/** What is left out here nobody kills. */
class ScheduleTest {
  private static final int RELAYERS = 3;
  private static final int AGENTS = 5;

  @Test
  void L9_shouldKillAtEveryFailpointInAsManySeeds() {
    for (long first : new long[] {0, 50, 1_000_003}) {
      Set<String> met =
          LongStream.range(first, first + Schedule.all().size())
              .mapToObj(seed -> Schedule.of(seed, RELAYERS, AGENTS))
              .map(schedule -> kill(schedule))
              .collect(Collectors.toCollection(HashSet::new));
      assertTrue(Collections.disjoint(met, Schedule.BY_TEST.keySet()), met.toString());
      met.addAll(Schedule.BY_TEST.keySet());
      assertEquals(Set.copyOf(Trap.all()), met);
    }
  }

  /** As the sources of the relayer's tests say. */
  @Test
  void L9_shouldNameATestThatKillsWhereNoSeedDoes() throws IOException {
    for (var each : Schedule.BY_TEST.entrySet()) {
      String[] test = each.getValue().split("#");
      String source =
          Files.readString(
              Path.of("../relayer/src/test/java/org/mandate/relayer", test[0] + ".java"));
      assertTrue(source.contains("void " + test[1] + "("), each.getValue());
      assertTrue(source.contains('"' + each.getKey() + '"'), each.getKey());
    }
  }

  @Test
  void shouldDoTheSameWithASeedEachTime() {
    for (long seed = 0; seed < Schedule.all().size(); seed++)
      assertEquals(Schedule.of(seed, RELAYERS, AGENTS), Schedule.of(seed, RELAYERS, AGENTS));
  }

  @Test
  void shouldTryAgainByOtherSeeds() {
    for (String point : Schedule.all()) {
      long[] others = Schedule.others(point, 400).limit(3).toArray();
      for (long seed : others) {
        assertTrue(seed > 400, point);
        assertEquals(point, Schedule.of(seed, RELAYERS, AGENTS).point());
      }
      assertEquals(3, LongStream.of(others).distinct().count());
    }
  }

  @Test
  void shouldLetRefuseOnlyByTheRuleOfItsKind() {
    assertTrue(Schedule.Kind.RIVAL.mayBeRefusedBy("NONCE"));
    assertTrue(Schedule.Kind.SHORT.mayBeRefusedBy("DEADLINE"));
    assertTrue(Schedule.Kind.BREACH.mayBeRefusedBy("AGENT_BREAKER"));
    for (var kind : Schedule.Kind.values()) assertFalse(kind.mayBeRefusedBy("SIGNATURE"));
    assertFalse(Schedule.Kind.HOME.mayBeRefusedBy("NONCE"));
    assertFalse(Schedule.Kind.RIVAL.mayBeRefusedBy("DEADLINE"));
  }

  private static String kill(Schedule schedule) {
    return schedule.blows().stream()
        .filter(Blow.AtPoint.class::isInstance)
        .map(blow -> ((Blow.AtPoint) blow).point())
        .filter(schedule.point()::equals)
        .findFirst()
        .orElseThrow();
  }
}
