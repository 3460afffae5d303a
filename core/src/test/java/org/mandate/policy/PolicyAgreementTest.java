package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.mandate.audit.Action;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.Detail;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
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
  private static final int STEPS = 540;
  private static final long CASES = Long.getLong("mandate.l8.cases", 20_000);
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
  private long cases; // what was asked and judged
  private int filled; // caps that payments used up to the last unit
  private int full; // judged while a bucket could not say what it holds

  // Of one round.
  private long seed;
  private Random random;
  private PolicyHistory history;
  private final Map<String, Long> nonces = new HashMap<>();
  private Rpc rpc;
  private AgentRegistry registry;
  private AgentVault engine;
  private final Map<Breaker, Long> stops = new HashMap<>();
  private Breakers breakers = Breakers.NONE;

  @Test
  void L8_engineAndEvaluatorGiveTheSameVerdicts() throws Exception {
    long first = Long.getLong("mandate.l8.seed", System.nanoTime());
    for (int round = 0; cases < CASES; round++) {
      play(first + round);
      System.out.printf("%,d of %,d cases agree: %s%n", cases, CASES, seen);
    }
    assertTrue(filled >= 30, "seed " + first + ": only " + filled + " payments filled a cap");
    assertTrue(full >= 30, "seed " + first + ": only " + full + " met a full bucket");
    for (Rule rule : Rule.values()) {
      assertTrue(
          seen.getOrDefault(rule, 0) >= 20,
          "seed " + first + ": rule " + rule + " decided too rarely: " + seen);
    }
  }

  private void play(long roundSeed) throws Exception {
    seed = roundSeed;
    random = new Random(seed);
    history = new PolicyHistory(random);
    nonces.clear();
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
        List<Outcome> outcomes = mine(agents, moves, now);
        for (int i = 0; i < agents.size(); i++) {
          compare(agents.get(i), moves.get(i), outcomes.get(i), now, step);
        }
      }
      compareWhatIsLeft(agents);
    }
  }

  // ------------------------------------------------------------------ comparing

  private void compare(
      PolicyHistory.Agent agent, PolicyHistory.Move move, Outcome outcome, long now, int step) {
    Mandate before = agent.mandate();
    switch (move) {
      case PolicyHistory.Move.Consume(Intent intent, Finding found) -> {
        Judgement judgement = PolicyEvaluator.consume(before, standing(agent), intent, found, now);
        Verdict preview = PolicyEvaluator.preview(before, standing(agent), intent, found, now);
        if (!outcome.succeeded() || !verdict(outcome.output()).equals(judgement.verdict())) {
          mismatch(
              agent,
              move,
              now,
              step,
              judgement.verdict(),
              outcome.succeeded() ? verdict(outcome.output()) : outcome);
        }
        assertEquals(judgement.verdict(), preview);
        judged(agent, judgement, intent, now);
      }
      case PolicyHistory.Move.Pay pay -> {
        if (!pay.byAgent()) {
          assertFalse(outcome.succeeded(), "a stranger paid: " + pay);
          assertEquals(Optional.empty(), outcome.payment());
          return;
        }
        comparePayment(agent, pay, outcome, now, step);
      }
      case PolicyHistory.Move.Inexact inexact ->
          assertFalse(outcome.succeeded(), () -> "seed " + seed + ", step " + step + ": " + move);
      case PolicyHistory.Move.Change(PolicyHistory.Who who, PolicyChange change) -> {
        // L5: governance may do everything, the owner what loosens nothing, a stranger nothing.
        boolean allowed =
            switch (who) {
              case GOVERNANCE -> true;
              case OWNER -> change.tightens(before);
              case STRANGER -> false;
            };
        if (outcome.succeeded() != allowed) {
          mismatch(agent, move, now, step, allowed ? "done" : "refused", outcome);
        }
        if (allowed) {
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
        boolean allowed = who == PolicyHistory.Who.GOVERNANCE || level > agent.riskLevel();
        if (outcome.succeeded() != allowed) {
          mismatch(agent, move, now, step, allowed ? "done" : "refused", outcome);
        }
        if (allowed) {
          agent.become(level, now);
        }
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

  /**
   * The account's event must say what the evaluator says, and the record that is made of it must be
   * the one that the chain holds (L6).
   */
  private void comparePayment(
      PolicyHistory.Agent agent, PolicyHistory.Move.Pay pay, Outcome outcome, long now, int step) {
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

  private static Verdict verdict(String output) {
    List<BigInteger> words = new ArrayList<>();
    for (int i = 2; i < output.length(); i += 64) {
      words.add(new BigInteger(output.substring(i, i + 64), 16));
    }
    assertEquals(8, words.size());
    return new Verdict(
        Rule.values()[words.get(0).intValueExact()],
        words.get(1).signum() == 1,
        Tier.values()[words.get(2).intValueExact()],
        words.get(3).longValueExact(),
        words.get(4),
        words.get(5),
        words.get(6).longValueExact(),
        Address.of("0x%040x".formatted(words.get(7))));
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
    rpc.ask("evm_setAutomine", false);
    for (String account : List.of(GOVERNANCE, EXECUTOR, OWNER, STRANGER, WALLET.address().hex())) {
      nonces.put(
          account, Long.decode(rpc.ask("eth_getTransactionCount", account, "latest").asText()));
    }
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
    var done = mine(List.of(new Transaction(GOVERNANCE, engine.getContractAddress(), call)), now);
    assertTrue(done.getFirst().succeeded(), breaker::toString);
    return now + 1;
  }

  private List<PolicyHistory.Agent> register(DevChain chain) {
    List<Transaction> registrations = new ArrayList<>();
    List<PolicyHistory.Agent> agents = new ArrayList<>();
    for (int i = 1; i <= AGENTS; i++) {
      registrations.add(
          new Transaction(
              OWNER, registry.getContractAddress(), registry.register().encodeFunctionCall()));
      agents.add(new PolicyHistory.Agent(BigInteger.valueOf(i)));
    }
    mine(registrations, START - 2).forEach(outcome -> assertTrue(outcome.succeeded()));
    AgentSetup setup = new AgentSetup(registry.getContractAddress());
    List<Transaction> keys = new ArrayList<>();
    for (PolicyHistory.Agent agent : agents) {
      var proof = setup.prove(chain.sender(DevChain.RICH), agent.id(), WALLET);
      keys.add(
          new Transaction(
              OWNER,
              registry.getContractAddress(),
              registry
                  .setAgentWallet(
                      agent.id(), WALLET.address().hex(), proof.deadline(), proof.signature())
                  .encodeFunctionCall()));
    }
    mine(keys, START - 1).forEach(outcome -> assertTrue(outcome.succeeded()));
    return agents;
  }

  private record Transaction(String from, String to, String data) {}

  /**
   * @param payment what the account said of a direct payment
   */
  private record Outcome(boolean succeeded, String output, Optional<Log> payment) {}

  private List<Outcome> mine(
      List<PolicyHistory.Agent> agents, List<PolicyHistory.Move> moves, long now) {
    List<Transaction> transactions = new ArrayList<>();
    for (int i = 0; i < moves.size(); i++) {
      transactions.add(transaction(agents.get(i), moves.get(i)));
    }
    return mine(transactions, now);
  }

  /** Mines one block with these transactions and returns what each gave. */
  private List<Outcome> mine(List<Transaction> transactions, long timestamp) {
    List<Object[]> calls = new ArrayList<>();
    for (Transaction transaction : transactions) {
      long nonce = nonces.merge(transaction.from(), 1L, Long::sum) - 1;
      calls.add(
          new Object[] {
            "eth_sendTransaction",
            Map.of(
                "from",
                transaction.from(),
                "to",
                transaction.to(),
                "data",
                transaction.data(),
                "nonce",
                "0x" + Long.toHexString(nonce),
                "gas",
                "0x1e8480",
                "maxFeePerGas",
                "0x12a05f2000",
                "maxPriorityFeePerGas",
                "0x0")
          });
    }
    List<String> hashes = rpc.askAll(calls).stream().map(JsonNode::asText).toList();
    rpc.ask("evm_setNextBlockTimestamp", timestamp);
    rpc.ask("evm_mine");
    Map<String, Outcome> outcomes = new HashMap<>();
    Map<String, Log> payments = payments();
    for (JsonNode trace : rpc.ask("trace_block", "latest")) {
      if (trace.path("traceAddress").isEmpty()) {
        String hash = trace.path("transactionHash").asText();
        outcomes.put(
            hash,
            new Outcome(
                !trace.has("error"),
                trace.path("result").path("output").asText(),
                Optional.ofNullable(payments.get(hash))));
      }
    }
    assertEquals(hashes.size(), outcomes.size(), "not all transactions are in the block");
    return hashes.stream().map(outcomes::get).toList();
  }

  /** What the account said of direct payments in the latest block, by transaction. */
  private Map<String, Log> payments() {
    Map<String, Log> payments = new HashMap<>();
    for (JsonNode log :
        rpc.ask(
            "eth_getLogs",
            Map.of(
                "fromBlock", "latest",
                "toBlock", "latest",
                "address", engine.getContractAddress()))) {
      List<Hash> topics = new ArrayList<>();
      log.path("topics").forEach(topic -> topics.add(Hash.of(topic.asText())));
      if (ContractEvents.paymentTopics().contains(topics.getFirst())) {
        String hash = log.path("transactionHash").asText();
        payments.put(
            hash,
            new Log(
                Hash.of(log.path("blockHash").asText()),
                Long.decode(log.path("blockNumber").asText()),
                Hash.of(hash),
                Integer.decode(log.path("logIndex").asText()),
                Address.of(log.path("address").asText()),
                topics,
                log.path("data").asText()));
      }
    }
    return payments;
  }

  private Transaction transaction(PolicyHistory.Agent agent, PolicyHistory.Move move) {
    BigInteger id = agent.id();
    String policy = engine.getContractAddress();
    return switch (move) {
      case PolicyHistory.Move.Consume(Intent intent, Finding found) ->
          new Transaction(
              EXECUTOR,
              policy,
              engine.consume(contractIntent(intent), contractFinding(found)).encodeFunctionCall());
      case PolicyHistory.Move.SetRiskLevel(PolicyHistory.Who who, int level) ->
          new Transaction(
              who == PolicyHistory.Who.GOVERNANCE ? GOVERNANCE : OWNER,
              registry.getContractAddress(),
              registry.setRiskLevel(id, BigInteger.valueOf(level)).encodeFunctionCall());
      case PolicyHistory.Move.Pay pay ->
          new Transaction(
              pay.byAgent() ? WALLET.address().hex() : STRANGER,
              policy,
              engine.pay(pay.asset().hex(), pay.amount(), pay.to().hex(), id).encodeFunctionCall());
      case PolicyHistory.Move.Inexact limit ->
          new Transaction(
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
          new Transaction(
              switch (who) {
                case GOVERNANCE -> GOVERNANCE;
                case OWNER -> OWNER;
                case STRANGER -> STRANGER;
              },
              policy,
              encode(agent, change));
      case PolicyHistory.Move.SetStatus(AgentStatus status) ->
          new Transaction(
              GOVERNANCE,
              registry.getContractAddress(),
              switch (status) {
                case ACTIVE ->
                    registry.activate(id, policy, agent.suspensions()).encodeFunctionCall();
                case SUSPENDED -> registry.suspend(id).encodeFunctionCall();
                case REVOKED -> registry.revoke(id).encodeFunctionCall();
                case PENDING -> throw new IllegalArgumentException("nobody becomes pending");
              });
      case PolicyHistory.Move.Append append ->
          new Transaction(
              EXECUTOR,
              policy,
              engine
                  .append(
                      id,
                      APPENDED.intentId().bytes(),
                      BigInteger.valueOf(Action.EXPIRED.ordinal()),
                      new byte[0])
                  .encodeFunctionCall());
      case PolicyHistory.Move.Publish publish ->
          new Transaction(
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

  private String encode(PolicyHistory.Agent agent, PolicyChange change) {
    BigInteger id = agent.id();
    return switch (change) {
      case PolicyChange.SetTerms(Terms t) ->
          engine
              .setTerms(
                  id,
                  new AgentVault.Terms(
                      BigInteger.valueOf(t.expiry()),
                      BigInteger.valueOf(t.frequencyWindow()),
                      BigInteger.valueOf(t.maxTransactions()),
                      BigInteger.valueOf(t.maxAuditLag()),
                      t.basic(),
                      t.open()))
              .encodeFunctionCall();
      case PolicyChange.SetTempo(Tempo t) ->
          engine
              .setTempo(
                  id,
                  new AgentVault.Tempo(
                      BigInteger.valueOf(t.burst()),
                      BigInteger.valueOf(t.burstWindow()),
                      BigInteger.valueOf(t.cooldown())))
              .encodeFunctionCall();
      case PolicyChange.SetLimit(Address asset, AssetLimit l) ->
          engine
              .setLimit(
                  id,
                  asset.hex(),
                  new AgentVault.Limit(l.perTransaction(), l.cap(), BigInteger.valueOf(l.window())))
              .encodeFunctionCall();
      case PolicyChange.SetAssetChain(Address asset, BigInteger chainId, boolean allowed) ->
          engine.setAssetChain(id, asset.hex(), chainId, allowed).encodeFunctionCall();
      case PolicyChange.SetRecipient(Recipient recipient, boolean allowed) ->
          engine
              .setRecipient(id, recipient.chainId(), recipient.address().hex(), allowed)
              .encodeFunctionCall();
      case PolicyChange.Freeze freeze -> engine.freeze(id).encodeFunctionCall();
      case PolicyChange.Thaw thaw -> engine.thaw(id, agent.stops()).encodeFunctionCall();
    };
  }

  private static AgentVault.Intent contractIntent(Intent intent) {
    return new AgentVault.Intent(
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

  private static AgentVault.Finding contractFinding(Finding found) {
    return new AgentVault.Finding(
        BigInteger.valueOf(found.rule().ordinal()),
        found.source().hex(),
        found.limit(),
        found.left(),
        BigInteger.valueOf(found.availableAt()),
        BigInteger.valueOf(found.tier().ordinal()),
        BigInteger.valueOf(found.delay()),
        found.recipient().hex());
  }

  /** JSON-RPC in batches. */
  private static final class Rpc {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private final HttpClient http =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI url;

    Rpc(URI url) {
      this.url = url;
    }

    JsonNode ask(String method, Object... parameters) {
      Object[] call = new Object[parameters.length + 1];
      call[0] = method;
      System.arraycopy(parameters, 0, call, 1, parameters.length);
      return askAll(List.<Object[]>of(call)).getFirst();
    }

    List<JsonNode> askAll(List<Object[]> calls) {
      try {
        ArrayNode batch = MAPPER.createArrayNode();
        for (int i = 0; i < calls.size(); i++) {
          Object[] call = calls.get(i);
          batch
              .addObject()
              .put("jsonrpc", "2.0")
              .put("id", i)
              .put("method", (String) call[0])
              .set("params", MAPPER.valueToTree(Arrays.copyOfRange(call, 1, call.length)));
        }
        HttpRequest request =
            HttpRequest.newBuilder(url)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(batch)))
                .build();
        JsonNode[] results = new JsonNode[calls.size()];
        for (JsonNode answer :
            MAPPER.readTree(http.send(request, HttpResponse.BodyHandlers.ofByteArray()).body())) {
          assertTrue(answer.has("result"), answer::toString);
          results[answer.path("id").asInt()] = answer.path("result");
        }
        return List.of(results);
      } catch (java.io.IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
