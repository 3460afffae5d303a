package org.mandate.watchdog;

import static java.util.Comparator.reverseOrder;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Address;

/**
 * What spenders may still take from an account by approvals that were declared, at most. Giving an
 * approval moves nothing, and what is taken by it later nobody declares. How much of each is left
 * the token is asked when that matters: what an allowance went down by is what its spender was
 * allowed to take. A token that has a higher one than was ever declared changes nothing here.
 *
 * @param known by spender
 * @param others by asset, all further ones together, which the token is not asked for, or does not
 *     tell
 */
record Allowances(Map<Allowance, BigInteger> known, Map<Address, BigInteger> others) {
  /** Of an asset, so many are kept one by one: the highest. An agent gives as many as it likes. */
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
   * After calls whose own events say what they moved, and which may have used these approvals for
   * it: nobody takes that a second time.
   */
  Allowances without(Map<Allowance, BigInteger> taken) {
    Map<Allowance, BigInteger> left = new HashMap<>(known);
    taken.forEach(
        (allowance, amount) ->
            left.computeIfPresent(allowance, (who, most) -> most.subtract(amount.min(most))));
    return new Allowances(left, others);
  }

  /** With these, of which the token does not say what is left, among the others. */
  Allowances untold(Set<Allowance> unknown) {
    Map<Allowance, BigInteger> told = new HashMap<>(known);
    Map<Address, BigInteger> rest = new HashMap<>(others);
    for (Allowance one : unknown) {
      rest.merge(one.asset(), told.remove(one), BigInteger::add);
    }
    return new Allowances(told, rest);
  }

  /**
   * With these known again that were among the others for one look: together less what was taken by
   * any of them in it, each alone as it was, since nobody knows by which.
   *
   * @param pool by asset, what they made of the others
   */
  Allowances again(Map<Allowance, BigInteger> these, Map<Address, BigInteger> pool) {
    Map<Allowance, BigInteger> all = new HashMap<>(known);
    Map<Address, BigInteger> rest = new HashMap<>(others);
    pool.forEach(
        (asset, most) -> rest.put(asset, ofOthers(asset).subtract(most).max(BigInteger.ZERO)));
    Map<Address, BigInteger> together = new HashMap<>();
    these.forEach((one, amount) -> together.merge(one.asset(), amount, BigInteger::add));
    pool.forEach(
        (asset, most) ->
            together.merge(
                asset, most.subtract(ofOthers(asset)).max(BigInteger.ZERO), BigInteger::subtract));
    these.forEach((one, amount) -> all.put(one, amount.min(together.get(one.asset()))));
    all.values().removeIf(amount -> amount.signum() == 0);
    return new Allowances(all, rest);
  }

  /**
   * After what was taken.
   *
   * @param now what the token says is left, of those that it was asked for
   */
  Allowances leaving(Map<Allowance, BigInteger> now) {
    Map<Allowance, BigInteger> left = new HashMap<>(known);
    left.replaceAll((allowance, most) -> now.getOrDefault(allowance, most).min(most));
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

  /**
   * What was taken of the asset by these.
   *
   * @param left what is left of them; where that is more, nothing was taken
   */
  BigInteger usedUp(Address asset, Allowances left) {
    return known.entrySet().stream()
        .filter(one -> one.getKey().asset().equals(asset))
        .map(
            one ->
                one.getValue()
                    .subtract(left.known.getOrDefault(one.getKey(), BigInteger.ZERO))
                    .max(BigInteger.ZERO))
        .reduce(BigInteger.ZERO, BigInteger::add);
  }

  /** What may be taken of the asset by the others. */
  BigInteger ofOthers(Address asset) {
    return others.getOrDefault(asset, BigInteger.ZERO);
  }
}
