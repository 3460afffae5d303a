package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent;
import org.mandate.policy.Rule;
import org.mandate.policy.Verdict;
import org.mandate.watchdog.Replay.Decision;

/**
 * At home: every decision of the policy engine must be the one that the own evaluator takes. What
 * it should not have admitted freezes the agent, and is disputed at its destination.
 */
final class PolicyExaminer implements Examiner {
  private final long chainId;
  private final Freezer freezer;
  private final Findings findings;
  private final Runnable onCondemned;
  private final Clock clock;
  private final Map<Hash, String> condemned = new ConcurrentHashMap<>();
  private Replay replay;

  /**
   * @param onCondemned called when an intent turns out to be wrong: it may have passed for honest
   *     before
   */
  PolicyExaminer(
      long chainId, Freezer freezer, Findings findings, Runnable onCondemned, Clock clock) {
    this.chainId = chainId;
    this.freezer = freezer;
    this.findings = findings;
    this.onCondemned = onCondemned;
    this.clock = clock;
    this.replay = new Replay(BigInteger.valueOf(chainId));
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
    replay = new Replay(BigInteger.valueOf(chainId));
    condemned.clear();
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
                "The engine's state or code is not what governance set. Compare MandateLens.headroom with the last LimitSet and TermsSet events, and do not thaw the agent before you know why."),
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
                "The tiers' state or code is not what governance set. Compare Tiers.thresholdsOf with the last ThresholdsSet events, and do not thaw the agent before you know why."),
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
                "The executor went past the policy engine. Check the code at both addresses against deployments/, and withdraw the account's funds."),
            decision.agentId(),
            block.timestamp());
      }
      case Decision.Refused refused ->
          freezer.freezeFor(
              finding(
                  decision,
                  block,
                  Severity.CRITICAL,
                  "the mandate admits",
                  "the engine refused: " + words(refused.refusal()),
                  "The engine is stricter than the mandate that governance set. Compare MandateLens.headroom with the last LimitSet and TermsSet events; thaw the agent when they agree again."),
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
                  "Both refuse, but not for the same reason or with the same numbers. Report it: the evaluator and the engine must agree."));
    }
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
        "policy:" + chainId + ":" + decision.intentId(),
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
