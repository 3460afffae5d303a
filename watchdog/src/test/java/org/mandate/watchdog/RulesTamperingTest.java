package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.PriceFeeds;
import org.mandate.contracts.RuleBook;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.policy.BeyondBasic;
import org.mandate.policy.Panel;
import org.mandate.policy.Thresholds;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * Rules, prices, approvals and delays that lie, by force: home lets go what the mandate makes wait
 * or refuses, and the watchdog, which asks for itself, freezes the agent, and disputes what is on
 * its way elsewhere.
 */
class RulesTamperingTest {
  private static final Duration PATIENCE = World.PATIENCE;
  private static final BigInteger AMOUNT = BigInteger.TEN.pow(15);
  private static final BigInteger NOTHING = BigInteger.ZERO;
  private static final BigInteger NEVER = Thresholds.NEVER;
  private static final Address FEED = Address.of("0x00000000000000000000000000000000000feed1");
  private static final Address RULE = Address.of("0x000000000000000000000000000000000000d1ce");

  @TempDir static Path directory;
  private static World world;
  private Watchdog watchdog;

  @BeforeAll
  static void deploy() throws Exception {
    world = World.start(directory);
    terms();
  }

  @AfterAll
  static void end() {
    world.close();
  }

  @BeforeEach
  void start() throws Exception {
    thresholds(Address.ZERO, NEVER, 0, NEVER);
    thresholds(BeyondBasic.USD, NEVER, 0, NEVER);
    watchdog = world.watchdog(0);
  }

  @AfterEach
  void stop() {
    watchdog.close();
    if (world.frozen()) {
      world.thaw();
    }
  }

  @Test
  void L1_proceedBeforeItsDelayIsDisputed() throws Exception {
    thresholds(Address.ZERO, BigInteger.ZERO, 600, NEVER);
    Intent intent = submitted(World.REMOTE);
    Address executor = world.domain.executor();
    overwriteWait(executor, intent, BigInteger.ZERO);
    world.send(executor, executor().proceed(IntentAbi.toHome(intent)));
    Finding finding = frozenFor(intent);
    assertTrue(finding.expected().contains("it has to wait until "), finding.expected());
    disputed(intent);
  }

  @Test
  void L7_proceedWithTooFewApprovalsIsDisputed() throws Exception {
    thresholds(Address.ZERO, NEVER, 0, BigInteger.ZERO);
    Intent intent = submitted(World.REMOTE);
    Address executor = world.domain.executor();
    Address approvers = world.homeDeployment.address("Approvers");
    try (Lie lie = new Lie(approvers)) {
      lie.says(BigInteger.ONE); // whatever is asked: yes
      world.send(
          executor,
          executor()
              .proceedApproved(
                  IntentAbi.toHome(intent),
                  new HomeExecutor.Approvals(List.of(), List.of(), List.of())));
      Finding finding = frozenFor(intent);
      assertTrue(
          finding.expected().contains("too few of the agent's approvers"), finding::toString);
      disputed(intent);
    }
  }

  /** Whoever hands approvals in chooses how they are written, and what is behind them. */
  @Test
  void L4_approvalsFreezeNobodyHoweverTheyAreHandedIn() throws Exception {
    PrivateKeySigner key = new PrivateKeySigner(BigInteger.valueOf(0xa99));
    Address wallet = Address.of("0x0000000000000000000000000000000000000a99");
    // Its own signature is whatever it is given.
    code(wallet, new BigInteger("1626ba7e" + "0".repeat(56), 16));
    Address approvers = world.homeDeployment.address("Approvers");
    world.governance(
        approvers,
        contract(Approvers.class, "Approvers")
            .setApprovers(
                World.AGENT,
                BigInteger.ONE,
                Stream.of(key.address(), wallet).sorted().map(Address::hex).toList()));
    thresholds(Address.ZERO, NEVER, 0, BigInteger.ZERO);
    BigInteger until = BigInteger.valueOf(4_000_000_000L);

    Intent usual = submitted(World.HOME);
    Panel.Subject subject =
        new Panel.Subject(
            BigInteger.valueOf(World.HOME),
            approvers,
            World.AGENT,
            usual.id(world.domain),
            Address.ZERO,
            Set.of());
    Bytes signature = Bytes.of(key.sign(subject.digest(key.address(), until)).bytes());
    proceed(
        ApprovalCalls.unusual(
            usual, List.of(new Panel.Approval(key.address(), signature, until)), 100_001));
    Thread.sleep(4_000);
    assertEquals(List.of(), about(usual), "it is read as the executor reads it");

    Intent lengthy = submitted(World.HOME);
    Bytes tail = Bytes.of("0x" + "ff".repeat(21_000));
    proceed(ApprovalCalls.usual(lengthy, List.of(new Panel.Approval(wallet, tail, until))));
    World.await("it is told", PATIENCE, () -> !about(lengthy).isEmpty());
    Finding finding = about(lengthy).getFirst();
    assertEquals(Severity.WARNING, finding.severity(), finding::toString);
    assertTrue(finding.seen().contains("the node makes no call with"), finding::toString);
    assertTrue(!world.frozen());
  }

  private static void proceed(Bytes approved) {
    new Sender(world.home.web3j, World.RICH)
        .send(new Call("approve", world.domain.executor().hex(), NOTHING, approved.hex()));
  }

  @Test
  void L11_paymentAtAStalePriceIsDisputed() throws Exception {
    BigInteger dollar = BigInteger.TEN.pow(8);
    code(FEED, BigInteger.valueOf(8));
    world.governance(
        world.homeDeployment.address("PriceFeeds"),
        contract(PriceFeeds.class, "PriceFeeds")
            .setFeed(
                BigInteger.valueOf(World.REMOTE),
                Address.ZERO.hex(),
                new PriceFeeds.Feed(
                    FEED.hex(),
                    BigInteger.valueOf(3_600),
                    BigInteger.ONE,
                    BigInteger.TEN,
                    BigInteger.valueOf(8),
                    BigInteger.valueOf(18),
                    BigInteger.valueOf(8),
                    false),
                BigInteger.ZERO));
    long now = world.home.client.head().timestamp().getEpochSecond();
    round(dollar, now);
    thresholds(BeyondBasic.USD, dollar, 600, NEVER);
    Intent honest = submitted(World.REMOTE);
    Thread.sleep(3_000);
    assertEquals(List.of(), about(honest), "a fresh price is as it should be");
    round(dollar, now - 4_000);
    Address prices = world.homeDeployment.address("PriceFeeds");
    try (Lie lie = new Lie(prices)) {
      lie.says(BigInteger.ONE, BigInteger.ZERO); // known, and worth nothing
      Intent intent = submitted(World.REMOTE);
      Finding finding = frozenFor(intent);
      assertTrue(finding.expected().contains("tier APPROVAL"), finding::toString);
      disputed(intent);
    }
  }

  @Test
  void L8_paymentThatARuleRefusesIsDisputed() throws Exception {
    BigInteger no = BigInteger.ZERO;
    BigInteger yes = BigInteger.ONE;
    Address book = world.homeDeployment.address("RuleBook");
    code(RULE, yes, no, no, no);
    world.governance(book, contract(RuleBook.class, "RuleBook").addRule(World.AGENT, RULE.hex()));
    try {
      Intent honest = submitted(World.REMOTE);
      Thread.sleep(3_000); // force has no block of its own: what was asked then is asked by now
      code(RULE, no, BigInteger.TWO, yes, no);
      Intent refused = submitted(World.REMOTE);
      Thread.sleep(3_000);
      assertEquals(List.of(), about(honest), "what the rule admitted");
      assertEquals(List.of(), about(refused), "what the rule refused");
      try (Lie lie = new Lie(book)) {
        lie.says(yes, no, no, no, no); // the rules admit
        Intent intent = submitted(World.REMOTE);
        Finding finding = frozenFor(intent);
        assertTrue(finding.expected().contains("RULE_BOOK"), finding::toString);
        disputed(intent);
      }
    } finally {
      world.governance(
          book, contract(RuleBook.class, "RuleBook").removeRule(World.AGENT, RULE.hex()));
    }
  }

  @Test
  void L8_whatDependsOnTheOrderWithinABlockIsSaidToBeUnverifiable() throws Exception {
    Address book = world.homeDeployment.address("RuleBook");
    // With call data it answers its first slot and zeros; without, it clears the slot.
    world.home.rpc("anvil_setCode", RULE.hex(), "0x366008575f5f55005b5f545f5260805ff3");
    String slot = "0x" + "0".repeat(64);
    world.home.rpc("anvil_setStorageAt", RULE.hex(), slot, "0x%064x".formatted(1));
    world.governance(book, contract(RuleBook.class, "RuleBook").addRule(World.AGENT, RULE.hex()));
    try {
      Intent intent = world.payment(World.HOME, AMOUNT);
      world.inOneBlock(world.submission(intent), new Call("clear", RULE.hex(), NOTHING, "0x"));
      World.await("it is told", PATIENCE, () -> !about(intent).isEmpty());
      Finding finding = about(intent).getFirst();
      assertEquals(Severity.WARNING, finding.severity(), finding::toString);
      assertTrue(finding.seen().startsWith("it cannot: "), finding::toString);
      assertTrue(!world.frozen(), "nothing says that it was wrong");
    } finally {
      world.governance(
          book, contract(RuleBook.class, "RuleBook").removeRule(World.AGENT, RULE.hex()));
    }
  }

  @Test
  void L5_proceedThatTheMandateRefusesByNowIsDisputed() throws Exception {
    thresholds(Address.ZERO, BigInteger.ZERO, 1, NEVER);
    Intent intent = submitted(World.REMOTE);
    Address rules = world.homeDeployment.address("MandateRules");
    Address book = world.homeDeployment.address("RuleBook");
    code(RULE, BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);
    world.governance(book, contract(RuleBook.class, "RuleBook").addRule(World.AGENT, RULE.hex()));
    Address executor = world.domain.executor();
    BigInteger no = BigInteger.ZERO;
    BigInteger to = new BigInteger(1, World.RECIPIENT.bytes());
    try (Lie lie = new Lie(rules)) {
      lie.says(no, no, no, no, no, no, no, to); // nothing to find
      Thread.sleep(2_000);
      world.send(executor, executor().proceed(IntentAbi.toHome(intent)));
      Finding finding = frozenFor(intent);
      assertTrue(finding.expected().contains("RULE_BOOK of " + RULE), finding::toString);
      disputed(intent);
    } finally {
      world.governance(
          book, contract(RuleBook.class, "RuleBook").removeRule(World.AGENT, RULE.hex()));
    }
  }

  @Test
  void L5_whatWaitedAndGoesOnInTimeIsHonest() throws Exception {
    thresholds(Address.ZERO, BigInteger.ZERO, 2, NEVER);
    Intent intent = submitted(World.HOME);
    Thread.sleep(4_000);
    Address executor = world.domain.executor();
    world.send(executor, executor().proceed(IntentAbi.toHome(intent)));
    Thread.sleep(4_000);
    assertEquals(List.of(), about(intent));
    assertTrue(!world.frozen());
  }

  // ------------------------------------------------------------------ what is seen

  private List<Finding> about(Intent intent) {
    return watchdog.findings().stream()
        .filter(finding -> finding.intentId().equals(Optional.of(intent.id(world.domain))))
        .toList();
  }

  private Finding frozenFor(Intent intent) throws Exception {
    Predicate<Finding> policy = finding -> finding.check() == Check.POLICY;
    World.await(
        "the agent is frozen for it",
        PATIENCE,
        () ->
            about(intent).stream().anyMatch(policy.and(f -> f.status() == Finding.Status.STOPPED)));
    assertTrue(world.frozen());
    return about(intent).stream().filter(policy).findFirst().orElseThrow();
  }

  private void disputed(Intent intent) throws Exception {
    world.deliver(world.sentFor(intent));
    World.await("it is disputed", PATIENCE, () -> world.state(intent) == IntentState.DISPUTED);
  }

  // ------------------------------------------------------------------ what is done

  private Intent submitted(long chain) {
    Intent intent = world.payment(chain, AMOUNT);
    world.submit(intent);
    return intent;
  }

  private static void terms() {
    BigInteger many = BigInteger.valueOf(1_000);
    world.governance(
        world
            .account()
            .setTerms(
                World.AGENT,
                new AgentVault.Terms(
                    BigInteger.valueOf(4_000_000_000L),
                    BigInteger.valueOf(3_600),
                    many,
                    many,
                    false,
                    false)));
  }

  private static void thresholds(
      Address asset, BigInteger delayAbove, int seconds, BigInteger approvalAbove) {
    world.governance(
        world.homeDeployment.address("Tiers"),
        contract(Tiers.class, "Tiers")
            .setThresholds(
                World.AGENT,
                asset.hex(),
                new Tiers.Thresholds(
                    NEVER, delayAbove, BigInteger.valueOf(seconds), approvalAbove)));
  }

  private static void round(BigInteger answer, long updatedAt) {
    BigInteger at = BigInteger.valueOf(updatedAt);
    code(FEED, BigInteger.ONE, answer, at, at, BigInteger.ONE);
  }

  /** From now on the contract answers this, whatever it is asked. */
  private static void code(Address contract, BigInteger... words) {
    StringBuilder hex = new StringBuilder();
    for (BigInteger word : words) {
      hex.append("%064x".formatted(word));
    }
    int size = hex.length() / 2;
    // PUSH2 size, PUSH1 12, PUSH0, CODECOPY, PUSH2 size, PUSH0, RETURN
    String code = "0x61%04x600c5f3961%04x5ff3%s".formatted(size, size, hex);
    world.home.rpc("anvil_setCode", contract.hex(), code);
  }

  /** A contract of home that answers what it likes until it is closed. */
  private static final class Lie implements AutoCloseable {
    private final Address contract;
    private final String honest;

    private Lie(Address contract) {
      this.contract = contract;
      this.honest = world.home.rpc("eth_getCode", contract.hex(), "latest").asText();
    }

    /** Whatever it is asked from now on. */
    private void says(BigInteger... words) {
      code(contract, words);
    }

    @Override
    public void close() {
      world.home.rpc("anvil_setCode", contract.hex(), honest);
    }
  }

  /** The intent's wait is over at {@code due}, and began then. */
  private static void overwriteWait(Address executor, Intent intent, BigInteger due) {
    Hash id = intent.id(world.domain);
    for (int slot = 0; slot < 16; slot++) {
      String place =
          Hash.keccak(Abi.encode(new Bytes32(id.bytes()), new Uint256(BigInteger.valueOf(slot))))
              .hex();
      String word = world.home.rpc("eth_getStorageAt", executor.hex(), place, "latest").asText();
      BigInteger value = new BigInteger(word.substring(2), 16);
      if (value.signum() != 0) {
        // state, upheld and approval are a byte each; due and since have 32 bits each
        BigInteger mask = BigInteger.TWO.pow(64).subtract(BigInteger.ONE).shiftLeft(24);
        BigInteger times = due.shiftLeft(32).or(due).shiftLeft(24);
        world.home.rpc(
            "anvil_setStorageAt",
            executor.hex(),
            place,
            "0x%064x".formatted(value.andNot(mask).or(times)));
        return;
      }
    }
    throw new AssertionError("the intent's slot was not found");
  }

  private static HomeExecutor executor() {
    return contract(HomeExecutor.class, "HomeExecutor");
  }

  private static <T> T contract(Class<T> wrapper, String name) {
    return world.wrapper(wrapper, name);
  }
}
