package org.mandate.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AuditLog;
import org.mandate.contracts.PolicyEngine;
import org.mandate.deploy.DevChain;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;

/**
 * The real engine on a real chain against the evaluator: many agents with random mandates live
 * random histories. Each step is one block with one transaction per agent (an intent, a change by
 * governance, an attempt by the owner or a stranger), the time between blocks is random, and each
 * transaction's outcome must be the one that the evaluator gives.
 */
class PolicyAgreementTest {
  private static final int AGENTS = 64;
  private static final int STEPS = 400;
  private static final int CASES = 10_000;
  private static final long START = 2_000_000_000L;

  // Anvil's development accounts, which sign for whoever asks.
  private static final String GOVERNANCE = DevChain.RICH.getAddress();
  private static final String EXECUTOR = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
  private static final String OWNER = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc";
  private static final String STRANGER = "0x90f79bf6eb2c4f870365e785982e1f101e93b906";

  private final long seed = Long.getLong("mandate.l8.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final PolicyHistory history = new PolicyHistory(random);
  private final Map<String, Long> nonces = new HashMap<>();
  private final Map<Rule, Integer> seen = new TreeMap<>();
  private int filled; // caps that payments used up to the last unit
  private Rpc rpc;
  private AgentRegistry registry;
  private AuditLog auditLog;
  private PolicyEngine engine;

  @Test
  void L8_engineAndEvaluatorGiveTheSameVerdicts() throws Exception {
    try (DevChain chain = DevChain.start(PolicyHistory.HOME.longValueExact())) {
      deploy(chain);
      List<PolicyHistory.Agent> agents = register();
      long now = START;
      int cases = 0;
      for (int step = 0; step < STEPS; step++) {
        now += history.pause(agents, now);
        List<PolicyHistory.Move> moves = new ArrayList<>();
        for (PolicyHistory.Agent agent : agents) {
          moves.add(history.next(agent, now));
        }
        List<Outcome> outcomes = mine(agents, moves, now);
        for (int i = 0; i < agents.size(); i++) {
          compare(agents.get(i), moves.get(i), outcomes.get(i), now, step);
          cases += moves.get(i) instanceof PolicyHistory.Move.Consume ? 1 : 0;
        }
      }
      compareBreakers(agents);
      assertTrue(cases >= CASES, "only " + cases + " intents were judged");
      assertTrue(filled >= 30, "seed " + seed + ": only " + filled + " payments filled a cap");
      for (Rule rule : Rule.values()) {
        assertTrue(
            seen.getOrDefault(rule, 0) >= 20,
            "seed " + seed + ": rule " + rule + " decided too rarely: " + seen);
      }
    }
  }

  // ------------------------------------------------------------------ comparing

  private void compare(
      PolicyHistory.Agent agent, PolicyHistory.Move move, Outcome outcome, long now, int step) {
    Mandate before = agent.mandate();
    switch (move) {
      case PolicyHistory.Move.Consume(Intent intent) -> {
        Judgement judgement =
            PolicyEvaluator.consume(before, agent.status(), agent.unpublished(), intent, now);
        Verdict preview =
            PolicyEvaluator.preview(before, agent.status(), agent.unpublished(), intent, now);
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
        seen.merge(judgement.verdict().rule(), 1, Integer::sum);
        filled += judgement.verdict().allowed() && fills(judgement.after(), intent) ? 1 : 0;
        agent.become(judgement.after());
        if (judgement.verdict().tripped()) {
          agent.stop();
        }
      }
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
        agent.become(status);
      }
      case PolicyHistory.Move.Append append -> {
        assertTrue(outcome.succeeded());
        agent.append();
      }
      case PolicyHistory.Move.Publish publish -> {
        assertTrue(outcome.succeeded());
        agent.publish();
      }
    }
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
            + " unpublished records"
            + "\nmove       "
            + move
            + "\nmandate    "
            + agent.mandate()
            + "\nevaluator  "
            + evaluator
            + "\nengine     "
            + chain);
  }

  private void compareBreakers(List<PolicyHistory.Agent> agents) throws Exception {
    for (PolicyHistory.Agent agent : agents) {
      assertEquals(agent.mandate().frozen(), engine.frozen(agent.id()).send());
      assertEquals(agent.stops(), engine.stops(agent.id()).send());
    }
  }

  private static Verdict verdict(String output) {
    List<BigInteger> words = new ArrayList<>();
    for (int i = 2; i < output.length(); i += 64) {
      words.add(new BigInteger(output.substring(i, i + 64), 16));
    }
    assertEquals(7, words.size());
    return new Verdict(
        Rule.values()[words.get(0).intValueExact()],
        words.get(1).signum() == 1,
        Tier.values()[words.get(2).intValueExact()],
        words.get(3).longValueExact(),
        words.get(4),
        words.get(5),
        words.get(6).longValueExact());
  }

  // ------------------------------------------------------------------ the chain

  private void deploy(DevChain chain) throws Exception {
    rpc = new Rpc(chain.url());
    var manager =
        AccessManager.deploy(chain.web3j(), DevChain.RICH, Sender.NO_GAS, GOVERNANCE).send();
    String authority = manager.getContractAddress();
    registry = AgentRegistry.deploy(chain.web3j(), DevChain.RICH, Sender.NO_GAS, authority).send();
    auditLog =
        AuditLog.deploy(chain.web3j(), DevChain.RICH, Sender.NO_GAS, authority, EXECUTOR).send();
    engine =
        PolicyEngine.deploy(
                chain.web3j(),
                DevChain.RICH,
                Sender.NO_GAS,
                authority,
                registry.getContractAddress(),
                auditLog.getContractAddress(),
                EXECUTOR,
                PolicyHistory.HOME,
                PolicyHistory.OTHER_CHAINS)
            .send();
    rpc.ask("evm_setAutomine", false);
    for (String account : List.of(GOVERNANCE, EXECUTOR, OWNER, STRANGER)) {
      nonces.put(
          account, Long.decode(rpc.ask("eth_getTransactionCount", account, "latest").asText()));
    }
  }

  private List<PolicyHistory.Agent> register() {
    List<Transaction> registrations = new ArrayList<>();
    List<PolicyHistory.Agent> agents = new ArrayList<>();
    for (int i = 1; i <= AGENTS; i++) {
      registrations.add(
          new Transaction(
              OWNER, registry.getContractAddress(), registry.register().encodeFunctionCall()));
      agents.add(new PolicyHistory.Agent(BigInteger.valueOf(i)));
    }
    mine(registrations, START - 1).forEach(outcome -> assertTrue(outcome.succeeded()));
    return agents;
  }

  private record Transaction(String from, String to, String data) {}

  private record Outcome(boolean succeeded, String output) {}

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
                "0x61a80",
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
    for (JsonNode trace : rpc.ask("trace_block", "latest")) {
      if (trace.path("traceAddress").isEmpty()) {
        outcomes.put(
            trace.path("transactionHash").asText(),
            new Outcome(!trace.has("error"), trace.path("result").path("output").asText()));
      }
    }
    assertEquals(hashes.size(), outcomes.size(), "not all transactions are in the block");
    return hashes.stream().map(outcomes::get).toList();
  }

  private Transaction transaction(PolicyHistory.Agent agent, PolicyHistory.Move move) {
    BigInteger id = agent.id();
    String policy = engine.getContractAddress();
    return switch (move) {
      case PolicyHistory.Move.Consume(Intent intent) ->
          new Transaction(
              EXECUTOR, policy, engine.consume(contractIntent(intent)).encodeFunctionCall());
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
                case ACTIVE -> registry.activate(id, agent.suspensions()).encodeFunctionCall();
                case SUSPENDED -> registry.suspend(id).encodeFunctionCall();
                case REVOKED -> registry.revoke(id).encodeFunctionCall();
                case PENDING -> throw new IllegalArgumentException("nobody becomes pending");
              });
      case PolicyHistory.Move.Append append ->
          new Transaction(
              EXECUTOR,
              auditLog.getContractAddress(),
              auditLog.append(id, new byte[32], BigInteger.ONE, new byte[0]).encodeFunctionCall());
      case PolicyHistory.Move.Publish publish ->
          new Transaction(
              GOVERNANCE,
              auditLog.getContractAddress(),
              auditLog
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
                  new PolicyEngine.Terms(
                      BigInteger.valueOf(t.expiry()),
                      BigInteger.valueOf(t.frequencyWindow()),
                      BigInteger.valueOf(t.maxTransactions()),
                      BigInteger.valueOf(t.maxAuditLag())))
              .encodeFunctionCall();
      case PolicyChange.SetLimit(Address asset, AssetLimit l) ->
          engine
              .setLimit(
                  id,
                  asset.hex(),
                  new PolicyEngine.Limit(
                      l.perTransaction(), l.cap(), BigInteger.valueOf(l.window())))
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

  private static PolicyEngine.Intent contractIntent(Intent intent) {
    return new PolicyEngine.Intent(
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
