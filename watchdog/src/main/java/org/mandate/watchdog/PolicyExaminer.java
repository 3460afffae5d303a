package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Transaction;
import org.mandate.contracts.Approvers;
import org.mandate.event.IntentEvent;
import org.mandate.intent.IntentDomain;
import org.mandate.policy.Panel;
import org.mandate.policy.Rule;
import org.mandate.policy.Verdict;
import org.mandate.watchdog.Replay.Decision;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.web3j.abi.datatypes.generated.Bytes32;

/**
 * At home: every decision of the policy engine must be the one that the own evaluator takes. What
 * it should not have admitted freezes the agent, and is disputed at its destination.
 */
final class PolicyExaminer implements Examiner {
  private static final Logger LOG = LoggerFactory.getLogger(PolicyExaminer.class);
  private static final int AT_ONCE = 4;

  /** Tries after which what a node does not tell counts as what it cannot tell. */
  private static final int TRIES = 10;

  private final long chainId;
  private final Court court;
  private final Freezer freezer;
  private final Findings findings;
  private final Runnable onCondemned;
  private final Clock clock;
  private final Map<Hash, String> condemned = new ConcurrentHashMap<>();
  private final Map<Place, Optional<Decision>> heard = new ConcurrentHashMap<>();
  private final Set<Place> begun = ConcurrentHashMap.newKeySet();
  private final Semaphore slots = new Semaphore(AT_ONCE);
  private Replay replay;

  /** Where something was decided. */
  private record Place(Block block, int logIndex) {}

  /**
   * Where what is not in home's events is found out.
   *
   * @param stands whether a block is still in the chain
   * @param poll between two tries
   */
  record Court(ChainClient home, Deployment deployment, Predicate<Block> stands, Duration poll) {
    private Replay.Rules rules() {
      return new Replay.Rules(
          new IntentDomain(deployment.chainId(), deployment.executor()),
          deployment.address("Approvers"),
          new Settings(deployment));
    }

    /** As of the end of that block, of what was decided in the transaction of that log. */
    private Evidence evidence(Decision.Open open, Hash block) {
      Transaction transaction = transaction(open.log().transaction());
      Bytes input = transaction.input();
      Set<Address> signers =
          Approval.in(input, rules().domain(), open.intentId())
              .flatMap(given -> given.stream().map(Panel.Approval::signer))
              .collect(Collectors.toSet());
      return new Evidence(
          new ChainAnswers(home, block, deployment),
          transaction.to().filter(deployment.executor()::equals).isPresent(),
          input,
          signers.stream()
              .filter(signer -> disapproved(open.intentId(), signer, block))
              .collect(Collectors.toSet()));
    }

    /** There is one where there is a log of it: a node that shows none is asked again. */
    Transaction transaction(Hash hash) {
      return home.transaction(hash)
          .orElseThrow(() -> new NodeException("the node does not show transaction " + hash));
    }

    private boolean disapproved(Hash intentId, Address signer, Hash block) {
      byte[] question =
          Abi.call(
              Approvers.FUNC_DISAPPROVED,
              new Bytes32(intentId.bytes()),
              new org.web3j.abi.datatypes.Address(signer.hex()));
      byte[] answer = home.call(deployment.address("Approvers"), question, block);
      return answer.length == 32 && answer[31] != 0;
    }
  }

  /**
   * @param onCondemned called when an intent turns out to be wrong: it may have passed for honest
   *     before
   */
  PolicyExaminer(
      long chainId,
      Court court,
      Freezer freezer,
      Findings findings,
      Runnable onCondemned,
      Clock clock) {
    this.chainId = chainId;
    this.court = court;
    this.freezer = freezer;
    this.findings = findings;
    this.onCondemned = onCondemned;
    this.clock = clock;
    this.replay = new Replay(BigInteger.valueOf(chainId), court.rules());
  }

  /** Why home should not have dispatched the intent; empty when it should, or did not. */
  Optional<String> condemned(Hash intentId) {
    return Optional.ofNullable(condemned.get(intentId));
  }

  @Override
  public void examine(Page page) {
    Map<Hash, List<Entry>> transactions = page.byTransaction();
    long timestamp = page.block().timestamp().getEpochSecond();
    for (Entry entry : page.entries()) {
      replay
          .next(entry, transactions.get(entry.log().transaction()), timestamp)
          .ifPresent(decision -> found(decision, page.block()));
    }
  }

  @Override
  public void reset() {
    replay = new Replay(BigInteger.valueOf(chainId), court.rules());
    condemned.clear();
    // A block's hash says all that came before it: what was judged in one that stands stays judged.
    begun.removeIf(place -> !court.stands().test(place.block()));
    heard.keySet().removeIf(place -> !court.stands().test(place.block()));
  }

  // What other contracts answered is asked for as of the end of the block. They may have answered
  // otherwise earlier in it: what fits only what they answered before it cannot be judged.
  private void hear(Decision.Open open, Block block) {
    Place place = new Place(block, open.log().index());
    Optional<Decision> before = heard.get(place);
    if (before != null) {
      before.ifPresent(decision -> found(decision, block));
      return;
    }
    if (!begun.add(place)) {
      return; // being heard
    }
    AtomicInteger tries = new AtomicInteger();
    Errand.start(
        "policy-" + open.intentId(),
        court.poll(),
        () -> {
          slots.acquire();
          try {
            if (!court.stands().test(block)) {
              return true;
            }
            Optional<Decision> decision = decided(open, block, tries.incrementAndGet());
            heard.put(place, decision);
            decision.ifPresent(wrong -> found(wrong, block));
            return true;
          } finally {
            slots.release();
          }
        });
  }

  private Optional<Decision> decided(Decision.Open open, Block block, int tries) {
    try {
      Optional<Decision> decision = open.judge().decide(court.evidence(open, block.hash()));
      if (decision.isEmpty()
          || open.judge().decide(court.evidence(open, block.parent())).isPresent()) {
        return decision;
      }
      return unverifiable(
          open,
          "it was right by what other contracts answered before this block, and wrong by what"
              + " they answer at its end");
    } catch (NodeException e) {
      if (tries < TRIES) {
        throw e;
      }
      court.home().head(); // a node that is down is waited for
      return unverifiable(
          open, "the node does not tell what other contracts answered then: " + e.getMessage());
    }
  }

  private static Optional<Decision> unverifiable(Decision.Open open, String why) {
    return Optional.of(new Decision.Unverifiable(open.log(), open.agentId(), open.intentId(), why));
  }

  private void found(Decision decision, Block block) {
    switch (decision) {
      case Decision.Admitted admitted -> {
        condemn(admitted, "home admitted it, but the mandate says " + words(admitted.own()));
        freezer.freezeFor(
            finding(
                decision,
                block,
                Severity.CRITICAL,
                "the mandate refuses: " + words(admitted.own()),
                "the engine admitted %s of asset %s to %s on chain %s"
                    .formatted(
                        admitted.intent().amount(),
                        admitted.intent().asset(),
                        admitted.intent().to(),
                        admitted.intent().chainId()),
                "The engine's state or code is not what governance set. Compare"
                    + " MandateLens.headroom with the last LimitSet and TermsSet events, and do not"
                    + " thaw the agent before you know why."),
            decision.agentId(),
            block.timestamp());
      }
      case Decision.TooSoon early -> {
        condemn(early, "home let it go before the mandate does: tier " + early.own().tier());
        freezer.freezeFor(
            finding(
                decision,
                block,
                Severity.CRITICAL,
                "tier %s, not before %d".formatted(early.own().tier(), early.own().eta()),
                "the engine let %s of asset %s to %s go earlier, or without approvals"
                    .formatted(
                        early.intent().amount(), early.intent().asset(), early.intent().to()),
                "The tiers' state or code is not what governance set. Compare Tiers.thresholdsOf"
                    + " with the last ThresholdsSet events, and do not thaw the agent before you"
                    + " know why."),
            decision.agentId(),
            block.timestamp());
      }
      case Decision.Open open -> hear(open, block);
      case Decision.Unverifiable unverifiable -> {
        LOG.atWarn()
            .addKeyValue("intent", unverifiable.intentId())
            .addKeyValue("reason", unverifiable.why())
            .log("not verifiable");
        findings.report(unverifiable(unverifiable, block));
      }
      case Decision.Released released -> {
        condemn(released, "home let it go though " + released.why());
        freezer.freezeFor(
            finding(
                decision,
                block,
                Severity.CRITICAL,
                "what waited goes on waiting: " + released.why(),
                "home let %s of asset %s to %s on chain %s go"
                    .formatted(
                        released.intent().amount(),
                        released.intent().asset(),
                        released.intent().to(),
                        released.intent().chainId()),
                "The executor's, a rule's or the approvers' state or code is not what governance"
                    + " set. Compare the code at their addresses with deployments/, and do not thaw"
                    + " the agent before you know why."),
            decision.agentId(),
            block.timestamp());
      }
      case Decision.NeverJudged never -> {
        condemn(never, "home's policy engine was never asked about it");
        freezer.freezeFor(
            finding(
                decision,
                block,
                Severity.CRITICAL,
                "a Consumed event of the policy engine before the intent went on",
                never.event().getClass().getSimpleName() + " without one",
                "The executor went past the policy engine. Check the code at both addresses against"
                    + " deployments/, and withdraw the account's funds."),
            decision.agentId(),
            block.timestamp());
      }
      case Decision.RefundedOtherwise refund ->
          freezer.freezeFor(
              finding(
                  decision,
                  block,
                  Severity.CRITICAL,
                  refund.own() + " of the asset's smallest unit given back to its budget",
                  "the engine gave back " + refund.said(),
                  "The executor's or the account's state or code is not what governance set."
                      + " Compare the code at their addresses with deployments/, and the agent's"
                      + " budget with MandateLens.headroom; do not thaw the agent before you know"
                      + " why."),
              decision.agentId(),
              block.timestamp());
      case Decision.Refused refused ->
          freezer.freezeFor(
              finding(
                  decision,
                  block,
                  Severity.CRITICAL,
                  "the mandate admits",
                  "the engine refused: " + words(refused.refusal()),
                  "The engine is stricter than the mandate that governance set. Compare"
                      + " MandateLens.headroom with the last LimitSet and TermsSet events; thaw the"
                      + " agent when they agree again."),
              decision.agentId(),
              block.timestamp());
      case Decision.RefusedOtherwise otherwise ->
          findings.report(
              finding(
                  decision,
                  block,
                  Severity.WARNING,
                  words(otherwise.own()),
                  words(otherwise.refusal()),
                  "Both refuse, but not for the same reason or with the same numbers. Report it:"
                      + " the evaluator and the engine must agree."));
    }
  }

  // Once per intent, and told to people only: nothing says that it was wrong.
  private Finding unverifiable(Decision.Unverifiable decision, Block block) {
    return new Finding(
        "unverifiable:" + chainId + ":" + decision.intentId(),
        Check.POLICY,
        Severity.WARNING,
        chainId,
        block.number(),
        Optional.of(decision.agentId()),
        Optional.of(decision.intentId()),
        "a decision that can be judged again",
        "it cannot: " + decision.why(),
        "Look at the transaction. Give the watchdog a node that keeps the state of past blocks;"
            + " what the rules of the agent's book and the price feeds answer must not change"
            + " within the block that asks them.",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }

  private void condemn(Decision decision, String reason) {
    condemned.put(decision.intentId(), reason);
    onCondemned.run();
  }

  private Finding finding(
      Decision decision,
      Block block,
      Severity severity,
      String expected,
      String seen,
      String next) {
    return new Finding(
        (decision instanceof Decision.RefundedOtherwise ? "refund:" : "policy:")
            + chainId
            + ":"
            + decision.intentId(),
        Check.POLICY,
        severity,
        chainId,
        block.number(),
        Optional.of(decision.agentId()),
        Optional.of(decision.intentId()),
        expected,
        seen,
        next,
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }

  private static String words(Verdict verdict) {
    return "%s, tripped %s, limit %s, left %s, available at %d"
        .formatted(
            verdict.rule(),
            verdict.tripped(),
            verdict.limit(),
            verdict.left(),
            verdict.availableAt());
  }

  private static String words(Replay.Refusal refusal) {
    IntentEvent.Refusal said = refusal.said();
    String rule =
        said.rule() < Rule.values().length
            ? Rule.values()[said.rule()].name()
            : "rule " + said.rule();
    return "%s, tripped %s, limit %s, left %s, available at %d"
        .formatted(rule, said.tripped(), said.limit(), said.left(), said.availableAt());
  }
}
