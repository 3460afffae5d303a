package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.signer.PrivateKeySigner;

/** Three relayers that could all do the same: whose turn it is, on a real database. */
class TurnTest {
  private static final Address ANY = new Address("0x" + "0a".repeat(20));
  private static final long CHAIN = 1;
  private static final Duration STAGGER = Duration.ofSeconds(5);
  private static final Instant START = Instant.ofEpochSecond(1_800_000_000);
  private static final List<PrivateKeySigner> KEYS =
      IntStream.rangeClosed(2, 4)
          .mapToObj(i -> new PrivateKeySigner(BigInteger.valueOf(i)))
          .toList();

  @TempDir Path directory;
  private EmbeddedServer server;
  private Database database;
  private final AtomicReference<Instant> now = new AtomicReference<>(START);

  @BeforeEach
  void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> ChainRow.register(tx, CHAIN, ANY, ANY));
  }

  @AfterEach
  void stop() {
    database.close();
    server.close();
  }

  @Test
  void L9_shouldBeOneAfterAnotherInAnOrderOfEachSubject() {
    List<Workplace> places = places();
    List<Integer> firsts = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      Hash subject = Hash.keccak("subject " + i);
      assertEquals(
          List.of(START, START.plus(STAGGER), START.plus(STAGGER.multipliedBy(2))),
          places.stream().map(p -> p.turn(subject, START)).sorted().toList());
      firsts.add(
          IntStream.range(0, 3).filter(p -> places.get(p).isFirst(subject)).findFirst().orElse(-1));
    }
    assertTrue(firsts.containsAll(List.of(0, 1, 2)), "nobody is always the first: " + firsts);
  }

  /** Such as what waited for a slow chain to become final: all of them may do it now. */
  @Test
  void L9_shouldWaitForEachOtherHoweverLongItCouldBeDoneBefore() {
    List<Workplace> places = places();
    Hash subject = Hash.keccak("final at last");
    Instant before = START.minus(Duration.ofHours(1));
    List<Instant> turns = places.stream().map(p -> p.turn(subject, before)).sorted().toList();
    assertEquals(List.of(before, START.plus(STAGGER), START.plus(STAGGER.multipliedBy(2))), turns);
    now.set(START.plus(STAGGER));
    assertEquals(
        turns,
        places.stream().map(p -> p.turn(subject, before)).sorted().toList(),
        "it comes, however often it is asked for");
  }

  /** The first one may wait for signatures that another one has already. */
  @Test
  void L9_shouldCountFromWhenTheFirstOneBeginsAtLast() {
    Hash subject = Hash.keccak("signed by all, as one of them knows");
    Instant latest = START.plusSeconds(2);
    assertEquals(
        List.of(START, latest.plus(STAGGER), latest.plus(STAGGER.multipliedBy(2))),
        places().stream().map(p -> p.turn(subject, START, latest)).sorted().toList());
  }

  @Test
  void L9_shouldWaitUntilWhatTheFirstOneSendsIsMined() {
    for (int i = 0; i < 20; i++) {
      Block block =
          new Block(i, Hash.keccak("block " + i), Hash.keccak("block " + (i - 1)), time(12 * i));
      database.run(tx -> Blocks.append(tx, CHAIN, block));
    }
    Hash subject = Hash.keccak("subject");
    assertEquals(
        List.of(START, START.plusSeconds(36), START.plusSeconds(72)),
        places().stream().map(p -> p.turn(subject, START)).sorted().toList());
  }

  private static Instant time(int seconds) {
    return START.minus(Duration.ofHours(1)).plusSeconds(seconds);
  }

  private List<Workplace> places() {
    ChainClient node = QuorumNode.of(KEYS.stream().map(PrivateKeySigner::address).toList(), 2);
    FollowedChain chain =
        new FollowedChain(
            CHAIN,
            new SeveralNodes(List.of(node)),
            Finality.of("finalized"),
            0,
            CHAIN,
            ANY,
            ANY,
            ANY,
            ANY,
            ANY);
    InstantSource time = now::get;
    return KEYS.stream()
        .map(
            key ->
                new Workplace(
                    chain,
                    new Desk(
                        chain,
                        database,
                        FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
                        key,
                        new SigningGate(),
                        new Bell(),
                        time.withZone(ZoneOffset.UTC)),
                    database,
                    STAGGER,
                    time.withZone(ZoneOffset.UTC)))
        .toList();
  }
}
