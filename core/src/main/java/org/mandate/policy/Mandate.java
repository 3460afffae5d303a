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
 * @param tempo how fast it may act; not asked while the terms are basic
 * @param riskLevel 0 to 3, as the account knows it; each doubles every window and the cooldown
 * @param frozen the agent's breaker is tripped
 * @param transactions how many transactions were admitted lately
 * @param pace how fast it acted
 * @param assets every asset that ever had a limit or a chain
 */
public record Mandate(
    Terms terms,
    Tempo tempo,
    int riskLevel,
    boolean frozen,
    RollingWindow transactions,
    Pace pace,
    Map<Address, AssetMandate> assets,
    Set<Recipient> recipients) {
  /** Of an agent that governance never gave a mandate. */
  public static final Mandate EMPTY =
      new Mandate(
          Terms.NEVER_SET,
          Tempo.NEVER_SET,
          0,
          false,
          RollingWindow.starting(0, 0, 0),
          Pace.NONE,
          Map.of(),
          Set.of());

  public Mandate {
    assets = AssetMap.of(assets);
    recipients = Set.copyOf(recipients);
  }

  /** A mandate under which nothing was done yet, at risk level 0. */
  public static Mandate uncounted(
      Terms terms,
      Tempo tempo,
      boolean frozen,
      Map<Address, AssetMandate> assets,
      Set<Recipient> recipients) {
    return new Mandate(terms, tempo, 0, frozen, EMPTY.transactions, EMPTY.pace, assets, recipients);
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
    return new Mandate(
        next,
        tempo,
        riskLevel,
        frozen,
        counting(next.frequencyWindow() << riskLevel, terms.frequencyWindow() << riskLevel, now),
        pace,
        assets,
        recipients);
  }

  /** With another tempo, from {@code now} in unix seconds. */
  Mandate withTempo(Tempo next, long now) {
    return new Mandate(
        terms,
        next,
        riskLevel,
        frozen,
        transactions,
        pace.under(next.burstWindow() << riskLevel, tempo.burstWindow() << riskLevel, now),
        assets,
        recipients);
  }

  /** At another risk level, from {@code now} in unix seconds. What was spent stays counted. */
  public Mandate withRiskLevel(int next, long now) {
    if (next == riskLevel) {
      return this;
    }
    AssetMap rescaled = AssetMap.of(assets);
    for (var entry : assets.entrySet()) {
      rescaled = rescaled.with(entry.getKey(), entry.getValue().rescaled(riskLevel, next, now));
    }
    return new Mandate(
        terms,
        tempo,
        next,
        frozen,
        counting(terms.frequencyWindow() << next, terms.frequencyWindow() << riskLevel, now),
        pace.under(tempo.burstWindow() << next, tempo.burstWindow() << riskLevel, now),
        rescaled,
        recipients);
  }

  private RollingWindow counting(int window, int previous, long now) {
    return window == previous
        ? transactions
        : RollingWindow.starting(window, now, transactions.at(now).sum());
  }

  // What changes nothing takes no room: whoever may tighten names as many assets as they like.
  Mandate withAsset(Address asset, AssetMandate next) {
    return next.equals(asset(asset))
        ? this
        : with(frozen, transactions, pace, AssetMap.of(assets).with(asset, next), recipients);
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
    return with(frozen, transactions, pace, assets, all);
  }

  /** With no transactions counted. */
  Mandate unused() {
    return with(frozen, transactions.unused(), pace, assets, recipients);
  }

  Mandate withFrozen(boolean next) {
    return with(next, transactions, pace, assets, recipients);
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
        usage.with(
            usage
                .window()
                .plus(usage.units(amount).min(BigInteger.valueOf(room)).longValueExact()));
    return with(
        frozen,
        transactions.at(now).plus(1),
        terms.basic() ? pace : pace.ticked(tempo, now),
        AssetMap.of(assets).with(asset, current.withUsage(spent)),
        recipients);
  }

  private Mandate with(
      boolean nextFrozen,
      RollingWindow nextTransactions,
      Pace nextPace,
      Map<Address, AssetMandate> nextAssets,
      Set<Recipient> nextRecipients) {
    return new Mandate(
        terms,
        tempo,
        riskLevel,
        nextFrozen,
        nextTransactions,
        nextPace,
        nextAssets,
        nextRecipients);
  }
}
