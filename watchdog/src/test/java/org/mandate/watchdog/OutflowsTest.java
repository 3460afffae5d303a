package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;

/** What an account held at the end of each block, and what was said to have left. */
class OutflowsTest {
  private static final Address ACCOUNT = Address.of("0x00000000000000000000000000000000000000ac");
  private static final Address TOKEN = Address.of("0x0000000000000000000000000000000000000dad");
  private static final Duration POLL = Duration.ofMillis(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long SPENDERS = 0x5be2de200L;

  /** Instead of an amount: the token does not tell. */
  private static final long REVERTS = Long.MIN_VALUE;

  /** Instead of an amount: the node has no words that are known for what the token does. */
  private static final long FAILS = Long.MIN_VALUE + 1;

  /** What the hashes of a removed block are higher by. */
  private static final long FORK = 1_000_000;

  private final Map<Long, Long> coin = new HashMap<>();
  private final Map<Long, Long> token = new HashMap<>();
  private final Map<BigInteger, Map<Long, Long>> allowances = new HashMap<>();
  private final Set<Hash> asked = ConcurrentHashMap.newKeySet();
  private final List<Long> askedForAllowances = new CopyOnWriteArrayList<>();
  private final List<Long> askedToken = new CopyOnWriteArrayList<>();

  /** How often the node fails at the token, for no reason of the token's. */
  private final AtomicInteger hiccups = new AtomicInteger();

  private final Chronicle chronicle = new Chronicle(0);
  private final Findings findings = new Findings(finding -> {});
  private final List<String> unread = new CopyOnWriteArrayList<>();

  /** Until it opens the node does not answer about block 1. */
  private volatile CountDownLatch gate = new CountDownLatch(0);

  static Outflows outflows(
      ChainClient chain, Chronicle chronicle, Findings findings, Consumer<String> unread) {
    return new Outflows(
        1,
        chain,
        ACCOUNT,
        chronicle,
        freezer(chain, findings),
        findings,
        unread,
        POLL,
        Clock.systemUTC());
  }

  /** One that never reads its chain to the end, and so stops nothing. */
  static Freezer freezer(ChainClient chain, Findings findings) {
    Enforcer enforcer =
        new Enforcer(
            1,
            chain,
            new org.mandate.signer.PrivateKeySigner(BigInteger.TEN),
            BigInteger.TEN,
            BigInteger.TEN,
            POLL,
            trouble -> {});
    return new Freezer(
        1,
        chain,
        new Finality.Confirmations(0),
        ACCOUNT,
        enforcer,
        new Trips(),
        () -> false,
        findings,
        Clock.systemUTC());
  }

  @Test
  void L1_shouldTellWhatLeftWithoutAWord() throws Exception {
    held(coin, 100, 90, 60, 70, 70);
    held(token, 50, 50, 49, 40, 40);
    read(
        page(0, paid(TOKEN, 0)),
        page(1, paid(Address.ZERO, 10)),
        page(2, paid(Address.ZERO, 29), paid(TOKEN, 1)),
        page(3, paid(TOKEN, 9), paid(Address.ZERO, 5)),
        page(4));
    assertEquals(List.of("30 left account " + ACCOUNT), seen());
    assertEquals(
        "at most 29 of asset " + Address.ZERO + " leaves, as declared",
        findings.all().getFirst().expected());
  }

  @Test
  void L1_shouldTellWhatLeftOfAToken() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 50, 50, 41);
    read(page(0, paid(TOKEN, 0)), page(1), page(2, paid(TOKEN, 8)));
    assertEquals(List.of("9 left account " + ACCOUNT), seen());
  }

  @Test
  void L1_shouldNotForgetWhatLeftWhileANodeDidNotAnswer() throws Exception {
    held(coin, 100, -1, -1, 70);
    held(token, 0, 0, 0, 0);
    read(page(0), page(1, paid(Address.ZERO, 10)), page(2), page(3, paid(Address.ZERO, 10)));
    assertEquals(List.of("30 left account " + ACCOUNT), seen());
    assertEquals(2, unread.size(), unread.toString());
    assertTrue(unread.getFirst().contains("at block 1: gone"), unread.toString());
  }

  @Test
  void shouldStayQuietWhileTheNodeOfOldBlocksIsSilentAndWhenAllIsDeclared() throws Exception {
    held(coin, -1, 100, 90);
    held(token, 0, 0, 0);
    chronicle.skipTo(block(0));
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      outflows.of(0, block(0), List.of());
      outflows.start();
      read(outflows, page(1), page(2, paid(Address.ZERO, 10)));
    }
    assertEquals(List.of(), seen());
    assertEquals(List.of(), unread);
  }

  @Test
  void L1_shouldTellWhatLeftInTheBlockOfAnApproval() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 500, 440, 440);
    held(allowance(1), 0, 100, 100);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2));
    assertEquals(List.of("60 left account " + ACCOUNT), seen());
    assertEquals(
        "at most 0 of asset " + TOKEN + " leaves, as declared",
        findings.all().getFirst().expected());
  }

  @Test
  void L4_shouldStayQuietWhenASpenderTakesWhatItWasApprovedFor() throws Exception {
    held(coin, 100, 100, 100, 100, 100, 100);
    held(token, 500, 500, 440, 440, 400, 330);
    held(allowance(1), 0, 100, 40, 40, 80, 10); // took 40 of the first, then 70 of the second
    read(
        page(0, paid(TOKEN, 0)),
        page(1, approved(1, 100)),
        page(2),
        page(3),
        page(4, approved(1, 80)),
        page(5));
    assertEquals(List.of(), seen());
  }

  @Test
  void L4_shouldStayQuietWhenASpenderTakesAsSoonAsItMay() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 500, 440, 400);
    held(allowance(1), 0, 40, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2));
    assertEquals(List.of(), seen());
  }

  @Test
  void L1_shouldTellWhatLeftBesideAnApproval() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 500, 500, 410);
    held(allowance(1), 0, 100, 40);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2));
    assertEquals(List.of("90 left account " + ACCOUNT), seen());
    assertEquals(
        "at most 60 of asset " + TOKEN + " leaves, as declared",
        findings.all().getFirst().expected());
  }

  @Test
  void L1_shouldNotTakeAnAllowanceForMoreThanWasApproved() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 500, 410);
    held(allowance(1), 0, 10, 90, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 10)), revoked(2, 1), page(3));
    assertEquals(List.of("90 left account " + ACCOUNT), seen());
  }

  @Test
  void L1_shouldForgetAnApprovalThatWasTakenBack() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 500, 400);
    held(allowance(1), 0, 100, 0, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), revoked(2, 1), page(3));
    assertEquals(List.of("100 left account " + ACCOUNT), seen());
  }

  @Test
  void L1_shouldNotExcuseTwiceWhatACallTookByAStandingApproval() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 500, 500, 300);
    held(allowance(1), 0, 100, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2, pulled(1, 100)));
    assertEquals(List.of("200 left account " + ACCOUNT), seen());
    assertEquals(
        "at most 100 of asset " + TOKEN + " leaves, as declared",
        findings.all().getFirst().expected());
  }

  @Test
  void L4_shouldStayQuietWhenACallTakesByAStandingApproval() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 420, 380); // took 60 by the call and 20 beside it, then the rest
    held(allowance(1), 0, 120, 40, 0);
    read(
        page(0, paid(TOKEN, 0)),
        page(1, approved(1, 120), pulled(2, 0)),
        page(2, pulled(1, 60)),
        page(3));
    assertEquals(List.of(), seen());
  }

  @Test
  void L4_shouldNotTakeAnEarlierCallOffAnApprovalAfterARestart() throws Exception {
    held(coin, -1, 100, 100);
    held(token, 0, 500, 400);
    held(allowance(1), 0, 100, 0);
    chronicle.skipTo(block(0));
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      outflows.of(0, block(0), List.of(page(0, paid(TOKEN, 0), pulled(1, 1000), approved(1, 100))));
      outflows.start();
      read(outflows, page(1), page(2));
    }
    assertEquals(List.of(), seen());
  }

  @Test
  void L4_shouldNotTakeACallOffAnApprovalThatCameAfterIt() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 500, 440, 340);
    held(allowance(1), 0, 100, 0);
    read(page(0, paid(TOKEN, 0)), page(1, pulled(1, 60), approved(1, 100)), page(2));
    assertEquals(List.of(), seen());
  }

  @Test
  void L4_shouldBelieveTheTokenThatACallLeftTheApprovalAlone() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 440, 340);
    held(allowance(1), 0, 100, 100, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2, pulled(1, 60)), page(3));
    assertEquals(List.of(), seen());
  }

  @Test
  void L1_shouldTellWhatLeftInTheBlockThatNamesAnAssetFirst() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 100, 100);
    read(page(0), page(1), page(2, paid(TOKEN, 10)), page(3));
    assertEquals(List.of("400 left account " + ACCOUNT), seen());
  }

  @Test
  void L1_shouldTellWhatLeftOfAnAssetThatABlockNamedWhichWasNotRead() throws Exception {
    held(coin, 100, -1, 100);
    held(token, 500, 400, 300);
    read(page(0), page(1, paid(TOKEN, 100)), page(2));
    assertEquals(List.of("200 left account " + ACCOUNT), seen());
  }

  @Test
  void L4_shouldKnowWhatTheOwnerApprovesInOtherWords() throws Exception {
    String spender = "%064x".formatted(SPENDERS + 1);
    String amount = "%064x".formatted(30);
    held(coin, 100, 100, 100, 100, 100, 100, 100, 100);
    held(token, 500, 500, 470, 470, 440, 440, 410, 409);
    held(allowance(1), 0, 30, 0, 30, 0, 30, 0, 0);
    read(
        page(0, paid(TOKEN, 0)),
        called(1, "39509351" + spender + amount), // increaseAllowance
        page(2),
        called(3, "095ea7b3" + spender + amount + "00"), // approve, and something behind it
        page(4),
        called(5, "cae9ca51" + spender + amount + "%064x".formatted(96) + "0".repeat(64)),
        page(6),
        page(7));
    assertEquals(List.of("1 left account " + ACCOUNT), seen());
    assertEquals(7, findings.all().getFirst().block());
  }

  @Test
  void L4_shouldNotForgetAnApprovalOfWhichATokenTellsNothingForAWhile() throws Exception {
    held(coin, 100, 100, 100, 100, 100, 100);
    held(token, 500, 500, 440, 430, 400, 399);
    held(allowance(1), 0, 100, REVERTS, 30, 0, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2), page(3), page(4), page(5));
    assertEquals(List.of("it did not at block 2", "1 left account " + ACCOUNT), seen());
    assertEquals(5, findings.all().get(1).block());
  }

  @Test
  void L1_shouldAskATokenForAllowancesOnlyWhenItMatters() throws Exception {
    held(coin, 100, 100, 100, 100, 100);
    held(token, 500, 500, 490, 490, 480);
    for (int i = 0; i < Allowances.MOST; i++) {
      held(allowance(i), 0, 100, 100, 100, i == 0 ? 90 : 100);
    }
    IntentEvent[] approvals = new IntentEvent[Allowances.MOST];
    Arrays.setAll(approvals, i -> approved(i, 100));
    read(page(0, paid(TOKEN, 0)), page(1, approvals), page(2, paid(TOKEN, 10)), page(3), page(4));
    assertEquals(List.of(), seen());
    assertEquals(
        List.of(0L, 32L, 0L, 0L, 32L),
        List.of(0L, 1L, 2L, 3L, 4L).stream()
            .map(number -> askedForAllowances.stream().filter(number::equals).count())
            .toList());
  }

  @Test
  void L1_shouldCompareTheNewestBlockWhenTooManyWait() throws Exception {
    int newest = 30;
    for (int number = 0; number <= newest; number++) {
      coin.put((long) number, 100L);
      token.put((long) number, number < 10 ? 500L : 493L);
    }
    CountDownLatch waiting = new CountDownLatch(1);
    gate = waiting;
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      outflows.start();
      for (int number = 0; number <= newest; number++) {
        Page page = number == 20 ? page(number, paid(TOKEN, 2)) : page(number, paid(TOKEN, 0));
        chronicle.add(page);
        outflows.of(page);
        if (number == 1) {
          Hash slow = page.block().hash();
          World.await("it looks at it", PATIENCE, () -> asked.contains(slow));
        }
      }
      waiting.countDown();
      World.await("it is told", PATIENCE, () -> !findings.all().isEmpty());
    }
    assertEquals(List.of("7 left account " + ACCOUNT), seen());
    assertEquals(newest, findings.all().getFirst().block());
    assertEquals(
        "at most 2 of asset " + TOKEN + " leaves, as declared",
        findings.all().getFirst().expected());
    assertEquals(1, unread.size(), unread.toString());
    assertTrue(unread.getFirst().contains("blocks wait"), unread.toString());
    assertEquals(Set.of(block(0).hash(), block(1).hash(), block(newest).hash()), asked);
  }

  @Test
  void L1_shouldCompareWhatWaitsAfterAStartAndAlarmNobody() throws Exception {
    int newest = 30;
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      for (int number = 0; number <= newest; number++) {
        coin.put((long) number, 100L);
        token.put((long) number, number < newest ? 500L : 493L);
        Page page = page(number, paid(TOKEN, 0));
        chronicle.add(page);
        outflows.of(page);
      }
      outflows.start();
      World.await("it is told", PATIENCE, () -> !findings.all().isEmpty());
    }
    assertEquals(List.of("7 left account " + ACCOUNT), seen());
    assertEquals(List.of(), unread);
  }

  @Test
  void L1_shouldNotReadEachBlockInVainWhenManyWait() throws Exception {
    long last = 60;
    for (long number = 0; number <= last; number++) {
      coin.put(number, -1L);
      token.put(number, -1L);
    }
    coin.put(last + 1, 100L);
    coin.put(last + 2, 70L);
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      for (long number = 0; number <= last; number++) {
        chronicle.add(page(number));
        outflows.of(page(number));
      }
      outflows.start();
      Hash newest = block(last).hash();
      World.await("it is there", Duration.ofSeconds(30), () -> asked.contains(newest));
      assertEquals(Set.of(block(0).hash(), newest), asked);
      read(outflows, page(last + 1), page(last + 2));
    }
    assertEquals(List.of("30 left account " + ACCOUNT), seen());
    assertEquals(last + 2, findings.all().getFirst().block());
  }

  @Test
  void L1_shouldLookAtTheOthersWhenOneAssetFails() throws Exception {
    held(coin, 100, 100, 70, 70);
    held(token, 500, FAILS, FAILS, FAILS);
    read(page(0, paid(TOKEN, 0)), page(1), page(2), page(3, paid(TOKEN, 0)));
    assertEquals(List.of("it did not at block 1", "30 left account " + ACCOUNT), seen());
    Finding told = findings.all().getFirst();
    assertEquals(Severity.WARNING, told.severity());
    assertTrue(told.expected().contains(TOKEN.hex()), told.expected());
    assertEquals(List.of(), unread);
  }

  @Test
  void L1_shouldCompareAnAssetThatTellsAgainWithWhatItToldLast() throws Exception {
    held(coin, 100, 100, 100, 100, 100);
    held(token, 500, FAILS, REVERTS, 400, 400);
    held(allowance(1), 0, 0, 30, 0, 0);
    read(
        page(0, paid(TOKEN, 0)),
        page(1, paid(TOKEN, 60)),
        page(2, approved(1, 30)),
        page(3),
        page(4));
    assertEquals(List.of("it did not at block 1", "100 left account " + ACCOUNT), seen());
    assertEquals(
        "at most 90 of asset " + TOKEN + " leaves, as declared", findings.all().get(1).expected());
  }

  @Test
  void L4_shouldStayQuietWhenAnAssetTellsAgainAndAllWasDeclared() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, REVERTS, FAILS, 410);
    held(allowance(1), 0, 30, 30, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 30)), page(2, paid(TOKEN, 60)), page(3));
    assertEquals(List.of("it did not at block 1"), seen());
  }

  @Test
  void shouldAskAgainWhenANodeFailsAtOneAssetForOnce() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 500, 500, 490);
    hiccups.set(2);
    read(page(0, paid(TOKEN, 0)), page(1), page(2));
    assertEquals(List.of("10 left account " + ACCOUNT), seen());
  }

  @Test
  void L1_shouldAskAgainForAnAllowanceThatANodeFailedAtForOnce() throws Exception {
    held(coin, 100, 100, 100, 100, 100, 100);
    held(token, 500, 500, 440, 440, 400, 340);
    // At block 3 the token is asked for nothing; at 4 it took the rest, at 5 there is none left.
    held(allowance(1), 0, 100, FAILS, 40, 0, 0);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2), page(3), page(4), page(5));
    assertEquals(List.of("it did not at block 2", "60 left account " + ACCOUNT), seen());
    Finding told = findings.all().getFirst();
    assertEquals(Severity.WARNING, told.severity());
    assertTrue(told.id().startsWith("allowances:"), told.id());
    assertEquals(5, findings.all().get(1).block());
    assertEquals(Severity.CRITICAL, findings.all().get(1).severity());
  }

  @Test
  void L1_shouldNotTakeAnUnlimitedApprovalForOneOfUnknownUseForGood() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 440, 340);
    held(allowance(1), 0, Long.MAX_VALUE, FAILS, Long.MAX_VALUE - 60);
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, Long.MAX_VALUE)), page(2), page(3));
    assertEquals(List.of("it did not at block 2", "100 left account " + ACCOUNT), seen());
    assertEquals(3, findings.all().get(1).block());
  }

  @Test
  void L4_shouldKeepEachAllowanceThatWasNotAskedFor() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 470, 400);
    held(allowance(1), 0, 60, FAILS, 0); // took 30, then the rest
    held(allowance(2), 0, 40, FAILS, 0); // took all of it then
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 60), approved(2, 40)), page(2), page(3));
    assertEquals(List.of("it did not at block 2"), seen());
  }

  @Test
  void L1_shouldAskATokenThatFailsOncePerLookAndMoreAndMoreSeldom() throws Exception {
    int last = 160;
    IntentEvent[] approvals = new IntentEvent[20];
    Arrays.setAll(approvals, i -> approved(i, 1));
    Page[] pages = new Page[last + 1];
    for (int number = 0; number <= last; number++) {
      coin.put((long) number, 100L);
      token.put((long) number, number < 2 ? 500L : FAILS);
      pages[number] = number == 1 ? page(1, approvals) : page(number, paid(TOKEN, 1));
      for (int i = 0; i < approvals.length; i++) {
        allowance(i).put((long) number, number < 2 ? 1L : FAILS);
      }
    }
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      outflows.start();
      for (Page page : pages) {
        chronicle.add(page);
        outflows.of(page);
        Hash block = page.block().hash();
        if (page.block().number() % 8 == 0) { // more than may wait must not
          World.await("it is looked at", PATIENCE, () -> asked.contains(block));
        }
      }
    }
    assertEquals(
        List.of(2L, 2L, 2L, 3L, 5L, 9L, 17L, 33L, 65L, 129L),
        askedToken.stream().filter(number -> number > 1).toList());
  }

  @Test
  void L1_shouldHaveOtherApprovalsExcuseADoubtOnceAlone() throws Exception {
    held(coin, 100, 100, -1, 100, 100);
    held(token, 500, 500, 440, 340, 310);
    held(allowance(1), 0, 100, 100, 0, 0);
    held(allowance(2), 0, REVERTS, REVERTS, REVERTS, REVERTS);
    read(
        page(0, paid(TOKEN, 0)),
        page(1, approved(2, 30)),
        page(2, pulled(1, 60), approved(1, 100)),
        page(3),
        page(4));
    assertEquals(
        List.of(
            "it did not at block 1", "160 left account " + ACCOUNT, "30 left account " + ACCOUNT),
        seen());
    assertTrue(findings.all().get(1).id().startsWith("doubtful-outflow:"), seen().toString());
  }

  @Test
  void L4_shouldNotStopAnAssetWhenAnUnreadBlockHidesWhatACallUsed() throws Exception {
    held(coin, 100, -1, 100);
    held(token, 500, 440, 340);
    held(allowance(1), 0, 100, 0);
    read(page(0, paid(TOKEN, 0)), page(1, pulled(1, 60), approved(1, 100)), page(2));
    assertEquals(List.of("160 left account " + ACCOUNT), seen());
    Finding told = findings.all().getFirst();
    assertEquals(Severity.WARNING, told.severity());
    assertTrue(told.expected().startsWith("at most 100 of asset " + TOKEN), told.expected());
  }

  @Test
  void L1_shouldStopAnAssetWhenMoreLeftThanAnUnreadBlockCanHide() throws Exception {
    held(coin, 100, -1, 100);
    held(token, 500, 440, 339);
    held(allowance(1), 0, 100, 0);
    read(page(0, paid(TOKEN, 0)), page(1, pulled(1, 60), approved(1, 100)), page(2));
    assertEquals(List.of("161 left account " + ACCOUNT), seen());
    assertEquals(Severity.CRITICAL, findings.all().getFirst().severity());
  }

  @Test
  void L1_shouldForgetAnApprovalByWhichACallOfAnotherContractTook() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 400, 300);
    held(allowance(1), 0, 100, 0, 0); // the one that a router has take what it is called for
    read(page(0, paid(TOKEN, 0)), page(1, approved(1, 100)), page(2, pulled(2, 100)), page(3));
    assertEquals(List.of("100 left account " + ACCOUNT), seen());
    assertEquals(3, findings.all().getFirst().block());
  }

  @Test
  void L4_shouldKnowWhatTheOwnerApprovesWithoutAnAmount() throws Exception {
    held(coin, 100, 100, 100, 100);
    held(token, 500, 500, 470, 470);
    held(allowance(1), 0, Long.MAX_VALUE, Long.MAX_VALUE - 30, Long.MAX_VALUE - 30);
    read(
        page(0, paid(TOKEN, 0)),
        called(1, "daea85c5" + "%064x".formatted(SPENDERS + 1)), // approve(address)
        page(2),
        page(3));
    assertEquals(List.of(), seen());
  }

  @Test
  void L1_shouldForgetAnApprovalThatAReorgRemoved() throws Exception {
    held(coin, 100, 100, 100);
    held(token, 500, 500, 400);
    held(allowance(1), 0, 100, 0);
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      outflows.start();
      Page removed =
          new Page(
              new Block(1, hash(FORK + 2), hash(1), Instant.EPOCH),
              page(1, approved(1, 100)).entries());
      for (Page page : List.of(page(0, paid(TOKEN, 0)), removed)) {
        chronicle.add(page);
        outflows.of(page);
      }
      World.await(
          "the removed block is read", PATIENCE, () -> asked.contains(removed.block().hash()));
      chronicle.rewind(0);
      read(outflows, page(1), page(2));
    }
    assertEquals(List.of("100 left account " + ACCOUNT), seen());
  }

  @Test
  void L4_shouldKnowAnApprovalThatIsOlderThanItself() throws Exception {
    held(coin, -1, 100, 100);
    held(token, 0, 500, 400);
    held(allowance(1), 0, 100, 0);
    chronicle.skipTo(block(0));
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      outflows.of(0, block(0), List.of(page(0, paid(TOKEN, 0), approved(1, 100))));
      outflows.start();
      read(outflows, page(1), page(2));
    }
    assertEquals(List.of(), seen());
  }

  @Test
  void L4_shouldStayQuietHoweverManySpendersAreApproved() throws Exception {
    held(coin, 100, 100, 100, 100, 100);
    held(token, 500, 500, 499, 479, 478);
    IntentEvent[] approvals = new IntentEvent[Allowances.MOST + 1];
    for (int i = 0; i < approvals.length; i++) {
      approvals[i] = approved(i, 1 + i);
      held(allowance(i), 0, 1 + i, 1 + i, i == 19 ? 0 : 1 + i, i == 19 ? 0 : 1 + i);
    }
    read(page(0, paid(TOKEN, 0)), page(1, approvals), page(2), page(3), page(4));
    assertEquals(List.of("1 left account " + ACCOUNT), seen());
    assertEquals(4, findings.all().getFirst().block());
  }

  @Test
  void L4_shouldTellWhatLeftByTheOwnersCallAndStopNothing() throws Exception {
    held(coin, 100, 40, 30);
    held(token, 0, 0, 0);
    read(page(0), called(1, hash(0xca11), 60, ""), page(2));
    assertEquals(List.of("60 left account " + ACCOUNT, "10 left account " + ACCOUNT), seen());
    assertEquals(
        List.of(Severity.INFO, Severity.CRITICAL),
        findings.all().stream().limit(2).map(Finding::severity).toList());
    assertTrue(findings.all().getFirst().expected().contains("ca11"), findings.all().toString());
  }

  // ------------------------------------------------------------------ what happens

  private List<String> seen() {
    return findings.all().stream()
        .filter(found -> found.status() == Finding.Status.OPEN)
        .map(Finding::seen)
        .toList();
  }

  private void read(Page... pages) throws Exception {
    try (Outflows outflows = outflows(chain(), chronicle, findings, unread::add)) {
      outflows.start();
      read(outflows, pages);
    }
  }

  /** As a follower does, and one block more of which everything left, to see the end. */
  private void read(Outflows outflows, Page... pages) throws Exception {
    long end = pages[pages.length - 1].block().number() + 1;
    coin.put(end, 0L);
    token.put(end, 0L);
    for (Page page : pages) {
      chronicle.add(page);
      outflows.of(page);
    }
    Page last = page(end, paid(TOKEN, 1_000_000), paid(Address.ZERO, 1));
    chronicle.add(last);
    outflows.of(last);
    String id = "outflow:1:%d:%s".formatted(end, Address.ZERO);
    World.await("all is read", PATIENCE, () -> findings.find(id).isPresent());
    findings.withdraw(1, end - 1);
  }

  private static void held(Map<Long, Long> asset, long... amounts) {
    for (int i = 0; i < amounts.length; i++) {
      asset.put((long) i, amounts[i]);
    }
  }

  private static Page page(long number, IntentEvent... events) {
    return new Page(block(number), List.of(events).stream().<Entry>map(Entry.Step::new).toList());
  }

  private static IntentEvent paid(Address asset, long amount) {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            ACCOUNT,
            BigInteger.ONE,
            asset,
            Address.ZERO,
            BigInteger.valueOf(amount),
            Bytes.EMPTY,
            BigInteger.ZERO,
            BigInteger.ZERO);
    Log log = new Log(hash(0), 1, hash(0), 0, ACCOUNT, List.of(), "0x");
    return new IntentEvent.Paid(log, hash(1), BigInteger.ONE, intent, BigInteger.ZERO);
  }

  private static IntentEvent approved(int spender, long amount) {
    String data = "0x095ea7b3" + "%064x".formatted(SPENDERS + spender) + "%064x".formatted(amount);
    Intent intent =
        new Intent(
            BigInteger.ONE,
            ACCOUNT,
            BigInteger.ONE,
            TOKEN,
            TOKEN,
            BigInteger.valueOf(amount),
            Bytes.of(data),
            BigInteger.ZERO,
            BigInteger.ZERO);
    Log log = new Log(hash(0), 1, hash(0), 0, ACCOUNT, List.of(), "0x");
    return new IntentEvent.Executed(log, hash(1), BigInteger.ONE, intent, intent.amount());
  }

  private static IntentEvent pulled(int spender, long amount) {
    Intent intent =
        new Intent(
            BigInteger.ONE,
            ACCOUNT,
            BigInteger.ONE,
            TOKEN,
            Address.of("0x%040x".formatted(SPENDERS + spender)),
            BigInteger.valueOf(amount),
            Bytes.of("0xdeadbeef"),
            BigInteger.ZERO,
            BigInteger.ZERO);
    Log log = new Log(hash(0), 1, hash(0), 0, ACCOUNT, List.of(), "0x");
    return new IntentEvent.Executed(log, hash(1), BigInteger.ONE, intent, intent.amount());
  }

  private static Page revoked(long number, int spender) {
    Log log =
        new Log(
            hash(number + 1),
            number,
            hash(0),
            0,
            ACCOUNT,
            List.of(
                Topics.APPROVAL_REVOKED,
                hash(new BigInteger(1, TOKEN.bytes()).longValueExact()),
                hash(SPENDERS + spender),
                hash(0xb7)),
            "0x");
    return new Page(block(number), List.of(new Entry.Policy(log)));
  }

  /** The owner has the token called. */
  private static Page called(long number, String call) {
    return called(number, hash(new BigInteger(1, TOKEN.bytes()).longValueExact()), 0, call);
  }

  private static Page called(long number, Hash target, long value, String call) {
    Log log =
        new Log(
            hash(number + 1),
            number,
            hash(0),
            0,
            ACCOUNT,
            List.of(Topics.OWNER_CALLED, target),
            "0x%064x%064x%064x%s%s"
                .formatted(
                    value, 64, call.length() / 2, call, "00".repeat(-(call.length() / 2) & 31)));
    return new Page(block(number), List.of(new Entry.Policy(log)));
  }

  private Map<Long, Long> allowance(int spender) {
    return allowances.computeIfAbsent(
        BigInteger.valueOf(SPENDERS + spender), who -> new HashMap<>());
  }

  private static Block block(long number) {
    return new Block(number, hash(number + 1), hash(number), Instant.EPOCH);
  }

  private static Hash hash(long number) {
    return Hash.of("0x%064x".formatted(number));
  }

  private ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "head" -> block(9);
                  case "balance" -> BigInteger.valueOf(at(coin, (Hash) arguments[1]));
                  case "call" ->
                      answer((Address) arguments[0], (byte[]) arguments[1], (Hash) arguments[2]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** balanceOf(account), or allowance(account, spender). */
  private Map<Long, Long> asked(byte[] question) {
    return question.length == 36
        ? token
        : allowances.get(new BigInteger(1, Arrays.copyOfRange(question, 36, 68)));
  }

  private byte[] answer(Address contract, byte[] question, Hash block) {
    if (contract.equals(Probe.NOBODY)) {
      at(coin, block); // of a block that the node does not have it makes no call
      return new byte[0];
    }
    askedToken.add(new BigInteger(1, block.bytes()).longValueExact() - 1);
    if (hiccups.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new NodeException("too many requests");
    }
    if (question.length > 36) {
      askedForAllowances.add(new BigInteger(1, block.bytes()).longValueExact() - 1);
    }
    return hash(at(asked(question), block)).bytes();
  }

  private long at(Map<Long, Long> asset, Hash block) {
    asked.add(block);
    long number = new BigInteger(1, block.bytes()).longValueExact() % FORK - 1;
    try {
      if (number == 1) {
        gate.await();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    long amount = asset.getOrDefault(number, 0L);
    if (amount == REVERTS) {
      throw new CallRevertedException(TOKEN, "paused");
    }
    if (amount == FAILS) {
      throw new NodeException("jumped to nowhere");
    }
    if (amount < 0) {
      throw new NodeException("gone");
    }
    return amount;
  }
}
