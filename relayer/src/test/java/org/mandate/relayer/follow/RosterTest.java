package org.mandate.relayer.follow;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;

/** Who is believed when some are doubted. */
class RosterTest {
  private static final List<Integer> THREE = List.of(0, 1, 2);

  private final AtomicLong now = new AtomicLong();
  private final Roster roster = new Roster(3, now::get);

  @Test
  void L10_shouldNotBeLeftWithOneNodeByDoubtsAboutTheOthers() {
    assertEquals(THREE, roster.credible(THREE));
    roster.doubt(1);
    assertEquals(List.of(0, 2), roster.credible(THREE));
    pass(1);
    roster.doubt(0);
    assertEquals(List.of(2, 1), roster.credible(THREE), "who was doubted first is heard again");
    pass(1);
    roster.doubt(2);
    assertEquals(List.of(0, 1), roster.credible(THREE));
    assertEquals(List.of(2), roster.credible(List.of(2)), "nobody else answers");
    assertEquals(0, new Roster(2, now::get).credible(List.of()).size());
  }

  @Test
  void L10_shouldBelieveTheOtherOfTwo() {
    Roster two = new Roster(2, now::get);
    two.doubt(1);
    assertEquals(List.of(0), two.credible(List.of(0, 1)));
    pass(1);
    two.doubt(0);
    assertEquals(List.of(1), two.credible(List.of(0, 1)));
  }

  /** Who lies again and again leads each time for as long as it takes to be found out. */
  @Test
  void L10_shouldDoubtForLongerWhoLeadsOnAndIsWrongAgain() {
    for (int i = 0; i < 6; i++) {
      roster.doubt(0);
      assertFalse(roster.isTrusted(0));
      roster.trust(0);
      assertTrue(roster.isTrusted(0));
      pass(800);
    }
    roster.doubt(0);
    pass(200);
    assertFalse(roster.isTrusted(0), "each doubt is twice as long as the one before");
    roster.clear(0);
    assertTrue(roster.isTrusted(0));
    roster.doubt(0);
    pass(11);
    assertTrue(roster.isTrusted(0), "as at first");
  }

  /** A block that was replaced shows nothing, nor does one that is not final yet. */
  @Test
  void L10_shouldForgetDoubtsAboutWhoLedToWhatIsFinal() {
    Leads leads = new Leads();
    leads.add(0, 4, block(5, "five"));
    leads.add(1, 4, block(5, "another"));
    leads.add(2, 6, block(9, "nine"));
    leads.add(0, 6, block(9, "nine"));
    assertEquals(List.of(), leads.settle(4, number -> block(number, "none")));
    assertEquals(List.of(0), leads.settle(5, number -> block(number, "five")));
    assertEquals(List.of(2), leads.settle(9, number -> block(number, "nine")));
  }

  /** It lies in true blocks: that these become final shows nothing. */
  @Test
  void L10_shouldKnowWhoToldOfABlockAndNotForgetDoubtsAboutWhoLiedInIt() {
    Leads leads = new Leads();
    leads.add(0, 1, block(3, "three"));
    leads.add(1, 4, block(6, "six"));
    leads.add(2, 5, block(5, "five")); // after a reorg
    assertEquals(Optional.of(0), leads.teller(2));
    assertEquals(Optional.of(1), leads.teller(4));
    assertEquals(Optional.of(2), leads.teller(6));
    assertEquals(Optional.empty(), leads.teller(0));
    leads.drop(0);
    assertEquals(List.of(), leads.settle(4, number -> block(number, "three")));
    assertEquals(Optional.empty(), leads.teller(3), "it is final");
    assertEquals(Optional.of(1), leads.teller(4));
  }

  @Test
  void L10_shouldLeaveHalfOfTheNodesBelievedWhoeverIsSuspected() {
    Roster four = new Roster(4, now::get);
    for (int node = 0; node < 4; node++) {
      four.suspect(node);
      pass(1);
      four.suspect(node); // it is doubted already
    }
    assertEquals(List.of(0, 1), four.credible(List.of(0, 1, 2, 3)));
    pass(6);
    assertTrue(four.isTrusted(0), "10 s after the first word against it");
  }

  private static Block block(long number, String name) {
    return new Block(number, Hash.keccak(name), Hash.ZERO, Instant.EPOCH);
  }

  @Test
  void shouldPreferTheNextOneOnlyInPlaceOfWhoIsDoubted() {
    roster.doubt(1);
    assertEquals(0, roster.preferred());
    roster.doubt(0);
    assertEquals(2, roster.preferred());
  }

  private void pass(int seconds) {
    now.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }
}
