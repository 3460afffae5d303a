package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.mandate.audit.Action;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.Detail;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.CallGuard;
import org.mandate.contracts.CallRules;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.DevChain;
import org.mandate.deploy.Sender;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.utils.Numeric;

/**
 * The real engine on a real chain against the evaluator: many agents with random mandates live
 * random histories. Each step is one block with one transaction per agent (an intent, a change by
 * governance, an attempt by the owner or a stranger), the time between blocks is random, and each
 * transaction's outcome must be the one that the evaluator gives. Half of what an agent asks for,
 * its key asks the account for directly. Now and then a breaker above the agents trips. Each round
 * is a chain and agents of its own; {@code scripts/agreement} plays many more of them.
 */
class PolicyAgreementTest {
  private static final int AGENTS = 64;
  private static final long CASES = Long.getLong("mandate.l8.cases", 40_000) / 2;
  private static final int STEPS = Math.clamp(CASES / AGENTS / 2, 60, 540);

  /** Until so many, rounds go on while something rare was not met, which a seed may keep back. */
  private static final long MOST = 4 * CASES;

  private static final long START = 2_000_000_000L;

  // Anvil's development accounts, which sign for whoever asks.
  private static final String GOVERNANCE = DevChain.RICH.getAddress();
  private static final String EXECUTOR = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
  private static final String OWNER = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc";
  private static final String STRANGER = "0x90f79bf6eb2c4f870365e785982e1f101e93b906";
  // Of all agents here: mandates are apart all the same.
  private static final PrivateKeySigner WALLET =
      new PrivateKeySigner(
          new BigInteger("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a", 16));

  private static final IntentDomain DOMAIN =
      new IntentDomain(PolicyHistory.HOME, Address.of(EXECUTOR));

  /** What waited was an intent, counted already. */
  private static final Set<Rule> NEVER_REVIEWED =
      EnumSet.of(Rule.COOLDOWN, Rule.BURST, Rule.INTENT_NEEDED);

  /** What the executor appends here: its content means nothing. */
  private record Appended(Hash intentId) {
    private Hash recordHash(BigInteger agentId) {
      return new AuditRecord(
              PolicyHistory.HOME,
              agentId,
              0,
              intentId,
              Optional.empty(),
              new Detail.Expired(),
              new AuditRecord.Anchor(0, Hash.ZERO, 0, Hash.ZERO, 0))
          .recordHash();
    }
  }

  private static final Appended APPENDED = new Appended(Hash.ZERO);

  private final Map<Rule, Integer> seen = new TreeMap<>();
  private final Map<Rule, Integer> reviewed = new TreeMap<>(); // of what waited
  private long cases; // what was asked and judged
  private int filled; // caps that payments used up to the last unit
  private int dropped; // assets
  private int refunded; // intents of which something was given back
  private int kept; // of which nothing was
  private int full; // judged while a bucket could not say what it holds

  // Of one round.
  private long seed;
  private Random random;
  private PolicyHistory history;
  private Rpc rpc;
  private Blocks blocks;
  private AgentRegistry registry;
  private AgentVault engine;
  private final Map<Breaker, Long> stops = new HashMap<>();
  private Breakers breakers = Breakers.NONE;

  @Test
  void L8_engineAndEvaluatorGiveTheSameVerdicts() throws Exception {
    long first = Long.getLong("mandate.l8.seed", System.nanoTime());
    for (int round = 0; cases < CASES || lacking().isPresent() && cases < MOST; round++) {
      play(first + round);
      System.out.printf("engine: %,d of %,d cases agree%n", cases, CASES);
    }
    System.out.printf("L8 PolicyAgreementTest: %,d cases agree%n", cases);
    seen.forEach((rule, times) -> System.out.printf("L8 %,9d %s%n", times, rule));
    reviewed.forEach(
        (rule, times) -> System.out.printf("L8 %,9d %s, of what waited%n", times, rule));
    System.out.printf("L8 %,9d caps filled to the last unit%n", filled);
    System.out.printf("L8 %,9d judged over a full bucket%n", full);
    System.out.printf("L8 %,9d assets dropped%n", dropped);
    System.out.printf("L8 %,9d refunds, and %,d of nothing%n", refunded, kept);
    assertEquals(Optional.empty(), lacking(), "seed " + first);
    NEVER_REVIEWED.forEach(
        rule ->
            assertFalse(
                reviewed.containsKey(rule),
                "seed " + first + ": rule " + rule + " and what waited: " + reviewed));
  }

  /** What was met too rarely to say that it agrees. */
  private Optional<String> lacking() {
    if (filled < 20) {
      return Optional.of("only " + filled + " payments filled a cap");
    }
    if (full < 20) {
      return Optional.of("only " + full + " met a full bucket");
    }
    if (refunded < 50 || kept < 50) {
      return Optional.of("only %d refunds, %d of nothing".formatted(refunded, kept));
    }
    if (dropped < 3) {
      return Optional.of("only " + dropped + " assets were dropped");
    }
    for (Rule rule : Rule.values()) {
      if (seen.getOrDefault(rule, 0) < 5) {
        return Optional.of("rule " + rule + " decided too rarely: " + seen);
      }
      if (!NEVER_REVIEWED.contains(rule) && !reviewed.containsKey(rule)) {
        return Optional.of("rule " + rule + " and what waited: " + reviewed);
      }
    }
    return Optional.empty();
  }

  private void play(long roundSeed) throws Exception {
    seed = roundSeed;
    random = new Random(seed);
    history = new PolicyHistory(random);
    stops.clear();
    breakers = Breakers.NONE;
    try (DevChain chain = DevChain.start(PolicyHistory.HOME.longValueExact())) {
      deploy(chain);
      List<PolicyHistory.Agent> agents = register(chain);
      long now = START;
      for (int step = 0; step < STEPS; step++) {
        now += history.pause(agents, now);
        now = turnABreaker(now);
        List<PolicyHistory.Move> moves = new ArrayList<>();
        for (PolicyHistory.Agent agent : agents) {
          moves.add(history.next(agent, now));
        }
        List<Blocks.Outcome> outcomes = mine(agents, moves, now);
        for (int i = 0; i < agents.size(); i++) {
          compare(agents.get(i), moves.get(i), outcomes.get(i), now, step);
        }
        ask(agents, now);
      }
      compareWhatIsLeft(agents);
    }
  }

  // ------------------------------------------------------------------ comparing

  private void compare(
      PolicyHistory.Agent agent,
      PolicyHistory.Move move,
      Blocks.Outcome outcome,
      long now,
      int step) {
    Mandate before = agent.mandate();
    switch (move) {
      case PolicyHistory.Move.Consume(Intent intent, Finding found) -> {
        Judgement judgement = PolicyEvaluator.consume(before, standing(agent), intent, found, now);
        Verdict preview = PolicyEvaluator.preview(before, standing(agent), intent, found, now);
        if (!outcome.succeeded()
            || !VaultCalls.verdict(outcome.output(), 0, 0).equals(judgement.verdict())) {
          mismatch(
              agent,
              move,
              now,
              step,
              judgement.verdict(),
              outcome.succeeded() ? VaultCalls.verdict(outcome.output(), 0, 0) : outcome);
        }
        assertEquals(judgement.verdict(), preview);
        if (judgement.verdict().allowed()) {
          agent.count(intent, now);
        }
        judged(agent, judgement, intent, now);
      }
      case PolicyHistory.Move.Pay pay -> {
        // A revoked agent has lost its key for good.
        if (!pay.byAgent() || agent.status() == AgentStatus.REVOKED) {
          assertFalse(outcome.succeeded(), "a stranger paid: " + pay);
          assertEquals(Optional.empty(), outcome.payment());
          return;
        }
        comparePayment(agent, pay, outcome, now, step);
      }
      case PolicyHistory.Move.Inexact inexact ->
          assertFalse(outcome.succeeded(), () -> "seed " + seed + ", step " + step + ": " + move);
      case PolicyHistory.Move.Change(PolicyHistory.Who who, PolicyChange change) -> {
        // L5: governance may do everything, the owner of what it admitted what loosens nothing, a
        // stranger nothing.
        boolean allowed =
            switch (who) {
              case GOVERNANCE -> isPossible(before, change, now);
              case OWNER -> isAdmitted(agent) && change.tightens(before);
              case STRANGER -> false;
            };
        if (outcome.succeeded() != allowed) {
          mismatch(agent, move, now, step, allowed ? "done" : "refused", outcome);
        }
        if (allowed) {
          dropped += change instanceof PolicyChange.DropAsset ? 1 : 0;
          agent.become(change.apply(before, now));
          if (change instanceof PolicyChange.Freeze) {
            agent.stop();
          }
        }
      }
      case PolicyHistory.Move.SetStatus(AgentStatus status) -> {
        assertTrue(outcome.succeeded(), () -> "seed " + seed + ", step " + step + ": " + move);
        agent.become(status, now);
      }
      case PolicyHistory.Move.SetRiskLevel(PolicyHistory.Who who, int level) -> {
        boolean allowed =
            who == PolicyHistory.Who.GOVERNANCE || isAdmitted(agent) && level > agent.riskLevel();
        if (outcome.succeeded() != allowed) {
          mismatch(agent, move, now, step, allowed ? "done" : "refused", outcome);
        }
        if (allowed) {
          agent.become(level, now);
        }
      }
      case PolicyHistory.Move.Refund(Address asset, BigInteger amount, long consumedAt) -> {
        Refund own = PolicyEvaluator.refund(before, asset, amount, consumedAt, now);
        if (!outcome.succeeded() || !VaultCalls.number(outcome.output()).equals(own.amount())) {
          mismatch(agent, move, now, step, own.amount(), outcome);
        }
        refunded += own.amount().signum();
        kept += 1 - own.amount().signum();
        agent.become(own.after());
      }
      case PolicyHistory.Move.Append append -> {
        assertTrue(outcome.succeeded());
        agent.append(APPENDED.recordHash(agent.id()));
      }
      case PolicyHistory.Move.Publish publish -> {
        assertTrue(outcome.succeeded());
        agent.publish();
      }
    }
  }

  /** Whether governance ever activated it: of others, which anybody registers, nobody is owner. */
  private static boolean isAdmitted(PolicyHistory.Agent agent) {
    return agent.status() != AgentStatus.PENDING;
  }

  private static boolean isPossible(Mandate before, PolicyChange change, long now) {
    return !(change instanceof PolicyChange.DropAsset(Address asset))
        || before.asset(asset).isDroppable(now);
  }

  /**
   * Asks the engine what it would say to each agent now or later, of a new intent and of one that
   * waited, and changes nothing.
   */
  private void ask(List<PolicyHistory.Agent> agents, long now) {
    List<PolicyHistory.Move.Consume> asked = new ArrayList<>();
    List<Long> times = new ArrayList<>();
    List<Object[]> calls = new ArrayList<>();
    for (PolicyHistory.Agent agent : agents) {
      for (boolean waited : new boolean[] {false, true}) {
        long then = now + (random.nextInt(3) == 0 ? 0 : history.pause(agents, now));
        PolicyHistory.Move.Consume move = history.question(agent, then);
        AgentVault.Intent intent = VaultCalls.intent(move.intent());
        AgentVault.Finding found = VaultCalls.finding(move.found());
        var call = waited ? engine.review(intent, found) : engine.preview(intent, found);
        asked.add(move);
        times.add(then);
        calls.add(
            Rpc.request(
                "eth_call",
                Map.of("to", engine.getContractAddress(), "input", call.encodeFunctionCall()),
                "latest",
                Map.of(),
                Map.of("time", "0x" + Long.toHexString(then))));
      }
    }
    List<Rpc.Called> answers = rpc.callAll(calls);
    for (int i = 0; i < asked.size(); i++) {
      PolicyHistory.Agent agent = agents.get(i / 2);
      Intent intent = asked.get(i).intent();
      Finding found = asked.get(i).found();
      Verdict own =
          i % 2 == 0
              ? PolicyEvaluator.preview(
                  agent.mandate(), standing(agent), intent, found, times.get(i))
              : PolicyEvaluator.review(
                  agent.mandate(), standing(agent), intent, found, times.get(i));
      Rpc.Called said = answers.get(i);
      if (said.reverted() || !VaultCalls.verdict(said.data(), 0, 0).equals(own)) {
        mismatch(agent, asked.get(i), times.get(i), -1, own, said);
      }
      cases++;
      (i % 2 == 0 ? seen : reviewed).merge(own.rule(), 1, Integer::sum);
    }
  }

  /**
   * The account's event must say what the evaluator says, and the record that is made of it must be
   * the one that the chain holds (L6).
   */
  private void comparePayment(
      PolicyHistory.Agent agent,
      PolicyHistory.Move.Pay pay,
      Blocks.Outcome outcome,
      long now,
      int step) {
    Intent intent =
        new Intent(
            agent.id(),
            Address.of(engine.getContractAddress()),
            PolicyHistory.HOME,
            pay.asset(),
            pay.to(),
            pay.amount(),
            Bytes.EMPTY,
            BigInteger.valueOf(agent.chain().count()),
            BigInteger.ZERO);
    Judgement judgement = PolicyEvaluator.pay(agent.mandate(), standing(agent), intent, now);
    Verdict own = judgement.verdict();
    Optional<IntentEvent> said =
        outcome.payment().flatMap(log -> ContractEvents.payment(log, DOMAIN, PolicyHistory.HOME));
    Optional<Detail> expected =
        Optional.of(
            own.allowed()
                ? new Detail.Executed(intent.account(), intent.asset(), intent.amount())
                : new Detail.Denied(own));
    if (!outcome.succeeded()
        || !said.flatMap(AuditRecord::shownBy).equals(Optional.of(intent))
        || !said.map(Detail::of).equals(expected)) {
      mismatch(agent, pay, now, step, own, outcome);
    }
    judged(agent, judgement, intent, now);
    agent.append(
        new AuditRecord(
                PolicyHistory.HOME,
                agent.id(),
                agent.chain().count(),
                intent.id(DOMAIN),
                Optional.of(intent),
                expected.orElseThrow(),
                new AuditRecord.Anchor(0, Hash.ZERO, 0, Hash.ZERO, 0))
            .recordHash());
  }

  private void judged(PolicyHistory.Agent agent, Judgement judgement, Intent intent, long now) {
    cases++;
    RollingWindow window = agent.mandate().asset(intent.asset()).usage().window().at(now);
    full += window.buckets().contains(Usage.FULL) ? 1 : 0;
    seen.merge(judgement.verdict().rule(), 1, Integer::sum);
    filled += judgement.verdict().allowed() && fills(judgement.after(), intent) ? 1 : 0;
    agent.become(judgement.after());
    if (judgement.verdict().tripped()) {
      agent.stop();
    }
  }

  private Standing standing(PolicyHistory.Agent agent) {
    return new Standing(PolicyHistory.HOME, agent.status(), breakers, agent.unpublished());
  }

  /** Whether a part of the cap was left for the intent, and nothing is now, to the last wei. */
  private static boolean fills(Mandate after, Intent intent) {
    AssetMandate asset = after.asset(intent.asset());
    BigInteger unit = BigInteger.TEN.pow(asset.usage().exponent());
    return asset.usage().used().multiply(unit).equals(asset.limit().cap())
        && intent.amount().compareTo(asset.limit().cap()) < 0;
  }

  private void mismatch(
      PolicyHistory.Agent agent,
      PolicyHistory.Move move,
      long now,
      int step,
      Object evaluator,
      Object chain) {
    fail(
        "engine and evaluator differ (-Dmandate.l8.seed="
            + seed
            + ", step "
            + step
            + ")"
            + "\nnow        "
            + now
            + "\nagent      "
            + agent.id()
            + ", "
            + agent.status()
            + ", "
            + agent.unpublished()
            + " unpublished records, "
            + breakers
            + "\nmove       "
            + move
            + "\nmandate    "
            + agent.mandate()
            + "\nevaluator  "
            + evaluator
            + "\nengine     "
            + chain);
  }

  private void compareWhatIsLeft(List<PolicyHistory.Agent> agents) throws Exception {
    for (PolicyHistory.Agent agent : agents) {
      var chain = engine.chain(agent.id()).send();
      assertEquals(agent.chain().head(), Numeric.toHexString(chain.component1()), "L6");
      assertEquals(BigInteger.valueOf(agent.chain().count()), chain.component2());
      assertEquals(agent.mandate().frozen(), engine.frozen(agent.id()).send());
      assertEquals(agent.stops(), engine.stops(agent.id()).send());
    }
  }

  // ------------------------------------------------------------------ the chain

  private void deploy(DevChain chain) throws Exception {
    rpc = new Rpc(chain.url());
    var manager =
        AccessManager.deploy(chain.web3j(), DevChain.RICH, Sender.NO_GAS, GOVERNANCE).send();
    String authority = manager.getContractAddress();
    registry = AgentRegistry.deploy(chain.web3j(), DevChain.RICH, Sender.NO_GAS, authority).send();
    var calls =
        CallRules.deploy(
                chain.web3j(),
                DevChain.RICH,
                Sender.NO_GAS,
                authority,
                registry.getContractAddress())
            .send();
    var guard =
        CallGuard.deploy(
                chain.web3j(), DevChain.RICH, Sender.NO_GAS, authority, calls.getContractAddress())
            .send();
    engine =
        AgentVault.deploy(
                chain.web3j(),
                DevChain.RICH,
                Sender.NO_GAS,
                authority,
                GOVERNANCE,
                registry.getContractAddress(),
                EXECUTOR,
                guard.getContractAddress(),
                PolicyHistory.HOME,
                PolicyHistory.OTHER_CHAINS)
            .send();
    fund(chain);
    blocks = new Blocks(rpc, engine.getContractAddress());
  }

  /** More than any mandate admits of every asset. */
  private void fund(DevChain chain) throws Exception {
    String much = "0x" + BigInteger.TWO.pow(200).toString(16);
    rpc.ask("anvil_setBalance", engine.getContractAddress(), much);
    var token =
        TestToken.deploy(chain.web3j(), DevChain.RICH, Sender.NO_GAS, OWNER, BigInteger.ONE).send();
    String code = rpc.ask("eth_getCode", token.getContractAddress(), "latest").asText();
    rpc.ask("anvil_setCode", PolicyHistory.TOKEN.hex(), code);
    // balances are the first storage variable
    String slot =
        Hash.keccak(
                Abi.encode(
                    new org.web3j.abi.datatypes.Address(engine.getContractAddress()),
                    new Uint256(0)))
            .hex();
    rpc.ask(
        "anvil_setStorageAt",
        PolicyHistory.TOKEN.hex(),
        slot,
        Numeric.toHexStringWithPrefixZeroPadded(BigInteger.TWO.pow(200), 64));
  }

  /** Trips or resets a breaker above the agents now and then, in a block of its own. */
  private long turnABreaker(long now) {
    if (random.nextInt(5) > 0) {
      return now;
    }
    boolean any = !breakers.tripped().isEmpty();
    Breaker breaker = any ? breakers.tripped().iterator().next() : history.breaker();
    BigInteger scope = BigInteger.valueOf(breaker.scope());
    String call;
    if (any) {
      call =
          engine
              .restart(scope, breaker.what(), BigInteger.valueOf(stops.getOrDefault(breaker, 0L)))
              .encodeFunctionCall();
    } else {
      call = engine.stop(scope, breaker.what()).encodeFunctionCall();
      stops.merge(breaker, 1L, Long::sum);
    }
    breakers = breakers.with(breaker, !any);
    var done =
        blocks.mine(
            List.of(new Blocks.Transaction(GOVERNANCE, engine.getContractAddress(), call)), now);
    assertTrue(done.getFirst().succeeded(), breaker::toString);
    return now + 1;
  }

  private List<PolicyHistory.Agent> register(DevChain chain) {
    List<Blocks.Transaction> registrations = new ArrayList<>();
    List<PolicyHistory.Agent> agents = new ArrayList<>();
    for (int i = 1; i <= AGENTS; i++) {
      registrations.add(
          new Blocks.Transaction(
              OWNER, registry.getContractAddress(), registry.register().encodeFunctionCall()));
      agents.add(new PolicyHistory.Agent(BigInteger.valueOf(i)));
    }
    blocks.mine(registrations, START - 2).forEach(outcome -> assertTrue(outcome.succeeded()));
    AgentSetup setup = new AgentSetup(registry.getContractAddress());
    List<Blocks.Transaction> keys = new ArrayList<>();
    for (PolicyHistory.Agent agent : agents) {
      var proof = setup.prove(chain.sender(DevChain.RICH), agent.id(), WALLET);
      keys.add(
          new Blocks.Transaction(
              OWNER,
              registry.getContractAddress(),
              registry
                  .setAgentWallet(
                      agent.id(), WALLET.address().hex(), proof.deadline(), proof.signature())
                  .encodeFunctionCall()));
    }
    blocks.mine(keys, START - 1).forEach(outcome -> assertTrue(outcome.succeeded()));
    return agents;
  }

  private List<Blocks.Outcome> mine(
      List<PolicyHistory.Agent> agents, List<PolicyHistory.Move> moves, long now) {
    List<Blocks.Transaction> transactions = new ArrayList<>();
    for (int i = 0; i < moves.size(); i++) {
      transactions.add(transaction(agents.get(i), moves.get(i)));
    }
    return blocks.mine(transactions, now);
  }

  private Blocks.Transaction transaction(PolicyHistory.Agent agent, PolicyHistory.Move move) {
    BigInteger id = agent.id();
    String policy = engine.getContractAddress();
    return switch (move) {
      case PolicyHistory.Move.Consume(Intent intent, Finding found) ->
          new Blocks.Transaction(
              EXECUTOR,
              policy,
              engine
                  .consume(
                      VaultCalls.finding(found),
                      intent.id(DOMAIN).bytes(),
                      VaultCalls.intent(intent))
                  .encodeFunctionCall());
      case PolicyHistory.Move.SetRiskLevel(PolicyHistory.Who who, int level) ->
          new Blocks.Transaction(
              who == PolicyHistory.Who.GOVERNANCE ? GOVERNANCE : OWNER,
              registry.getContractAddress(),
              registry.setRiskLevel(id, BigInteger.valueOf(level)).encodeFunctionCall());
      case PolicyHistory.Move.Pay pay ->
          new Blocks.Transaction(
              pay.byAgent() ? WALLET.address().hex() : STRANGER,
              policy,
              engine.pay(pay.asset().hex(), pay.amount(), pay.to().hex(), id).encodeFunctionCall());
      case PolicyHistory.Move.Inexact limit ->
          new Blocks.Transaction(
              GOVERNANCE,
              policy,
              engine
                  .setLimit(
                      id,
                      limit.asset().hex(),
                      new AgentVault.Limit(
                          limit.perTransaction(), limit.cap(), BigInteger.valueOf(limit.window())))
                  .encodeFunctionCall());
      case PolicyHistory.Move.Change(PolicyHistory.Who who, PolicyChange change) ->
          new Blocks.Transaction(
              switch (who) {
                case GOVERNANCE -> GOVERNANCE;
                case OWNER -> OWNER;
                case STRANGER -> STRANGER;
              },
              policy,
              VaultCalls.change(engine, agent.id(), change, agent.stops()));
      case PolicyHistory.Move.SetStatus(AgentStatus status) ->
          new Blocks.Transaction(
              GOVERNANCE,
              registry.getContractAddress(),
              switch (status) {
                case ACTIVE ->
                    registry.activate(id, policy, agent.suspensions()).encodeFunctionCall();
                case SUSPENDED -> registry.suspend(id).encodeFunctionCall();
                case REVOKED -> registry.revoke(id).encodeFunctionCall();
                case PENDING -> throw new IllegalArgumentException("nobody becomes pending");
              });
      case PolicyHistory.Move.Refund refund ->
          new Blocks.Transaction(
              EXECUTOR,
              policy,
              engine
                  .refund(
                      id,
                      refund.asset().hex(),
                      refund.amount(),
                      BigInteger.valueOf(refund.consumedAt()))
                  .encodeFunctionCall());
      case PolicyHistory.Move.Append append ->
          new Blocks.Transaction(
              EXECUTOR,
              policy,
              engine
                  .append(
                      BigInteger.valueOf(Action.EXPIRED.ordinal()),
                      id,
                      APPENDED.intentId().bytes(),
                      Hash.keccak(new byte[0]).bytes())
                  .encodeFunctionCall());
      case PolicyHistory.Move.Publish publish ->
          new Blocks.Transaction(
              GOVERNANCE,
              policy,
              engine
                  .publish(
                      id,
                      BigInteger.valueOf(agent.published()),
                      BigInteger.valueOf(agent.published() + agent.unpublished()),
                      new byte[32],
                      new byte[32])
                  .encodeFunctionCall());
    };
  }
}
