package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.AuditEvent;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.policy.AgentStatus;
import org.mandate.policy.Agreement;
import org.mandate.policy.Answers;
import org.mandate.policy.AssetLimit;
import org.mandate.policy.BeyondBasic;
import org.mandate.policy.Breakers;
import org.mandate.policy.Finding;
import org.mandate.policy.Mandate;
import org.mandate.policy.Panel;
import org.mandate.policy.PolicyChange;
import org.mandate.policy.PolicyEvaluator;
import org.mandate.policy.Prices;
import org.mandate.policy.Recipient;
import org.mandate.policy.Refund;
import org.mandate.policy.Release;
import org.mandate.policy.Standing;
import org.mandate.policy.Surroundings;
import org.mandate.policy.Tempo;
import org.mandate.policy.Terms;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;
import org.mandate.policy.Waiting;

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
          Map.entry(Topics.ASSET_DROPPED, Replay::assetDropped),
          Map.entry(Topics.TRIPPED, Replay::tripped),
          Map.entry(Topics.THAWED, Replay::thawed),
          Map.entry(Topics.STOPPED, Replay::stopped),
          Map.entry(Topics.RESTARTED, Replay::restarted));

  private final BigInteger chainId;
  private final Rules rules;
  private final Map<BigInteger, Agent> agents = new HashMap<>();
  private final Set<Hash> consumed = new HashSet<>();
  private final Map<Hash, Wait> waiting = new HashMap<>();
  private final Map<Hash, Counted> elsewhere = new HashMap<>();
  private Breakers breakers = Breakers.NONE;
  private Prices prices = Prices.NONE;
  private long now;

  /**
   * Home's rules beyond the basic ones.
   *
   * @param domain under which intents have their ids
   * @param approvers the contract that knows who must agree
   */
  record Rules(IntentDomain domain, Address approvers, Settings settings) {}

  /** An intent that was admitted and waits, and how often the agent's key had changed by then. */
  private record Wait(Waiting waiting, long walletChanges) {}

  /**
   * An intent of another chain, of which what was not spent there may be given back.
   *
   * @param at unix seconds when it was counted
   */
  private record Counted(Intent intent, long at) {}

  /** What is known of an agent. */
  private static final class Agent {
    private Mandate mandate = Mandate.EMPTY;
    private BeyondBasic beyond;
    private Panel panel = Panel.NEVER_SET;
    private Address wallet = Address.ZERO;
    private long walletChanges;
    private AgentStatus status = AgentStatus.PENDING;
    private int riskLevel; // in the registry; its account knows it from the first activation on
    private long records;
    private long published;

    private Agent(BeyondBasic beyond) {
      this.beyond = beyond;
    }
  }

  /** Judges when it has seen what is not in the events. */
  interface Judge {
    /** What was decided wrongly, or cannot be judged; empty: nothing. */
    Optional<Decision> decide(Evidence evidence);
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

    /** What waited went on, and the mandate holds it back. */
    record Released(Log log, BigInteger agentId, Hash intentId, Intent intent, String why)
        implements Decision {}

    /**
     * The engine gave a budget back what the mandate does not, or not what it does.
     *
     * @param own what the own evaluation gives back, in the asset's smallest unit
     */
    record RefundedOtherwise(
        Log log, BigInteger agentId, Hash intentId, BigInteger said, BigInteger own)
        implements Decision {}

    /** It cannot be told whether it was right. */
    record Unverifiable(Log log, BigInteger agentId, Hash intentId, String why)
        implements Decision {}

    /** Not judged yet: it takes what the events do not say. */
    record Open(Log log, BigInteger agentId, Hash intentId, Judge judge) implements Decision {}

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
  Replay(BigInteger chainId, Rules rules) {
    this.chainId = chainId;
    this.rules = rules;
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
      case Entry.Notice notice -> Optional.empty();
      case Entry.Order order -> Optional.empty();
      case Entry.OrderConfirmed confirmed -> Optional.empty();
      case Entry.OrderVetoed vetoed -> Optional.empty();
      case Entry.HashPosted posted -> Optional.empty();
      case Entry.GatewayClosed closed -> Optional.empty();
      case Entry.Delivered delivered -> Optional.empty();
      case Entry.RelayersSet set -> Optional.empty();
      case Entry.Withdrawn withdrawn -> Optional.empty();
      case Entry.Unreadable unreadable -> Optional.empty();
    };
  }

  private Optional<Decision> policy(LogWords log, List<Entry> transaction) {
    if (log.topic(0).equals(Topics.CONSUMED)) {
      return consumed(log, transaction);
    }
    if (log.topic(0).equals(Topics.REFUNDED)) {
      return refunded(log, transaction);
    }
    var apply = POLICY_EVENTS.get(log.topic(0));
    if (apply != null) {
      return apply.apply(this, log);
    }
    Settings settings = rules.settings();
    settings
        .change(log)
        .ifPresent(
            change -> {
              Agent agent = agent(log.topicNumber(1));
              agent.beyond = change.apply(agent.beyond);
            });
    settings.panel(log).ifPresent(panel -> agent(log.topicNumber(1)).panel = panel);
    prices = settings.prices(log, prices).orElse(prices);
    return Optional.empty();
  }

  /** Judges at once if no other contract is to be asked. */
  private static Optional<Decision> decision(
      Log log, BigInteger agentId, Hash intentId, Judge judge) {
    AtomicBoolean asked = new AtomicBoolean();
    Answers nobody =
        new Answers() {
          @Override
          public Bytes to(Question question) {
            asked.set(true);
            return Bytes.EMPTY;
          }

          @Override
          public boolean isContract(Address address) {
            asked.set(true);
            return false;
          }
        };
    Optional<Decision> early = judge.decide(new Evidence(nobody, false, Bytes.EMPTY, Set.of()));
    boolean open = asked.get() || early.filter(Decision.Unverifiable.class::isInstance).isPresent();
    return open ? Optional.of(new Decision.Open(log, agentId, intentId, judge)) : early;
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
    if (said.waits()) {
      Waiting waits = new Waiting(now, said.eta(), said.approval());
      waiting.put(intentId, new Wait(waits, agent.walletChanges));
    }
    if (!said.intent().chainId().equals(chainId)) {
      elsewhere.put(intentId, new Counted(said.intent(), now));
    }
    Judge judge = admission(log.log(), agent, said);
    // Counted either way: the engine did.
    agent.mandate = agent.mandate.counting(said.intent().asset(), said.intent().amount(), now);
    return decision(log.log(), said.intent().agentId(), intentId, judge);
  }

  // What a settlement gave back is judged there: its event follows in the same transaction.
  private Optional<Decision> refunded(LogWords log, List<Entry> transaction) {
    BigInteger agentId = log.topicNumber(1);
    BigInteger amount = log.number(0);
    boolean settled =
        transaction.stream()
            .anyMatch(
                entry ->
                    entry instanceof Entry.Step(IntentEvent.Settled event)
                        && entry.log().index() > log.log().index()
                        && event.agentId().equals(agentId)
                        && event.refunded().equals(amount));
    if (settled) {
      return Optional.empty();
    }
    return Optional.of(
        new Decision.RefundedOtherwise(
            log.log(), agentId, log.log().transaction(), amount, BigInteger.ZERO));
  }

  private Optional<Decision> settled(IntentEvent.Settled event) {
    Counted counted = elsewhere.remove(event.intentId());
    if (counted == null) {
      return Optional.of(new Decision.NeverJudged(event));
    }
    Agent agent = agent(event.agentId());
    Intent intent = counted.intent();
    Refund own =
        PolicyEvaluator.refund(
            agent.mandate,
            intent.asset(),
            intent.amount().subtract(event.moved()).max(BigInteger.ZERO),
            counted.at(),
            now);
    agent.mandate = own.after();
    return own.amount().equals(event.refunded())
        ? Optional.empty()
        : Optional.of(
            new Decision.RefundedOtherwise(
                event.log(), event.agentId(), event.intentId(), event.refunded(), own.amount()));
  }

  private Judge admission(Log log, Agent agent, Said said) {
    Intent intent = said.intent();
    Mandate mandate = agent.mandate;
    Standing standing = standing(agent);
    Function<Answers, Finding> finder = finder(agent, intent);
    long then = now;
    return evidence -> {
      Verdict own =
          PolicyEvaluator.preview(
              mandate, standing, intent, finder.apply(evidence.answers()), then);
      if (!own.allowed()) {
        return Optional.of(
            new Decision.Admitted(log, intent.agentId(), said.intentId(), intent, own));
      }
      boolean tooSoon = own.eta() > said.eta() || (own.tier() == Tier.APPROVAL && !said.approval());
      return tooSoon
          ? Optional.of(new Decision.TooSoon(log, intent.agentId(), said.intentId(), intent, own))
          : Optional.empty();
    };
  }

  /** Asks the rules beyond the basic ones, as they are set now. */
  private Function<Answers, Finding> finder(Agent agent, Intent intent) {
    BeyondBasic beyond = agent.beyond;
    int riskLevel = agent.riskLevel;
    boolean basic = agent.mandate.terms().basic();
    Prices priced = prices;
    long then = now;
    return answers ->
        beyond.find(intent, riskLevel, basic, new Surroundings(priced, answers, then));
  }

  // An intent that was admitted before goes on: the mandate must still admit it, it must have
  // waited as long as it has to by now, and have the approvals that it needs by now (L5).
  private Optional<Decision> released(IntentEvent event, Intent intent, Wait wait) {
    Agent agent = agent(event.agentId());
    if (agent.walletChanges != wait.walletChanges()) {
      return Optional.of(held(event, intent, "the agent's key changed since it signed"));
    }
    if (BigInteger.valueOf(now).compareTo(intent.deadline()) > 0) {
      return Optional.of(held(event, intent, "its deadline " + intent.deadline() + " is over"));
    }
    Mandate mandate = agent.mandate;
    Standing standing = standing(agent);
    Function<Answers, Finding> finder = finder(agent, intent);
    Panel panel = agent.panel;
    Address wallet = agent.wallet;
    long then = now;
    Judge judge =
        evidence -> {
          Finding found = finder.apply(evidence.answers());
          Function<Agreement, Release> release =
              agreement ->
                  PolicyEvaluator.release(
                      mandate, standing, intent, found, wait.waiting(), agreement, then);
          Release free = release.apply(Agreement.NOT_ASKED);
          if (!(free instanceof Release.NotApproved)) {
            return heldBack(event, intent, free);
          }
          var subject =
              new Panel.Subject(
                  chainId,
                  rules.approvers(),
                  event.agentId(),
                  event.intentId(),
                  wallet,
                  evidence.disapproved());
          boolean agreed =
              Approval.in(evidence.input(), rules.domain(), event.intentId())
                  .anyMatch(given -> panel.approves(subject, given, then, evidence.answers()));
          if (agreed) {
            return Optional.empty();
          }
          if (!evidence.direct()) {
            return unread(event, "the executor was called by another contract");
          }
          return Approval.unreadable(evidence.input(), rules.domain(), event.intentId())
              ? unread(event, "those that the executor was given cannot be read")
              : heldBack(event, intent, free);
        };
    return decision(event.log(), event.agentId(), event.intentId(), judge);
  }

  // What is not seen is no breach: anybody may hand approvals in, however they like.
  private static Optional<Decision> unread(IntentEvent event, String why) {
    return Optional.of(
        new Decision.Unverifiable(
            event.log(),
            event.agentId(),
            event.intentId(),
            "it needed approvals, and the transaction does not show them: " + why));
  }

  private static Optional<Decision> heldBack(IntentEvent event, Intent intent, Release release) {
    return switch (release) {
      case Release.Granted granted -> Optional.empty();
      case Release.Refused(Verdict verdict) ->
          Optional.of(
              held(
                  event,
                  intent,
                  "the mandate refuses it by now: %s%s, limit %s, left %s, available at %d"
                      .formatted(
                          verdict.rule(),
                          verdict.source().equals(Address.ZERO) ? "" : " of " + verdict.source(),
                          verdict.limit(),
                          verdict.left(),
                          verdict.availableAt())));
      case Release.TooEarly(long due) ->
          Optional.of(held(event, intent, "it has to wait until " + due));
      case Release.NotApproved not ->
          Optional.of(held(event, intent, "too few of the agent's approvers agreed"));
    };
  }

  private static Decision held(IntentEvent event, Intent intent, String why) {
    return new Decision.Released(event.log(), event.agentId(), event.intentId(), intent, why);
  }

  private Standing standing(Agent agent) {
    return new Standing(chainId, agent.status, breakers, agent.records - agent.published);
  }

  // The account judged, counted and recorded it in one step.
  private Optional<Decision> paid(IntentEvent.Paid event) {
    Agent agent = agent(event.agentId());
    Verdict own =
        PolicyEvaluator.pay(agent.mandate, standing(agent), event.intent(), now).verdict();
    // Counted either way, as above.
    agent.mandate = agent.mandate.counting(event.intent().asset(), event.intent().amount(), now);
    agent.records++;
    return own.allowed()
        ? Optional.empty()
        : Optional.of(
            new Decision.Admitted(
                event.log(), event.agentId(), event.intentId(), event.intent(), own));
  }

  private Optional<Decision> refused(IntentEvent.Refused event) {
    Agent agent = agent(event.agentId());
    Verdict own =
        PolicyEvaluator.pay(agent.mandate, standing(agent), event.intent(), now).verdict();
    Refusal refusal = new Refusal(event, event.intent(), event.refusal());
    freezeAs(refusal, agent);
    Optional<Decision> decision = compared(refusal, own);
    agent.records++;
    return decision;
  }

  /**
   * @param waits it is to be carried out later
   * @param approval it waits for approvals
   * @param eta unix seconds until which it waits
   */
  private record Said(Hash intentId, Intent intent, boolean waits, boolean approval, long eta) {}

  private Optional<Said> intentOf(IntentEvent event) {
    return switch (event) {
      case IntentEvent.Admitted e ->
          Optional.of(
              new Said(
                  e.intentId(), e.intent(), true, e.tier() == Tier.APPROVAL.ordinal(), e.eta()));
      case IntentEvent.Dispatched e -> Optional.of(atOnce(e.intentId(), e.intent()));
      case IntentEvent.Executed e -> Optional.of(atOnce(e.intentId(), e.intent()));
      case IntentEvent.Denied e -> Optional.empty(); // what is denied is not consumed
      case IntentEvent.Queued e -> Optional.of(atOnce(e.intentId(), e.intent()));
      case IntentEvent.Cancelled e -> Optional.empty();
      case IntentEvent.Disputed e -> Optional.empty();
      case IntentEvent.Upheld e -> Optional.empty();
      case IntentEvent.Expired e -> Optional.empty();
      case IntentEvent.Failed e -> Optional.empty();
      case IntentEvent.Settled e -> Optional.empty();
      case IntentEvent.Paid e -> Optional.empty();
      case IntentEvent.Refused e -> Optional.empty();
    };
  }

  private Said atOnce(Hash intentId, Intent intent) {
    return new Said(intentId, intent, false, false, now);
  }

  private Optional<Decision> executed(IntentEvent event) {
    return switch (event) {
      case IntentEvent.Denied e -> denied(e);
      case IntentEvent.Paid e -> paid(e);
      case IntentEvent.Refused e -> refused(e);
      case IntentEvent.Admitted e -> judged(e);
      case IntentEvent.Dispatched e -> wentOn(e, e.intent());
      case IntentEvent.Executed e -> wentOn(e, e.intent());
      case IntentEvent.Queued e -> Optional.empty();
      case IntentEvent.Cancelled e -> over(e);
      case IntentEvent.Disputed e -> Optional.empty();
      case IntentEvent.Upheld e -> Optional.empty();
      case IntentEvent.Expired e -> over(e);
      case IntentEvent.Failed e -> Optional.empty();
      case IntentEvent.Settled e -> settled(e);
    };
  }

  private Optional<Decision> over(IntentEvent event) {
    waiting.remove(event.intentId());
    elsewhere.remove(event.intentId());
    return Optional.empty();
  }

  private Optional<Decision> wentOn(IntentEvent event, Intent intent) {
    Wait wait = waiting.remove(event.intentId());
    return wait == null ? judged(event) : released(event, intent, wait);
  }

  private Optional<Decision> judged(IntentEvent event) {
    return consumed.contains(event.intentId())
        ? Optional.empty()
        : Optional.of(new Decision.NeverJudged(event));
  }

  private Optional<Decision> denied(IntentEvent.Denied event) {
    Agent agent = agent(event.agentId());
    Refusal refusal = new Refusal(event, event.intent(), event.refusal());
    Mandate mandate = agent.mandate;
    Standing standing = standing(agent);
    Function<Answers, Finding> finder = finder(agent, event.intent());
    long then = now;
    freezeAs(refusal, agent);
    return decision(
        event.log(),
        event.agentId(),
        event.intentId(),
        evidence ->
            compared(
                refusal,
                PolicyEvaluator.preview(
                    mandate, standing, event.intent(), finder.apply(evidence.answers()), then)));
  }

  private void freezeAs(Refusal event, Agent agent) {
    if (event.said().tripped()) {
      agent.mandate = new PolicyChange.Freeze().apply(agent.mandate, now);
    }
  }

  private static Optional<Decision> compared(Refusal event, Verdict own) {
    IntentEvent.Refusal said = event.said();
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
    if (log.topic(0).equals(Topics.WALLET_SET)) {
      Agent agent = agent(log.topicNumber(1));
      agent.wallet = log.topicAddress(2);
      agent.walletChanges++;
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

  private Optional<Decision> assetDropped(LogWords log) {
    return change(log, new PolicyChange.DropAsset(log.topicAddress(2)));
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
    return agents.computeIfAbsent(id, key -> new Agent(rules.settings().none()));
  }
}
