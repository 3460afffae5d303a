package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;

/**
 * A change of a mandate. What loosens nothing may apply at once, everything else waits for
 * governance (L5).
 */
public sealed interface PolicyChange {
  /** Sets the terms. */
  record SetTerms(Terms terms) implements PolicyChange {
    public SetTerms {
      requireWindow(terms.frequencyWindow());
    }
  }

  /** Sets how fast the agent may act. */
  record SetTempo(Tempo tempo) implements PolicyChange {}

  /** Sets an asset's caps; a cap of 0 ends the asset. */
  record SetLimit(Address asset, AssetLimit limit) implements PolicyChange {
    public SetLimit {
      requireWindow(limit.window());
    }
  }

  /** Takes an asset out of the mandate, of which nothing may be spent and nothing is counted. */
  record DropAsset(Address asset) implements PolicyChange {}

  /** Allows or forbids to spend an asset on a chain. */
  record SetAssetChain(Address asset, BigInteger chainId, boolean allowed)
      implements PolicyChange {}

  /** Allows or forbids a recipient. */
  record SetRecipient(Recipient recipient, boolean allowed) implements PolicyChange {}

  /** Trips the breaker by hand. */
  record Freeze() implements PolicyChange {}

  /** Resets the breaker. */
  record Thaw() implements PolicyChange {}

  /**
   * Whether those who may only tighten (guardian, owner, the agent itself) may make this change.
   */
  default boolean tightens(Mandate current) {
    return switch (this) {
      case SetTerms change -> change.terms().loosensNothingOf(current.terms());
      case SetTempo change -> change.tempo().loosensNothingOf(current.tempo());
      // The first limit of an asset is governance's: nobody else fills the list of assets up.
      case SetLimit change ->
          current.limit(change.asset()).window() > 0
              && change.limit().loosensNothingOf(current.limit(change.asset()));
      case DropAsset change -> false;
      case SetAssetChain change -> !change.allowed();
      case SetRecipient change -> !change.allowed();
      case Freeze change -> true;
      case Thaw change -> false;
    };
  }

  /**
   * The mandate after the change.
   *
   * @param now the block's timestamp, unix seconds
   */
  default Mandate apply(Mandate current, long now) {
    return switch (this) {
      case SetTerms change -> current.withTerms(change.terms(), now);
      case SetTempo change -> current.withTempo(change.tempo(), now);
      case SetLimit change ->
          current.withAsset(
              change.asset(),
              current.asset(change.asset()).withLimit(change.limit(), current.riskLevel(), now));
      case DropAsset change -> current.withAsset(change.asset(), AssetMandate.NONE);
      case SetAssetChain change ->
          current.withAsset(
              change.asset(),
              current.asset(change.asset()).withChain(change.chainId(), change.allowed()));
      case SetRecipient change -> current.withRecipient(change.recipient(), change.allowed());
      case Freeze change -> current.withFrozen(true);
      case Thaw change -> current.withFrozen(false);
    };
  }

  private static void requireWindow(int seconds) {
    if (seconds == 0) {
      throw new IllegalArgumentException("a rolling window has at least 1 second");
    }
  }
}
