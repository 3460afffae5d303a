package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Address;

/**
 * An agent's mandate with its counters: all that {@code PolicyEngine} stores about an agent. Immutable; every change is a
 * new value. The empty mandate denies everything (L11).
 */
public final class Mandate {
  /** Of an agent that governance never gave a mandate. */
  public static final Mandate EMPTY =
      new Mandate(Terms.NEVER_SET, false, RollingWindow.starting(0, 0, 0), Map.of(), Set.of());

  private final Terms terms;
  private final boolean frozen;
  private final RollingWindow transactions;
  private final Map<Address, AssetMandate> assets;
  private final Set<Recipient> recipients;

  private Mandate(
      Terms terms,
      boolean frozen,
      RollingWindow transactions,
      Map<Address, AssetMandate> assets,
      Set<Recipient> recipients) {
    this.terms = terms;
    this.frozen = frozen;
    this.transactions = transactions;
    this.assets = Map.copyOf(assets);
    this.recipients = Set.copyOf(recipients);
  }

  public Terms terms() {
    return terms;
  }

  /** Whether the agent's breaker is tripped. */
  public boolean frozen() {
    return frozen;
  }

  /** The asset's limit; {@link AssetLimit#NONE} when it has none. */
  public AssetLimit limit(Address asset) {
    return asset(asset).limit();
  }

  /** Every asset that ever had a limit or a chain, with its limit. */
  public Map<Address, AssetLimit> limits() {
    Map<Address, AssetLimit> limits = new HashMap<>();
    assets.forEach((asset, mandate) -> limits.put(asset, mandate.limit()));
    return Map.copyOf(limits);
  }

  /** EIP-155 ids of the chains where the asset may be spent. */
  public Set<BigInteger> chains(Address asset) {
    return asset(asset).chains();
  }

  public Set<Recipient> recipients() {
    return recipients;
  }

  AssetMandate asset(Address asset) {
    return assets.getOrDefault(asset, AssetMandate.NONE);
  }

  RollingWindow transactions() {
    return transactions;
  }

  /** With other terms, from {@code now} in unix seconds. What was counted stays counted, as if it had happened now. */
  Mandate withTerms(Terms next, long now) {
    RollingWindow counts =
        next.frequencyWindow() == terms.frequencyWindow()
            ? transactions
            : RollingWindow.starting(next.frequencyWindow(), now, transactions.at(now).sum());
    return new Mandate(next, frozen, counts, assets, recipients);
  }

  Mandate withAsset(Address asset, AssetMandate next) {
    Map<Address, AssetMandate> all = new HashMap<>(assets);
    all.put(asset, next);
    return new Mandate(terms, frozen, transactions, all, recipients);
  }

  Mandate withRecipient(Recipient recipient, boolean allowed) {
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

  /** With one more transaction of {@code amount} counted at {@code now}, whether or not the mandate admits it. */
  public Mandate counting(Address asset, BigInteger amount, long now) {
    AssetMandate current = asset(asset);
    Usage usage = current.usage().at(now);
    Usage spent = new Usage(usage.shift(), usage.window().plus(usage.units(amount).longValueExact()));
    Map<Address, AssetMandate> all = new HashMap<>(assets);
    all.put(asset, current.withUsage(spent));
    return new Mandate(terms, frozen, transactions.at(now).plus(1), all, recipients);
  }
}
