package org.mandate.relayer;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mandate.chain.Finality;
import org.mandate.chain.Wei;
import org.mandate.config.Default;
import org.mandate.relayer.send.BalanceWatch;
import org.mandate.relayer.send.DataFee;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.send.TopUp;
import org.mandate.signer.KeySettings;

/**
 * A relayer's settings. {@code relayer.sample.yaml} shows and explains all of them.
 *
 * @param chains the home chain and those that it delivers to, each once
 * @param key what it signs with
 * @param dataDirectory of the embedded database and, unless said otherwise, of the blobs
 * @param databaseUrl {@code postgresql://user:password@host:port/name}; absent: a server of its own
 *     in the data directory
 * @param blobDirectory where blobs are kept as files; absent: in the database
 * @param ipfsApi Kubo RPC of an IPFS daemon that is to keep the blobs too
 * @param http where the API listens
 * @param peers the API addresses of the other relayers
 * @param publishInterval how often unpublished audit records are published
 * @param stagger how long each relayer waits for the one before it, so that usually one sends
 * @param attestationPatience how long the other relayers' signatures are awaited when those of a
 *     bare quorum are there: the more relayers vouch for a payment, the less it waits
 * @param reportInterval how long what became of a payment waits for others, to be told home
 *     together
 * @param treasury a key that sends coins to the relayer's own where a chain's top-up says so; signs
 *     nothing else
 */
public record RelayerConfig(
    List<ChainSettings> chains,
    KeySettings key,
    @Default("relayer-data") Path dataDirectory,
    Optional<URI> databaseUrl,
    Optional<Path> blobDirectory,
    Optional<URI> ipfsApi,
    HttpSettings http,
    List<URI> peers,
    @Default("5s") Duration publishInterval,
    @Default("5s") Duration stagger,
    @Default("2s") Duration attestationPatience,
    @Default("30s") Duration reportInterval,
    Optional<KeySettings> treasury) {

  /**
   * One chain.
   *
   * @param id EIP-155; what the nodes say must agree
   * @param rpcUrls its nodes, the preferred one first
   * @param deployment file {@code deployments/<id>.json}
   * @param finality {@code finalized}, or how many blocks must stand on top of a final one
   * @param pollInterval how often the head is asked for
   * @param maxFeeGwei most that is bid in all, gwei per gas: above that, transactions wait
   * @param maxTipGwei most of that which goes to the block's proposer
   * @param checkHeaders whether a block is believed only when its header makes its hash; off for a
   *     chain whose headers have fields of their own, where one node then says what a block's
   *     number, parent and time are until most nodes contradict it
   * @param fees what transactions may cost there
   * @param balance what the key is to have there
   */
  public record ChainSettings(
      long id,
      List<URI> rpcUrls,
      Path deployment,
      @Default("finalized") String finality,
      @Default("500ms") Duration pollInterval,
      @Default("500") int maxFeeGwei,
      @Default("50") int maxTipGwei,
      @Default("true") boolean checkHeaders,
      FeeSettings fees,
      BalanceSettings balance) {
    public ChainSettings {
      rpcUrls = List.copyOf(rpcUrls);
      if (id <= 0) throw new IllegalArgumentException("chain id " + id + " is not above 0");
      if (rpcUrls.isEmpty())
        throw new IllegalArgumentException(
            "chain " + id + " has no rpc-urls; at least one is needed");
      Finality.of(finality);
      if (maxFeeGwei < 1 || maxTipGwei < 0 || maxTipGwei > maxFeeGwei) {
        throw new IllegalArgumentException(
            "chain %d: max-fee-gwei %d must be at least 1, max-tip-gwei %d from 0 to max-fee-gwei"
                .formatted(id, maxFeeGwei, maxTipGwei));
      }
      requireWithin("poll-interval", pollInterval, Duration.ofMillis(50), Duration.ofMinutes(1));
    }
  }

  /**
   * What transactions may cost on one chain, beside the limits of a unit of gas.
   *
   * @param intentBudget most that one intent may cost there, over all transactions and attempts
   * @param dataFee what the chain takes beside gas for the data on layer 1
   * @param waitBelow what a unit of gas may cost, the tip included, before work that can wait does;
   *     absent: nothing waits
   * @param waitAtMost how long it waits, and no longer than half of the time to an intent's
   *     deadline
   */
  public record FeeSettings(
      @Default(FeePolicy.DEFAULT_BUDGET) Wei intentBudget,
      @Default("auto") DataFee.Kind dataFee,
      Optional<Wei> waitBelow,
      @Default("10m") Duration waitAtMost) {
    /** As when nothing is configured. */
    public static final FeeSettings DEFAULT =
        new FeeSettings(
            Wei.of(FeePolicy.DEFAULT_BUDGET),
            DataFee.Kind.AUTO,
            Optional.empty(),
            Duration.ofMinutes(10));

    public FeeSettings {
      requireWithin("wait-at-most", waitAtMost, Duration.ofSeconds(1), Duration.ofDays(1));
      if (intentBudget.value().signum() == 0)
        throw new IllegalArgumentException("an intent-budget of nothing sends nothing");
    }
  }

  /**
   * What the relayer's key is to have on one chain.
   *
   * @param warnBelow when the operator is warned
   * @param alarmBelow when the operator is alarmed
   * @param topUp what the treasury sends; absent: nothing
   */
  public record BalanceSettings(
      @Default("0.05 ether") Wei warnBelow,
      @Default("0.01 ether") Wei alarmBelow,
      Optional<TopUp> topUp) {
    /** As when nothing is configured. */
    public static final BalanceSettings DEFAULT =
        new BalanceSettings(Wei.of("0.05 ether"), Wei.of("0.01 ether"), Optional.empty());

    public BalanceSettings {
      if (alarmBelow.compareTo(warnBelow) > 0)
        throw new IllegalArgumentException(
            "alarm-below, %s, is above warn-below, %s".formatted(alarmBelow, warnBelow));
    }

    /** When an operator is told. */
    public BalanceWatch.Limits limits() {
      return new BalanceWatch.Limits(warnBelow, alarmBelow);
    }
  }

  /**
   * The API's socket.
   *
   * @param port 0: a free one, which the READY line and the ready file name
   * @param readyFile written when the relayer works: the READY line
   * @param requestsPerSecond most that one client address is answered, twice as many at once
   * @param connectionsPerClient most that one client address holds open; behind a reverse proxy
   *     that is the proxy's
   * @param waitingPerAgent most intents of one agent that wait to be submitted
   * @param drain how long it is told that this process is being stopped, before it stops listening
   */
  public record HttpSettings(
      @Default("127.0.0.1") String host,
      @Default("0") int port,
      Optional<Path> readyFile,
      @Default("100") int requestsPerSecond,
      @Default("64") int connectionsPerClient,
      @Default("2000") int waitingPerAgent,
      @Default("500ms") Duration drain) {
    public HttpSettings {
      requireWithin("http.requests-per-second", requestsPerSecond, 1_000_000);
      requireWithin("http.connections-per-client", connectionsPerClient, 1_000);
      requireWithin("http.waiting-per-agent", waitingPerAgent, 20_000);
      if (port < 0 || port > 65535)
        throw new IllegalArgumentException("http.port " + port + " is not from 0 to 65535");
      requireWithin("http.drain", drain, Duration.ZERO, Duration.ofMinutes(5));
    }
  }

  public RelayerConfig {
    chains = List.copyOf(chains);
    peers = List.copyOf(peers);
    if (chains.isEmpty())
      throw new IllegalArgumentException("no chains: at least the home chain is needed");
    Set<Long> ids = new HashSet<>();
    chains.forEach(
        c -> {
          if (!ids.add(c.id()))
            throw new IllegalArgumentException("chain " + c.id() + " is configured twice");
        });
    boolean toppedUp = chains.stream().anyMatch(c -> c.balance().topUp().isPresent());
    if (toppedUp && treasury.isEmpty())
      throw new IllegalArgumentException("top-up needs a treasury: set its key");
    if (treasury.filter(t -> t.address().equals(key.address())).isPresent())
      throw new IllegalArgumentException(
          "the treasury's key is the relayer's own: give it one of its own");
    requireWithin("publish-interval", publishInterval, Duration.ofMillis(200), Duration.ofHours(1));
    requireWithin("stagger", stagger, Duration.ofMillis(100), Duration.ofMinutes(10));
    requireWithin(
        "attestation-patience", attestationPatience, Duration.ZERO, Duration.ofMinutes(10));
    requireWithin("report-interval", reportInterval, Duration.ZERO, Duration.ofDays(1));
  }

  /** Where blobs are kept as files, or were before the database kept them. */
  public Path blobs() {
    return blobDirectory.orElse(dataDirectory.resolve("blobs"));
  }

  private static void requireWithin(String what, int value, int most) {
    if (value < 1 || value > most)
      throw new IllegalArgumentException("%s %d is not from 1 to %d".formatted(what, value, most));
  }

  private static void requireWithin(String what, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw new IllegalArgumentException(
          what + " " + value + " is not within " + least + " and " + most);
    }
  }
}
