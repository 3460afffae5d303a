package org.mandate.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.audit.ChainEvidence.FinalBlock;
import org.mandate.audit.ChainEvidence.Link;
import org.mandate.audit.ChainEvidence.Resend;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentState;

/**
 * What a quorum of relayers that lies leaves behind. Each trail is regular by itself: every record
 * is in its chain, and the chain in the contract's state.
 */
class ForgeriesTest {
  private static final BigInteger HOME = BigInteger.ONE;
  private static final BigInteger REMOTE = BigInteger.TEN;
  private static final BigInteger AGENT = BigInteger.TWO;
  private static final Address EXECUTOR = address(1);
  private static final Address GUARDIAN = address(2);
  private static final IntentDomain DOMAIN = new IntentDomain(HOME, EXECUTOR);
  private static final Hash MESSAGE = Hash.keccak("message");
  private static final long START = 1_800_000_000;
  private static final long QUEUED_AT = START + 100;
  private static final long END = START + 10_000;
  private static final long DEADLINE = START + 20_000;

  private static final Intent INTENT = intent(REMOTE, 1_000);
  private static final Detail DISPATCHED = new Detail.Dispatched(MESSAGE);
  private static final Detail QUEUED = new Detail.Queued(MESSAGE, QUEUED_AT + 60);
  private static final Detail EXECUTED =
      new Detail.Executed(INTENT.account(), INTENT.asset(), INTENT.amount());
  private static final Detail DISPUTED = new Detail.Disputed(GUARDIAN, START + 3_600);
  private static final Detail CANCELLED = new Detail.Cancelled(GUARDIAN);
  private static final Detail UPHELD = new Detail.Upheld(GUARDIAN, START + 500);
  private static final Detail EXPIRED = new Detail.Expired();
  private static final Detail FAILED = new Detail.Failed();

  @Test
  void shouldBeInOrderWhenHomeDispatchedWhatADestinationExecuted() {
    AuditReport report = audit(home(END, DISPATCHED), remote(QUEUED, EXECUTED));
    assertTrue(report.ok(), report.findings().toString());
    assertEquals(
        List.of("Unpublished", "Unpublished"),
        report.findings().stream().map(Finding::kind).toList());
    assertTrue(audit(home(END, DISPATCHED), remote(QUEUED, DISPUTED, CANCELLED)).ok(), "a veto");
  }

  @Test
  void L7_shouldNameAForgeryThatWasExecuted() {
    AuditReport report = audit(home(END), remote(QUEUED, EXECUTED));
    Finding.Forgery forgery = only(Finding.Forgery.class, report);
    assertFalse(report.ok());
    assertFalse(report.incomplete());
    assertEquals(REMOTE, forgery.chainId());
    assertEquals(0, forgery.index());
    assertEquals(INTENT.id(DOMAIN), forgery.intentId());
    assertTrue(forgery.words().contains("home dispatched no such intent"), forgery.words());
    assertTrue(forgery.words().endsWith("it was executed"), forgery.words());
    assertFalse(report.chains().getLast().ok(), "the destination's trail");
    assertTrue(report.chains().getFirst().ok(), "home's trail");

    assertExecuted(remote(QUEUED, DISPUTED, UPHELD, EXECUTED));
    assertExecuted(remote(QUEUED, EXECUTED, CANCELLED));
  }

  private static void assertExecuted(ChainEvidence remote) {
    AuditReport report = audit(home(END), remote);
    assertFalse(report.ok());
    assertEquals("it was executed", only(Finding.Forgery.class, report).outcome());
  }

  @Test
  void L7_shouldNameAForgeryThatNothingKeepsFromExecuting() {
    AuditReport waits = audit(home(END), remote(QUEUED));
    assertFalse(waits.ok());
    assertTrue(only(Finding.Forgery.class, waits).outcome().startsWith("nobody disputed it"));
    AuditReport upheld = audit(home(END), remote(QUEUED, DISPUTED, UPHELD));
    assertFalse(upheld.ok());
    assertTrue(only(Finding.Forgery.class, upheld).outcome().startsWith("governance upheld it"));
  }

  @Test
  void L7_shouldTellAForgeryThatWasStoppedAndStayInOrder() {
    assertStopped(END, QUEUED, DISPUTED);
    assertStopped(END, QUEUED, DISPUTED, CANCELLED);
    assertStopped(DEADLINE + 1, QUEUED, EXPIRED);
    assertStopped(DEADLINE + 1, QUEUED);
    AuditReport report = audit(home(END), remote(QUEUED, DISPUTED));
    assertTrue(
        only(Finding.StoppedForgery.class, report).outcome().contains(GUARDIAN.toString()),
        report.findings().toString());
  }

  @Test
  void L7_shouldTellWhatEndedWithTheClosingOfItsGatewayAsStopped() {
    ChainEvidence waits = remote(QUEUED); // in block 7, log 0
    assertEquals("Forgery", kind(Told.by(waits, gateways())));
    assertEquals(
        "Forgery", kind(Told.by(waits, gateways(closed(OWN, 6)))), "opened by nobody since");
    assertEquals("StoppedForgery", kind(Told.by(waits, gateways(closed(OWN, 8)))));
    assertEquals(
        "StoppedForgery",
        kind(Told.by(waits, gateways(closed(OWN, 8), opened(OWN, 9)))),
        "opening lets nothing of before execute");
    assertEquals(
        "Forgery",
        kind(Told.by(waits, gateways(closed(OWN, 5), opened(OWN, 6)))),
        "closed before it came");
    assertEquals(
        "Forgery", kind(Told.by(remote(QUEUED, DISPUTED, UPHELD), gateways(closed(OWN, 8)))));
    assertEquals("Forgery", kind(Told.by(remote(QUEUED, EXECUTED), gateways(closed(OWN, 8)))));
  }

  @Test
  void L7_shouldNotTakeTheClosingOfOneGatewayForThatOfAnother() {
    ChainEvidence waits = remote(QUEUED);
    Address other = address(8);
    Address third = address(9);
    assertEquals("Forgery", kind(Told.by(waits, gateways(opened(other, 5), closed(OWN, 8)))));
    assertEquals("Forgery", kind(Told.by(waits, gateways(opened(other, 5), closed(other, 8)))));
    assertEquals(
        "StoppedForgery",
        kind(Told.by(waits, gateways(opened(other, 5), closed(OWN, 8), closed(other, 9)))));
    assertEquals(
        "StoppedForgery",
        kind(Told.by(waits, gateways(opened(other, 5), closed(OWN, 8), closed(third, 9)))),
        "all others close together");
    assertEquals(
        "StoppedForgery",
        kind(Told.by(waits, gateways(opened(other, 8), closed(OWN, 9)))),
        "opened after it came");
    assertEquals(
        "StoppedForgery",
        kind(Told.by(waits, gateways(closed(OWN, 4), opened(other, 5), closed(other, 8)))),
        "the own one was closed when it came");
  }

  private static final Address OWN = address(7);

  private static Gateways gateways(Gateways.Change... changes) {
    return new Gateways(OWN, List.of(changes));
  }

  private static Gateways.Change closed(Address gateway, long block) {
    return new Gateways.Change(gateway, false, block, 3);
  }

  private static Gateways.Change opened(Address gateway, long block) {
    return new Gateways.Change(gateway, true, block, 3);
  }

  private static String kind(ChainEvidence remote) {
    AuditReport report = audit(home(END), remote);
    List<String> kinds =
        report.findings().stream()
            .map(Finding::kind)
            .filter(kind -> kind.endsWith("Forgery"))
            .toList();
    assertEquals(1, kinds.size(), report.findings().toString());
    assertEquals(kinds.getFirst().equals("StoppedForgery"), report.ok());
    return kinds.getFirst();
  }

  private static void assertStopped(long end, Detail... life) {
    AuditReport report = audit(home(end), remote(end, INTENT, life));
    assertTrue(report.ok(), report.findings().toString());
    Finding.StoppedForgery stopped = only(Finding.StoppedForgery.class, report);
    assertEquals(REMOTE, stopped.chainId());
    assertTrue(stopped.words().contains("forged message that was stopped"), stopped.words());
  }

  @Test
  void L3_shouldNameAnIntentThatCameInAnotherMessage() {
    ChainEvidence remote = remote(new Detail.Queued(Hash.keccak("other"), QUEUED_AT), EXECUTED);
    AuditReport report = audit(home(END, DISPATCHED), remote);
    assertFalse(report.ok());
    assertTrue(only(Finding.Forgery.class, report).why().contains("home never sent it"));
    assertFalse(audit(home(START, DISPATCHED), remote).incomplete(), "home's answer is known");
  }

  @Test
  void L7_shouldTakeAMessageThatHomeSentOnceMoreForGenuine() {
    Hash again = Hash.keccak("again");
    ChainEvidence remote = remote(new Detail.Queued(again, QUEUED_AT), EXECUTED);
    ChainEvidence home = home(END, DISPATCHED);
    assertTrue(audit(resent(home, new Resend(INTENT.id(DOMAIN), again)), remote).ok());
    for (Resend other :
        List.of(
            new Resend(INTENT.id(DOMAIN), Hash.keccak("other")),
            new Resend(Hash.keccak("another intent"), again))) {
      AuditReport report = audit(resent(home, other), remote);
      assertTrue(only(Finding.Forgery.class, report).why().contains("home never sent it"));
    }
    AuditReport never = audit(resent(home(END), new Resend(INTENT.id(DOMAIN), again)), remote);
    assertTrue(
        only(Finding.Forgery.class, never).why().contains("home dispatched no such intent"),
        "what was never dispatched cannot be sent again");
  }

  /** The contracts forget a refuted message: the intent itself may still come. */
  @Test
  void L7_shouldNotBlameARefutedMessageForWhatTheNextOneDid() {
    ChainEvidence home = home(END, DISPATCHED);
    Detail lie = new Detail.Queued(Hash.keccak("lie"), QUEUED_AT);
    AuditReport report = audit(home, remote(lie, CANCELLED, QUEUED, EXECUTED));
    assertTrue(report.ok(), report.findings().toString());
    assertEquals(0, only(Finding.StoppedForgery.class, report).index());
    AuditReport second = audit(home, remote(QUEUED, CANCELLED, lie, EXECUTED));
    assertFalse(second.ok());
    assertEquals(2, only(Finding.Forgery.class, second).index());
    AuditReport failed = audit(home(DEADLINE + 1), remote(DEADLINE + 1, INTENT, lie, FAILED));
    assertTrue(failed.ok(), failed.findings().toString());
  }

  /** The contracts let another message take the place of what a closed gateway brought. */
  @Test
  void L7_shouldNotBlameAReplacedMessageForWhatTheNextOneDid() {
    Hash again = Hash.keccak("again");
    ChainEvidence home = resent(home(END, DISPATCHED), new Resend(INTENT.id(DOMAIN), again));
    Detail sentAgain = new Detail.Queued(again, QUEUED_AT);
    Detail lie = new Detail.Queued(Hash.keccak("lie"), QUEUED_AT);
    AuditReport genuine = audit(home, remote(QUEUED, sentAgain, EXECUTED));
    assertTrue(genuine.ok(), genuine.findings().toString());
    assertTrue(told(genuine).isEmpty(), "home sent both: " + genuine.findings());
    AuditReport forged = audit(home, remote(lie, sentAgain, EXECUTED));
    assertTrue(forged.ok(), forged.findings().toString());
    Finding.StoppedForgery stopped = only(Finding.StoppedForgery.class, forged);
    assertEquals(0, stopped.index());
    assertTrue(stopped.outcome().contains("took its place"), stopped.outcome());
    // A lie takes the genuine one's place: it is the lie's life that follows.
    AuditReport late = audit(home, remote(QUEUED, lie, EXECUTED));
    assertFalse(late.ok());
    assertEquals(1, only(Finding.Forgery.class, late).index());
    AuditReport waits = audit(home, remote(QUEUED, lie));
    assertFalse(waits.ok());
    assertTrue(
        only(Finding.Forgery.class, waits).outcome().startsWith("nobody disputed it"),
        waits.findings().toString());
    AuditReport twice = audit(home, remote(lie, lie, sentAgain, EXECUTED));
    assertTrue(twice.ok(), "each made room for the next: " + twice.findings());
    assertEquals(2, told(twice).size());
  }

  private static List<Finding> told(AuditReport report) {
    return report.findings().stream()
        .filter(one -> one instanceof Finding.Forgery || one instanceof Finding.StoppedForgery)
        .toList();
  }

  /** What was spent at the destination is spent at home, whatever a quorum says. */
  @Test
  void L2_shouldNameABudgetThatCameBackThoughItWasSpent() {
    Detail nothing = settled(IntentState.CANCELLED, 0);
    Detail less = settled(IntentState.EXECUTED, 400);
    Detail all = settled(IntentState.EXECUTED, 1_000);
    assertTrue(audit(home(END, DISPATCHED, all), remote(QUEUED, EXECUTED)).ok());
    assertTrue(audit(home(END, DISPATCHED, nothing), remote(QUEUED, DISPUTED, CANCELLED)).ok());
    for (Detail lie : List.of(nothing, less, settled(IntentState.EXPIRED, 0))) {
      AuditReport report = audit(home(END, DISPATCHED, lie), remote(QUEUED, EXECUTED));
      Finding.FalseSettlement found = only(Finding.FalseSettlement.class, report);
      assertFalse(report.ok());
      assertFalse(report.incomplete());
      assertEquals(HOME, found.chainId());
      assertEquals(1, found.index());
      assertTrue(found.words().endsWith("shows EXECUTED, 1000 spent"), found.words());
    }
    only(
        Finding.FalseSettlement.class,
        audit(home(END, DISPATCHED, all), remote(QUEUED, DISPUTED, CANCELLED)));
    only(Finding.FalseSettlement.class, audit(home(END, DISPATCHED, nothing), remote(QUEUED)));
    only(Finding.FalseSettlement.class, audit(home(END, DISPATCHED, nothing), remote()));
    only(
        Finding.FalseSettlement.class,
        audit(
            home(END, DISPATCHED, settled(IntentState.FAILED, 1)),
            remote(DEADLINE + 1, INTENT, QUEUED, FAILED)));
  }

  @Test
  void L10_shouldNotCallASettlementFalseThatTheDestinationMayYetShow() {
    ChainEvidence home = home(END, DISPATCHED, settled(IntentState.CANCELLED, 0));
    AuditReport report = audit(home, remote(START - 1, INTENT, QUEUED));
    only(Finding.OutcomeUnknown.class, report);
    assertTrue(report.incomplete(), report.findings().toString());
    AuditReport executed = audit(home, remote(START - 1, INTENT, QUEUED, EXECUTED));
    only(Finding.FalseSettlement.class, executed);
  }

  private static Detail settled(IntentState outcome, long moved) {
    return new Detail.Settled(outcome, BigInteger.valueOf(moved), BigInteger.ZERO);
  }

  @Test
  void L3_shouldNameAnotherIntentUnderADispatchedId() {
    ChainEvidence home = home(END, DISPATCHED);
    ChainEvidence remote =
        evidence(REMOTE, END, INTENT.id(DOMAIN), Optional.of(intent(REMOTE, 999)), QUEUED);
    assertTrue(
        findings(Finding.Forgery.class, audit(home, remote)).getFirst().why().contains("another"));
    ChainEvidence hidden =
        evidence(REMOTE, END, INTENT.id(DOMAIN), Optional.empty(), QUEUED, EXECUTED);
    assertFalse(audit(home, hidden).ok());
  }

  @Test
  void L3_shouldNameAnIntentOnAnotherChainThanItsOwn() {
    Intent elsewhere = intent(BigInteger.valueOf(11), 1_000);
    ChainEvidence home =
        evidence(HOME, END, elsewhere.id(DOMAIN), Optional.of(elsewhere), DISPATCHED);
    AuditReport report = audit(home, remote(END, elsewhere, QUEUED, EXECUTED));
    assertTrue(only(Finding.Forgery.class, report).why().contains("another chain"));
  }

  @Test
  void L3_shouldNameAnExecutionThatNoMessageBrought() {
    AuditReport report = audit(home(END, DISPATCHED), remote(EXECUTED));
    assertFalse(report.ok());
    assertTrue(only(Finding.Forgery.class, report).why().contains("no message"));
    assertTrue(audit(home(END, EXECUTED), remote()).ok(), "home executes what it admitted itself");
  }

  @Test
  void L10_shouldCallNothingForgedThatHomeMayHaveDispatchedSince() {
    for (ChainEvidence remote :
        List.of(remote(QUEUED), remote(QUEUED, EXECUTED), remote(QUEUED, DISPUTED))) {
      AuditReport report = audit(home(QUEUED_AT - 1), remote);
      only(Finding.DispatchUnknown.class, report);
      assertFalse(report.ok());
      assertTrue(report.incomplete());
      assertTrue(findings(Finding.Forgery.class, report).isEmpty());
      assertFalse(audit(home(QUEUED_AT), remote).incomplete(), "home's blocks reach that time");
    }
  }

  @Test
  void shouldJudgeNothingWithoutHome() {
    AuditReport report = audit(remote(QUEUED, EXECUTED));
    assertFalse(report.ok());
    assertTrue(report.incomplete());
    assertInstanceOf(Finding.ChainNotAudited.class, report.gaps().getFirst());
  }

  // ------------------------------------------------------------------ evidence

  private static AuditReport audit(ChainEvidence... chains) {
    AuditVerifier verifier = new AuditVerifier(List.of(), cid -> Optional.empty());
    AuditExport export = verifier.export(AGENT, List.of(chains));
    AuditReport report = verifier.verify(AGENT, List.of(chains));
    if (List.of(chains).stream()
        .flatMap(chain -> chain.records().stream())
        .allMatch(record -> record.intent().isPresent())) {
      assertEquals(report, AuditVerifier.verifyExport(AuditExport.parse(export.toJson())));
    }
    return report;
  }

  private static <T extends Finding> T only(Class<T> kind, AuditReport report) {
    List<T> found = findings(kind, report);
    assertEquals(1, found.size(), report.findings().toString());
    return found.getFirst();
  }

  private static <T extends Finding> List<T> findings(Class<T> kind, AuditReport report) {
    return report.findings().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private static ChainEvidence home(long end, Detail... life) {
    return evidence(HOME, end, INTENT.id(DOMAIN), Optional.of(INTENT), life);
  }

  private static ChainEvidence resent(ChainEvidence e, Resend... resends) {
    return new ChainEvidence(
        e.chainId(),
        e.agentId(),
        e.domain(),
        e.account(),
        e.block(),
        e.state(),
        e.published(),
        e.records(),
        e.links(),
        e.publications(),
        List.of(resends),
        e.registeredChains(),
        Optional.empty());
  }

  private static ChainEvidence remote(Detail... life) {
    return remote(END, INTENT, life);
  }

  private static ChainEvidence remote(long end, Intent intent, Detail... life) {
    return evidence(REMOTE, end, intent.id(DOMAIN), Optional.of(intent), life);
  }

  private static ChainEvidence evidence(
      BigInteger chainId, long end, Hash intentId, Optional<Intent> intent, Detail... life) {
    List<AuditRecord> records = new ArrayList<>();
    List<Link> links = new ArrayList<>();
    HashChain chain = HashChain.EMPTY;
    long start = chainId.equals(HOME) ? START : QUEUED_AT;
    Hash any = Hash.keccak("any");
    for (Detail detail : life) {
      AuditRecord record =
          new AuditRecord(
              chainId,
              AGENT,
              records.size(),
              intentId,
              intent,
              detail,
              new AuditRecord.Anchor(7, any, start, any, records.size()));
      records.add(record);
      chain = chain.append(record.recordHash());
      links.add(new Link(record.action(), intentId, record.recordHash(), chain));
    }
    return new ChainEvidence(
        chainId,
        AGENT,
        DOMAIN,
        address(3),
        new FinalBlock(9, any, Instant.ofEpochSecond(end)),
        chain,
        0,
        records,
        links,
        List.of(),
        List.of(),
        chainId.equals(HOME) ? List.of(HOME, REMOTE) : List.of(),
        Optional.empty());
  }

  private static Intent intent(BigInteger chainId, long amount) {
    return new Intent(
        AGENT,
        address(4),
        chainId,
        Address.ZERO,
        address(5),
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        BigInteger.ONE,
        BigInteger.valueOf(DEADLINE));
  }

  private static Address address(int number) {
    return new Address("0x" + "0".repeat(38) + "%02x".formatted(number));
  }
}
