package org.mandate.relayer;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mandate.audit.BlobStore;
import org.mandate.audit.KuboBlobStore;
import org.mandate.chain.Address;
import org.mandate.relayer.RelayerConfig.ChainSettings;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.lead.Fellows;
import org.mandate.relayer.lead.Led;
import org.mandate.relayer.send.BalanceWatch;
import org.mandate.relayer.send.DataFee;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.send.FormerKeys;
import org.mandate.relayer.send.RelayerPolicy;
import org.mandate.relayer.send.Sender;
import org.mandate.relayer.send.Treasury;
import org.mandate.relayer.send.TreasuryPolicy;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredMessage;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.work.Archivist;
import org.mandate.relayer.work.AttestationSource;
import org.mandate.relayer.work.Attestor;
import org.mandate.relayer.work.Evidence;
import org.mandate.relayer.work.Manifests;
import org.mandate.relayer.work.Mirror;
import org.mandate.relayer.work.Worker;
import org.mandate.relayer.work.Workplace;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.Key;
import org.mandate.signer.Signer;

/**
 * All that a relayer does again and again, put together over its database, its chains and its
 * peers, without a thread or a clock of its own: who runs it says when, in whatever order.
 */
public final class Workflows {
  private static final Duration IPFS_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration FINAL_LOOK = Duration.ofSeconds(2);
  private static final Duration MIRROR_LOOK = Duration.ofSeconds(5);
  private static final Duration EVIDENCE_LOOK = Duration.ofSeconds(5);
  private static final Duration WORK = Duration.ofMillis(500);

  /** What peers have not signed yet is asked for soon again. */
  private static final Duration GATHER = Duration.ofMillis(200);

  private static final String MIRROR = "mirror";
  private static final Duration BALANCE_LOOK = Duration.ofSeconds(10);
  private static final Duration FORMER_LOOK = Duration.ofSeconds(5);
  private static final Duration TREASURY_LOOK = Duration.ofSeconds(1);

  /**
   * One of them.
   *
   * @param interval when to run it again unless it is woken before
   * @param bells what wakes it
   * @param threads how many run it beside each other
   */
  public record Workflow(
      String name, Duration interval, Loop.Round round, List<Bell> bells, int threads) {
    public Workflow {
      bells = List.copyOf(bells);
    }
  }

  private final SigningGate gate;
  private final Fellows fellows;
  private final Database database;
  private final Worker worker;

  /** Blocks, what became final, what was stored because of it. */
  private final Bell news = new Bell();

  /** There may be something to do: the same, and what approvers say, and settled transactions. */
  private final Bell work = new Bell();

  /** For those who do it alone: one of them has found something, or agents handed it over. */
  private final Bell own = new Bell();

  /** For those who ask other relayers: one of them has found something. */
  private final Bell asks = new Bell();

  private final Map<Long, Workplace> places = new LinkedHashMap<>();
  private final Map<FollowedChain, Led<Follower>> followers = new LinkedHashMap<>();
  private final List<Workflow> all = new ArrayList<>();

  /**
   * As the other one, of a process that shares its database with nobody: takes up what a former one
   * left behind.
   */
  public Workflows(
      RelayerConfig config,
      Map<ChainSettings, FollowedChain> chains,
      Database database,
      BlobStore blobs,
      AttestationSource peers,
      Key key,
      Clock clock) {
    this(
        config,
        chains,
        takenUp(database, chains.values(), clock),
        new SigningGate(),
        Fellows.none(),
        blobs,
        peers,
        key,
        Optional.empty(),
        clock);
  }

  private static Database takenUp(
      Database database, Collection<FollowedChain> chains, Clock clock) {
    register(database, chains);
    Task.takeUp(database, clock.instant());
    return database;
  }

  /**
   * Makes the chains known to the database; refused messages are looked at anew.
   *
   * @throws IllegalStateException when the database follows other deployments
   */
  static void register(Database database, Collection<FollowedChain> chains) {
    database.run(
        tx -> {
          chains.forEach(c -> ChainRow.register(tx, c.id(), c.gateway(), c.executor()));
          StoredMessage.forgetRefusals(tx);
        });
  }

  /** What one process at a time does, of each chain and for the mirror. */
  static List<String> lines(RelayerConfig config) {
    List<String> lines = new ArrayList<>();
    for (ChainSettings chain : config.chains()) {
      for (String what :
          List.of(
              "follow", "send", "balance", "former", "archive", "attest", "manifests", "evidence"))
        lines.add(what + "-" + chain.id());
      if (chain.balance().topUp().isPresent()) lines.add("treasury-" + chain.id());
    }
    if (config.ipfsApi().isPresent()) lines.add(MIRROR);
    return lines;
  }

  /**
   * Puts the workflows together; nothing runs yet.
   *
   * @param chains as configured, in that order; the database knows them
   * @param gate is closed when nothing may be signed
   * @param fellows the processes that share the database
   * @param blobs where blobs are kept, which all of them share
   * @param key signs what {@link RelayerPolicy} says, and nothing else
   * @param treasury signs what {@link TreasuryPolicy} says, and nothing else
   */
  public Workflows(
      RelayerConfig config,
      Map<ChainSettings, FollowedChain> chains,
      Database database,
      SigningGate gate,
      Fellows fellows,
      BlobStore blobs,
      AttestationSource peers,
      Key key,
      Optional<Key> treasury,
      Clock clock) {
    this.gate = gate;
    this.fellows = fellows;
    this.database = database;
    news.add(work::ring);
    database.inTransaction(ChainRow::halts).forEach(gate::close);
    Map<FollowedChain, FeeLimit> limits = new LinkedHashMap<>();
    chains.forEach(
        (settings, chain) ->
            limits.put(chain, FeeLimit.ofGwei(settings.maxFeeGwei(), settings.maxTipGwei())));
    Signer signer = new GuardedSigner(key, RelayerPolicy.of(limits));
    Set<Long> served = chains.values().stream().map(FollowedChain::id).collect(Collectors.toSet());
    chains.forEach(
        (settings, chain) -> {
          Bell outbox = new Bell();
          FeePolicy policy = policy(settings, limits.get(chain), chain);
          Desk desk = new Desk(chain, database, policy, signer, gate, outbox, clock);
          places.put(chain.id(), new Workplace(chain, desk, database, config.stagger(), clock));
          long id = chain.id();
          Led<Follower> following =
              led(
                  "follow-" + id,
                  settings.pollInterval(),
                  own -> {
                    // Who followed it before may have died in the middle of seeing a final block
                    // go.
                    own.run(tx -> ChainRow.distrust(tx, id));
                    return new Follower(
                        chain, served, own, gate, news, config.reportInterval(), clock);
                  },
                  Follower::round);
          followers.put(chain, following);
          led(
              "send-" + id,
              settings.pollInterval(),
              own -> new Sender(chain, own, desk, work, clock),
              Sender::round,
              outbox);
          Set<Address> present =
              Stream.concat(
                      Stream.of(key.address()),
                      settings.balance().topUp().flatMap(t -> treasury.map(Key::address)).stream())
                  .collect(Collectors.toSet());
          led(
              "former-" + id,
              FORMER_LOOK,
              own -> new FormerKeys(chain, own, desk, present, work, clock),
              FormerKeys::round);
          led(
              "archive-" + id,
              FINAL_LOOK,
              own -> new Archivist(chain, own, blobs, news, clock),
              Archivist::round,
              news);
          led(
              "attest-" + id,
              FINAL_LOOK,
              own -> new Attestor(chain, served, own, signer, gate, work, clock),
              Attestor::round,
              news);
          led(
              "manifests-" + id,
              FINAL_LOOK,
              own -> new Manifests(id, own, blobs, clock),
              Manifests::round,
              news);
          watchBalance(chain, policy, key.address(), settings.balance(), treasury, clock);
        });
    config
        .ipfsApi()
        .map(api -> new KuboBlobStore(api, IPFS_TIMEOUT))
        .ifPresent(
            daemon ->
                led(MIRROR, MIRROR_LOOK, own -> new Mirror(own, blobs, daemon), Mirror::round));
    for (FollowedChain chain : chains.values()) {
      Workplace place = places.get(chain.id());
      led(
          "evidence-" + chain.id(),
          EVIDENCE_LOOK,
          own -> new Evidence(place, places, own, peers, clock),
          Evidence::round);
    }
    worker =
        new Worker(
            fellows.id(),
            database,
            places,
            peers,
            blobs,
            config.publishInterval(),
            config.attestationPatience(),
            config.reportInterval(),
            clock);
    int workers = Worker.workers(places.size());
    // Whoever claims something sees to it that another one looks for more.
    all.add(new Workflow("work", WORK, () -> worker.round(own::ring), List.of(work, own), workers));
    // Apart from the others: who does not answer them holds up nothing that needs nobody's answer.
    all.add(
        new Workflow(
            "gather", GATHER, () -> worker.asking(asks::ring), List.of(work, asks), workers));
  }

  /** What one process at a time does: it begins when this one leads, with a database for that. */
  private <W> Led<W> led(
      String name,
      Duration interval,
      Function<Database, W> begin,
      Led.Round<W> round,
      Bell... bells) {
    Led<W> led = new Led<>(fellows.line(name), database, begin, round);
    Bell leading = new Bell();
    led.onNews(leading::ring);
    List<Bell> heard = new ArrayList<>(List.of(bells));
    heard.add(leading);
    all.add(new Workflow(name, interval, led, heard, 1));
    return led;
  }

  private void watchBalance(
      FollowedChain chain,
      FeePolicy policy,
      Address relayer,
      RelayerConfig.BalanceSettings settings,
      Optional<Key> treasury,
      Clock clock) {
    Optional<Treasury> filled =
        settings
            .topUp()
            .flatMap(
                topUp ->
                    treasury.map(
                        key -> {
                          var own =
                              new TreasuryPolicy.OnChain(chain.bigId(), policy.limit(), topUp);
                          Signer signer =
                              new GuardedSigner(key, TreasuryPolicy.of(List.of(own), relayer));
                          Bell outbox = new Bell();
                          Desk desk =
                              new Desk(chain, database, policy, signer, gate, outbox, clock);
                          led(
                              "treasury-" + chain.id(),
                              TREASURY_LOOK,
                              one -> new Sender(chain, one, desk, work, clock),
                              Sender::round,
                              outbox);
                          return new Treasury(chain, desk, relayer, topUp);
                        }));
    led(
        "balance-" + chain.id(),
        BALANCE_LOOK,
        own -> new BalanceWatch(chain, own, relayer, settings.limits(), filled, clock),
        BalanceWatch::round);
  }

  /** In the order in which they are to be started. */
  public List<Workflow> all() {
    return List.copyOf(all);
  }

  /** Is to be rung when there is something to do. */
  public Bell work() {
    return work;
  }

  /**
   * Is to be called when agents handed over intents.
   *
   * @param many how many were stored
   */
  public void handed(int many) {
    worker.handed(many, own::ring);
  }

  /** Whether this relayer may sign. */
  public SigningGate gate() {
    return gate;
  }

  /** The chains as the workflows see them, by id. */
  public Map<Long, Workplace> places() {
    return Collections.unmodifiableMap(places); // in the order of the chains
  }

  /** What works on all that is open. */
  public Worker worker() {
    return worker;
  }

  public Map<FollowedChain, Led<Follower>> followers() {
    return Collections.unmodifiableMap(followers);
  }

  private static FeePolicy policy(ChainSettings settings, FeeLimit limit, FollowedChain chain) {
    RelayerConfig.FeeSettings fees = settings.fees();
    return new FeePolicy(
        limit,
        fees.intentBudget(),
        DataFee.of(fees.dataFee(), chain.client()),
        fees.waitBelow().map(below -> new FeePolicy.Patience(below, fees.waitAtMost())));
  }
}
