package org.mandate.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.intent.Intent;

/**
 * An agent's settings in the contracts that a mandate asks beyond the basic rules ({@code
 * MandateRules.sol}): permissions for calls, the rule book, and tiers. Immutable.
 *
 * @param permissions by place; what is not there is not permitted
 * @param book the agent's rules, in the order in which they are asked
 * @param rules how the shipped rules are set, by contract; any other rule of the book is foreign
 * @param thresholds by asset; {@link #USD} for all together
 */
public record BeyondBasic(
    Map<Permission.Place, Permission> permissions,
    List<Address> book,
    Map<Address, BookRule> rules,
    Map<Address, Thresholds> thresholds) {
  /** Stands for all assets together, in US dollars. */
  public static final Address USD = Address.of("0x%040x".formatted(840));

  /**
   * Nothing was ever set: no call is permitted, there is no rule, and every amount needs approvals.
   */
  public static final BeyondBasic EMPTY = new BeyondBasic(Map.of(), List.of(), Map.of(), Map.of());

  public BeyondBasic {
    permissions = Map.copyOf(permissions);
    book = List.copyOf(book);
    rules = Map.copyOf(rules);
    thresholds = Map.copyOf(thresholds);
  }

  // What permits nothing takes no room: whoever may tighten names as many places as they like.
  public BeyondBasic with(Permission.Place place, Permission permission) {
    if (permission.equals(permissions.getOrDefault(place, Permission.NONE))) {
      return this;
    }
    Map<Permission.Place, Permission> all = new HashMap<>(permissions);
    if (permission.equals(Permission.NONE)) {
      all.remove(place);
    } else {
      all.put(place, permission);
    }
    return new BeyondBasic(all, book, rules, thresholds);
  }

  public BeyondBasic with(Address asset, Thresholds next) {
    if (next.equals(of(asset))) {
      return this;
    }
    Map<Address, Thresholds> all = new HashMap<>(thresholds);
    all.put(asset, next);
    return new BeyondBasic(permissions, book, rules, all);
  }

  /** With a shipped rule set; whether it is asked, the book says. */
  public BeyondBasic with(Address contract, BookRule rule) {
    Map<Address, BookRule> all = new HashMap<>(rules);
    all.put(contract, rule);
    return new BeyondBasic(permissions, book, all, thresholds);
  }

  /** With one more rule in the book, asked last. */
  public BeyondBasic withRule(Address contract) {
    List<Address> all = new ArrayList<>(book);
    all.add(contract);
    return new BeyondBasic(permissions, all, rules, thresholds);
  }

  public BeyondBasic withoutRule(Address contract) {
    return new BeyondBasic(
        permissions,
        book.stream().filter(rule -> !rule.equals(contract)).toList(),
        rules,
        thresholds);
  }

  /**
   * What the rules say about the intent.
   *
   * @param basic the mandate asks for neither rule book nor tiers
   */
  public Finding find(Intent intent, int riskLevel, boolean basic, Surroundings surroundings) {
    Address recipient = intent.to();
    if (!intent.data().isEmpty()) {
      Optional<Address> named = recipientOf(intent);
      if (named.isEmpty()) {
        return Finding.ofForbiddenCall();
      }
      recipient = named.get();
    }
    if (basic) {
      return Finding.ofPayment(recipient);
    }
    for (Address rule : book) {
      BookRule.Answer said =
          rule(rule).judge(intent, riskLevel, surroundings.now(), surroundings.answers());
      if (!said.admitted()) {
        return Finding.refused(
            Rule.RULE_BOOK, rule, said.limit(), said.left(), said.availableAt(), recipient);
      }
    }
    Thresholds.Answer answer =
        Thresholds.judge(
            of(intent.asset()),
            intent.amount(),
            of(USD),
            () -> value(intent, surroundings),
            riskLevel);
    return Finding.admitted(answer.tier(), answer.delay(), recipient);
  }

  private Optional<Address> recipientOf(Intent intent) {
    return CallKind.of(intent) == CallKind.NONE
        ? Optional.empty()
        : permissions.getOrDefault(Permission.Place.of(intent), Permission.NONE).judge(intent);
  }

  private BookRule rule(Address contract) {
    BookRule shipped = rules.get(contract);
    return shipped == null ? new ForeignRule(contract) : shipped;
  }

  private static Optional<BigInteger> value(Intent intent, Surroundings surroundings) {
    return surroundings
        .prices()
        .usd(
            new Prices.Place(intent.chainId(), intent.asset()),
            intent.amount(),
            surroundings.now(),
            surroundings.answers());
  }

  private Thresholds of(Address asset) {
    return thresholds.getOrDefault(asset, Thresholds.NEVER_SET);
  }
}
