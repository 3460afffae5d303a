package org.mandate.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the explorer stands on: worlds that are packed, and the set of them. */
class StatesTest {
  static java.util.List<Scope> scopes() {
    return Scope.all();
  }

  /** Random walks: what was packed comes back, but for the intents' names. */
  @ParameterizedTest
  @MethodSource("scopes")
  void shouldReadWhatWasPacked(Scope scope) {
    var random = new Random(4);
    var rules = new Rules(scope);
    var layout = new World.Layout(scope);
    var spare = new long[layout.words];
    for (int walk = 0; walk < 200; walk++) {
      var world = new World(layout);
      for (int length = 0; length < 40; length++) {
        int[] steps =
            java.util.Arrays.stream(rules.steps())
                .filter(s -> rules.enabled(world, s) && rules.willing(world, s))
                .toArray();
        if (steps.length == 0) break;
        rules.apply(world, steps[random.nextInt(steps.length)]);
        var key = new long[layout.words];
        world.pack(key, spare);
        var read = new World(layout);
        read.unpack(key, 0);
        var again = new long[layout.words];
        read.pack(again, spare);
        assertArrayEquals(key, again);
        if (scope.intents == 1) assertEquals(world.toString(), read.toString());
      }
    }
  }

  @Test
  void shouldKeepEachWorldOnce() {
    var states = new States(2);
    var random = new Random(4);
    Map<Long, Integer> expected = new HashMap<>();
    for (int i = 0; i < 400_000; i++) {
      long value = random.nextInt(300_000);
      long[] key = {value, ~value};
      Integer before = expected.putIfAbsent(value, states.size());
      assertEquals(before == null, states.add(key, 0));
    }
    assertEquals(expected.size(), states.size());
    expected.forEach((value, at) -> assertEquals(at, states.find(new long[] {value, ~value})));
    assertEquals(-1, states.find(new long[] {1, 1}));
    assertTrue(states.same(0, new long[] {first(expected), ~first(expected)}));
    assertFalse(states.same(0, new long[] {-1, 0}));
  }

  private static long first(Map<Long, Integer> expected) {
    return expected.entrySet().stream()
        .filter(e -> e.getValue() == 0)
        .findFirst()
        .orElseThrow()
        .getKey();
  }
}
