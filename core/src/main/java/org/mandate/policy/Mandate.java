package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Address;

/**
 * An agent's mandate with its counters: all that {@code PolicyEngine} stores about an agent.
 * Immutable; every change is a new value. The empty mandate denies everything (L11).
 *
 * @param frozen the agent's breaker is tripped
 * @param transactions how many transactions were admitted lately
 * @param assets every asset that ever had a limit or a chain
 */
public record Mandate(
    Terms terms,
    boolean frozen,
    RollingWindow transactions,
    Map<Address, AssetMandate> assets,
    Set<Recipient> recipients) {
  /** Of an agent that governance never gave a mandate. */
  public static final Mandate EMPTY =
      new Mandate(Terms.NEVER_SET, false, RollingWindow.starting(0, 0, 0), Map.of(), Set.of());

  public Mandate {
    assets = AssetMap.of(assets);
    recipients = Set.copyOf(recipients);
  }

  /** The asset's limit; {@link AssetLimit#NONE} when it has none. */
  public AssetLimit limit(Address asset) {
    return asset(asset).limit();
  }

  /** EIP-155 ids of the chains where the asset may be spent. */
  public Set<BigInteger> chains(Address asset) {
    return asset(asset).chains();
  }

  /** The asset's part; {@link AssetMandate#NONE} when the mandate does not name it. */
  public AssetMandate asset(Address asset) {
    return assets.getOrDefault(asset, AssetMandate.NONE);
  }

  /**
   * With other terms, from {@code now} in unix seconds. What was counted stays counted, as if it
   * had happened now.
   */
  Mandate withTerms(Terms next, long now) {
    RollingWindow counts =
        next.frequencyWindow() == terms.frequencyWindow()
            ? transactions
            : RollingWindow.starting(next.frequencyWindow(), now, transactions.at(now).sum());
    return new Mandate(next, frozen, counts, assets, recipients);
  }

  // What changes nothing takes no room: whoever may tighten names as many assets as they like.
  Mandate withAsset(Address asset, AssetMandate next) {
    return next.equals(asset(asset))
        ? this
        : new Mandate(
            terms, frozen, transactions, AssetMap.of(assets).with(asset, next), recipients);
  }

  Mandate withRecipient(Recipient recipient, boolean allowed) {
    if (recipients.contains(recipient) == allowed) {
      return this;
    }
    Set<Recipient> all = new HashSet<>(recipients);
    if (allowed) {
      all.add(recipient);
    } else {
      all.remove(recipient);
    }
    return new Mandate(terms, frozen, transactions, assets, all);
  }

  Mandate withFrozen(boolean next) {
    return new Mandate(terms, next, transactions, assets, recipients);
  }

  /**
   * With one more transaction of {@code amount} counted at {@code now}, whether or not the mandate
   * admits it: a bucket that would hold more than it can is full.
   */
  public Mandate counting(Address asset, BigInteger amount, long now) {
    AssetMandate current = asset(asset);
    Usage usage = current.usage().at(now);
    long room = Usage.FULL - usage.window().buckets().getFirst();
    Usage spent =
        new Usage(
            usage.exponent(),
            usage
                .window()
                .plus(usage.units(amount).min(BigInteger.valueOf(room)).longValueExact()));
    return new Mandate(
        terms,
        frozen,
        transactions.at(now).plus(1),
        AssetMap.of(assets).with(asset, current.withUsage(spent)),
        recipients);
  }
}
