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
import org.mandate.policy.Mandate;
import org.mandate.policy.Recipient;
import org.mandate.policy.Tempo;
import org.mandate.policy.Terms;
import org.mandate.policy.Usage;

/**
 * A whole mandate as somebody wrote it down: what is not in the file is not allowed. {@code
 * mandate.sample.yaml} shows and explains every key.
 *
 * @param tempo without it no burst and no cooldown
 * @param assets each once
 * @param recipients each once per chain
 */
record MandateFile(
    TermsPart terms,
    Optional<TempoPart> tempo,
    List<AssetPart> assets,
    List<RecipientPart> recipients) {
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
        tempo
            .map(t -> tempo(t.burst(), t.burstWindow(), t.cooldown()))
            .orElse(Tempo.NEVER_SET),
        false,
        byAsset,
        recipients.stream()
            .map(r -> new Recipient(BigInteger.valueOf(r.chainId()), r.address()))
            .collect(Collectors.toSet()));
  }

  private static Tempo tempo(int burst, Duration burstWindow, Duration cooldown) {
    return new Tempo(
        burst,
        Math.toIntExact(burstWindow.toSeconds()),
        Math.toIntExact(cooldown.toSeconds()));
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
