package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;

/**
 * How much an agent may spend at once on what kind of thing ({@code CategoryRule.sol}). Immutable.
 *
 * @param categories of recipients, and of contracts that are called; zero is none
 * @param limits in each asset's smallest unit; what is not there is nothing
 */
public record Categories(Map<Recipient, Hash> categories, Map<Kind, BigInteger> limits)
    implements BookRule {
  public static final Categories NEVER_SET = new Categories(Map.of(), Map.of());

  /** What a limit is of. */
  public record Kind(Hash category, Address asset) {}

  public Categories {
    categories = Map.copyOf(categories);
    limits = Map.copyOf(limits);
  }

  public Categories with(Recipient target, Hash category) {
    Map<Recipient, Hash> all = new HashMap<>(categories);
    all.put(target, category);
    return new Categories(all, limits);
  }

  public Categories with(Kind kind, BigInteger limit) {
    Map<Kind, BigInteger> all = new HashMap<>(limits);
    all.put(kind, limit);
    return new Categories(categories, all);
  }

  @Override
  public Answer judge(Intent intent, int riskLevel, long now, Answers answers) {
    Hash category =
        categories.getOrDefault(new Recipient(intent.chainId(), intent.to()), Hash.ZERO);
    BigInteger limit = limits.getOrDefault(new Kind(category, intent.asset()), BigInteger.ZERO);
    return limit.signum() > 0 && intent.amount().compareTo(limit) <= 0
        ? Answer.ADMITTED
        : Answer.refused(limit, limit);
  }
}
