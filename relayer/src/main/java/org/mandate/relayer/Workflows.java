package org.mandate.relayer;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.mandate.audit.BlobStore;
import org.mandate.audit.KuboBlobStore;
import org.mandate.relayer.RelayerConfig.ChainSettings;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.send.DataFee;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.send.RelayerPolicy;
import org.mandate.relayer.send.Sender;
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
  private static final int WORKERS = 4;

  /**
   * One of them.
   *
   * @param interval when to run it again unless it is woken before
   * @param bells what wakes it
   */
  public record Workflow(String name, Duration interval, Loop.Round round, List<Bell> bells) {
    public Workflow {
      bells = List.copyOf(bells);
    }
  }

  private final SigningGate gate = new SigningGate();

  /** Blocks, settled transactions, new work. */
  private final Bell news = new Bell();

  private final Map<Long, Workplace> places = new LinkedHashMap<>();
  private final Map<FollowedChain, Follower> followers = new LinkedHashMap<>();
  private final List<Workflow> all = new ArrayList<>();

  /**
   * Takes up what a former process left behind, and puts the workflows together; nothing runs yet.
   *
   * @param chains as configured, in that order
   * @param blobs where blobs are kept
   * @param key signs what {@link RelayerPolicy} says, and nothing else
   */
  public Workflows(
      RelayerConfig config,
      Map<ChainSettings, FollowedChain> chains,
      Database database,
      BlobStore blobs,
      AttestationSource peers,
      Key key,
      Clock clock) {
    database.run(
        tx -> {
          chains.values().forEach(c -> ChainRow.register(tx, c.id(), c.gateway(), c.executor()));
          chains.values().forEach(c -> ChainRow.distrust(tx, c.id()));
          // Nobody compares a chain that is no longer configured: it holds up none of the others.
          ChainRow.all(tx).stream()
              .map(ChainRow::chainId)
              .filter(known -> chains.values().stream().noneMatch(c -> c.id() == known))
              .forEach(known -> ChainRow.compared(tx, known));
          Task.releaseAll(tx, clock.instant());
          StoredMessage.forgetRefusals(tx);
        });
    database.inTransaction(ChainRow::all).forEach(row -> row.halted().ifPresent(gate::close));
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
          Follower follower =
              new Follower(chain, served, database, gate, news, config.reportInterval(), clock);
          followers.put(chain, follower);
          Sender sender = new Sender(chain, database, desk, news, clock);
          Archivist archivist = new Archivist(chain, database, blobs, news, clock);
          Attestor attestor = new Attestor(chain, served, database, signer, gate, news, clock);
          Manifests manifests = new Manifests(chain.id(), database, blobs, clock);
          long id = chain.id();
          add("follow-" + id, settings.pollInterval(), follower::round);
          add("send-" + id, settings.pollInterval(), sender::round, outbox);
          add("archive-" + id, FINAL_LOOK, archivist::round, news);
          add("attest-" + id, FINAL_LOOK, attestor::round, news);
          add("manifests-" + id, FINAL_LOOK, manifests::round, news);
        });
    config
        .ipfsApi()
        .map(api -> new Mirror(database, blobs, new KuboBlobStore(api, IPFS_TIMEOUT)))
        .ifPresent(mirror -> add("mirror", MIRROR_LOOK, mirror::round));
    for (FollowedChain chain : chains.values()) {
      Evidence evidence = new Evidence(places.get(chain.id()), places, database, peers, clock);
      add("evidence-" + chain.id(), EVIDENCE_LOOK, evidence::round);
    }
    Worker worker =
        new Worker(
            database,
            places,
            peers,
            blobs,
            config.publishInterval(),
            config.attestationPatience(),
            config.reportInterval(),
            clock);
    for (int i = 0; i < WORKERS; i++) add("work-" + i, WORK, worker::round, news);
  }

  private void add(String name, Duration interval, Loop.Round round, Bell... bells) {
    all.add(new Workflow(name, interval, round, List.of(bells)));
  }

  /** In the order in which they are to be started. */
  public List<Workflow> all() {
    return List.copyOf(all);
  }

  /** Wakes what waits for news. */
  public Bell news() {
    return news;
  }

  /** Whether this relayer may sign. */
  public SigningGate gate() {
    return gate;
  }

  /** The chains as the workflows see them, by id. */
  public Map<Long, Workplace> places() {
    return Collections.unmodifiableMap(places); // in the order of the chains
  }

  public Map<FollowedChain, Follower> followers() {
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
