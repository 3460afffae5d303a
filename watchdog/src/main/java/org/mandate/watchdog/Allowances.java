package org.mandate.watchdog;

import static java.util.Comparator.reverseOrder;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.mandate.chain.Address;

/**
 * What spenders may still take from an account by approvals that were declared, at most. Giving an
 * approval moves nothing, and what is taken by it later nobody declares. How much of each is left
 * the token is asked: what an allowance went down by is what its spender was allowed to take. A
 * token that has a higher one than was ever declared changes nothing here.
 *
 * @param known by spender
 * @param others by asset, all further ones together, which the token is not asked for
 */
record Allowances(Map<Allowance, BigInteger> known, Map<Address, BigInteger> others) {
  /**
   * Of an asset, so many are asked for at each block: the highest. An agent gives as many as it
   * likes.
   */
  static final int MOST = 32;

  static final Allowances NONE = new Allowances(Map.of(), Map.of());

  /** Who may take what. */
  record Allowance(Address asset, Address spender) {}

  Allowances {
    known = Map.copyOf(known);
    others = Map.copyOf(others);
  }

  /**
   * After these approvals. Each counts in full: its spender may have taken what there was before.
   */
  Allowances with(Map<Allowance, BigInteger> approved) {
    Map<Allowance, BigInteger> all = new HashMap<>(known);
    approved.forEach((allowance, amount) -> all.merge(allowance, amount, BigInteger::add));
    return new Allowances(all, others);
  }

  /**
   * After what was taken.
   *
   * @param now what the token says is left
   */
  Allowances leaving(Function<Allowance, BigInteger> now) {
    Map<Allowance, BigInteger> left = new HashMap<>();
    known.forEach((allowance, most) -> left.put(allowance, now.apply(allowance).min(most)));
    left.values().removeIf(amount -> amount.signum() == 0);
    return new Allowances(left, others);
  }

  /** After something else was taken by one of the others. */
  Allowances without(Address asset, BigInteger amount) {
    Map<Address, BigInteger> left = new HashMap<>(others);
    left.merge(asset, amount.negate(), BigInteger::add);
    return new Allowances(known, left);
  }

  /** The highest of each asset alone stay known. */
  Allowances bounded() {
    Map<Allowance, BigInteger> highest = new HashMap<>();
    Map<Address, BigInteger> rest = new HashMap<>(others);
    Map<Address, Integer> count = new HashMap<>();
    known.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(reverseOrder()))
        .forEach(
            one -> {
              Address asset = one.getKey().asset();
              if (count.merge(asset, 1, Integer::sum) <= MOST) {
                highest.put(one.getKey(), one.getValue());
              } else {
                rest.merge(asset, one.getValue(), BigInteger::add);
              }
            });
    return new Allowances(highest, rest);
  }

  /** What may be taken of the asset by the known ones. */
  BigInteger of(Address asset) {
    return known.entrySet().stream()
        .filter(one -> one.getKey().asset().equals(asset))
        .map(Map.Entry::getValue)
        .reduce(BigInteger.ZERO, BigInteger::add);
  }

  /** What may be taken of the asset by the others. */
  BigInteger ofOthers(Address asset) {
    return others.getOrDefault(asset, BigInteger.ZERO);
  }
}
