package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Fees;

class FeeLimitTest {
  private static final FeeLimit LIMIT = FeeLimit.ofGwei(100, 5);

  @Test
  void shouldStayBelowTheLimitWhenTheNodeAsksForMore() {
    assertEquals(
        new Bid(gwei(77), gwei(2)),
        FeeLimit.ofGwei(100, 4).bid(new Fees(gwei(60), gwei(1_000_000), gwei(2_000_000))));
    assertEquals(
        new Bid(gwei(100), gwei(2)),
        FeeLimit.ofGwei(100, 4).bid(new Fees(gwei(90), gwei(3), gwei(183))));
  }

  @Test
  void shouldHaveRoomForReplacementsWhenTheFirstBidWasInflated() {
    Bid bid = LIMIT.bid(new Fees(gwei(1), gwei(1_000_000), gwei(2_000_000)));
    for (int i = 0; i < 5; i++) {
      Bid next = LIMIT.cut(bid.tenthMore());
      assertTrue(bid.isReplaceableBy(next), i + ": " + next);
      bid = next;
    }
  }

  @Test
  void shouldBidWhatTheMarketAsksWhenItIsWithinTheLimit() {
    assertEquals(new Bid(gwei(40), gwei(2)), LIMIT.bid(new Fees(gwei(19), gwei(2), gwei(40))));
  }

  @Test
  void shouldWaitWhenTheBaseFeeIsAboveTheLimit() {
    FeeLimitException e =
        assertThrows(
            FeeLimitException.class, () -> LIMIT.bid(new Fees(gwei(101), gwei(1), gwei(203))));
    assertTrue(e.getMessage().contains("max-fee-gwei"), e.getMessage());
  }

  @Test
  void shouldRefuseToSignWhenABidIsAboveTheLimit() {
    LIMIT.check(new Bid(gwei(100), gwei(5)));
    assertThrows(FeeLimitException.class, () -> LIMIT.check(new Bid(gwei(101), gwei(5))));
    assertThrows(FeeLimitException.class, () -> LIMIT.check(new Bid(gwei(100), gwei(6))));
  }

  private static BigInteger gwei(long value) {
    return BigInteger.valueOf(value).multiply(BigInteger.TEN.pow(9));
  }
}
