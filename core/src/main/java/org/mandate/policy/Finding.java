package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;

/**
 * What the rules beyond the basic ones say about an intent ({@code MandateRules.sol}).
 *
 * @param rule SELECTOR, RULE_BOOK, or NONE
 * @param source the rule contract that refused; else zero
 * @param limit the limit that refused, in the rule's own unit
 * @param left what is left of it now, same unit
 * @param availableAt unix seconds when it could be admitted; 0: time alone changes nothing
 * @param tier how the intent proceeds when it is admitted
 * @param delay seconds to wait before it does
 * @param recipient who must be on the mandate's list of recipients; zero: nobody
 */
public record Finding(
    Rule rule,
    Address source,
    BigInteger limit,
    BigInteger left,
    long availableAt,
    Tier tier,
    long delay,
    Address recipient) {

  /** Of a payment under a basic mandate: nothing is asked. */
  public static Finding ofPayment(Address to) {
    return admitted(Tier.INSTANT, 0, to);
  }

  /** A call without a permission, or that does not meet its conditions. */
  public static Finding ofForbiddenCall() {
    return refused(Rule.SELECTOR, Address.ZERO, BigInteger.ZERO, BigInteger.ZERO, 0, Address.ZERO);
  }

  public static Finding admitted(Tier tier, long delay, Address recipient) {
    return new Finding(
        Rule.NONE, Address.ZERO, BigInteger.ZERO, BigInteger.ZERO, 0, tier, delay, recipient);
  }

  public static Finding refused(
      Rule rule,
      Address source,
      BigInteger limit,
      BigInteger left,
      long availableAt,
      Address recipient) {
    return new Finding(rule, source, limit, left, availableAt, Tier.INSTANT, 0, recipient);
  }
}
