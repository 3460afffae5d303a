package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrewTest {
  /** The nodes of all chains but one never answer, and there is work for everybody at each. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 9})
  void L9_shouldHaveSomebodyLeftForTheLastChain(int many) {
    Crew crew = new Crew(LongStream.rangeClosed(1, many).boxed().collect(Collectors.toSet()));
    int idle = Crew.size(many);
    for (long slow = 1; slow < many; slow++) while (stays(crew, slow)) idle--;
    assertTrue(idle > 0, "nobody is left");
    assertTrue(crew.enter().contains((long) many));
  }

  /** Whether one more may be there. */
  private static boolean stays(Crew crew, long chain) {
    Set<Long> entered = crew.enter();
    boolean stays = entered.remove(chain);
    crew.leave(entered);
    return stays;
  }

  @Test
  void L9_shouldTellOnceThatSomebodyWasRefused() {
    Crew crew = new Crew(Set.of(1L, 2L));
    while (stays(crew, 1)) {} // all that there is room for
    Set<Long> elsewhere = crew.enter();
    assertEquals(Set.of(2L), elsewhere);
    assertFalse(crew.leave(elsewhere), "nobody was refused there");
    assertTrue(crew.leave(Set.of(1L)), "somebody is to look again");
    assertFalse(crew.leave(crew.enter()));
  }
}
