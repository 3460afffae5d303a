package org.mandate.policy;

import java.math.BigInteger;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One asset's part of a mandate and what was spent of it.
 *
 * @param chains EIP-155 ids of the chains where it may be spent
 */
public record AssetMandate(AssetLimit limit, Set<BigInteger> chains, Usage usage) {
  public static final AssetMandate NONE = new AssetMandate(AssetLimit.NONE, Set.of(), Usage.NONE);

  public AssetMandate {
    chains = Set.copyOf(chains);
  }

  AssetMandate withLimit(AssetLimit next, int riskLevel, long now) {
    return new AssetMandate(
        next,
        chains,
        usage.under(next.cap(), next.window() << riskLevel, limit.window() << riskLevel, now));
  }

  /** The windows in force grow and shrink with the risk level. What was spent stays counted. */
  AssetMandate rescaled(int previous, int riskLevel, long now) {
    return limit.window() == 0
        ? this
        : new AssetMandate(
            limit,
            chains,
            usage.under(limit.cap(), limit.window() << riskLevel, limit.window() << previous, now));
  }

  AssetMandate withChain(BigInteger chainId, boolean allowed) {
    Stream<BigInteger> others = chains.stream().filter(chain -> !chain.equals(chainId));
    return new AssetMandate(
        limit,
        (allowed ? Stream.concat(others, Stream.of(chainId)) : others).collect(Collectors.toSet()),
        usage);
  }

  /**
   * Whether the mandate may do without it: it has a limit, of nothing, and nothing counts any more.
   */
  boolean isDroppable(long now) {
    return limit.window() > 0 && limit.cap().signum() == 0 && usage.at(now).used().signum() == 0;
  }

  /** With nothing spent. */
  AssetMandate unused() {
    return withUsage(usage.with(usage.window().unused()));
  }

  AssetMandate withUsage(Usage next) {
    return new AssetMandate(limit, chains, next);
  }
}
