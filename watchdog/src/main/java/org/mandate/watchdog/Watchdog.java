package org.mandate.watchdog;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.mandate.audit.GatewayBlobSource;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.config.Config;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.Key;
import org.mandate.signer.Passphrase;
import org.mandate.signer.Signer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running watchdog. It follows home and the destinations by itself, judges what it reads, and
 * disputes and freezes with its own key. Nothing it does depends on a relayer.
 */
public final class Watchdog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watchdog.class);
  private static final Duration BLOB_TIME_LIMIT = Duration.ofSeconds(10);
  private static final Duration CLOSE_TIME_LIMIT = Duration.ofSeconds(2);
  private static final int MAX_SECRET_CHARACTERS = 4096;

  private final List<WatchedChain> chains;
  private final Vitals vitals;
  private final Optional<Webhook> webhook;
  private final Handouts handouts;
  private final Findings findings;
  private final Endpoint endpoint;
  private final Key key;

  private Watchdog(
      List<WatchedChain> chains,
      Vitals vitals,
      Optional<Webhook> webhook,
      Handouts handouts,
      Findings findings,
      Endpoint endpoint,
      Key key) {
    this.chains = chains;
    this.vitals = vitals;
    this.webhook = webhook;
    this.handouts = handouts;
    this.findings = findings;
    this.endpoint = endpoint;
    this.key = key;
  }

  /**
   * Starts; returns when it follows the chains and listens, which is before it has read their
   * history.
   *
   * @throws IllegalArgumentException if the deployments do not fit the configuration
   * @throws org.mandate.signer.KeyException if the key cannot be opened
   * @throws IllegalStateException if it cannot listen
   */
  public static Watchdog start(WatchdogConfig config) {
    return start(config, System.getenv(), Clock.systemUTC());
  }

  static Watchdog start(WatchdogConfig config, Map<String, String> environment, Clock clock) {
    Key key = config.key().open(environment, clock);
    try {
      return start(config, key, environment, clock);
    } catch (RuntimeException e) {
      key.close();
      throw e;
    }
  }

  private static Watchdog start(
      WatchdogConfig config, Key key, Map<String, String> environment, Clock clock) {
    Optional<Webhook> webhook =
        config.webhook().map(settings -> webhook(settings, environment, clock));
    Findings findings = new Findings(new Alerts(webhook));
    Handouts handouts = new Handouts(config.relayers());
    List<WatchedChain> chains = watch(config, key, findings, handouts, clock);
    Vitals vitals =
        new Vitals(chains, findings, webhook, key.address(), config.minimumBalance(), clock);
    Endpoint endpoint;
    try {
      endpoint =
          new Endpoint(
              config.http().host(),
              config.http().port(),
              vitals::readiness,
              vitals::metrics,
              findings);
    } catch (RuntimeException e) {
      handouts.close();
      webhook.ifPresent(Webhook::close);
      throw e;
    }
    chains.forEach(WatchedChain::start);
    vitals.start();
    LOG.atInfo()
        .addKeyValue("address", key.address())
        .addKeyValue("chains", chains.stream().map(WatchedChain::id).toList())
        .addKeyValue("http", endpoint.port())
        .log("watchdog started");
    return new Watchdog(chains, vitals, webhook, handouts, findings, endpoint, key);
  }

  /**
   * The process: reads the configuration, starts, prints the READY line on standard output, and
   * runs until it is asked to end.
   *
   * @param file the YAML file
   * @throws org.mandate.config.ConfigException if the configuration cannot be used
   */
  public static void run(Path file) throws InterruptedException {
    run(file, Map.of());
  }

  /**
   * As {@link #run(Path)}.
   *
   * @param flags by dotted key; they win over the environment and the file
   */
  public static void run(Path file, Map<String, String> flags) throws InterruptedException {
    JsonLogging.install();
    WatchdogConfig config =
        Config.load(WatchdogConfig.class, Optional.of(file), System.getenv(), flags);
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    try (Watchdog watchdog = start(config)) {
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().unstarted(() -> endAndWait(end, closed)));
      System.out.println(
          "READY watchdog "
              + watchdog.address()
              + " http://"
              + config.http().host()
              + ":"
              + watchdog.httpPort());
      System.out.flush();
      end.await();
    } finally {
      closed.countDown();
    }
  }

  // The machine stops when its hooks are through: leave time to close what is open.
  private static void endAndWait(CountDownLatch end, CountDownLatch closed) {
    end.countDown();
    try {
      if (!closed.await(CLOSE_TIME_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("not everything was closed within {}", CLOSE_TIME_LIMIT);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Where it listens. */
  public int httpPort() {
    return endpoint.port();
  }

  /** Whose transactions its disputes and freezes are. */
  public Address address() {
    return key.address();
  }

  /** All findings since the start, oldest first. */
  public List<Finding> findings() {
    return findings.all();
  }

  @Override
  public void close() {
    vitals.close();
    chains.forEach(WatchedChain::close);
    endpoint.close();
    handouts.close();
    webhook.ifPresent(Webhook::close);
    key.close();
  }

  private static List<WatchedChain> watch(
      WatchdogConfig config, Key key, Findings findings, Handouts handouts, Clock clock) {
    List<Link> links = config.chains().stream().map(Link::open).toList();
    List<Link> homes = links.stream().filter(link -> link.deployment().isHome()).toList();
    if (homes.size() != 1) {
      throw new IllegalArgumentException(
          "chains: %d of them are home by their deployment files; exactly one must be"
              .formatted(homes.size()));
    }
    Link home = homes.getFirst();
    List<Link> destinations = links.stream().filter(link -> link != home).toList();
    for (Link link : destinations) {
      Deployment deployment = link.deployment();
      if (!deployment.homeChainId().equals(home.deployment().chainId())
          || !deployment.executor().equals(home.deployment().executor())) {
        throw new IllegalArgumentException(
            "chain %d: its deployment belongs to home %s and executor %s, not to home %d and executor %s"
                .formatted(
                    link.id(),
                    deployment.homeChainId(),
                    deployment.executor(),
                    home.id(),
                    home.deployment().executor()));
      }
    }
    Optional<PublicationCheck> publications =
        config.blobGateway().map(gateway -> publications(gateway, findings, clock));
    Signer signer = new GuardedSigner(key, WatchdogPolicy.of(config, links));
    return new Workshop(config, signer, findings, publications, handouts, clock)
        .build(home, destinations);
  }

  private static PublicationCheck publications(URI gateway, Findings findings, Clock clock) {
    return new PublicationCheck(new GatewayBlobSource(gateway, BLOB_TIME_LIMIT), findings, clock);
  }

  private static Webhook webhook(
      WatchdogConfig.WebhookSettings settings, Map<String, String> environment, Clock clock) {
    char[] secret =
        Passphrase.in(settings.secretFile(), settings.secretVariable(), environment).read();
    try {
      if (secret.length == 0 || secret.length > MAX_SECRET_CHARACTERS) {
        throw new IllegalArgumentException(
            "webhook: its secret is empty or longer than " + MAX_SECRET_CHARACTERS + " characters");
      }
      byte[] bytes = new String(secret).getBytes(StandardCharsets.UTF_8);
      return new Webhook(settings.url(), bytes, clock, text -> LOG.atWarn().log(text));
    } finally {
      Arrays.fill(secret, '\0');
    }
  }
}
