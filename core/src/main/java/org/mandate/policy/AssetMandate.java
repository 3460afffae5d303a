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

  AssetMandate withLimit(AssetLimit next, long now) {
    return new AssetMandate(next, chains, usage.under(next, limit, now));
  }

  AssetMandate withChain(BigInteger chainId, boolean allowed) {
    Stream<BigInteger> others = chains.stream().filter(chain -> !chain.equals(chainId));
    return new AssetMandate(
        limit,
        (allowed ? Stream.concat(others, Stream.of(chainId)) : others).collect(Collectors.toSet()),
        usage);
  }

  AssetMandate withUsage(Usage next) {
    return new AssetMandate(limit, chains, next);
  }
}
