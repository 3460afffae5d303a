package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.AuditEvent;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.policy.AgentStatus;
import org.mandate.policy.AssetLimit;
import org.mandate.policy.BeyondBasic;
import org.mandate.policy.Breakers;
import org.mandate.policy.CallKind;
import org.mandate.policy.Finding;
import org.mandate.policy.Mandate;
import org.mandate.policy.Permission;
import org.mandate.policy.PolicyChange;
import org.mandate.policy.PolicyEvaluator;
import org.mandate.policy.Recipient;
import org.mandate.policy.Rule;
import org.mandate.policy.Standing;
import org.mandate.policy.Tempo;
import org.mandate.policy.Terms;
import org.mandate.policy.Thresholds;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;

/**
 * Home's policy, told again from its events: every change of a mandate, of an agent's status, and
 * of its records, in the order of the logs; and each decision judged by the own evaluator at the
 * point where the engine took it.
 */
final class Replay {
  private static final Map<Hash, BiFunction<Replay, LogWords, Optional<Decision>>> POLICY_EVENTS =
      Map.ofEntries(
          Map.entry(Topics.TERMS_SET, Replay::termsSet),
          Map.entry(Topics.LIMIT_SET, Replay::limitSet),
          Map.entry(Topics.TEMPO_SET, Replay::tempoSet),
          Map.entry(Topics.ASSET_CHAIN_SET, Replay::assetChainSet),
          Map.entry(Topics.RECIPIENT_SET, Replay::recipientSet),
          Map.entry(Topics.PERMISSION_SET, Replay::permissionSet),
          Map.entry(Topics.THRESHOLDS_SET, Replay::thresholdsSet),
          Map.entry(Topics.TRIPPED, Replay::tripped),
          Map.entry(Topics.THAWED, Replay::thawed),
          Map.entry(Topics.STOPPED, Replay::stopped),
          Map.entry(Topics.RESTARTED, Replay::restarted));

  private final BigInteger chainId;
  private final Map<BigInteger, Agent> agents = new HashMap<>();
  private final Set<Hash> consumed = new HashSet<>();
  private Breakers breakers = Breakers.NONE;
  private long now;

  /** What is known of an agent. */
  private static final class Agent {
    private Mandate mandate = Mandate.EMPTY;
    private BeyondBasic beyond = BeyondBasic.EMPTY;
    private AgentStatus status = AgentStatus.PENDING;
    private int riskLevel; // in the registry; its account knows it from the first activation on
    private long records;
    private long published;
  }

  /**
   * What the engine said when it refused.
   *
   * @param event a {@code Denied} or a {@code Refused}
   */
  record Refusal(IntentEvent event, Intent intent, IntentEvent.Refusal said) {}

  /** A decision of the engine that is not the one of the own evaluation. */
  sealed interface Decision {
    /** Where the engine decided. */
    Log log();

    BigInteger agentId();

    Hash intentId();

    /** The engine admitted what the mandate refuses. */
    record Admitted(Log log, BigInteger agentId, Hash intentId, Intent intent, Verdict own)
        implements Decision {}

    /** The engine let go at once, or earlier or without approvals, what the mandate makes wait. */
    record TooSoon(Log log, BigInteger agentId, Hash intentId, Intent intent, Verdict own)
        implements Decision {}

    /** The engine refused what the mandate admits. */
    record Refused(Refusal refusal, Verdict own) implements Decision {
      @Override
      public Log log() {
        return refusal.event().log();
      }

      @Override
      public BigInteger agentId() {
        return refusal.event().agentId();
      }

      @Override
      public Hash intentId() {
        return refusal.event().intentId();
      }
    }

    /** Both refused, for different reasons or with other numbers. */
    record RefusedOtherwise(Refusal refusal, Verdict own) implements Decision {
      @Override
      public Log log() {
        return refusal.event().log();
      }

      @Override
      public BigInteger agentId() {
        return refusal.event().agentId();
      }

      @Override
      public Hash intentId() {
        return refusal.event().intentId();
      }
    }

    /** An intent went on that the engine was never asked about. */
    record NeverJudged(IntentEvent event) implements Decision {
      @Override
      public Log log() {
        return event.log();
      }

      @Override
      public BigInteger agentId() {
        return event.agentId();
      }

      @Override
      public Hash intentId() {
        return event.intentId();
      }
    }
  }

  /**
   * @param chainId home's
   */
  Replay(BigInteger chainId) {
    this.chainId = chainId;
  }

  /**
   * The next log.
   *
   * @param transaction all entries of its transaction
   * @param timestamp of the block, unix seconds
   * @return what the engine decided wrongly
   */
  Optional<Decision> next(Entry entry, List<Entry> transaction, long timestamp) {
    now = timestamp;
    return switch (entry) {
      case Entry.Policy(Log log) -> policy(LogWords.of(log), transaction);
      case Entry.Registry(Log log) -> registry(LogWords.of(log));
      case Entry.Audit(AuditEvent event) -> audit(event);
      case Entry.Step(IntentEvent event) -> executed(event);
      case Entry.Withdrawn withdrawn -> Optional.empty();
      case Entry.Unreadable unreadable -> Optional.empty();
    };
  }

  private Optional<Decision> policy(LogWords log, List<Entry> transaction) {
    if (log.topic(0).equals(Topics.CONSUMED)) {
      return consumed(log, transaction);
    }
    var apply = POLICY_EVENTS.get(log.topic(0));
    return apply == null ? Optional.empty() : apply.apply(this, log);
  }

  // The engine counted an intent; what the intent was, the executor says later in the same
  // transaction.
  private Optional<Decision> consumed(LogWords log, List<Entry> transaction) {
    Hash intentId = log.topic(2);
    Optional<Said> intent =
        transaction.stream()
            .filter(entry -> entry.log().index() > log.log().index())
            .flatMap(
                entry ->
                    entry instanceof Entry.Step(IntentEvent event)
                        ? intentOf(event).stream()
                        : java.util.stream.Stream.empty())
            .filter(said -> said.intentId().equals(intentId))
            .findFirst();
    if (intent.isEmpty()) {
      return Optional
          .empty(); // an executor event without Consumed, or the reverse, is found in executed()
    }
    consumed.add(intentId);
    Said said = intent.get();
    Agent agent = agent(said.intent().agentId());
    Verdict own =
        PolicyEvaluator.preview(
            agent.mandate,
            standing(agent),
            said.intent(),
            found(agent, said.intent(), Optional.empty()),
            now);
    boolean tooSoon =
        own.allowed()
            && (own.eta() > said.eta() || (own.tier() == Tier.APPROVAL && !said.approval()));
    Optional<Decision> decision = admitted(agent, log.log(), intentId, said.intent(), own);
    return tooSoon
        ? Optional.of(
            new Decision.TooSoon(log.log(), said.intent().agentId(), intentId, said.intent(), own))
        : decision;
  }

  /**
   * What the rules beyond the basic ones say, by the agent's settings. What a rule book refuses and
   * what an asset is worth only the engine knows: a refusal by the book is believed, and of tiers
   * only those in the asset's own unit are demanded.
   */
  private static Finding found(Agent agent, Intent intent, Optional<Finding> book) {
    return agent.beyond.find(
        intent, agent.riskLevel, agent.mandate.terms().basic(), book, Optional.of(BigInteger.ZERO));
  }

  private static Optional<Finding> book(IntentEvent.Refusal said) {
    return said.rule() == Rule.RULE_BOOK.ordinal()
        ? Optional.of(
            Finding.refused(
                Rule.RULE_BOOK,
                said.source(),
                said.limit(),
                said.left(),
                said.availableAt(),
                Address.ZERO))
        : Optional.empty();
  }

  private Optional<Decision> admitted(
      Agent agent, Log log, Hash intentId, Intent intent, Verdict own) {
    // Counted either way: the engine did.
    agent.mandate = agent.mandate.counting(intent.asset(), intent.amount(), now);
    return own.allowed()
        ? Optional.empty()
        : Optional.of(new Decision.Admitted(log, intent.agentId(), intentId, intent, own));
  }

  private Standing standing(Agent agent) {
    return new Standing(chainId, agent.status, breakers, agent.records - agent.published);
  }

  // The account judged, counted and recorded it in one step.
  private Optional<Decision> paid(IntentEvent.Paid event) {
    Agent agent = agent(event.agentId());
    Verdict own =
        PolicyEvaluator.pay(agent.mandate, standing(agent), event.intent(), now).verdict();
    Optional<Decision> decision =
        admitted(agent, event.log(), event.intentId(), event.intent(), own);
    agent.records++;
    return decision;
  }

  private Optional<Decision> refused(IntentEvent.Refused event) {
    Agent agent = agent(event.agentId());
    Verdict own =
        PolicyEvaluator.pay(agent.mandate, standing(agent), event.intent(), now).verdict();
    Optional<Decision> decision =
        denied(agent, new Refusal(event, event.intent(), event.refusal()), own);
    agent.records++;
    return decision;
  }

  /**
   * @param approval it waits for approvals
   * @param eta unix seconds until which it waits
   */
  private record Said(Hash intentId, Intent intent, boolean approval, long eta) {}

  private Optional<Said> intentOf(IntentEvent event) {
    return switch (event) {
      case IntentEvent.Admitted e ->
          Optional.of(
              new Said(e.intentId(), e.intent(), e.tier() == Tier.APPROVAL.ordinal(), e.eta()));
      case IntentEvent.Dispatched e -> Optional.of(atOnce(e.intentId(), e.intent()));
      case IntentEvent.Executed e -> Optional.of(atOnce(e.intentId(), e.intent()));
      case IntentEvent.Denied e -> Optional.empty(); // what is denied is not consumed
      case IntentEvent.Queued e -> Optional.of(atOnce(e.intentId(), e.intent()));
      case IntentEvent.Cancelled e -> Optional.empty();
      case IntentEvent.Disputed e -> Optional.empty();
      case IntentEvent.Upheld e -> Optional.empty();
      case IntentEvent.Expired e -> Optional.empty();
      case IntentEvent.Paid e -> Optional.empty();
      case IntentEvent.Refused e -> Optional.empty();
    };
  }

  private Said atOnce(Hash intentId, Intent intent) {
    return new Said(intentId, intent, false, now);
  }

  private Optional<Decision> executed(IntentEvent event) {
    return switch (event) {
      case IntentEvent.Denied e -> denied(e);
      case IntentEvent.Paid e -> paid(e);
      case IntentEvent.Refused e -> refused(e);
      case IntentEvent.Admitted e -> judged(e);
      case IntentEvent.Dispatched e -> judged(e);
      case IntentEvent.Executed e -> judged(e);
      case IntentEvent.Queued e -> Optional.empty();
      case IntentEvent.Cancelled e -> Optional.empty();
      case IntentEvent.Disputed e -> Optional.empty();
      case IntentEvent.Upheld e -> Optional.empty();
      case IntentEvent.Expired e -> Optional.empty();
    };
  }

  private Optional<Decision> judged(IntentEvent event) {
    return consumed.contains(event.intentId())
        ? Optional.empty()
        : Optional.of(new Decision.NeverJudged(event));
  }

  private Optional<Decision> denied(IntentEvent.Denied event) {
    Agent agent = agent(event.agentId());
    Verdict own =
        PolicyEvaluator.preview(
            agent.mandate,
            standing(agent),
            event.intent(),
            found(agent, event.intent(), book(event.refusal())),
            now);
    return denied(agent, new Refusal(event, event.intent(), event.refusal()), own);
  }

  private Optional<Decision> denied(Agent agent, Refusal event, Verdict own) {
    IntentEvent.Refusal said = event.said();
    if (said.tripped()) {
      agent.mandate = new PolicyChange.Freeze().apply(agent.mandate, now);
    }
    if (own.allowed()) {
      return Optional.of(new Decision.Refused(event, own));
    }
    boolean same =
        own.rule().ordinal() == said.rule()
            && own.tripped() == said.tripped()
            && own.tier().ordinal() == said.tier()
            && own.eta() == said.eta()
            && own.limit().equals(said.limit())
            && own.left().equals(said.left())
            && own.availableAt() == said.availableAt()
            && own.source().equals(said.source());
    return same ? Optional.empty() : Optional.of(new Decision.RefusedOtherwise(event, own));
  }

  private Optional<Decision> registry(LogWords log) {
    if (log.topic(0).equals(Topics.STATUS_SET)) {
      int status = log.number(0).intValueExact();
      Agent agent = agent(log.topicNumber(1));
      agent.status = AgentStatus.values()[status];
      agent.mandate = agent.mandate.withRiskLevel(agent.riskLevel, now);
    }
    if (log.topic(0).equals(Topics.RISK_LEVEL_SET)) {
      Agent agent = agent(log.topicNumber(1));
      agent.riskLevel = log.number(0).intValueExact();
      if (agent.status != AgentStatus.PENDING) {
        agent.mandate = agent.mandate.withRiskLevel(agent.riskLevel, now);
      }
    }
    return Optional.empty();
  }

  private Optional<Decision> audit(AuditEvent event) {
    Agent agent = agent(event.agentId());
    switch (event) {
      case AuditEvent.Appended appended -> agent.records++;
      case AuditEvent.Published published -> agent.published = published.to().longValueExact();
    }
    return Optional.empty();
  }

  private Optional<Decision> termsSet(LogWords log) {
    return change(
        log,
        new PolicyChange.SetTerms(
            new Terms(
                log.number(0).longValueExact(),
                log.number(1).intValueExact(),
                log.number(2).intValueExact(),
                log.number(3).intValueExact(),
                log.flag(4),
                log.flag(5))));
  }

  private Optional<Decision> tempoSet(LogWords log) {
    return change(
        log,
        new PolicyChange.SetTempo(
            new Tempo(
                log.number(0).intValueExact(),
                log.number(1).intValueExact(),
                log.number(2).intValueExact())));
  }

  private Optional<Decision> permissionSet(LogWords log) {
    Agent agent = agent(log.topicNumber(1));
    String selector = "0x%064x".formatted(log.number(0)).substring(0, 10);
    agent.beyond =
        agent.beyond.with(
            new Permission.Place(log.topicNumber(2), log.topicAddress(3), selector),
            new Permission(
                CallKind.values()[log.number(1).intValueExact()],
                log.number(2).intValueExact(),
                log.number(3).intValueExact(),
                log.number(4).intValueExact(),
                log.flag(5)));
    return Optional.empty();
  }

  private Optional<Decision> thresholdsSet(LogWords log) {
    Agent agent = agent(log.topicNumber(1));
    agent.beyond =
        agent.beyond.with(
            log.topicAddress(2),
            new Thresholds(
                log.number(0), log.number(1), log.number(2).intValueExact(), log.number(3)));
    return Optional.empty();
  }

  private Optional<Decision> limitSet(LogWords log) {
    return change(
        log,
        new PolicyChange.SetLimit(
            log.topicAddress(2),
            new AssetLimit(log.number(0), log.number(1), log.number(2).intValueExact())));
  }

  private Optional<Decision> assetChainSet(LogWords log) {
    return change(
        log, new PolicyChange.SetAssetChain(log.topicAddress(2), log.topicNumber(3), log.flag(0)));
  }

  private Optional<Decision> recipientSet(LogWords log) {
    return change(
        log,
        new PolicyChange.SetRecipient(
            new Recipient(log.topicNumber(2), log.topicAddress(3)), log.flag(0)));
  }

  // A trip for a rule belongs to a denial, whose event follows and is judged with the mandate
  // before the trip.
  private Optional<Decision> tripped(LogWords log) {
    return log.number(0).signum() != 0 ? Optional.empty() : change(log, new PolicyChange.Freeze());
  }

  private Optional<Decision> stopped(LogWords log) {
    breakers = breakers.with(Trips.breaker(log), true);
    return Optional.empty();
  }

  private Optional<Decision> restarted(LogWords log) {
    breakers = breakers.with(Trips.breaker(log), false);
    return Optional.empty();
  }

  private Optional<Decision> thawed(LogWords log) {
    return change(log, new PolicyChange.Thaw());
  }

  private Optional<Decision> change(LogWords log, PolicyChange change) {
    Agent agent = agent(log.topicNumber(1));
    agent.mandate = change.apply(agent.mandate, now);
    return Optional.empty();
  }

  private Agent agent(BigInteger id) {
    return agents.computeIfAbsent(id, key -> new Agent());
  }
}
