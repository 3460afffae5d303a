package org.mandate.policy;

import java.math.BigInteger;

/**
 * What the policy says about one intent.
 *
 * @param rule the rule that refused, or NONE
 * @param tripped the refusal freezes the agent
 * @param tier how an admitted intent proceeds; INSTANT in a denial
 * @param eta unix seconds from which an admitted intent may proceed; 0 in a denial
 * @param limit the limit that refused, in the rule's unit (asset's smallest unit, transactions,
 *     seconds, records); 0 if it has none
 * @param left what is left of it now, same unit
 * @param availableAt unix seconds when the same request could be admitted if nothing else is spent;
 *     0 if time alone changes nothing
 */
public record Verdict(
    Rule rule,
    boolean tripped,
    Tier tier,
    long eta,
    BigInteger limit,
    BigInteger left,
    long availableAt) {

  /** Whether every rule admitted. */
  public boolean allowed() {
    return rule == Rule.NONE;
  }

  static Verdict allow(long now) {
    return new Verdict(Rule.NONE, false, Tier.INSTANT, now, BigInteger.ZERO, BigInteger.ZERO, 0);
  }

  static Verdict deny(Rule rule) {
    return deny(rule, BigInteger.ZERO, BigInteger.ZERO, 0);
  }

  static Verdict deny(Rule rule, BigInteger limit, BigInteger left, long availableAt) {
    return new Verdict(rule, rule.trips(), Tier.INSTANT, 0, limit, left, availableAt);
  }
}
