package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;

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
 * @param source the rule contract that refused, in a denial by RULE_BOOK; else zero
 */
public record Verdict(
    Rule rule,
    boolean tripped,
    Tier tier,
    long eta,
    BigInteger limit,
    BigInteger left,
    long availableAt,
    Address source) {

  /** Whether every rule admitted. */
  public boolean allowed() {
    return rule == Rule.NONE;
  }

  /** The same verdict on what was only asked about: it froze nobody. */
  public Verdict untripped() {
    return new Verdict(rule, false, tier, eta, limit, left, availableAt, source);
  }

  static Verdict allow(Tier tier, long eta) {
    return new Verdict(
        Rule.NONE, false, tier, eta, BigInteger.ZERO, BigInteger.ZERO, 0, Address.ZERO);
  }

  static Verdict deny(Rule rule) {
    return deny(rule, BigInteger.ZERO, BigInteger.ZERO, 0);
  }

  static Verdict deny(Rule rule, BigInteger limit, BigInteger left, long availableAt) {
    return new Verdict(rule, rule.trips(), Tier.INSTANT, 0, limit, left, availableAt, Address.ZERO);
  }

  static Verdict deny(Finding found) {
    return new Verdict(
        found.rule(),
        found.rule().trips(),
        Tier.INSTANT,
        0,
        found.limit(),
        found.left(),
        found.availableAt(),
        found.source());
  }
}
