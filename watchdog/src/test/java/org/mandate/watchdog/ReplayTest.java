package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.AuditEvent;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentState;
import org.mandate.policy.AgentStatus;
import org.mandate.policy.Answers;
import org.mandate.policy.BeyondBasic;
import org.mandate.policy.Panel;
import org.mandate.policy.Rule;
import org.mandate.policy.Thresholds;
import org.mandate.policy.Tier;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.watchdog.Replay.Decision;

/** Home's events as they would come, one story each: what the replay makes of them. */
class ReplayTest {
  private static final Address EXECUTOR = address(0xe1);
  private static final Address GOVERNANCE = address(0xe2);
  private static final Address GUARDIAN = address(0xe3);
  private static final Address PAYEE = address(0xb1);
  private static final Address VAULT = address(0xb2);
  private static final BigInteger AGENT = BigInteger.valueOf(7);
  private static final BigInteger CHAIN = BigInteger.valueOf(31338);
  private static final BigInteger ELSEWHERE = BigInteger.valueOf(31339);
  private static final int WINDOW = 7_000; // buckets of 1,000 seconds
  private static final long EXPIRY = 2_000_000_000L;
  private static final IntentDomain DOMAIN = new IntentDomain(CHAIN, EXECUTOR);
  private static final Address APPROVERS = address(0xc1);
  private static final Address HOURS = address(0xc2);
  private static final Address CATEGORIES = address(0xc3);
  private static final Address REPUTATION = address(0xc4);
  private static final PrivateKeySigner WALLET = new PrivateKeySigner(BigInteger.valueOf(0xa1));
  private static final PrivateKeySigner APPROVER_A = new PrivateKeySigner(BigInteger.TWO);
  private static final PrivateKeySigner APPROVER_B = new PrivateKeySigner(BigInteger.TEN);
  private static final Hash BLOCK = Hash.keccak("block");

  private final Replay replay =
      new Replay(
          CHAIN, new Replay.Rules(DOMAIN, APPROVERS, new Settings(HOURS, CATEGORIES, REPUTATION)));
  private final Map<Hash, Intent> waited = new HashMap<>();
  private long now = 1_800_000_000L;
  private int logs;
  private int transactions;
  private int nonces;

  @Test
  void L8_shouldAgreeWhenTheMandateAdmits() {
    grant();
    assertEquals(List.of(), admit(payment(100)));
    assertEquals(List.of(), admit(payment(1)));
  }

  @Test
  void L8_shouldRefuseWhenNothingWasGranted() {
    assertRefuses(Rule.AGENT_STATUS, admit(payment(1)));
    status(AgentStatus.ACTIVE);
    assertRefuses(Rule.EXPIRY, admit(payment(1)));
    terms(EXPIRY, 10, 10);
    assertRefuses(Rule.ASSET, admit(payment(1)));
    limit(100, 300, WINDOW);
    assertRefuses(Rule.CHAIN, admit(payment(1)));
    assetChain(true);
    assertRefuses(Rule.RECIPIENT, admit(payment(1)));
    recipient(true);
    assertEquals(List.of(), admit(payment(1)));
  }

  @Test
  void L8_shouldRefuseWhenSomethingWasTakenBack() {
    grant();
    recipient(false);
    assertRefuses(Rule.RECIPIENT, admit(payment(1)));
    assetChain(false);
    assertRefuses(Rule.CHAIN, admit(payment(1)));
    limit(0, 0, WINDOW);
    assertRefuses(Rule.ASSET, admit(payment(1)));
    terms(now - 1, 10, 10);
    assertRefuses(Rule.EXPIRY, admit(payment(1)));
    status(AgentStatus.SUSPENDED);
    assertRefuses(Rule.AGENT_STATUS, admit(payment(1)));
  }

  @Test
  void L8_shouldJudgeByTheTimeOfTheBlock() {
    grant();
    now = EXPIRY;
    assertEquals(List.of(), admit(payment(1)));
    now++;
    assertRefuses(Rule.EXPIRY, admit(payment(1)));
  }

  @Test
  void L8_shouldRefuseWhenSomebodyFrozeTheAgentAndAgreeAgainWhenItWasThawed() {
    grant();
    tripped(GUARDIAN);
    assertRefuses(Rule.AGENT_BREAKER, admit(payment(1)));
    thawed();
    assertEquals(List.of(), admit(payment(1)));
  }

  @Test
  void L8_shouldHoldTheAgentFrozenWhenItBreached() {
    grant();
    Intent tooMuch = payment(101);
    assertEquals(List.of(), deny(tooMuch, Rule.PER_TRANSACTION, true, 100, 100, 0));
    assertRefuses(Rule.AGENT_BREAKER, admit(payment(1)));
    assertEquals(List.of(), deny(payment(1), Rule.AGENT_BREAKER, false, 0, 0, 0));
    thawed();
    assertEquals(List.of(), admit(payment(1)));
  }

  @Test
  void L8_shouldCountWhatWasAdmittedUntilItFallsOutOfTheWindow() {
    grant();
    now = now / 1_000 * 1_000;
    long falls = now + 8_000;
    for (int i = 0; i < 3; i++) {
      assertEquals(List.of(), admit(payment(100)));
    }
    assertEquals(List.of(), deny(payment(1), Rule.WINDOW, true, 300, 0, falls));
    thawed();
    now = falls - 1;
    assertRefuses(Rule.WINDOW, admit(payment(1))); // wrongly admitted is spent all the same
    now = falls;
    assertEquals(List.of(), admit(payment(100)));
    assertEquals(List.of(), deny(payment(200), Rule.PER_TRANSACTION, true, 100, 100, 0));
    thawed();
    assertEquals(List.of(), admit(payment(99)));
    assertEquals(List.of(), admit(payment(100)));
    assertRefuses(Rule.WINDOW, admit(payment(1)));
  }

  @Test
  void L2_shouldCountNoMoreWhatASettlementGaveBack() {
    grant(ELSEWHERE);
    now = now / 1_000 * 1_000 + 1_000;
    List<Intent> sent = List.of(payment(ELSEWHERE, 100), payment(ELSEWHERE, 100));
    sent.forEach(intent -> assertEquals(List.of(), dispatch(intent)));
    assertEquals(List.of(), admit(payment(100)));
    now += 500;
    assertEquals(List.of(), settle(sent.get(0), IntentState.EXECUTED, 40, 60));
    assertEquals(List.of(), settle(sent.get(1), IntentState.EXECUTED, 100, 0));
    assertEquals(List.of(), admit(payment(60)));
    assertRefuses(Rule.WINDOW, admit(payment(1)));
  }

  @Test
  void L2_shouldTellWhenABudgetGetsBackWhatItDoesNot() {
    grant(ELSEWHERE);
    now = now / 1_000 * 1_000 + 1_000;
    Intent tooMuch = payment(ELSEWHERE, 100);
    Intent tooLate = payment(ELSEWHERE, 90);
    Intent tooLittle = payment(ELSEWHERE, 80);
    List.of(tooMuch, tooLate, tooLittle).forEach(intent -> dispatch(intent));
    assertGivesBack(59, settle(tooMuch, IntentState.EXECUTED, 41, 60));
    assertGivesBack(80, settle(tooLittle, IntentState.FAILED, 0, 79));
    now += 8_000;
    assertGivesBack(0, settle(tooLate, IntentState.CANCELLED, 0, 90));
    assertInstanceOf(
        Decision.NeverJudged.class, settle(tooLate, IntentState.CANCELLED, 0, 90).getFirst());
  }

  @Test
  void L2_shouldTellWhenABudgetGetsSomethingBackForNothing() {
    grant(ELSEWHERE);
    assertGivesBack(0, transaction(refund(5)));
  }

  private static void assertGivesBack(long own, List<Decision> decisions) {
    assertEquals(1, decisions.size(), decisions.toString());
    assertEquals(
        BigInteger.valueOf(own),
        assertInstanceOf(Decision.RefundedOtherwise.class, decisions.getFirst()).own());
  }

  private List<Decision> dispatch(Intent intent) {
    Hash id = id(intent);
    return transaction(
        new Entry.Policy(consumption(intent)),
        new Entry.Step(new IntentEvent.Dispatched(log(), id, AGENT, intent, Hash.ZERO)));
  }

  /** A settlement, after what the account says of it. */
  private List<Decision> settle(Intent intent, IntentState outcome, long moved, long refunded) {
    Entry refund = refund(refunded);
    Entry settled =
        new Entry.Step(
            new IntentEvent.Settled(
                log(),
                id(intent),
                AGENT,
                outcome,
                BigInteger.valueOf(moved),
                BigInteger.valueOf(refunded)));
    return refunded == 0 ? transaction(settled) : transaction(refund, settled);
  }

  private Entry refund(long amount) {
    return new Entry.Policy(
        log(
            "Refunded(uint256,address,uint256,uint256)",
            List.of(word(Address.ZERO)),
            List.of(number(amount), number(now))));
  }

  @Test
  void L8_shouldCountTransactionsAndUnpublishedRecords() {
    grant();
    terms(EXPIRY, 2, 1);
    assertEquals(List.of(), admit(payment(1)));
    append();
    assertEquals(List.of(), admit(payment(1)));
    append();
    assertRefuses(Rule.FREQUENCY, admit(payment(1)));
    terms(EXPIRY, 10, 1);
    assertRefuses(Rule.AUDIT_LAG, admit(payment(1)));
    publish(1);
    assertEquals(List.of(), admit(payment(1)));
    append();
    assertRefuses(Rule.AUDIT_LAG, admit(payment(1)));
  }

  @Test
  void L8_shouldTellARefusalOfWhatTheMandateAdmits() {
    grant();
    assertInstanceOf(Decision.Refused.class, one(deny(payment(1), Rule.RECIPIENT, false, 0, 0, 0)));
  }

  @Test
  void L8_shouldTellARefusalForAnotherReasonOrWithOtherNumbers() {
    grant();
    now = now / 1_000 * 1_000;
    assertEquals(List.of(), admit(payment(100)));
    assertEquals(List.of(), admit(payment(100)));
    assertEquals(List.of(), admit(payment(90)));
    long falls = now + 8_000;
    Intent intent = payment(20);
    List<List<Decision>> wrong =
        List.of(
            deny(intent, Rule.FREQUENCY, false, 300, 10, falls),
            deny(intent, Rule.WINDOW, false, 300, 10, falls),
            deny(intent, Rule.WINDOW, true, 301, 10, falls));
    wrong.forEach(decisions -> assertInstanceOf(Decision.RefusedOtherwise.class, one(decisions)));
    thawed();
    assertInstanceOf(
        Decision.RefusedOtherwise.class, one(deny(intent, Rule.WINDOW, true, 300, 11, falls)));
    thawed();
    assertInstanceOf(
        Decision.RefusedOtherwise.class, one(deny(intent, Rule.WINDOW, true, 300, 10, falls + 1)));
    thawed();
    assertEquals(List.of(), deny(intent, Rule.WINDOW, true, 300, 10, falls));
  }

  @Test
  void L8_shouldJudgeAndCountDirectPayments() {
    grant();
    terms(EXPIRY, 10, 1);
    assertEquals(List.of(), pay(100));
    assertEquals(List.of(), pay(100)); // one record is not published
    assertRefuses(Rule.AUDIT_LAG, pay(1));
    publish(3);
    assertRefuses(Rule.PER_TRANSACTION, pay(101));
    assertEquals(List.of(), refuse(101, Rule.PER_TRANSACTION, true, 100, 0, 0));
    assertRefuses(Rule.AGENT_BREAKER, pay(1));
    thawed();
    assertInstanceOf(Decision.RefusedOtherwise.class, one(refuse(1, Rule.ASSET, true, 0, 0, 0)));
    assertInstanceOf(
        Decision.RefusedOtherwise.class, one(refuse(1, Rule.EXPIRY, false, EXPIRY, 0, 0)));
  }

  @Test
  void L8_shouldTellARefusalOfADirectPaymentThatTheMandateAdmits() {
    grant();
    assertInstanceOf(Decision.Refused.class, one(refuse(1, Rule.ASSET_BREAKER, false, 0, 0, 0)));
  }

  @Test
  void L8_shouldRefuseWhileABreakerAboveTheAgentIsTripped() {
    grant();
    for (var breaker :
        Map.of(
                Rule.GLOBAL_BREAKER, List.of(0L, 0L),
                Rule.CHAIN_BREAKER, List.of(1L, CHAIN.longValueExact()),
                Rule.ASSET_BREAKER, List.of(2L, 0L))
            .entrySet()) {
      List<Long> which = breaker.getValue();
      above("Stopped(uint8,uint256,address)", which);
      assertRefuses(breaker.getKey(), admit(payment(1)));
      assertRefuses(breaker.getKey(), pay(1));
      assertEquals(List.of(), refuse(1, breaker.getKey(), false, 0, 0, 0));
      above("Restarted(uint8,uint256,address)", which);
      assertEquals(List.of(), pay(1));
    }
    above("Stopped(uint8,uint256,address)", List.of(2L, 7L)); // another asset
    assertEquals(List.of(), pay(1));
  }

  @Test
  void L8_shouldHoldTiersWhenTheMandateIsNotBasic() {
    grant();
    terms(EXPIRY, 100, 100, false);
    Intent intent = payment(10);
    assertInstanceOf(Decision.TooSoon.class, one(admit(intent)), "never set: approvals");
    BigInteger never = Thresholds.NEVER;
    thresholds(Address.ZERO, never, never, 0, never);
    assertInstanceOf(Decision.TooSoon.class, one(admit(intent)), "never set in dollars");
    thresholds(BeyondBasic.USD, never, never, 0, never);
    thresholds(Address.ZERO, never, BigInteger.TEN, 60, never);
    assertEquals(List.of(), admit(payment(10)));
    assertInstanceOf(Decision.TooSoon.class, one(admit(payment(11))));
    assertEquals(List.of(), waits(payment(11), Tier.DELAY, 60));
    assertInstanceOf(Decision.TooSoon.class, one(waits(payment(11), Tier.DELAY, 59)));
    risk(1);
    assertInstanceOf(Decision.TooSoon.class, one(waits(payment(11), Tier.DELAY, 119)));
    assertEquals(List.of(), waits(payment(11), Tier.DELAY, 120));
    thresholds(Address.ZERO, never, BigInteger.TEN, 60, BigInteger.TEN);
    assertInstanceOf(Decision.TooSoon.class, one(waits(payment(11), Tier.DELAY, 120)));
    assertEquals(List.of(), waits(payment(11), Tier.APPROVAL, 120));
    assertRefuses(Rule.INTENT_NEEDED, pay(1));
  }

  @Test
  void L8_shouldHoldTheTempoWhenTheMandateIsNotBasic() {
    grant();
    terms(EXPIRY, 100, 100, false);
    nothingAsked();
    policy(
        "TempoSet(uint256,(uint8,uint24,uint24),address)",
        List.of(word(GOVERNANCE)),
        List.of(number(2), number(1_000), number(5)));
    assertEquals(List.of(), admit(payment(1)));
    now += 4;
    assertRefuses(Rule.COOLDOWN, admit(payment(1))); // counted all the same
    now += 5;
    assertRefuses(Rule.BURST, admit(payment(1)));
  }

  @Test
  void L8_shouldHoldCallsToTheirPermissions() {
    grant();
    String selector = "11223344";
    Intent call = call(selector);
    assertRefuses(Rule.SELECTOR, admit(call));
    assertEquals(List.of(), deny(call, Rule.SELECTOR, true, 0, 0, 0));
    thawed();
    permission(selector, 2);
    assertEquals(List.of(), admit(call(selector)));
    assertInstanceOf(
        Decision.Refused.class, one(deny(call(selector), Rule.SELECTOR, false, 0, 0, 0)));
    permission(selector, 0);
    assertRefuses(Rule.SELECTOR, admit(call(selector)));
  }

  private void nothingAsked() {
    BigInteger never = Thresholds.NEVER;
    thresholds(Address.ZERO, never, never, 0, never);
    thresholds(BeyondBasic.USD, never, never, 0, never);
  }

  @Test
  void L8_shouldHoldToWhatARuleOfTheBookSaid() {
    grant();
    terms(EXPIRY, 100, 100, false);
    nothingAsked();
    Address rule = address(0xd1);
    policy("RuleAdded(uint256,address,address)", List.of(word(rule), word(GOVERNANCE)), List.of());
    BigInteger yes = BigInteger.ONE;
    BigInteger no = BigInteger.ZERO;
    assertEquals(Optional.empty(), heard(admit(payment(1)), says(yes, no, no, no)));
    for (Answers others :
        List.of(
            says(no, no, no, no),
            says(yes, no, no),
            says(BigInteger.TWO, no, no, no),
            Answers.NONE)) {
      assertRefuses(Rule.RULE_BOOK, heard(admit(payment(1)), others).stream().toList());
    }
    List<Decision> refusal = deny(payment(1), Rule.RULE_BOOK, false, 3, 2, 5, rule);
    Answers same = says(no, BigInteger.valueOf(3), BigInteger.TWO, BigInteger.valueOf(5));
    assertEquals(Optional.empty(), heard(refusal, same));
    assertInstanceOf(Decision.Refused.class, heard(refusal, says(yes, no, no, no)).orElseThrow());
    assertInstanceOf(
        Decision.RefusedOtherwise.class, heard(refusal, says(no, no, no, no)).orElseThrow());
    policy(
        "RuleRemoved(uint256,address,address)", List.of(word(rule), word(GOVERNANCE)), List.of());
    assertEquals(List.of(), admit(payment(1)));
  }

  @Test
  void L8_shouldHoldToTheShippedRulesAsTheyAreSet() {
    grant();
    terms(EXPIRY, 100, 100, false);
    nothingAsked();
    ruleAdded(HOURS);
    assertRefuses(Rule.RULE_BOOK, admit(payment(1)));
    long second = now % 86_400;
    policyOf(
        HOURS,
        "HoursSet(uint256,(uint8,uint24,uint24)[],address)",
        List.of(word(GOVERNANCE)),
        List.of(number(32), number(1), number(127), number(second), number(10)));
    assertEquals(List.of(), admit(payment(1)));
    now += 10;
    assertRefuses(Rule.RULE_BOOK, admit(payment(1)));
    now -= 10;
    ruleAdded(CATEGORIES);
    assertRefuses(Rule.RULE_BOOK, admit(payment(1)));
    Hash compute = Hash.keccak("compute");
    policyOf(
        CATEGORIES,
        "CategorySet(uint256,uint256,address,bytes32,address)",
        List.of(number(CHAIN), word(PAYEE)),
        List.of(compute, word(GOVERNANCE)));
    policyOf(
        CATEGORIES,
        "CategoryLimitSet(uint256,bytes32,address,uint256,address)",
        List.of(compute, word(Address.ZERO)),
        List.of(number(5), word(GOVERNANCE)));
    assertEquals(List.of(), admit(payment(5)));
    assertRefuses(Rule.RULE_BOOK, admit(payment(6)));
    ruleAdded(REPUTATION);
    assertRefuses(Rule.RULE_BOOK, admit(payment(5)));
  }

  @Test
  void L11_shouldDemandApprovalsWhenThePriceIsStale() {
    grant();
    limit(100, 3_000, WINDOW);
    terms(EXPIRY, 100, 100, false);
    BigInteger never = Thresholds.NEVER;
    thresholds(Address.ZERO, never, never, 0, never);
    thresholds(BeyondBasic.USD, never, BigInteger.valueOf(1_000), 60, never);
    Address feed = address(0xf1);
    Log set =
        new Log(
            BLOCK,
            1,
            Hash.keccak("transaction " + transactions),
            logs++,
            EXECUTOR,
            List.of(
                Hash.keccak(
                    "FeedSet(uint256,address,(address,uint32,uint16,uint16,uint8,uint8,uint8,bool),address)"),
                number(CHAIN),
                word(Address.ZERO),
                word(GOVERNANCE)),
            data(
                List.of(
                    word(feed),
                    number(100),
                    number(1),
                    number(9),
                    number(8),
                    number(8),
                    number(8),
                    number(0))));
    assertEquals(List.of(), transaction(new Entry.Policy(set)));
    BigInteger two = BigInteger.valueOf(200_000_000);
    assertEquals(Optional.empty(), heard(admit(payment(100)), round(two, now - 100)));
    assertInstanceOf(
        Decision.TooSoon.class, heard(admit(payment(100)), round(two, now - 101)).orElseThrow());
    assertInstanceOf(
        Decision.TooSoon.class,
        heard(admit(payment(100)), round(BigInteger.ZERO, now)).orElseThrow());
    BigInteger most = BigInteger.valueOf(900_000_000);
    assertInstanceOf(
        Decision.TooSoon.class,
        heard(admit(payment(100)), round(most.add(BigInteger.ONE), now)).orElseThrow());
    thresholds(BeyondBasic.USD, never, BigInteger.valueOf(899), 60, never);
    assertInstanceOf(
        Decision.TooSoon.class, heard(admit(payment(100)), round(most, now)).orElseThrow());
    assertEquals(Optional.empty(), heard(waits(payment(100), Tier.DELAY, 60), round(most, now)));
  }

  private static Answers round(BigInteger answer, long updatedAt) {
    BigInteger id = BigInteger.TEN;
    return says(id, answer, BigInteger.ZERO, BigInteger.valueOf(updatedAt), id);
  }

  @Test
  void L5_shouldHoldBackWhatWaitedAsLongAsTheMandateDoes() {
    grant();
    Intent early = waiting(Tier.DELAY);
    now += 59;
    assertEquals("it has to wait until " + (now + 1), held(goesOn(early)));
    Intent inTime = waiting(Tier.DELAY);
    now += 60;
    assertEquals(List.of(), goesOn(inTime));
    // The delay that it has by now counts.
    early = waiting(Tier.DELAY);
    inTime = waiting(Tier.DELAY);
    thresholds(Address.ZERO, Thresholds.NEVER, BigInteger.TEN, 600, Thresholds.NEVER);
    now += 599;
    assertEquals("it has to wait until " + (now + 1), held(goesOn(early)));
    now++;
    assertEquals(List.of(), goesOn(inTime));
    Intent late = waiting(Tier.DELAY);
    now = late.deadline().longValueExact() + 1;
    assertTrue(held(goesOn(late)).startsWith("its deadline "));
  }

  @Test
  void L5_shouldHoldBackWhatTheMandateRefusesByNow() {
    grant();
    assertHeldBack(Rule.RECIPIENT, () -> recipient(false));
    recipient(true);
    assertHeldBack(Rule.PER_TRANSACTION, () -> limit(10, 300, WINDOW));
    limit(100, 300, WINDOW);
    assertHeldBack(Rule.AGENT_BREAKER, () -> tripped(GUARDIAN));
    thawed();
    assertHeldBack(Rule.AGENT_STATUS, () -> status(AgentStatus.SUSPENDED));
    status(AgentStatus.ACTIVE);
    assertHeldBack(Rule.RULE_BOOK, () -> ruleAdded(HOURS));
  }

  private void assertHeldBack(Rule rule, Runnable change) {
    Intent intent = waiting(Tier.DELAY);
    now += 60;
    change.run();
    String why = held(goesOn(intent));
    assertTrue(why.startsWith("the mandate refuses it by now: " + rule), why);
  }

  @Test
  void L7_shouldHoldBackWhatALostKeySigned() {
    grant();
    Intent intent = waiting(Tier.DELAY);
    now += 60;
    wallet(WALLET.address());
    assertEquals("the agent's key changed since it signed", held(goesOn(intent)));
  }

  @Test
  void L7_shouldHoldBackWhatTooFewApproved() {
    grant();
    wallet(WALLET.address());
    approvers(2, APPROVER_A, APPROVER_B, WALLET);
    Intent intent = waiting(Tier.APPROVAL);
    now += 60;
    Decision.Open open = assertInstanceOf(Decision.Open.class, one(goesOn(intent)));
    String tooFew = "too few of the agent's approvers agreed";
    assertEquals(tooFew, released(open, true));
    assertEquals(tooFew, released(open, true, approval(intent, APPROVER_A, now)));
    assertEquals(
        tooFew,
        released(open, true, approval(intent, APPROVER_A, now), approval(intent, WALLET, now)),
        "the agent's own key");
    assertEquals(
        tooFew,
        released(
            open, true, approval(intent, APPROVER_A, now), approval(intent, APPROVER_B, now - 1)),
        "an approval that is over");
    Panel.Approval ofAnother = approval(payment(7), APPROVER_B, now);
    assertEquals(
        tooFew, released(open, true, approval(intent, APPROVER_A, now), ofAnother), "another one");
    assertEquals(
        "agreed",
        released(open, true, approval(intent, APPROVER_A, now), approval(intent, APPROVER_B, now)));
    assertInstanceOf(
        Decision.Unverifiable.class,
        open.judge()
            .decide(new Evidence(Answers.NONE, false, Bytes.of("0x1234"), Set.of()))
            .orElseThrow());
  }

  @Test
  void L8_shouldReadApprovalsInWhateverLayoutTheExecutorDoes() {
    Decision.Open open = needsBoth();
    Intent intent = waited.get(open.intentId());
    List<Panel.Approval> both = both(intent);
    for (int behind : List.of(0, 1, 100_001)) {
      assertEquals(
          Optional.empty(), directly(open, ApprovalCalls.unusual(intent, both, behind)), "agreed");
      assertEquals(
          Optional.empty(),
          directly(open, Bytes.of(proceedApproved(open, both) + "00".repeat(behind))),
          "agreed");
      Bytes one = ApprovalCalls.unusual(intent, both.subList(0, 1), behind);
      assertInstanceOf(Decision.Released.class, directly(open, one).orElseThrow(), "too few");
    }
  }

  @Test
  void L4_shouldCondemnNobodyForApprovalsThatItCannotRead() {
    Decision.Open open = needsBoth();
    String call = proceedApproved(open, both(waited.get(open.intentId())));
    String nowhere = call.substring(0, 74) + "f".repeat(64) + call.substring(138);
    String cut = call.substring(0, call.length() - 64 * 3);
    String dirty =
        call.replace(
            "0".repeat(24) + digits(APPROVER_A), "1" + "0".repeat(23) + digits(APPROVER_A));
    String others = ApprovalCalls.usual(payment(7), List.of()).hex();
    for (String unread : List.of(nowhere, cut, dirty, others, call.substring(0, 10))) {
      Decision decision = directly(open, Bytes.of(unread)).orElseThrow();
      String why = assertInstanceOf(Decision.Unverifiable.class, decision).why();
      assertTrue(why.contains("cannot be read"), why);
    }
    // What shows no approvals at all is a breach.
    assertInstanceOf(Decision.Released.class, directly(open, Bytes.of("0x12345678")).orElseThrow());
  }

  @Test
  void L4_shouldTrySoManyPlacesOfACallAndNoMore() {
    Decision.Open open = needsBoth();
    String call = proceedApproved(open, both(waited.get(open.intentId()))).substring(2);
    String bait = call.substring(0, 8);
    assertEquals(Optional.empty(), passedOn(open, bait.repeat(Approval.MOST_PLACES - 1) + call));
    assertInstanceOf(
        Decision.Unverifiable.class,
        passedOn(open, bait.repeat(Approval.MOST_PLACES) + call).orElseThrow());
  }

  private Decision.Open needsBoth() {
    grant();
    wallet(WALLET.address());
    approvers(2, APPROVER_A, APPROVER_B);
    Intent intent = waiting(Tier.APPROVAL);
    now += 60;
    return assertInstanceOf(Decision.Open.class, one(goesOn(intent)));
  }

  private List<Panel.Approval> both(Intent intent) {
    return Stream.of(APPROVER_A, APPROVER_B)
        .map(key -> approval(intent, key, now))
        .sorted(Comparator.comparing(Panel.Approval::signer))
        .toList();
  }

  private static Optional<Decision> directly(Decision.Open open, Bytes input) {
    return open.judge().decide(new Evidence(Answers.NONE, true, input, Set.of()));
  }

  private static Optional<Decision> passedOn(Decision.Open open, String digits) {
    Bytes input = Bytes.of("0xbeef" + digits);
    return open.judge().decide(new Evidence(Answers.NONE, false, input, Set.of()));
  }

  private static String digits(PrivateKeySigner key) {
    return key.address().hex().substring(2);
  }

  /** Why it is held back; "agreed": it is not. */
  private String released(Decision.Open open, boolean direct, Panel.Approval... approvals) {
    List<Panel.Approval> ascending =
        Stream.of(approvals).sorted(Comparator.comparing(Panel.Approval::signer)).toList();
    for (String around : List.of("", "beef")) {
      // As the executor is called, and as a contract passes it on.
      Bytes input = Bytes.of("0x" + around + proceedApproved(open, ascending).substring(2));
      Optional<Decision> decision =
          open.judge().decide(new Evidence(Answers.NONE, direct, input, Set.of()));
      if (decision.isPresent()) {
        return assertInstanceOf(Decision.Released.class, decision.get()).why();
      }
    }
    Address first = ascending.getFirst().signer();
    Bytes input = Bytes.of(proceedApproved(open, ascending));
    assertInstanceOf(
        Decision.Released.class,
        open.judge().decide(new Evidence(Answers.NONE, direct, input, Set.of(first))).orElseThrow(),
        "taken back");
    return "agreed";
  }

  private String proceedApproved(Decision.Open open, List<Panel.Approval> approvals) {
    return ApprovalCalls.usual(waited.get(open.intentId()), approvals).hex();
  }

  private Panel.Approval approval(Intent intent, PrivateKeySigner key, long deadline) {
    Panel.Subject subject =
        new Panel.Subject(CHAIN, APPROVERS, AGENT, intent.id(DOMAIN), WALLET.address(), Set.of());
    BigInteger until = BigInteger.valueOf(deadline);
    return new Panel.Approval(
        key.address(), Bytes.of(key.sign(subject.digest(key.address(), until)).bytes()), until);
  }

  private void approvers(int threshold, PrivateKeySigner... keys) {
    List<Hash> words = new ArrayList<>(List.of(number(threshold), number(64), number(keys.length)));
    Stream.of(keys).map(PrivateKeySigner::address).sorted().forEach(a -> words.add(word(a)));
    policyOf(
        APPROVERS,
        "ApproversSet(uint256,uint8,address[],address)",
        List.of(word(GOVERNANCE)),
        words);
  }

  private void wallet(Address wallet) {
    assertEquals(
        List.of(),
        transaction(
            new Entry.Registry(
                log(
                    "AgentWalletSet(uint256,address,address)",
                    List.of(word(wallet), word(GOVERNANCE)),
                    List.of()))));
  }

  @Test
  void L8_shouldForgetADroppedAsset() {
    grant();
    policy(
        "AssetDropped(uint256,address,address)",
        List.of(word(Address.ZERO), word(GOVERNANCE)),
        List.of());
    assertRefuses(Rule.ASSET, admit(payment(1)));
  }

  /** An intent of 11, which waits 60 seconds. */
  private Intent waiting(Tier tier) {
    BigInteger never = Thresholds.NEVER;
    terms(EXPIRY, 100, 100, false);
    boolean approval = tier == Tier.APPROVAL;
    thresholds(Address.ZERO, never, BigInteger.TEN, 60, approval ? BigInteger.TEN : never);
    thresholds(BeyondBasic.USD, never, never, 0, never);
    Intent intent = payment(11);
    assertEquals(List.of(), waits(intent, tier, 60));
    waited.put(intent.id(DOMAIN), intent);
    return intent;
  }

  /** The executor carries it out. */
  private List<Decision> goesOn(Intent intent) {
    return transaction(
        new Entry.Step(
            new IntentEvent.Executed(log(), id(intent), AGENT, intent, intent.amount())));
  }

  private static String held(List<Decision> decisions) {
    return assertInstanceOf(Decision.Released.class, one(decisions)).why();
  }

  /** What comes of a decision that takes what others answer. */
  private static Optional<Decision> heard(List<Decision> open, Answers others) {
    return assertInstanceOf(Decision.Open.class, one(open))
        .judge()
        .decide(new Evidence(others, true, Bytes.EMPTY, Set.of()));
  }

  private static Answers says(BigInteger... words) {
    StringBuilder hex = new StringBuilder("0x");
    Stream.of(words).forEach(word -> hex.append("%064x".formatted(word)));
    return new Answers() {
      @Override
      public Bytes to(Question question) {
        return Bytes.of(hex.toString());
      }

      @Override
      public boolean isContract(Address address) {
        return false;
      }
    };
  }

  private void ruleAdded(Address rule) {
    policy("RuleAdded(uint256,address,address)", List.of(word(rule), word(GOVERNANCE)), List.of());
  }

  private void policyOf(Address contract, String event, List<Hash> topics, List<Hash> words) {
    Log log = log(event, topics, words);
    assertEquals(
        List.of(),
        transaction(
            new Entry.Policy(
                new Log(
                    log.blockHash(),
                    log.blockNumber(),
                    log.transaction(),
                    log.index(),
                    contract,
                    log.topics(),
                    log.data()))));
  }

  private void permission(String selector, int kind) {
    policy(
        "PermissionSet(uint256,uint256,address,bytes4,(uint8,uint8,uint8,uint8,bool),address)",
        List.of(number(CHAIN), word(PAYEE)),
        List.of(
            Hash.of("0x" + selector + "0".repeat(56)),
            number(kind),
            number(255),
            number(255),
            number(255),
            number(0),
            word(GOVERNANCE)));
  }

  private Intent call(String selector) {
    Intent payment = payment(1);
    return new Intent(
        payment.agentId(),
        payment.account(),
        payment.chainId(),
        payment.asset(),
        payment.to(),
        payment.amount(),
        Bytes.of("0x" + selector),
        payment.nonce(),
        payment.deadline());
  }

  /** The engine admits it and has it wait. */
  private List<Decision> waits(Intent intent, Tier tier, long seconds) {
    Hash id = id(intent);
    return transaction(
        new Entry.Policy(consumption(intent)),
        new Entry.Step(
            new IntentEvent.Admitted(log(), id, AGENT, intent, tier.ordinal(), now + seconds)));
  }

  private void risk(int level) {
    assertEquals(
        List.of(),
        transaction(
            new Entry.Registry(
                log("RiskLevelSet(uint256,uint8)", List.of(), List.of(number(level))))));
  }

  private void thresholds(
      Address asset, BigInteger notify, BigInteger delay, int seconds, BigInteger approval) {
    policy(
        "ThresholdsSet(uint256,address,(uint112,uint112,uint32,uint112),address)",
        List.of(word(asset)),
        List.of(number(notify), number(delay), number(seconds), number(approval)));
  }

  private void above(String event, List<Long> which) {
    List<Hash> topics =
        List.of(Hash.keccak(event), number(which.get(0)), number(which.get(1)), word(GUARDIAN));
    Log log =
        new Log(
            BLOCK, 1, Hash.keccak("transaction " + transactions), logs++, EXECUTOR, topics, "0x");
    assertEquals(List.of(), transaction(new Entry.Policy(log)));
  }

  private List<Decision> pay(long amount) {
    Intent intent = payment(amount);
    return transaction(
        new Entry.Step(
            new IntentEvent.Paid(
                log(), Hash.keccak("direct " + logs), AGENT, intent, BigInteger.ZERO)));
  }

  private List<Decision> refuse(
      long amount, Rule rule, boolean tripped, long limit, long left, long availableAt) {
    Hash id = Hash.keccak("direct " + logs);
    List<Entry> entries = new ArrayList<>();
    if (tripped) {
      entries.add(new Entry.Policy(trip(EXECUTOR, id, rule)));
    }
    entries.add(
        new Entry.Step(
            new IntentEvent.Refused(
                log(),
                id,
                AGENT,
                payment(amount),
                BigInteger.ZERO,
                refusal(rule, tripped, limit, left, availableAt, Address.ZERO))));
    return transaction(entries.toArray(Entry[]::new));
  }

  @Test
  void L8_shouldTellWhatWentOnUnjudged() {
    grant();
    Intent intent = payment(1);
    Hash id = Hash.keccak("unjudged");
    Hash message = Hash.keccak("message");
    for (IntentEvent event :
        List.of(
            new IntentEvent.Admitted(log(), id, AGENT, intent, 2, now),
            new IntentEvent.Dispatched(log(), id, AGENT, intent, message),
            new IntentEvent.Executed(log(), id, AGENT, intent, intent.amount()))) {
      assertInstanceOf(
          Decision.NeverJudged.class, one(transaction(new Entry.Step(event))), event::toString);
    }
  }

  // ------------------------------------------------------------------ what is expected

  private static void assertRefuses(Rule rule, List<Decision> decisions) {
    assertEquals(rule, assertInstanceOf(Decision.Admitted.class, one(decisions)).own().rule());
  }

  private static Decision one(List<Decision> decisions) {
    assertEquals(1, decisions.size(), decisions::toString);
    return decisions.getFirst();
  }

  // ------------------------------------------------------------------ what happens

  private void grant() {
    status(AgentStatus.ACTIVE);
    terms(EXPIRY, 100, 100);
    limit(100, 300, WINDOW);
    assetChain(true);
    recipient(true);
  }

  /** As usual, and on another chain too. */
  private void grant(BigInteger chainId) {
    grant();
    policy(
        "AssetChainSet(uint256,address,uint256,bool,address)",
        List.of(word(Address.ZERO), number(chainId)),
        List.of(number(1), word(GOVERNANCE)));
    policy(
        "RecipientSet(uint256,uint256,address,bool,address)",
        List.of(number(chainId), word(PAYEE)),
        List.of(number(1), word(GOVERNANCE)));
  }

  private void terms(long expiry, int maxTransactions, int maxAuditLag) {
    terms(expiry, maxTransactions, maxAuditLag, true);
  }

  private void terms(long expiry, int maxTransactions, int maxAuditLag, boolean basic) {
    policy(
        "TermsSet(uint256,(uint32,uint24,uint16,uint16,bool,bool),address)",
        List.of(word(GOVERNANCE)),
        List.of(
            number(expiry),
            number(WINDOW),
            number(maxTransactions),
            number(maxAuditLag),
            number(basic ? 1 : 0),
            number(0)));
  }

  private void limit(long perTransaction, long cap, int window) {
    policy(
        "LimitSet(uint256,address,(uint104,uint104,uint24),address)",
        List.of(word(Address.ZERO), word(GOVERNANCE)),
        List.of(number(perTransaction), number(cap), number(window)));
  }

  private void assetChain(boolean allowed) {
    policy(
        "AssetChainSet(uint256,address,uint256,bool,address)",
        List.of(word(Address.ZERO), number(CHAIN)),
        List.of(number(allowed ? 1 : 0), word(GOVERNANCE)));
  }

  private void recipient(boolean allowed) {
    policy(
        "RecipientSet(uint256,uint256,address,bool,address)",
        List.of(number(CHAIN), word(PAYEE)),
        List.of(number(allowed ? 1 : 0), word(GOVERNANCE)));
  }

  private void tripped(Address by) {
    transaction(new Entry.Policy(trip(by, Hash.ZERO, Rule.NONE)));
  }

  private Log trip(Address by, Hash intentId, Rule rule) {
    return log(
        "Tripped(uint256,address,uint8,bytes32,uint256,uint256)",
        List.of(word(by), intentId),
        List.of(number(rule.ordinal()), number(0), number(0)));
  }

  private void thawed() {
    policy("Thawed(uint256,address)", List.of(word(GOVERNANCE)), List.of());
  }

  private void status(AgentStatus status) {
    transaction(
        new Entry.Registry(
            log(
                "StatusSet(uint256,uint8,address)",
                List.of(word(GOVERNANCE)),
                List.of(number(status.ordinal())))));
  }

  private void append() {
    transaction(
        new Entry.Audit(
            new AuditEvent.Appended(
                log(), AGENT, Hash.ZERO, BigInteger.ZERO, 1, Hash.ZERO, Bytes.EMPTY)));
  }

  private void publish(long to) {
    transaction(
        new Entry.Audit(
            new AuditEvent.Published(
                log(),
                AGENT,
                BigInteger.ZERO,
                BigInteger.valueOf(to),
                Hash.ZERO,
                Hash.ZERO,
                GUARDIAN)));
  }

  /** The engine counts the intent, the executor carries it out. */
  private List<Decision> admit(Intent intent) {
    Hash id = id(intent);
    Log consumed =
        log(
            "Consumed(uint256,bytes32,address,uint256)",
            List.of(id, word(intent.asset())),
            List.of(number(intent.amount())));
    return transaction(
        new Entry.Policy(consumed),
        new Entry.Step(new IntentEvent.Executed(log(), id, AGENT, intent, intent.amount())));
  }

  private Log consumption(Intent intent) {
    return log(
        "Consumed(uint256,bytes32,address,uint256)",
        List.of(id(intent), word(intent.asset())),
        List.of(number(intent.amount())));
  }

  /** The engine refuses the intent, and trips the breaker when that is a breach. */
  private List<Decision> deny(
      Intent intent, Rule rule, boolean tripped, long limit, long left, long availableAt) {
    return deny(intent, rule, tripped, limit, left, availableAt, Address.ZERO);
  }

  private List<Decision> deny(
      Intent intent,
      Rule rule,
      boolean tripped,
      long limit,
      long left,
      long availableAt,
      Address source) {
    Hash id = id(intent);
    List<Entry> entries = new ArrayList<>();
    if (tripped) {
      entries.add(new Entry.Policy(trip(EXECUTOR, id, rule)));
    }
    entries.add(
        new Entry.Step(
            new IntentEvent.Denied(
                log(),
                id,
                AGENT,
                intent,
                refusal(rule, tripped, limit, left, availableAt, source))));
    return transaction(entries.toArray(Entry[]::new));
  }

  private static IntentEvent.Refusal refusal(
      Rule rule, boolean tripped, long limit, long left, long availableAt, Address source) {
    return new IntentEvent.Refusal(
        rule.ordinal(),
        tripped,
        0,
        0,
        BigInteger.valueOf(limit),
        BigInteger.valueOf(left),
        availableAt,
        source);
  }

  private static Hash id(Intent intent) {
    return intent.id(DOMAIN);
  }

  private Intent payment(long amount) {
    return payment(CHAIN, amount);
  }

  private Intent payment(BigInteger chainId, long amount) {
    return new Intent(
        AGENT,
        VAULT,
        chainId,
        Address.ZERO,
        PAYEE,
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        BigInteger.valueOf(nonces++),
        BigInteger.valueOf(now + 10_000));
  }

  private void policy(String event, List<Hash> topics, List<Hash> words) {
    assertEquals(List.of(), transaction(new Entry.Policy(log(event, topics, words))));
  }

  private List<Decision> transaction(Entry... entries) {
    transactions++;
    List<Decision> decisions = new ArrayList<>();
    for (Entry entry : entries) {
      Optional<Decision> decision = replay.next(entry, List.of(entries), now);
      decision.ifPresent(decisions::add);
    }
    return decisions;
  }

  // ------------------------------------------------------------------ logs

  private Log log() {
    return log("read elsewhere", List.of(), List.of());
  }

  /** The first topic after the event's is the agent. */
  private Log log(String event, List<Hash> topics, List<Hash> words) {
    List<Hash> all = new ArrayList<>(List.of(Hash.keccak(event), number(AGENT)));
    all.addAll(topics);
    return new Log(
        BLOCK, 1, Hash.keccak("transaction " + transactions), logs++, EXECUTOR, all, data(words));
  }

  private static String data(List<Hash> words) {
    StringBuilder data = new StringBuilder("0x");
    words.forEach(word -> data.append(word.hex().substring(2)));
    return data.toString();
  }

  private static Hash number(long value) {
    return number(BigInteger.valueOf(value));
  }

  private static Hash number(BigInteger value) {
    String digits = value.toString(16);
    return Hash.of("0x" + "0".repeat(64 - digits.length()) + digits);
  }

  private static Hash word(Address address) {
    return number(new BigInteger(1, address.bytes()));
  }

  private static Address address(int last) {
    return Address.of("0x" + "0".repeat(38) + Integer.toHexString(last));
  }
}
