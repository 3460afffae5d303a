package org.mandate.audit;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.policy.Rule;
import org.mandate.policy.Tier;

/** The facts of an action. Times are unix seconds, 0 to 2^63-1; amounts are in the asset's smallest unit. */
public sealed interface Detail {
  /** The policy admitted the intent, and it waits. */
  record Admitted(Tier tier, long eta) implements Detail {}

  /** The policy refused the intent; see {@link org.mandate.policy.Verdict}. */
  record Denied(Rule rule, boolean tripped, BigInteger limit, BigInteger left, long availableAt) implements Detail {}

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
    };
  }

  /** {@code abi.encode} of the fields, as the executor hands them to {@code AuditLog.append}. */
  default byte[] encode() {
    return switch (this) {
      case Admitted d -> AbiWords.encode(AbiWords.of(d.tier().ordinal()), AbiWords.of(d.eta()));
      case Denied d ->
          AbiWords.encode(
              AbiWords.of(d.rule().ordinal()),
              AbiWords.of(d.tripped() ? 1 : 0),
              AbiWords.of(d.limit()),
              AbiWords.of(d.left()),
              AbiWords.of(d.availableAt()));
      case Dispatched d -> AbiWords.encode(d.messageId());
      case Queued d -> AbiWords.encode(d.messageId(), AbiWords.of(d.executableAt()));
      case Executed d -> AbiWords.encode(AbiWords.of(d.account()), AbiWords.of(d.asset()), AbiWords.of(d.moved()));
      case Cancelled d -> AbiWords.encode(AbiWords.of(d.by()));
      case Disputed d -> AbiWords.encode(AbiWords.of(d.by()), AbiWords.of(d.resolveBy()));
      case Upheld d -> AbiWords.encode(AbiWords.of(d.by()), AbiWords.of(d.executableAt()));
      case Expired d -> AbiWords.encode();
    };
  }
}
