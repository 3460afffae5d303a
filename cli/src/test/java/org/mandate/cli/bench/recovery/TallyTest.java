package org.mandate.cli.bench.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;

class TallyTest {
  @Test
  void shouldKeepEachTransactionThatSomebodyElseSignedForANonce() {
    var tally = new Tally();
    tally.foreign(0, 1, 7, hash(1));
    tally.foreign(0, 1, 7, hash(2));
    assertEquals(Set.of(hash(1), hash(2)), tally.foreign(0, 1, 7));
    assertEquals(Set.of(), tally.foreign(0, 1, 8));
    assertEquals(Set.of(), tally.foreign(1, 1, 7));
    assertEquals(Set.of(), tally.foreign(0, 2, 7));
  }

  private static Hash hash(int number) {
    return Hash.of("0x%064x".formatted(number));
  }
}
