package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.intent.Intent;

/** The bucketed window against the exact one, which remembers every payment. */
class PolicyWindowTest {
  private static final BigInteger CHAIN = BigInteger.ONE;
  private static final Address PAYEE = Address.of("0x" + "0".repeat(38) + "b1");
  private static final BigInteger MOST =
      AssetLimit.nearestPerTransaction(BigInteger.TWO.pow(104).subtract(BigInteger.ONE));
  private static final Terms TERMS =
      new Terms((1L << 32) - 1, 1, 65_535, Terms.MAX_AUDIT_LAG, true, false);

  /** A payment that was admitted. */
  private record Payment(long at, BigInteger amount) {}

  @Test
  void L2_noWindowEverHoldsMoreThanTheCap() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      int window = 1 + random.nextInt(1 << (1 + random.nextInt(20)));
      BigInteger cap = kept(new BigInteger(1 + random.nextInt(104), random).add(BigInteger.ONE));
      Mandate mandate = mandate(limit(cap, window));
      List<Payment> admitted = new ArrayList<>();
      long now = 1_000_000_000L;
      for (int i = 0; i < 300; i++) {
        now += random.nextInt(3) == 0 ? 0 : pause(random, window);
        if (random.nextInt(40) == 0) {
          // Windows never grow here: what an earlier, shorter window has forgotten, a longer one
          // can't count.
          window = 1 + random.nextInt(window);
          cap =
              kept(
                  cap.shiftRight(random.nextInt(3))
                      .add(new BigInteger(random.nextInt(8), random))
                      .max(BigInteger.ONE));
          mandate = new PolicyChange.SetLimit(Address.ZERO, limit(cap, window)).apply(mandate, now);
        }
        BigInteger amount =
            amount(random, cap, mandate.asset(Address.ZERO).usage().at(now).left(cap));
        Judgement judgement = judge(mandate, amount, now);
        if (judgement.verdict().allowed()) {
          admitted.add(new Payment(now, amount));
          mandate = judgement.after();
          BigInteger spent = spentSince(admitted, now - window);
          assertTrue(
              spent.compareTo(cap) <= 0,
              "seed "
                  + seed
                  + ": "
                  + spent
                  + " in the "
                  + window
                  + " s to "
                  + now
                  + ", the cap is "
                  + cap);
        }
      }
    }
  }

  @Test
  void L2_refusesOnlyWhatTheWindowAndASeventhMoreDoNotHold() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      int window = 1 + random.nextInt(1 << (1 + random.nextInt(20)));
      BigInteger cap =
          BigInteger.valueOf(1 + random.nextInt((1 << 19) - 2)); // exact: the unit is 1
      Mandate mandate = mandate(limit(cap, window));
      List<Payment> admitted = new ArrayList<>();
      long now = 1_000_000_000L;
      int refused = 0;
      for (int i = 0; i < 300; i++) {
        now += pause(random, window);
        BigInteger amount =
            amount(random, cap, mandate.asset(Address.ZERO).usage().at(now).left(cap)).min(cap);
        Judgement judgement = judge(mandate, amount, now);
        if (judgement.verdict().allowed()) {
          admitted.add(new Payment(now, amount));
          mandate = judgement.after();
        } else {
          refused++;
          assertEquals(Rule.WINDOW, judgement.verdict().rule());
          // whole seconds per bucket: up to 7 more
          BigInteger spent = spentSince(admitted, now - window - window / 7 - 7);
          assertTrue(
              spent.add(amount).compareTo(cap) > 0,
              "seed " + seed + ": refused " + amount + " after " + spent + " of " + cap);
        }
      }
      assertTrue(refused > 0, "seed " + seed + " refused nothing");
    }
  }

  @Test
  void L2_decimalAmountsFillADecimalCapExactly() {
    for (int seed = 0; seed < 1000; seed++) {
      Random random = new Random(seed);
      int digits = 1 + random.nextInt((1 << 19) - 2);
      BigInteger last = BigInteger.TEN.pow(random.nextInt(24));
      BigInteger cap = BigInteger.valueOf(digits).multiply(last);
      Mandate mandate = mandate(limit(cap, 86_400));
      long now = 1_000_000_000L;
      int rest = digits;
      while (rest > 0) {
        now += random.nextInt(1000);
        int part = 1 + random.nextInt(rest);
        Judgement judgement = judge(mandate, last.multiply(BigInteger.valueOf(part)), now);
        assertTrue(judgement.verdict().allowed(), "seed " + seed + ": " + judgement.verdict());
        mandate = judgement.after();
        rest -= part;
        assertEquals(
            last.multiply(BigInteger.valueOf(rest)),
            mandate.asset(Address.ZERO).usage().at(now).left(cap),
            "seed " + seed);
      }
      assertEquals(Rule.WINDOW, judge(mandate, BigInteger.ONE, now).verdict().rule());
    }
  }

  @Test
  void L2_whatASmallerUnitCannotSayBlocksUntilItFallsOut() {
    BigInteger ether = BigInteger.TEN.pow(18);
    long now = 1_000_000_000L;
    Mandate mandate = judge(mandate(limit(ether, 700)), ether, now).after();
    // A cap in single wei: what was spent has no place in such a bucket.
    mandate =
        new PolicyChange.SetLimit(Address.ZERO, limit(BigInteger.TEN, 700)).apply(mandate, now);
    Verdict refused = judge(mandate, BigInteger.ONE, now + 690).verdict();
    assertEquals(Rule.WINDOW, refused.rule());
    assertEquals(BigInteger.ZERO, refused.left());
    assertTrue(judge(mandate, BigInteger.ONE, refused.availableAt()).verdict().allowed());
    // Back to what it was: still nothing is spent twice.
    mandate = new PolicyChange.SetLimit(Address.ZERO, limit(ether, 700)).apply(mandate, now);
    BigInteger left = mandate.asset(Address.ZERO).usage().at(now).left(ether);
    assertTrue(left.compareTo(ether) < 0, "left " + left);
  }

  @Test
  void L11_whatCannotBeKeptExactlyIsRefusedWithTheNearestThatCan() {
    BigInteger seven = BigInteger.valueOf(5_242_871);
    var cap = assertThrows(IllegalArgumentException.class, () -> new AssetLimit(MOST, seven, 60));
    assertTrue(cap.getMessage().contains("the nearest below is 5242800"), cap.getMessage());
    BigInteger five = BigInteger.valueOf(16_384);
    var most = assertThrows(IllegalArgumentException.class, () -> new AssetLimit(five, five, 60));
    assertTrue(most.getMessage().contains("the nearest below is 16380"), most.getMessage());
    for (long exact : new long[] {0, 1, 16_383, 16_380, 99_990, 1_638_300}) {
      new AssetLimit(BigInteger.valueOf(exact), BigInteger.valueOf(524_286), 60);
    }
  }

  @Test
  void L2_threePaymentsOfAThirdFit() {
    BigInteger ether = BigInteger.TEN.pow(18);
    Mandate mandate = mandate(new AssetLimit(ether, ether.multiply(BigInteger.valueOf(3)), 86_400));
    for (int i = 0; i < 3; i++) {
      Judgement judgement = judge(mandate, ether, 1_000_000_000L + i);
      assertTrue(judgement.verdict().allowed(), judgement.verdict()::toString);
      mandate = judgement.after();
    }
  }

  @Test
  void L12_admitsAtTheTimeThatARefusalNamesAndNotBefore() {
    int named = 0;
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      int window = 1 + random.nextInt(1 << (1 + random.nextInt(20)));
      BigInteger cap = kept(new BigInteger(1 + random.nextInt(104), random).add(BigInteger.ONE));
      Mandate mandate = mandate(limit(cap, window));
      long now = 1_000_000_000L;
      for (int i = 0; i < 100; i++) {
        now += pause(random, window);
        BigInteger amount =
            amount(random, cap, mandate.asset(Address.ZERO).usage().at(now).left(cap)).min(cap);
        Judgement judgement = judge(mandate, amount, now);
        Verdict verdict = judgement.verdict();
        if (verdict.allowed()) {
          mandate = judgement.after();
        } else if (verdict.availableAt() > 0) {
          named++;
          assertTrue(
              judge(mandate, amount, verdict.availableAt()).verdict().allowed(), "seed " + seed);
          assertTrue(
              !judge(mandate, amount, verdict.availableAt() - 1).verdict().allowed(),
              "seed " + seed);
          assertTrue(
              verdict.availableAt() > now
                  && verdict.availableAt() <= now + window + window / 7 + 8);
        }
      }
    }
    assertTrue(named > 1000, "only " + named + " refusals named a time");
  }

  @Test
  void L12_whatARefusalSaysIsLeftIsAdmittedAndOneMoreIsNot() {
    int tried = 0;
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      BigInteger cap = kept(new BigInteger(2 + random.nextInt(103), random).add(BigInteger.TWO));
      Mandate mandate = mandate(limit(cap, 1 + random.nextInt(10_000)));
      long now = 1_000_000_000L;
      for (int i = 0; i < 40; i++) {
        now += random.nextInt(500);
        Judgement judgement = judge(mandate, amount(random, cap, BigInteger.ZERO).min(cap), now);
        if (judgement.verdict().allowed()) {
          mandate = judgement.after();
        } else {
          BigInteger left = judgement.verdict().left();
          if (left.signum() > 0) {
            tried++;
            assertTrue(judge(mandate, left, now).verdict().allowed(), "seed " + seed);
          }
          assertTrue(
              !judge(mandate, left.add(BigInteger.ONE), now).verdict().allowed(), "seed " + seed);
        }
      }
    }
    assertTrue(tried > 1000, "only " + tried + " refusals left something");
  }

  // ------------------------------------------------------------------ helpers

  private static Mandate mandate(AssetLimit limit) {
    Mandate mandate = Mandate.EMPTY;
    for (PolicyChange change :
        List.of(
            new PolicyChange.SetTerms(TERMS),
            new PolicyChange.SetLimit(Address.ZERO, limit),
            new PolicyChange.SetAssetChain(Address.ZERO, CHAIN, true),
            new PolicyChange.SetRecipient(new Recipient(CHAIN, PAYEE), true))) {
      mandate = change.apply(mandate, 0);
    }
    return mandate;
  }

  private static Judgement judge(Mandate mandate, BigInteger amount, long now) {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            PAYEE,
            CHAIN,
            Address.ZERO,
            PAYEE,
            amount,
            Bytes.EMPTY,
            BigInteger.ZERO,
            BigInteger.ZERO);
    Standing standing = new Standing(CHAIN, AgentStatus.ACTIVE, Breakers.NONE, 0);
    return PolicyEvaluator.pay(mandate, standing, intent, now);
  }

  private static BigInteger spentSince(List<Payment> payments, long from) {
    return payments.stream()
        .filter(p -> p.at() >= from)
        .map(Payment::amount)
        .reduce(BigInteger.ZERO, BigInteger::add);
  }

  private static long pause(Random random, int window) {
    return random.nextInt(Math.max(1, window / (1 << random.nextInt(6)) + 2));
  }

  private static BigInteger amount(Random random, BigInteger cap, BigInteger left) {
    BigInteger amount =
        switch (random.nextInt(4)) {
          case 0 -> left;
          case 1 -> left.add(BigInteger.ONE);
          default ->
              new BigInteger(cap.bitLength() + 8, random)
                  .mod(cap.shiftRight(random.nextInt(6)).add(BigInteger.ONE));
        };
    return amount.max(BigInteger.ONE);
  }

  /** The window alone decides: the per-transaction cap is as high as it can be. */
  private static AssetLimit limit(BigInteger cap, int window) {
    return new AssetLimit(MOST, cap, window);
  }

  private static BigInteger kept(BigInteger cap) {
    return AssetLimit.nearestCap(cap.min(MOST));
  }
}
