package org.mandate.cli.policy;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.config.Config;
import org.mandate.config.Default;
import org.mandate.policy.AssetLimit;
import org.mandate.policy.AssetMandate;
import org.mandate.policy.BeyondBasic;
import org.mandate.policy.CallKind;
import org.mandate.policy.Mandate;
import org.mandate.policy.Permission;
import org.mandate.policy.Recipient;
import org.mandate.policy.Tempo;
import org.mandate.policy.Terms;
import org.mandate.policy.Thresholds;
import org.mandate.policy.Usage;

/**
 * A whole mandate as somebody wrote it down: what is not in the file is not allowed. {@code
 * mandate.sample.yaml} shows and explains every key.
 *
 * @param tempo without it no burst and no cooldown
 * @param assets each once
 * @param recipients each once per chain
 * @param tiers from which amounts on payments wait; an asset without needs approvals
 * @param rules contracts of the rule book that are asked
 * @param calls what may be called beside payments
 */
record MandateFile(
    TermsPart terms,
    Optional<TempoPart> tempo,
    List<AssetPart> assets,
    List<RecipientPart> recipients,
    Optional<List<TierPart>> tiers,
    Optional<ApproversPart> approvers,
    Optional<List<Address>> rules,
    Optional<List<CallPart>> calls) {
  private static final int MAX_SECONDS = Terms.MAX_WINDOW;

  /** What holds for all assets. */
  record TermsPart(
      Expiry expiry,
      Duration frequencyWindow,
      int maxTransactions,
      int maxAuditLag,
      @Default("false") boolean basic,
      @Default("false") boolean open) {
    TermsPart {
      seconds("frequency-window", frequencyWindow);
      new Terms(0, 1, maxTransactions, maxAuditLag, basic, open);
    }
  }

  /** How fast the agent may act. Not asked of a basic mandate. */
  record TempoPart(int burst, Duration burstWindow, Duration cooldown) {
    TempoPart {
      tempo(burst, burstWindow, cooldown);
    }
  }

  /** What holds for one asset. Amounts are in its smallest unit. */
  record AssetPart(
      Address asset,
      BigInteger perTransaction,
      BigInteger cap,
      Duration window,
      List<Long> chains) {
    AssetPart {
      chains = List.copyOf(chains);
      new AssetLimit(perTransaction, cap, seconds("window", window));
      if (cap.signum() == 0 || perTransaction.signum() == 0 || chains.isEmpty()) {
        throw new IllegalArgumentException(
            "asset "
                + asset
                + " can never be spent (cap or per-transaction is 0, or no chain): leave it out instead");
      }
      if (perTransaction.compareTo(cap) > 0) {
        throw new IllegalArgumentException(
            "asset %s: per-transaction %s is above the cap %s"
                .formatted(asset, perTransaction, cap));
      }
    }
  }

  /** Somebody who may be paid. */
  record RecipientPart(long chainId, Address address) {}

  /**
   * From which amounts of an asset on intents wait; what is absent is never.
   *
   * @param asset {@link BeyondBasic#USD} for all together, in dollars of 8 decimals
   */
  record TierPart(
      Address asset,
      Optional<BigInteger> notifyAbove,
      Optional<BigInteger> delayAbove,
      Optional<Duration> delay,
      Optional<BigInteger> approvalAbove) {
    TierPart {
      if (delayAbove.isPresent() != delay.isPresent()) {
        throw new IllegalArgumentException(
            "asset " + asset + ": delay-above and delay belong together");
      }
    }

    private Thresholds thresholds() {
      return new Thresholds(
          notifyAbove.orElse(Thresholds.NEVER),
          delayAbove.orElse(Thresholds.NEVER),
          delay.map(Duration::toSeconds).map(Math::toIntExact).orElse(0),
          approvalAbove.orElse(Thresholds.NEVER));
    }
  }

  /** Who may agree to what waits for approvals, and how many must. */
  record ApproversPart(int threshold, List<Address> addresses) {
    ApproversPart {
      addresses = addresses.stream().sorted().toList();
      if (threshold < 1 || threshold > addresses.size()) {
        throw new IllegalArgumentException(
            "threshold %d is not within 1 and the %d approvers"
                .formatted(threshold, addresses.size()));
      }
    }
  }

  /**
   * A function of a contract that may be called.
   *
   * @param selector four bytes in hex
   * @param kind how the amount is taken
   * @param amountWord which argument must equal the amount; absent: none
   * @param recipientWord which argument names the recipient; absent: none
   * @param assetWord which argument must be the asset; absent: none
   * @param listed whether the recipient must be on the list of recipients
   */
  record CallPart(
      long chainId,
      Address target,
      String selector,
      CallKind kind,
      Optional<Integer> amountWord,
      Optional<Integer> recipientWord,
      Optional<Integer> assetWord,
      @Default("false") boolean listed) {
    CallPart {
      if (!selector.matches("0x[0-9a-f]{8}")) {
        throw new IllegalArgumentException(
            "selector " + selector + " is not four bytes in lower-case hex");
      }
      if (kind == CallKind.NONE) {
        throw new IllegalArgumentException(
            "kind none permits nothing: leave call " + selector + " out instead");
      }
    }

    private Permission permission() {
      return new Permission(
          kind,
          amountWord.orElse(Permission.ANY),
          recipientWord.orElse(Permission.ANY),
          assetWord.orElse(Permission.ANY),
          listed);
    }
  }

  MandateFile {
    assets = List.copyOf(assets);
    recipients = List.copyOf(recipients);
    if (assets.stream().map(AssetPart::asset).distinct().count() != assets.size()) {
      throw new IllegalArgumentException("assets: one is there twice");
    }
    if (new HashSet<>(recipients).size() != recipients.size()) {
      throw new IllegalArgumentException("recipients: one is there twice");
    }
  }

  /** The environment has no say here: a mandate is what the file says. */
  static MandateFile read(Path file) {
    return Config.load(MandateFile.class, Optional.of(file), Map.of(), Map.of());
  }

  /** The mandate, nothing counted yet. */
  Mandate mandate() {
    var byAsset = new HashMap<Address, AssetMandate>();
    for (var part : assets) {
      byAsset.put(
          part.asset(),
          new AssetMandate(
              new AssetLimit(part.perTransaction(), part.cap(), seconds("window", part.window())),
              part.chains().stream().map(BigInteger::valueOf).collect(Collectors.toSet()),
              Usage.NONE));
    }
    return Mandate.uncounted(
        new Terms(
            terms.expiry().seconds(),
            seconds("frequency-window", terms.frequencyWindow()),
            terms.maxTransactions(),
            terms.maxAuditLag(),
            terms.basic(),
            terms.open()),
        tempo.map(t -> tempo(t.burst(), t.burstWindow(), t.cooldown())).orElse(Tempo.NEVER_SET),
        false,
        byAsset,
        recipients.stream()
            .map(r -> new Recipient(BigInteger.valueOf(r.chainId()), r.address()))
            .collect(Collectors.toSet()));
  }

  Map<Address, Thresholds> thresholds() {
    return tiers.orElse(List.of()).stream()
        .collect(Collectors.toMap(TierPart::asset, TierPart::thresholds));
  }

  Map<Permission.Place, Permission> permissions() {
    return calls.orElse(List.of()).stream()
        .collect(
            Collectors.toMap(
                c ->
                    new Permission.Place(BigInteger.valueOf(c.chainId()), c.target(), c.selector()),
                CallPart::permission));
  }

  List<Address> ruleAddresses() {
    return rules.orElse(List.of());
  }

  List<Address> approverAddresses() {
    return approvers.map(ApproversPart::addresses).orElse(List.of());
  }

  int approverThreshold() {
    return approvers.map(ApproversPart::threshold).orElse(0);
  }

  private static Tempo tempo(int burst, Duration burstWindow, Duration cooldown) {
    return new Tempo(
        burst, Math.toIntExact(burstWindow.toSeconds()), Math.toIntExact(cooldown.toSeconds()));
  }

  private static int seconds(String what, Duration duration) {
    if (duration.toSeconds() < 1 || duration.toSeconds() > MAX_SECONDS) {
      throw new IllegalArgumentException(
          "%s of %s s is not within 1 and %d s (48 days)"
              .formatted(what, duration.toSeconds(), MAX_SECONDS));
    }
    return (int) duration.toSeconds();
  }
}
