package org.mandate.audit;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.event.IntentEvent;
import org.mandate.intent.IntentState;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;
import org.mandate.policy.Verdict;

/**
 * The facts of an action. Times are unix seconds, 0 to 2^63-1; amounts are in the asset's smallest
 * unit.
 */
public sealed interface Detail {
  /** The policy admitted the intent, and it waits. */
  record Admitted(Tier tier, long eta) implements Detail {}

  /** The policy refused the intent. */
  record Denied(Verdict verdict) implements Detail {}

  /** The intent left home for its destination. */
  record Dispatched(Hash messageId) implements Detail {}

  /** The destination received the intent, and it waits for disputes. */
  record Queued(Hash messageId, long executableAt) implements Detail {}

  /** The account paid. */
  record Executed(Address account, Address asset, BigInteger moved) implements Detail {}

  record Cancelled(Address by) implements Detail {}

  record Disputed(Address by, long resolveBy) implements Detail {}

  /** Governance overruled a dispute. */
  record Upheld(Address by, long executableAt) implements Detail {}

  record Expired() implements Detail {}

  /** Its deadline passed, and when it was tried it could not execute. */
  record Failed() implements Detail {}

  /** Home settled what became of it at its destination. */
  record Settled(IntentState outcome, BigInteger moved, BigInteger refunded) implements Detail {}

  /**
   * The facts that an event states.
   *
   * @throws IllegalArgumentException when a tier or rule is none that we know
   */
  static Detail of(IntentEvent event) {
    return switch (event) {
      case IntentEvent.Admitted e -> new Admitted(numbered(Tier.values(), e.tier()), e.eta());
      case IntentEvent.Denied e -> denied(e.refusal());
      case IntentEvent.Dispatched e -> new Dispatched(e.messageId());
      case IntentEvent.Queued e -> new Queued(e.messageId(), e.executableAt());
      case IntentEvent.Executed e ->
          new Executed(e.intent().account(), e.intent().asset(), e.moved());
      case IntentEvent.Paid e ->
          new Executed(e.intent().account(), e.intent().asset(), e.intent().amount());
      case IntentEvent.Refused e -> denied(e.refusal());
      case IntentEvent.Cancelled e -> new Cancelled(e.by());
      case IntentEvent.Disputed e -> new Disputed(e.by(), e.resolveBy());
      case IntentEvent.Upheld e -> new Upheld(e.by(), e.executableAt());
      case IntentEvent.Expired e -> new Expired();
      case IntentEvent.Failed e -> new Failed();
      case IntentEvent.Settled e -> new Settled(e.outcome(), e.moved(), e.refunded());
    };
  }

  private static Denied denied(IntentEvent.Refusal refusal) {
    return new Denied(
        new Verdict(
            numbered(Rule.values(), refusal.rule()),
            refusal.tripped(),
            numbered(Tier.values(), refusal.tier()),
            refusal.eta(),
            refusal.limit(),
            refusal.left(),
            refusal.availableAt(),
            refusal.source()));
  }

  private static <T> T numbered(T[] values, int number) {
    if (number < 0 || number >= values.length) {
      throw new IllegalArgumentException("number " + number + " is none of " + List.of(values));
    }
    return values[number];
  }

  default Action action() {
    return switch (this) {
      case Admitted detail -> Action.ADMITTED;
      case Denied detail -> Action.DENIED;
      case Dispatched detail -> Action.DISPATCHED;
      case Queued detail -> Action.QUEUED;
      case Executed detail -> Action.EXECUTED;
      case Cancelled detail -> Action.CANCELLED;
      case Disputed detail -> Action.DISPUTED;
      case Upheld detail -> Action.UPHELD;
      case Expired detail -> Action.EXPIRED;
      case Failed detail -> Action.FAILED;
      case Settled detail -> Action.SETTLED;
    };
  }

  /** {@code abi.encode} of the fields, as the contracts hash them. */
  default byte[] encode() {
    return switch (this) {
      case Admitted d -> AbiWords.encode(AbiWords.of(d.tier().ordinal()), AbiWords.of(d.eta()));
      case Denied(Verdict v) ->
          AbiWords.encode(
              AbiWords.of(v.rule().ordinal()),
              AbiWords.of(v.tripped() ? 1 : 0),
              AbiWords.of(v.tier().ordinal()),
              AbiWords.of(v.eta()),
              AbiWords.of(v.limit()),
              AbiWords.of(v.left()),
              AbiWords.of(v.availableAt()),
              AbiWords.of(v.source()));
      case Dispatched d -> AbiWords.encode(d.messageId());
      case Queued d -> AbiWords.encode(d.messageId(), AbiWords.of(d.executableAt()));
      case Executed d ->
          AbiWords.encode(AbiWords.of(d.account()), AbiWords.of(d.asset()), AbiWords.of(d.moved()));
      case Cancelled d -> AbiWords.encode(AbiWords.of(d.by()));
      case Disputed d -> AbiWords.encode(AbiWords.of(d.by()), AbiWords.of(d.resolveBy()));
      case Upheld d -> AbiWords.encode(AbiWords.of(d.by()), AbiWords.of(d.executableAt()));
      case Expired d -> AbiWords.encode();
      case Failed d -> AbiWords.encode();
      case Settled d ->
          AbiWords.encode(
              AbiWords.of(d.outcome().ordinal()),
              AbiWords.of(d.moved()),
              AbiWords.of(d.refunded()));
    };
  }
}
