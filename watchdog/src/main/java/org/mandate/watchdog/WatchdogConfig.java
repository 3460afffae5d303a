package org.mandate.watchdog;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mandate.chain.Finality;
import org.mandate.config.Default;
import org.mandate.signer.KeySettings;

/**
 * A watchdog's settings. {@code watchdog.sample.yaml} shows and explains all of them.
 *
 * @param chains the home chain and every destination, each once
 * @param key what it signs with; its address has the GUARDIAN role on every chain
 * @param http where health, metrics and findings are shown
 * @param webhook where alerts go besides the log
 * @param blobGateway IPFS trustless gateway from which published batches are fetched; absent: they
 *     are not checked
 * @param homeLag how much older than a delivery home's head may be and still prove that home did
 *     not dispatch it; half of home's own delay of finality when that is less
 * @param safetyMargin how much of a window must be left for a dispute while home cannot be asked;
 *     half of the window when that is less
 * @param whenHomeIsSilent what to do then about a queued intent that may be honest
 * @param maxFeePerGas most that a transaction bids, wei
 * @param maxTipPerGas most of that which goes to the block's proposer, wei
 * @param minimumBalance below it, on any chain, the watchdog is not ready, and spends less on false
 *     block hashes, wei
 * @param disputeBonds most that it may have at stake as bonds of disputes on each chain, wei: for
 *     what it may not dispute for nothing
 * @param relayers where the relayers' APIs are: what they hold against each other is looked at, and
 *     none of it believed without its own signature
 */
public record WatchdogConfig(
    List<ChainSettings> chains,
    KeySettings key,
    HttpSettings http,
    Optional<WebhookSettings> webhook,
    Optional<URI> blobGateway,
    @Default("30s") Duration homeLag,
    @Default("2m") Duration safetyMargin,
    @Default("dispute") WhenHomeIsSilent whenHomeIsSilent,
    @Default("2000000000000") BigInteger maxFeePerGas,
    @Default("200000000000") BigInteger maxTipPerGas,
    @Default("10000000000000000") BigInteger minimumBalance,
    @Default("0") BigInteger disputeBonds,
    List<URI> relayers) {

  /**
   * What to do about a queued intent of which home says nothing for certain when the safety margin
   * is reached: no node of home answers, or the dispatch is not final there.
   */
  public enum WhenHomeIsSilent {
    /** Dispute: costs honest intents time, and never money. */
    DISPUTE,
    /**
     * Tell people only: whoever keeps home from this watchdog, or from finalizing, gets every
     * forgery through unless a person acts.
     */
    ALERT
  }

  /**
   * One chain.
   *
   * @param id EIP-155; what the nodes and the deployment file say must agree
   * @param rpcUrls its nodes, the preferred one first; not those of any relayer
   * @param deployment file {@code deployments/<id>.json}
   * @param finality {@code finalized}, or how many blocks must stand on top of a final one
   * @param pollInterval how often the head is asked for
   * @param timeout of one request to a node
   * @param maxHeadAge how old the head, and how far behind it the newest block that was read, may
   *     be while the watchdog calls itself ready
   */
  public record ChainSettings(
      long id,
      List<URI> rpcUrls,
      Path deployment,
      @Default("finalized") String finality,
      @Default("500ms") Duration pollInterval,
      @Default("5s") Duration timeout,
      @Default("2m") Duration maxHeadAge) {
    public ChainSettings {
      rpcUrls = List.copyOf(rpcUrls);
      if (id <= 0) {
        throw new IllegalArgumentException("chain id " + id + " is not above 0");
      }
      if (rpcUrls.isEmpty()) {
        throw new IllegalArgumentException(
            "chain " + id + " has no rpc-urls; at least one is needed");
      }
      Finality.of(finality);
      requireWithin("poll-interval", pollInterval, Duration.ofMillis(50), Duration.ofMinutes(1));
      requireWithin("timeout", timeout, Duration.ofMillis(100), Duration.ofMinutes(1));
      requireWithin("max-head-age", maxHeadAge, Duration.ofSeconds(1), Duration.ofHours(1));
    }
  }

  /**
   * The socket.
   *
   * @param port 0: a free one, which the READY line names
   */
  public record HttpSettings(@Default("127.0.0.1") String host, @Default("0") int port) {
    public HttpSettings {
      if (port < 0 || port > 65535) {
        throw new IllegalArgumentException("http.port " + port + " is not from 0 to 65535");
      }
    }
  }

  /** Where alerts are posted, and where the secret that signs them is. One of the two places. */
  public record WebhookSettings(
      URI url, Optional<Path> secretFile, Optional<String> secretVariable) {
    public WebhookSettings {
      if (!"http".equals(url.getScheme()) && !"https".equals(url.getScheme())) {
        throw new IllegalArgumentException("webhook.url must begin with http:// or https://");
      }
      if (secretFile.isPresent() == secretVariable.isPresent()) {
        throw new IllegalArgumentException("webhook: set either secret-file or secret-variable");
      }
    }
  }

  public WatchdogConfig {
    chains = List.copyOf(chains);
    relayers = List.copyOf(relayers);
    for (URI relayer : relayers) {
      if (!"http".equals(relayer.getScheme()) && !"https".equals(relayer.getScheme())) {
        throw new IllegalArgumentException("relayers must begin with http:// or https://");
      }
    }
    if (chains.size() < 2) {
      throw new IllegalArgumentException(
          "chains: home and at least one destination are needed, there are " + chains.size());
    }
    Set<Long> ids = new HashSet<>();
    for (ChainSettings chain : chains) {
      if (!ids.add(chain.id())) {
        throw new IllegalArgumentException("chain " + chain.id() + " is configured twice");
      }
    }
    requireWithin("home-lag", homeLag, Duration.ZERO, Duration.ofHours(1));
    requireWithin("safety-margin", safetyMargin, Duration.ofSeconds(1), Duration.ofDays(1));
    if (maxFeePerGas.signum() <= 0) {
      throw new IllegalArgumentException("max-fee-per-gas " + maxFeePerGas + " is not above 0");
    }
    if (disputeBonds.signum() < 0) {
      throw new IllegalArgumentException("dispute-bonds " + disputeBonds + " is below 0");
    }
    if (maxTipPerGas.signum() <= 0) {
      throw new IllegalArgumentException("max-tip-per-gas " + maxTipPerGas + " is not above 0");
    }
  }

  private static void requireWithin(String what, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          what + " " + value + " is not within " + least + " and " + most);
    }
  }
}
