package org.mandate.relayer.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.send.Desk;
import org.mandate.relayer.send.FeeLimit;
import org.mandate.relayer.send.FeePolicy;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.testing.Anvil;
import org.web3j.abi.datatypes.Bool;
import org.web3j.abi.datatypes.DynamicArray;

/** Of what is tried together some fail now in this company, now in that. */
class BatchTest {
  private static final long CHAIN = 1;
  private static final int HASH = 66;
  private static final Address ANY = new Address("0x" + "0a".repeat(20));

  @TempDir static Path directory;
  private static EmbeddedServer server;
  private static Database database;

  private final List<Hash> sound = hashes("sound", 20);

  @BeforeAll
  static void start() {
    server = EmbeddedServer.start(directory.resolve("postgres"));
    database = Database.open(server.jdbcUrl());
    database.run(tx -> ChainRow.register(tx, CHAIN, ANY, ANY));
  }

  @AfterAll
  static void stop() {
    database.close();
    server.close();
  }

  @Test
  void L9_shouldGoOnWithoutThoseThatFailOneAfterTheOther() {
    Batch.Sorted sorted = sort(hashes("fickle", 4));
    assertEquals(sound, sorted.well());
    assertEquals(List.of(), sorted.left());
  }

  /** They cost whoever hands them in nothing, so there may be many. */
  @Test
  void L9_shouldLeaveTheOthersFreshThoughThereIsNoEndOfThem() {
    List<Hash> fickle = hashes("fickle", 20);
    Batch.Sorted sorted = sort(fickle);
    assertEquals(List.of(), sorted.well());
    assertTrue(sorted.left().containsAll(sound), "none of them ever failed");
    assertTrue(sorted.left().size() < sound.size() + fickle.size(), "those that did are alone");
  }

  /** In each trial the first of the fickle ones fails. */
  private Batch.Sorted sort(List<Hash> fickle) {
    List<Hash> all = new ArrayList<>(fickle);
    all.addAll(sound);
    return Batch.sort(
            place(fickle),
            Purpose.SUBMIT,
            all,
            some ->
                new ContractCalls.Call(
                    ANY,
                    Bytes.of(
                        "0x"
                            + some.stream()
                                .map(hash -> hash.hex().substring(2))
                                .collect(Collectors.joining()))),
            some -> 21_000L * some.size(),
            ContractCalls.FIRST)
        .orElseThrow();
  }

  private Workplace place(List<Hash> fickle) {
    ChainClient node =
        (ChainClient)
            Proxy.newProxyInstance(
                ChainClient.class.getClassLoader(),
                new Class<?>[] {ChainClient.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "head" ->
                          new Block(1, Hash.keccak("1"), Hash.keccak("0"), Instant.now());
                      case "call" -> flags(Bytes.of((byte[]) arguments[2]).hex(), fickle);
                      default -> throw new NodeException(method.getName());
                    });
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
    Desk desk =
        new Desk(
            chain,
            database,
            FeePolicy.upTo(FeeLimit.ofGwei(500, 50)),
            Anvil.RICH,
            new SigningGate(),
            new Bell(),
            Clock.systemUTC());
    return new Workplace(chain, desk, database, Duration.ofSeconds(1), Clock.systemUTC());
  }

  private byte[] flags(String data, List<Hash> fickle) {
    List<Hash> asked =
        IntStream.range(0, (data.length() - 2) / (HASH - 2))
            .mapToObj(
                i -> new Hash("0x" + data.substring(2 + i * (HASH - 2), 2 + (i + 1) * (HASH - 2))))
            .toList();
    Hash fails = asked.stream().filter(fickle::contains).findFirst().orElse(Hash.ZERO);
    return Abi.encode(
        new DynamicArray<>(
            Bool.class, asked.stream().map(hash -> new Bool(!hash.equals(fails))).toList()));
  }

  private static List<Hash> hashes(String name, int many) {
    return IntStream.range(0, many).mapToObj(i -> Hash.keccak(name + i)).toList();
  }
}
