package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.intent.Intent;

/**
 * An agent's settings in the contracts that a mandate asks beyond the basic rules ({@code
 * MandateRules.sol}): permissions for calls, and tiers. Immutable.
 *
 * @param permissions by place; what is not there is not permitted
 * @param thresholds by asset; {@link #USD} for all together
 */
public record BeyondBasic(
    Map<Permission.Place, Permission> permissions, Map<Address, Thresholds> thresholds) {
  /** Stands for all assets together, in US dollars. */
  public static final Address USD = Address.of("0x%040x".formatted(840));

  /** Nothing was ever set: no call is permitted, and every amount needs approvals. */
  public static final BeyondBasic EMPTY = new BeyondBasic(Map.of(), Map.of());

  public BeyondBasic {
    permissions = Map.copyOf(permissions);
    thresholds = Map.copyOf(thresholds);
  }

  public BeyondBasic with(Permission.Place place, Permission permission) {
    Map<Permission.Place, Permission> all = new HashMap<>(permissions);
    all.put(place, permission);
    return new BeyondBasic(all, thresholds);
  }

  public BeyondBasic with(Address asset, Thresholds next) {
    Map<Address, Thresholds> all = new HashMap<>(thresholds);
    all.put(asset, next);
    return new BeyondBasic(permissions, all);
  }

  /**
   * What the rules say about the intent.
   *
   * @param book what the agent's rule book refused; empty when it admitted, or was not asked
   * @param value what the amount is worth, in dollars of 8 decimals; empty when it is not known
   * @param basic the mandate asks for neither rule book nor tiers
   */
  public Finding find(
      Intent intent,
      int riskLevel,
      boolean basic,
      Optional<Finding> book,
      Optional<BigInteger> value) {
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
    if (book.isPresent()) {
      Finding refused = book.get();
      return Finding.refused(
          Rule.RULE_BOOK,
          refused.source(),
          refused.limit(),
          refused.left(),
          refused.availableAt(),
          recipient);
    }
    Thresholds.Answer answer =
        Thresholds.judge(of(intent.asset()), intent.amount(), of(USD), value, riskLevel);
    return Finding.admitted(answer.tier(), answer.delay(), recipient);
  }

  private Optional<Address> recipientOf(Intent intent) {
    return CallKind.of(intent) == CallKind.NONE
        ? Optional.empty()
        : permissions.getOrDefault(Permission.Place.of(intent), Permission.NONE).judge(intent);
  }

  private Thresholds of(Address asset) {
    return thresholds.getOrDefault(asset, Thresholds.NEVER_SET);
  }
}
