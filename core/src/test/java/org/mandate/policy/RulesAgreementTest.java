package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.MandateLens;
import org.mandate.contracts.MandateRules;
import org.mandate.deploy.DevChain;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.SignedIntent;

/**
 * A whole deployment on a real chain against the evaluator, beyond the basic rules: permissions,
 * rule books with the shipped rules and foreign ones, tiers in an asset's unit and in dollars,
 * approvals. Agents with random settings submit intents, have them carried out, and lose and win
 * rights meanwhile. Between the blocks the contracts are asked, at random moments at which the
 * foreign contracts answer well and badly: what the rules find of an intent, the verdict that it
 * would get, and whether one that waits would go on. {@code scripts/agreement} asks many more.
 */
class RulesAgreementTest {
  private static final int AGENTS = 16;
  private static final int QUESTIONS = 12; // per agent and step
  private static final long CASES = Long.getLong("mandate.l8.cases", 40_000) / 2;
  private static final int STEPS = Math.clamp(CASES / AGENTS / QUESTIONS / 2, 30, 240); // a round

  /** Until so many, it goes on while something rare was not met, which a seed may keep back. */
  private static final long MOST = 4 * CASES;

  private final Map<String, Integer> seen = new TreeMap<>();
  private long cases;

  // Of one round.
  private long seed;
  private Random random;
  private RulesHistory history;
  private RulesWorld world;
  private Address account;
  private Prices prices;
  private List<Address> shipped;
  private final List<Agent> agents = new ArrayList<>();
  private final Map<Hash, Set<Address>> disapproved = new HashMap<>();
  private final Map<Breaker, Long> stops = new HashMap<>();
  private Breakers breakers = Breakers.NONE;

  private record Waits(Intent intent, Waiting waiting) {}

  /** An agent as the evaluator sees it. */
  private static final class Agent {
    private final BigInteger id;
    private Mandate mandate = Mandate.EMPTY;
    private BeyondBasic beyond = BeyondBasic.EMPTY;
    private Panel panel = Panel.NEVER_SET;
    private AgentStatus status = AgentStatus.ACTIVE;
    private int riskLevel;
    private long records;
    private long stops;
    private long suspensions;
    private final List<Waits> waiting = new ArrayList<>();

    Agent(BigInteger id) {
      this.id = id;
    }
  }

  @Test
  void L8_rulesVerdictsAndReleasesAreTheEvaluators() throws Exception {
    long first = Long.getLong("mandate.l8.seed", System.nanoTime());
    for (int round = 0; goesOn(); round++) {
      play(first + round);
      System.out.printf("rules: %,d of %,d cases agree%n", cases, CASES);
    }
    System.out.printf("L8 RulesAgreementTest: %,d cases agree%n", cases);
    seen.forEach((what, times) -> System.out.printf("L8 %,9d %s%n", times, what));
    assertEquals(List.of(), neverMet(), () -> "seed " + first + ": never met, of " + seen);
  }

  private boolean goesOn() {
    return cases < CASES || cases < MOST && !neverMet().isEmpty();
  }

  private List<String> neverMet() {
    return expected().stream().filter(what -> !seen.containsKey(what)).toList();
  }

  private void play(long roundSeed) throws Exception {
    seed = roundSeed;
    random = new Random(seed);
    agents.clear();
    disapproved.clear();
    stops.clear();
    breakers = Breakers.NONE;
    try (DevChain chain = DevChain.start(RulesWorld.HOME.longValueExact())) {
      world = new RulesWorld(chain);
      account = world.deployment.account();
      history = new RulesHistory(random, world.deployment.address("AccessManager"), seen);
      prices = history.prices();
      shipped =
          List.of(
              world.deployment.address("HoursRule"),
              world.deployment.address("CategoryRule"),
              world.deployment.address("ReputationRule"));
      settle(chain);
      long now = RulesWorld.START;
      for (int step = 0; step < STEPS && goesOn(); step++) {
        now += history.pause();
        now = disapprove(reprice(turnABreaker(now)));
        live(now);
        ask(now);
      }
    }
  }

  // ------------------------------------------------------------------ settings

  private void settle(DevChain chain) {
    world.register(chain, AGENTS);
    history.first().forEach((contract, said) -> world.setCode(contract, said.code()));
    List<Blocks.Transaction> settings = new ArrayList<>();
    prices.feeds().forEach((place, feed) -> settings.add(world.set(place, feed)));
    settings.add(world.set(prices.sequencer()));
    List<List<PolicyChange>> grants = new ArrayList<>();
    for (int i = 1; i <= AGENTS; i++) {
      Agent agent = new Agent(BigInteger.valueOf(i));
      agents.add(agent);
      history.permissions().forEach((place, p) -> settings.add(permit(agent, place, p)));
      for (Address asset : List.of(Address.ZERO, RulesWorld.TOKEN, BeyondBasic.USD)) {
        if (!history.chance(12)) {
          settings.add(divide(agent, asset, history.thresholds(asset)));
        }
      }
      settings.addAll(rule(agent, shipped.get(0), history.hours()));
      settings.addAll(rule(agent, shipped.get(1), history.categories()));
      settings.addAll(rule(agent, shipped.get(2), history.reputation()));
      history.book(shipped).forEach(rule -> settings.add(add(agent, rule)));
      settings.add(appoint(agent, history.panel()));
      grants.add(history.grants(RulesWorld.START));
    }
    world.settle(settings, RulesWorld.START - 100);
    // What changes a window must be known to the second: one block.
    List<Blocks.Transaction> all = new ArrayList<>();
    for (int i = 0; i < AGENTS; i++) {
      for (PolicyChange grant : grants.get(i)) {
        all.add(change(agents.get(i), grant, RulesWorld.START - 1));
      }
    }
    world
        .blocks
        .mine(all, RulesWorld.START - 1)
        .forEach(outcome -> assertTrue(outcome.succeeded()));
  }

  private Blocks.Transaction permit(Agent agent, Permission.Place place, Permission permission) {
    agent.beyond = agent.beyond.with(place, permission);
    return world.set(agent.id, place, permission);
  }

  private Blocks.Transaction divide(Agent agent, Address asset, Thresholds thresholds) {
    agent.beyond = agent.beyond.with(asset, thresholds);
    return world.set(agent.id, asset, thresholds);
  }

  private List<Blocks.Transaction> rule(Agent agent, Address contract, BookRule rule) {
    agent.beyond = agent.beyond.with(contract, rule);
    return world.set(agent.id, rule);
  }

  private Blocks.Transaction add(Agent agent, Address rule) {
    agent.beyond = agent.beyond.withRule(rule);
    return world.add(agent.id, rule);
  }

  private Blocks.Transaction remove(Agent agent, Address rule) {
    agent.beyond = agent.beyond.withoutRule(rule);
    return world.remove(agent.id, rule);
  }

  private Blocks.Transaction appoint(Agent agent, Panel panel) {
    agent.panel = panel;
    return world.set(agent.id, panel);
  }

  private Blocks.Transaction change(Agent agent, PolicyChange change, long now) {
    BigInteger known = BigInteger.valueOf(agent.stops);
    agent.mandate = change.apply(agent.mandate, now);
    agent.stops += change instanceof PolicyChange.Freeze ? 1 : 0;
    return world.change(agent.id, change, known);
  }

  private Blocks.Transaction become(Agent agent, AgentStatus status, long now) {
    BigInteger known = BigInteger.valueOf(agent.suspensions);
    agent.status = status;
    agent.suspensions += status == AgentStatus.SUSPENDED ? 1 : 0;
    return world.governance(
        "AgentRegistry",
        status == AgentStatus.ACTIVE
            ? world.registry.activate(agent.id, account.hex(), known)
            : world.registry.suspend(agent.id));
  }

  private Blocks.Transaction risk(Agent agent, int level, long now) {
    agent.riskLevel = level;
    agent.mandate = agent.mandate.withRiskLevel(level, now);
    return world.governance(
        "AgentRegistry", world.registry.setRiskLevel(agent.id, BigInteger.valueOf(level)));
  }

  // Only shipped rules come and go: a foreign one has no code in every scene.
  private Blocks.Transaction decision(Agent agent, long now) {
    Permission.Place place = history.place();
    if (agent.mandate.frozen() && random.nextInt(4) > 0) {
      return change(agent, new PolicyChange.Thaw(), now);
    }
    if (now > agent.mandate.terms().expiry() && random.nextInt(2) > 0) {
      return change(agent, history.terms(agent.mandate.terms(), now), now);
    }
    return switch (random.nextInt(14)) {
      case 0 -> permit(agent, place, history.permission(place.selector()));
      case 1, 2 -> {
        Address asset = history.pick(List.of(Address.ZERO, RulesWorld.TOKEN, BeyondBasic.USD));
        yield divide(agent, asset, history.thresholds(asset));
      }
      case 3 -> rule(agent, shipped.get(0), history.hours()).getFirst();
      case 4 -> rule(agent, shipped.get(2), history.reputation()).getFirst();
      case 5, 6 -> {
        Address rule = history.pick(shipped);
        yield agent.beyond.book().contains(rule) ? remove(agent, rule) : add(agent, rule);
      }
      case 7 -> appoint(agent, history.panel());
      case 8 -> risk(agent, random.nextInt(4), now);
      default -> {
        if (agent.status != AgentStatus.ACTIVE) {
          yield become(agent, AgentStatus.ACTIVE, now);
        }
        if (agent.mandate.frozen()) {
          yield change(agent, new PolicyChange.Thaw(), now);
        }
        yield history.chance(12)
            ? become(agent, AgentStatus.SUSPENDED, now)
            : change(agent, history.change(now), now);
      }
    };
  }

  /** Trips or resets a breaker above the agents now and then, in a block of its own. */
  private long turnABreaker(long now) {
    boolean any = !breakers.tripped().isEmpty();
    if (!any && random.nextInt(5) > 0) {
      return now;
    }
    Breaker breaker = any ? breakers.tripped().iterator().next() : history.breaker();
    BigInteger scope = BigInteger.valueOf(breaker.scope());
    BigInteger known = BigInteger.valueOf(stops.getOrDefault(breaker, 0L));
    world.settle(
        List.of(
            world.governance(
                "AgentVault",
                any
                    ? world.vault.restart(scope, breaker.what(), known)
                    : world.vault.stop(scope, breaker.what()))),
        now);
    if (!any) {
      stops.merge(breaker, 1L, Long::sum);
    }
    breakers = breakers.with(breaker, !any);
    return now + 1;
  }

  /** Governance prices something otherwise now and then, in a block of its own. */
  private long reprice(long now) {
    if (random.nextInt(5) > 0) {
      return now;
    }
    Blocks.Transaction transaction;
    if (random.nextInt(3) == 0) {
      transaction = world.set(history.resequence());
    } else {
      Prices.Place place = history.pick(history.places());
      PriceFeed feed = history.reprice(place);
      history.first().forEach((contract, said) -> world.setCode(contract, said.code()));
      transaction = world.set(place, feed);
    }
    prices = history.prices();
    world.settle(List.of(transaction), now);
    return now + 1;
  }

  // ------------------------------------------------------------------ what happens

  /** One block, in which each agent does something or has something done to it. */
  private void live(long now) {
    Scene scene = history.scene(now);
    world.play(scene);
    List<Blocks.Transaction> transactions = new ArrayList<>();
    List<Runnable> checks = new ArrayList<>();
    List<Blocks.Outcome> outcomes = new ArrayList<>();
    for (Agent agent : agents) {
      agent.waiting.removeIf(w -> w.intent().deadline().longValueExact() <= now + 500_000);
      int index = transactions.size();
      int choice = random.nextInt(10);
      if (choice < 4 && (!agent.mandate.frozen() || choice == 0)) {
        Intent intent = likely(agent, scene, true);
        transactions.add(
            new Blocks.Transaction(
                RulesWorld.ANYBODY,
                world.at("HomeExecutor"),
                world
                    .executor
                    .submit(
                        IntentAbi.toHome(intent),
                        SignedIntent.sign(intent, world.domain, RulesWorld.WALLET)
                            .signature()
                            .bytes())
                    .encodeFunctionCall()));
        checks.add(() -> submitted(agent, intent, scene, outcomes.get(index)));
      } else if (choice < 8 && !agent.waiting.isEmpty()) {
        Attempt attempt = attempt(agent, scene);
        transactions.add(
            new Blocks.Transaction(RulesWorld.ANYBODY, world.at("HomeExecutor"), attempt.data()));
        checks.add(() -> released(agent, attempt, scene, outcomes.get(index)));
      } else {
        Blocks.Transaction transaction = decision(agent, now);
        transactions.add(transaction);
        checks.add(() -> assertTrue(outcomes.get(index).succeeded(), transaction::toString));
      }
    }
    outcomes.addAll(world.blocks.mine(transactions, now));
    checks.forEach(Runnable::run);
  }

  /** One approver takes back what it may have signed, in a block of its own. */
  private long disapprove(long now) {
    Agent agent = history.pick(agents);
    if (agent.waiting.isEmpty() || random.nextBoolean()) {
      return now;
    }
    Hash id = history.pick(agent.waiting).intent().id(world.domain);
    world.settle(
        List.of(
            new Blocks.Transaction(
                RulesWorld.OWNER,
                world.at("Approvers"),
                world.approvers.disapprove(id.bytes()).encodeFunctionCall())),
        now);
    disapproved.computeIfAbsent(id, key -> new HashSet<>()).add(Address.of(RulesWorld.OWNER));
    return now + 1;
  }

  private void submitted(Agent agent, Intent intent, Scene scene, Blocks.Outcome outcome) {
    Finding found = found(agent, intent, agent.riskLevel, agent.mandate.terms().basic(), scene);
    Judgement judgement =
        PolicyEvaluator.consume(agent.mandate, standing(agent), intent, found, scene.now());
    Verdict own = judgement.verdict();
    if (!outcome.succeeded() || !VaultCalls.verdict(outcome.output(), 0, 1).equals(own)) {
      mismatch(agent, intent, scene, own, outcome);
    }
    count("submitted: " + own.rule() + (own.allowed() ? " " + own.tier() : ""));
    agent.mandate = judgement.after();
    agent.stops += own.tripped() ? 1 : 0;
    agent.records++;
    boolean approval = own.tier() == Tier.APPROVAL;
    if (own.allowed() && (approval || own.eta() > scene.now())) {
      agent.waiting.add(new Waits(intent, new Waiting(scene.now(), own.eta(), approval)));
    }
  }

  private record Attempt(Waits waits, Optional<List<Panel.Approval>> approvals, String data) {}

  private Attempt attempt(Agent agent, Scene scene) {
    Waits waits = history.pick(agent.waiting);
    HomeExecutor.Intent intent = IntentAbi.toHome(waits.intent());
    if (random.nextInt(5) < (waits.waiting().approval() ? 1 : 4)) {
      return new Attempt(
          waits, Optional.empty(), world.executor.proceed(intent).encodeFunctionCall());
    }
    List<Panel.Approval> approvals =
        history.approvals(agent.panel, subject(agent, waits.intent()), scene.now());
    return new Attempt(
        waits,
        Optional.of(approvals),
        world
            .executor
            .proceedApproved(
                intent,
                new HomeExecutor.Approvals(
                    approvals.stream().map(a -> a.signer().hex()).toList(),
                    approvals.stream().map(a -> a.signature().bytes()).toList(),
                    approvals.stream().map(Panel.Approval::deadline).toList()))
            .encodeFunctionCall());
  }

  private Panel.Subject subject(Agent agent, Intent intent) {
    Hash id = intent.id(world.domain);
    return new Panel.Subject(
        RulesWorld.HOME,
        world.deployment.address("Approvers"),
        agent.id,
        id,
        RulesWorld.WALLET.address(),
        disapproved.getOrDefault(id, Set.of()));
  }

  private Release release(Agent agent, Attempt attempt, Scene scene) {
    Intent intent = attempt.waits().intent();
    Finding found = found(agent, intent, agent.riskLevel, agent.mandate.terms().basic(), scene);
    Agreement agreement =
        attempt
            .approvals()
            .map(
                given ->
                    agent.panel.approves(subject(agent, intent), given, scene.now(), scene)
                        ? Agreement.GIVEN
                        : Agreement.LACKING)
            .orElse(Agreement.NOT_ASKED);
    Release own =
        PolicyEvaluator.release(
            agent.mandate,
            standing(agent),
            intent,
            found,
            attempt.waits().waiting(),
            agreement,
            scene.now());
    count(
        switch (own) {
          case Release.Granted granted -> "released: granted, " + agreement;
          case Release.Refused(Verdict verdict) -> "released: " + verdict.rule();
          case Release.TooEarly(long due) ->
              "released: too early"
                  + (due > attempt.waits().waiting().due() ? ", as it waits longer now" : "");
          case Release.NotApproved not -> "released: not approved, " + agreement;
        });
    return own;
  }

  private void released(Agent agent, Attempt attempt, Scene scene, Blocks.Outcome outcome) {
    Release own = release(agent, attempt, scene);
    Rpc.Called said = new Rpc.Called(!outcome.succeeded(), outcome.output());
    if (outcome.succeeded() != own instanceof Release.Granted) {
      mismatch(agent, attempt, scene, own, outcome);
    }
    if (!said.reverted()) {
      agent.records++;
      agent.waiting.remove(attempt.waits());
    }
    cases++;
  }

  private Standing standing(Agent agent) {
    return new Standing(RulesWorld.HOME, agent.status, breakers, agent.records);
  }

  // ------------------------------------------------------------------ what is asked

  private sealed interface Question {
    record Find(Intent intent, int riskLevel, boolean basic) implements Question {}

    record Judge(Intent intent) implements Question {}

    record Let(Attempt attempt) implements Question {}
  }

  private record Asked(Agent agent, Scene scene, Question question) {}

  private void ask(long now) {
    List<Asked> all = new ArrayList<>();
    List<Object[]> calls = new ArrayList<>();
    for (Agent agent : agents) {
      for (int i = 0; i < QUESTIONS; i++) {
        Asked asked = asked(agent, now, i);
        all.add(asked);
        String[] call = call(asked.question());
        calls.add(
            Rpc.request(
                "eth_call",
                Map.of("to", call[0], "input", call[1]),
                "latest",
                asked.scene().state(),
                Map.of("time", "0x" + Long.toHexString(asked.scene().now()))));
      }
    }
    List<Rpc.Called> answers = world.rpc.callAll(calls);
    for (int i = 0; i < all.size(); i++) {
      compare(all.get(i), answers.get(i));
      cases++;
    }
  }

  private Asked asked(Agent agent, long now, int i) {
    if (i % 3 == 0 && !agent.waiting.isEmpty()) {
      Waits waits = history.pick(agent.waiting);
      long due = waits.waiting().due();
      long then =
          switch (random.nextInt(4)) {
            case 0 -> due - 1;
            case 1 -> due;
            case 2 -> due + history.pause();
            default -> now + history.pause();
          };
      then = Math.min(Math.max(then, now), waits.intent().deadline().longValueExact());
      Scene scene = history.scene(then);
      Attempt attempt = attempt(agent, scene);
      boolean inTime = attempt.waits().intent().deadline().longValueExact() >= then;
      if (inTime) {
        return new Asked(agent, scene, new Question.Let(attempt));
      }
    }
    Scene scene = history.scene(moment(agent, now));
    Intent intent =
        i % 3 == 1
            ? likely(agent, scene, false)
            : history.intent(agent.id, account, scene.now(), false);
    return new Asked(
        agent,
        scene,
        i % 3 == 1
            ? new Question.Judge(intent)
            : new Question.Find(intent, random.nextInt(4), history.chance(8)));
  }

  /** A time after {@code now}, often one at which a rule changes its mind. */
  private long moment(Agent agent, long now) {
    boolean asks = agent.beyond.book().contains(shipped.getFirst());
    return asks
            && random.nextBoolean()
            && agent.beyond.rules().get(shipped.getFirst()) instanceof Hours rule
            && !rule.windows().isEmpty()
        ? history.turningPoint(rule, now)
        : now + history.pause();
  }

  /** An intent, mostly one that trips nothing: who is frozen is asked little else. */
  private Intent likely(Agent agent, Scene scene, boolean serious) {
    Intent intent = history.intent(agent.id, account, scene.now(), serious);
    for (int i = 0; i < 8 && random.nextInt(10) > 0; i++) {
      Finding found =
          found(agent, intent, agent.riskLevel, agent.mandate.terms().basic(), scene.uncounted());
      if (!PolicyEvaluator.preview(agent.mandate, standing(agent), intent, found, scene.now())
          .tripped()) {
        return intent;
      }
      intent = history.intent(agent.id, account, scene.now(), serious);
    }
    return intent;
  }

  /** Where to, and the call data. */
  private String[] call(Question question) {
    return switch (question) {
      case Question.Find(Intent intent, int riskLevel, boolean basic) ->
          new String[] {
            world.at("MandateRules"),
            world
                .rules
                .judge(forRules(intent), BigInteger.valueOf(riskLevel), basic)
                .encodeFunctionCall()
          };
      case Question.Judge(Intent intent) ->
          new String[] {
            world.at("MandateLens"), world.lens.outlook(forLens(intent)).encodeFunctionCall()
          };
      case Question.Let(Attempt attempt) -> new String[] {world.at("HomeExecutor"), attempt.data()};
    };
  }

  private void compare(Asked asked, Rpc.Called said) {
    Agent agent = asked.agent();
    Scene scene = asked.scene();
    switch (asked.question()) {
      case Question.Find(Intent intent, int riskLevel, boolean basic) -> {
        Finding own = found(agent, intent, riskLevel, basic, scene);
        if (said.reverted() || !finding(said).equals(own)) {
          mismatch(agent, asked.question(), scene, own, said);
        }
        tell(agent, intent, riskLevel, basic, own, scene.uncounted());
      }
      case Question.Judge(Intent intent) -> {
        Finding found = found(agent, intent, agent.riskLevel, agent.mandate.terms().basic(), scene);
        Verdict own =
            PolicyEvaluator.preview(agent.mandate, standing(agent), intent, found, scene.now());
        if (said.reverted() || !VaultCalls.verdict(said.data(), 0, 0).equals(own)) {
          mismatch(agent, asked.question(), scene, own, said);
        }
        count("judged: " + own.rule() + (own.allowed() ? " " + own.tier() : ""));
      }
      case Question.Let(Attempt attempt) -> {
        Release own = release(agent, attempt, scene);
        if (!isSame(own, said)) {
          mismatch(agent, asked.question(), scene, own, said);
        }
      }
    }
  }

  private static boolean isSame(Release own, Rpc.Called said) {
    return switch (own) {
      case Release.Granted granted -> !said.reverted();
      case Release.Refused(Verdict verdict) ->
          isError(
                  said,
                  "ExecutorRefused(bytes32,(uint8,bool,uint8,uint64,uint256,uint256,uint64,address))")
              && VaultCalls.verdict(said.data(), 4, 1).equals(verdict);
      case Release.TooEarly(long due) ->
          isError(said, "ExecutorTooEarly(bytes32,uint64,uint256)")
              && new BigInteger(said.word(4, 1), 16).equals(BigInteger.valueOf(due));
      case Release.NotApproved not -> isError(said, "ExecutorNotApproved(bytes32)");
    };
  }

  private static boolean isError(Rpc.Called said, String error) {
    return said.reverted() && said.data().startsWith(Hash.keccak(error).hex().substring(0, 10));
  }

  private Finding found(Agent agent, Intent intent, int riskLevel, boolean basic, Scene scene) {
    return agent.beyond.find(intent, riskLevel, basic, surroundings(scene));
  }

  private Surroundings surroundings(Scene scene) {
    return new Surroundings(prices, scene, scene.now());
  }

  private static Finding finding(Rpc.Called said) {
    BigInteger[] word = new BigInteger[8];
    for (int i = 0; i < word.length; i++) {
      word[i] = new BigInteger(said.word(0, i), 16);
    }
    return new Finding(
        Rule.values()[word[0].intValueExact()],
        Address.of("0x%040x".formatted(word[1])),
        word[2],
        word[3],
        word[4].longValueExact(),
        Tier.values()[word[5].intValueExact()],
        word[6].longValueExact(),
        Address.of("0x%040x".formatted(word[7])));
  }

  private MandateRules.Intent forRules(Intent intent) {
    return new MandateRules.Intent(
        intent.agentId(),
        intent.account().hex(),
        intent.chainId(),
        intent.asset().hex(),
        intent.to().hex(),
        intent.amount(),
        intent.data().bytes(),
        intent.nonce(),
        intent.deadline());
  }

  private MandateLens.Intent forLens(Intent intent) {
    return new MandateLens.Intent(
        intent.agentId(),
        intent.account().hex(),
        intent.chainId(),
        intent.asset().hex(),
        intent.to().hex(),
        intent.amount(),
        intent.data().bytes(),
        intent.nonce(),
        intent.deadline());
  }

  // ------------------------------------------------------------------ counting

  private void count(String what) {
    seen.merge(what, 1, Integer::sum);
  }

  /** Which branch of which rule decided. */
  private void tell(
      Agent agent, Intent intent, int riskLevel, boolean basic, Finding found, Scene scene) {
    if (!intent.data().isEmpty()) {
      tellCall(agent, intent, riskLevel, found, scene);
    }
    if (found.rule() == Rule.SELECTOR || basic) {
      count(
          basic && found.rule() == Rule.NONE
              ? "found: nothing asked of a basic mandate"
              : "found: SELECTOR");
      return;
    }
    for (Address rule : agent.beyond.book()) {
      boolean refused = rule.equals(found.source());
      int place = shipped.indexOf(rule);
      String name =
          place < 0 ? "foreign rule" : List.of("hours", "category", "reputation").get(place);
      count(name + (refused ? " refused" : " admitted"));
      if (refused) {
        return;
      }
    }
    Thresholds.Answer own =
        Thresholds.judge(
            agent.beyond.thresholds().getOrDefault(intent.asset(), Thresholds.NEVER_SET),
            intent.amount(),
            Thresholds.NOTHING,
            Optional::empty,
            riskLevel);
    boolean dollars = own.tier() != found.tier();
    boolean longer = found.delay() > own.delay();
    count("tier " + found.tier() + (dollars ? " by dollars" : " by the asset"));
    if (longer) {
      count("delay by dollars");
    }
    if (found.delay() == Thresholds.MAX_DELAY) {
      count("delay at its most");
    }
    Prices.Place place = new Prices.Place(intent.chainId(), intent.asset());
    if (dollars && prices.feeds().getOrDefault(place, PriceFeed.NONE).equals(PriceFeed.NONE)) {
      count("tier by dollars without a price");
    }
    prices
        .usd(place, intent.amount(), scene.now(), scene)
        .filter(PriceFeed.BEYOND::equals)
        .ifPresent(value -> count("dollars beyond all reckoning"));
  }

  private void tellCall(Agent agent, Intent intent, int riskLevel, Finding found, Scene scene) {
    if (intent.data().size() < 4) {
      count("call without a selector");
      return;
    }
    Permission.Place place = Permission.Place.of(intent);
    Permission p = agent.beyond.permissions().getOrDefault(place, Permission.NONE);
    CallKind kind = CallKind.of(intent);
    if (p.kind() == CallKind.NONE || kind != p.kind()) {
      count(p.kind() == CallKind.NONE ? "call without permission" : "call of another kind");
      return;
    }
    boolean admitted = found.rule() != Rule.SELECTOR;
    if (admitted) {
      count("call admitted: " + kind + (p.listed() ? " listed" : ""));
    }
    tellWord(
        agent,
        intent,
        riskLevel,
        scene,
        admitted,
        "amount",
        p.amountWord(),
        new Permission(p.kind(), Permission.ANY, p.recipientWord(), p.assetWord(), p.listed()));
    tellWord(
        agent,
        intent,
        riskLevel,
        scene,
        admitted,
        "recipient",
        p.recipientWord(),
        new Permission(p.kind(), p.amountWord(), Permission.ANY, p.assetWord(), p.listed()));
    tellWord(
        agent,
        intent,
        riskLevel,
        scene,
        admitted,
        "asset",
        p.assetWord(),
        new Permission(p.kind(), p.amountWord(), p.recipientWord(), Permission.ANY, p.listed()));
  }

  /** A condition decided if the call is admitted without it. */
  private void tellWord(
      Agent agent,
      Intent intent,
      int riskLevel,
      Scene scene,
      boolean admitted,
      String name,
      int word,
      Permission without) {
    if (word == Permission.ANY) {
      return;
    }
    if (admitted) {
      count(name + " word is met");
      return;
    }
    Finding otherwise =
        agent
            .beyond
            .with(Permission.Place.of(intent), without)
            .find(intent, riskLevel, true, surroundings(scene));
    if (otherwise.rule() != Rule.SELECTOR) {
      count(name + " word alone refuses");
    }
  }

  /** What must have been met, each at least once. */
  private static List<String> expected() {
    return Stream.of(
            of(
                "PRICE_FEEDS",
                "fresh, oldest, stale, of the future, without time, zero, negative, lowest,"
                    + " too low, highest, too high, round zero, carried over,"
                    + " round beyond 80 bits, four words, six words, reverts, burns its gas,"
                    + " no code, nothing, up, down, up in its grace time, up since never,"
                    + " up from tomorrow, up in four words, uptime reverts"),
            of(
                "RULE_BOOK",
                "admits, refuses, refuses until the last second, refuses beyond time,"
                    + " admits beyond time, perhaps, three words, five words,"
                    + " admits and reverts, burns its gas, no code"),
            of(
                "REPUTATION_RULE",
                "feedback, no feedback, bad feedback, 19 decimals, beyond int128, below int128,"
                    + " beyond uint64, most of all, two words of feedback, feedback reverts,"
                    + " burns its gas, no code"),
            of(
                "APPROVERS",
                "signs, signs and more, signs dirtily, signs in four bytes, signs and reverts"),
            of("hours", "admitted, refused"),
            of("category", "admitted, refused"),
            of("reputation", "admitted, refused"),
            of("foreign rule", "admitted, refused"),
            of("call", "without permission, without a selector, of another kind"),
            of("call admitted:", "APPROVE listed, PULL, PULL listed, SEND, SEND listed"),
            of("amount word", "alone refuses, is met"),
            of("recipient word", "alone refuses, is met"),
            of("asset word", "alone refuses, is met"),
            of("tier INSTANT", "by the asset"),
            of("tier NOTIFY", "by the asset, by dollars"),
            of("tier DELAY", "by the asset, by dollars"),
            of("tier APPROVAL", "by the asset, by dollars"),
            of("tier by dollars", "without a price"),
            of("delay", "by dollars, at its most"),
            of("dollars", "beyond all reckoning"),
            of("found:", "SELECTOR, nothing asked of a basic mandate"),
            of(
                "judged:",
                "AGENT_BREAKER, AGENT_STATUS, AMOUNT, ASSET, ASSET_BREAKER, CHAIN,"
                    + " CHAIN_BREAKER, COOLDOWN, EXPIRY, FREQUENCY, GLOBAL_BREAKER,"
                    + " PER_TRANSACTION, RECIPIENT, RULE_BOOK, SELECTOR, NONE INSTANT,"
                    + " NONE NOTIFY, NONE DELAY, NONE APPROVAL"),
            of("submitted:", "RULE_BOOK, SELECTOR, NONE INSTANT, NONE APPROVAL"),
            of("released: granted,", "GIVEN, NOT_ASKED"),
            of("released: not approved,", "LACKING, NOT_ASKED"),
            of("released:", "too early, RULE_BOOK, AGENT_BREAKER"))
        .flatMap(labels -> labels)
        .toList();
  }

  private static Stream<String> of(String what, String how) {
    return Stream.of(how.split(", ")).map(each -> what + " " + each);
  }

  private void mismatch(Agent agent, Object what, Scene scene, Object evaluator, Object chain) {
    fail(
        """
        contracts and evaluator differ (-Dmandate.l8.seed=%d)
        now        %d
        agent      %s, %s, risk level %d, %d records, %s
        asked      %s
        mandate    %s
        beyond     %s
        panel      %s
        prices     %s
        others     %s
        evaluator  %s
        contracts  %s\
        """
            .formatted(
                seed,
                scene.now(),
                agent.id,
                agent.status,
                agent.riskLevel,
                agent.records,
                breakers,
                what,
                agent.mandate,
                agent.beyond,
                agent.panel,
                prices,
                scene.contracts(),
                evaluator,
                chain));
  }
}
