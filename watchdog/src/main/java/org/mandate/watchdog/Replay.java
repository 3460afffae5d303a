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
import org.mandate.event.ExecutorEvent;
import org.mandate.intent.Intent;
import org.mandate.policy.AgentStatus;
import org.mandate.policy.AssetLimit;
import org.mandate.policy.Judgement;
import org.mandate.policy.Mandate;
import org.mandate.policy.PolicyChange;
import org.mandate.policy.PolicyEvaluator;
import org.mandate.policy.Recipient;
import org.mandate.policy.Terms;
import org.mandate.policy.Verdict;

/**
 * Home's policy, told again from its events: every change of a mandate, of an agent's status, and
 * of its records, in the order of the logs; and each decision judged by the own evaluator at the
 * point where the engine took it.
 */
final class Replay {
  private static final Map<Hash, BiFunction<Replay, LogWords, Optional<Decision>>> POLICY_EVENTS =
      Map.of(
          Topics.TERMS_SET, Replay::termsSet,
          Topics.LIMIT_SET, Replay::limitSet,
          Topics.ASSET_CHAIN_SET, Replay::assetChainSet,
          Topics.RECIPIENT_SET, Replay::recipientSet,
          Topics.TRIPPED, Replay::tripped,
          Topics.THAWED, Replay::thawed);

  private final Address executor;
  private final Map<BigInteger, Agent> agents = new HashMap<>();
  private final Set<Hash> consumed = new HashSet<>();
  private long now;

  /** What is known of an agent. */
  private static final class Agent {
    private Mandate mandate = Mandate.EMPTY;
    private AgentStatus status = AgentStatus.PENDING;
    private long records;
    private long published;
  }

  /** A decision of the engine that is not the one of the own evaluation. */
  sealed interface Decision {
    /** Where the engine decided. */
    Log log();

    BigInteger agentId();

    Hash intentId();

    /** The engine admitted what the mandate refuses. */
    record Admitted(Log log, BigInteger agentId, Hash intentId, Intent intent, Verdict own)
        implements Decision {}

    /** The engine refused what the mandate admits. */
    record Refused(ExecutorEvent.Denied event, Verdict own) implements Decision {
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

    /** Both refused, for different reasons or with other numbers. */
    record RefusedOtherwise(ExecutorEvent.Denied event, Verdict own) implements Decision {
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

    /** An intent went on that the engine was never asked about. */
    record NeverJudged(ExecutorEvent event) implements Decision {
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
   * @param executor who consumes; a trip by anybody else was made by hand
   */
  Replay(Address executor) {
    this.executor = executor;
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
      case Entry.Executor(ExecutorEvent event) -> executed(event);
      case Entry.Paid paid -> Optional.empty();
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
    Optional<Intent> intent =
        transaction.stream()
            .filter(entry -> entry.log().index() > log.log().index())
            .flatMap(
                entry ->
                    entry instanceof Entry.Executor(ExecutorEvent event)
                        ? intentOf(event).stream()
                        : java.util.stream.Stream.empty())
            .filter(said -> said.intentId().equals(intentId))
            .map(Said::intent)
            .findFirst();
    if (intent.isEmpty()) {
      return Optional
          .empty(); // an executor event without Consumed, or the reverse, is found in executed()
    }
    consumed.add(intentId);
    Agent agent = agent(intent.get().agentId());
    Verdict own =
        PolicyEvaluator.preview(
            agent.mandate, agent.status, agent.records - agent.published, intent.get(), now);
    // Counted either way: the engine did.
    agent.mandate = agent.mandate.counting(intent.get().asset(), intent.get().amount(), now);
    return own.allowed()
        ? Optional.empty()
        : Optional.of(
            new Decision.Admitted(log.log(), intent.get().agentId(), intentId, intent.get(), own));
  }

  private record Said(Hash intentId, Intent intent) {}

  private static Optional<Said> intentOf(ExecutorEvent event) {
    return switch (event) {
      case ExecutorEvent.Admitted e -> Optional.of(new Said(e.intentId(), e.intent()));
      case ExecutorEvent.Dispatched e -> Optional.of(new Said(e.intentId(), e.intent()));
      case ExecutorEvent.Executed e -> Optional.of(new Said(e.intentId(), e.intent()));
      case ExecutorEvent.Denied e -> Optional.of(new Said(e.intentId(), e.intent()));
      case ExecutorEvent.Queued e -> Optional.of(new Said(e.intentId(), e.intent()));
      case ExecutorEvent.Cancelled e -> Optional.empty();
      case ExecutorEvent.Disputed e -> Optional.empty();
      case ExecutorEvent.Upheld e -> Optional.empty();
      case ExecutorEvent.Expired e -> Optional.empty();
    };
  }

  private Optional<Decision> executed(ExecutorEvent event) {
    return switch (event) {
      case ExecutorEvent.Denied denied -> denied(denied);
      case ExecutorEvent.Admitted e -> judged(e);
      case ExecutorEvent.Dispatched e -> judged(e);
      case ExecutorEvent.Executed e -> judged(e);
      case ExecutorEvent.Queued e -> Optional.empty();
      case ExecutorEvent.Cancelled e -> Optional.empty();
      case ExecutorEvent.Disputed e -> Optional.empty();
      case ExecutorEvent.Upheld e -> Optional.empty();
      case ExecutorEvent.Expired e -> Optional.empty();
    };
  }

  private Optional<Decision> judged(ExecutorEvent event) {
    return consumed.contains(event.intentId())
        ? Optional.empty()
        : Optional.of(new Decision.NeverJudged(event));
  }

  private Optional<Decision> denied(ExecutorEvent.Denied event) {
    Agent agent = agent(event.agentId());
    Judgement judgement =
        PolicyEvaluator.consume(
            agent.mandate, agent.status, agent.records - agent.published, event.intent(), now);
    Verdict own = judgement.verdict();
    if (event.tripped()) {
      agent.mandate = new PolicyChange.Freeze().apply(agent.mandate, now);
    }
    if (own.allowed()) {
      return Optional.of(new Decision.Refused(event, own));
    }
    boolean same =
        own.rule().ordinal() == event.rule()
            && own.tripped() == event.tripped()
            && own.limit().equals(event.limit())
            && own.left().equals(event.left())
            && own.availableAt() == event.availableAt();
    return same ? Optional.empty() : Optional.of(new Decision.RefusedOtherwise(event, own));
  }

  private Optional<Decision> registry(LogWords log) {
    if (log.topic(0).equals(Topics.STATUS_SET)) {
      int status = log.number(0).intValueExact();
      agent(log.topicNumber(1)).status = AgentStatus.values()[status];
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
                log.number(3).intValueExact())));
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

  // A trip by the executor belongs to a denial, whose event follows and is judged with the mandate
  // before the trip.
  private Optional<Decision> tripped(LogWords log) {
    return log.topicAddress(2).equals(executor)
        ? Optional.empty()
        : change(log, new PolicyChange.Freeze());
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
