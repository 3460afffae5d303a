package org.mandate.watchdog;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.NodeException;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Function;
import org.web3j.abi.datatypes.generated.Uint64;
import org.web3j.utils.Numeric;

/**
 * Whether the watchdog can see and act, and the numbers that show it. What needs a node is asked
 * regularly, not per request.
 */
final class Vitals implements AutoCloseable {
  private static final long GUARDIAN = 1;
  private static final Duration INTERVAL_WELL = Duration.ofSeconds(15);
  private static final Duration INTERVAL_UNWELL = Duration.ofSeconds(1);
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private final List<WatchedChain> chains;
  private final Address address;
  private final BigInteger minimumBalance;
  private final Clock clock;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Map<Long, Account> accounts = new ConcurrentHashMap<>();
  private Optional<Thread> thread = Optional.empty();

  private record Account(BigInteger balance, boolean guardian) {}

  Vitals(
      List<WatchedChain> chains,
      Findings findings,
      Optional<Webhook> webhook,
      Address address,
      BigInteger minimumBalance,
      Clock clock) {
    this.chains = chains;
    this.address = address;
    this.minimumBalance = minimumBalance;
    this.clock = clock;
    chains.forEach(this::measure);
    for (Check check : Check.values()) {
      Gauge.builder("mandate.watchdog.findings", findings, all -> count(all, check))
          .tag("rule", check.name())
          .description("findings since the start")
          .strongReference(true)
          .register(metrics);
    }
    webhook.ifPresent(
        hook -> {
          FunctionCounter.builder("mandate.watchdog.webhook.delivered", hook, Webhook::delivered)
              .register(metrics);
          FunctionCounter.builder("mandate.watchdog.webhook.dropped", hook, Webhook::dropped)
              .register(metrics);
        });
  }

  void start() {
    thread = Optional.of(Errand.start("vitals", INTERVAL_UNWELL, this::work));
  }

  /** In the Prometheus text format. */
  String metrics() {
    return metrics.scrape();
  }

  Endpoint.Readiness readiness() {
    List<String> lacking = new ArrayList<>();
    Instant now = clock.instant();
    for (WatchedChain chain : chains) {
      Follower follower = chain.follower();
      if (!follower.caughtUp()) {
        lacking.add("chain %d: its history is still being read".formatted(chain.id()));
      }
      if (follower.answered().filter(at -> at.isAfter(now.minus(SILENCE))).isEmpty()) {
        lacking.add("chain %d: its nodes have not answered for %s".formatted(chain.id(), SILENCE));
      }
      lag(follower.head(), chain.chronicle().tip(), chain.link().settings().maxHeadAge(), now)
          .ifPresent(text -> lacking.add("chain %d: %s".formatted(chain.id(), text)));
      if (follower.failures() > 0) {
        lacking.add(
            "chain %d: %d pages could not be judged, see the log"
                .formatted(chain.id(), follower.failures()));
      }
      Account account = accounts.get(chain.id());
      if (account == null) {
        lacking.add(
            "chain %d: role and balance of %s are not known yet".formatted(chain.id(), address));
        continue;
      }
      if (!account.guardian()) {
        lacking.add(
            "chain %d: %s does not have the GUARDIAN role; grant it by governance"
                .formatted(chain.id(), address));
      }
      if (account.balance().compareTo(minimumBalance) < 0) {
        lacking.add(
            "chain %d: %s has %s wei, below minimum-balance %s; fund it"
                .formatted(chain.id(), address, account.balance(), minimumBalance));
      }
    }
    return new Endpoint.Readiness(lacking);
  }

  /**
   * Nodes that answer and stand still, and blocks that cannot be read, do not look like silence.
   *
   * @return what is wrong, if anything
   */
  static Optional<String> lag(
      Optional<Block> head, Optional<Block> newestRead, Duration most, Instant now) {
    Optional<Instant> told = head.map(Block::timestamp);
    Optional<Instant> read = newestRead.map(Block::timestamp);
    if (told.filter(at -> at.isBefore(now.minus(most))).isPresent()) {
      return Optional.of(
          "the head that its nodes tell is of %s, more than %s ago: see whether they stand still"
              .formatted(told.get(), most));
    }
    if (told.isPresent() && read.filter(at -> at.isBefore(told.get().minus(most))).isPresent()) {
      return Optional.of(
          "the newest block that was read is of %s, more than %s behind the head: see the log"
              .formatted(read.get(), most));
    }
    return Optional.empty();
  }

  @Override
  public void close() {
    thread.ifPresent(Thread::interrupt);
  }

  // Never done.
  private boolean work() throws InterruptedException {
    chains.forEach(this::look);
    if (readiness().lacking().isEmpty()) {
      Thread.sleep(INTERVAL_WELL);
    }
    return false;
  }

  private void look(WatchedChain chain) {
    try {
      Function hasRole =
          new Function(
              "hasRole",
              List.of(new Uint64(GUARDIAN), new org.web3j.abi.datatypes.Address(address.hex())),
              List.of());
      byte[] answer =
          chain
              .link()
              .chain()
              .call(
                  chain.link().deployment().address("AccessManager"),
                  Numeric.hexStringToByteArray(FunctionEncoder.encode(hasRole)));
      // (bool isMember, uint32 executionDelay): a guardian who must wait is none.
      boolean guardian =
          answer.length == 64 && answer[31] == 1 && new BigInteger(1, answer, 32, 32).signum() == 0;
      accounts.put(chain.id(), new Account(chain.link().chain().balance(address), guardian));
    } catch (NodeException | CallRevertedException e) {
      // Seen by the follower too, which says so.
    }
  }

  private void measure(WatchedChain chain) {
    Tags tags = Tags.of("chain", Long.toString(chain.id()));
    gauge(
        "mandate.watchdog.head.block",
        "newest block that was read",
        tags,
        chain,
        c -> c.chronicle().tip().map(b -> (double) b.number()).orElse(-1.0));
    gauge(
        "mandate.watchdog.head.age.seconds",
        "age of the newest block that was read, by this machine's clock",
        tags,
        chain,
        c ->
            c.chronicle()
                .tip()
                .map(b -> Duration.between(b.timestamp(), clock.instant()).toMillis() / 1000.0)
                .orElse(Double.NaN));
    gauge(
        "mandate.watchdog.cases",
        "queued intents that are being watched",
        tags,
        chain,
        c -> (double) c.forgery().running());
    gauge(
        "mandate.watchdog.balance.wei",
        "what the watchdog's account has for gas",
        tags,
        chain,
        c ->
            Optional.ofNullable(accounts.get(c.id()))
                .map(a -> a.balance().doubleValue())
                .orElse(Double.NaN));
    FunctionCounter.builder("mandate.watchdog.reorgs", chain, c -> c.follower().reorgs())
        .tags(tags)
        .register(metrics);
    FunctionCounter.builder("mandate.watchdog.transactions.sent", chain, c -> c.enforcer().sent())
        .tags(tags)
        .register(metrics);
    FunctionCounter.builder("mandate.watchdog.pages.failed", chain, c -> c.follower().failures())
        .tags(tags)
        .register(metrics);
  }

  private void gauge(
      String name,
      String description,
      Tags tags,
      WatchedChain chain,
      java.util.function.ToDoubleFunction<WatchedChain> value) {
    Gauge.builder(name, chain, value)
        .tags(tags)
        .description(description)
        .strongReference(true)
        .register(metrics);
  }

  private static double count(Findings findings, Check check) {
    return findings.all().stream().filter(finding -> finding.check() == check).count();
  }
}
