package org.mandate.relayer.send;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Attempt;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.testing.Anvil;

/**
 * Where transactions are handed in: a real chain that mines when it is told, a real database, and
 * what looks after transactions, one round at a time.
 */
final class Counter implements AutoCloseable {
  static final Address TARGET = new Address("0x" + "7a".repeat(20));
  static final BigInteger GWEI = BigInteger.TEN.pow(9);
  private static final AtomicLong IDS = new AtomicLong(500);

  final long id = IDS.incrementAndGet();
  final Anvil anvil;
  final Database database;
  final SigningGate gate = new SigningGate();
  FollowedChain chain;
  Desk desk;
  Sender sender;
  private Follower follower;
  private FeePolicy policy = FeePolicy.upTo(FeeLimit.ofGwei(500, 50));

  Counter(Database database, String... options) {
    this.database = database;
    List<String> all = new ArrayList<>(List.of("--no-mining", "--slots-in-an-epoch", "1"));
    all.addAll(List.of(options));
    anvil = Anvil.start(id, all.toArray(String[]::new));
    database.run(tx -> ChainRow.register(tx, id, TARGET, TARGET));
    behind(List.of(anvil.client()));
  }

  static Database database(EmbeddedServer server) {
    return Database.open(server.jdbcUrl());
  }

  static EmbeddedServer server(Path directory) {
    return EmbeddedServer.start(directory.resolve("postgres"));
  }

  /** A process that starts, with what is stored and nothing else. */
  void behind(List<? extends ChainClient> nodes) {
    chain =
        new FollowedChain(
            id,
            new SeveralNodes(nodes),
            Finality.of("finalized"),
            0,
            id,
            TARGET,
            TARGET,
            TARGET,
            TARGET,
            TARGET);
    pays(policy);
    follower =
        new Follower(chain, Set.of(), database, gate, new Bell(), Duration.ZERO, Clock.systemUTC());
  }

  void pays(FeePolicy next) {
    policy = next;
    Clock clock = Clock.systemUTC();
    desk = new Desk(chain, database, policy, Anvil.RICH, gate, new Bell(), clock);
    sender = new Sender(chain, database, desk, new Bell(), clock);
  }

  /** A node that answers one question with that, and all others as the real one. */
  ChainClient lying(String question, Object answer) {
    return lying(question, () -> answer);
  }

  /** As {@link #lying(String, Object)}: with what comes of that. */
  ChainClient lying(String question, Supplier<?> answer) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals(question)) return answer.get();
              try {
                return method.invoke(anvil.client(), arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  /** A call that costs what a transfer does. */
  boolean write(Purpose purpose, Hash... subjects) {
    return desk.write(purpose, List.of(subjects), TARGET, Bytes.EMPTY, 21_000, tx -> true);
  }

  /** Mines, follows, and looks after what was sent. */
  void mine(int blocks) {
    for (int i = 0; i < blocks; i++) {
      anvil.mine(1);
      look();
    }
  }

  void look() {
    while (follower.round()) Thread.onSpinWait();
    sender.round();
    sender.round();
  }

  /** Mines and follows, and does not look after what was sent. */
  void follow(int blocks) {
    anvil.mine(blocks);
    while (follower.round()) Thread.onSpinWait();
  }

  void baseFee(long gwei) {
    anvil.rpc(
        "anvil_setNextBlockBaseFeePerGas",
        "0x" + GWEI.multiply(BigInteger.valueOf(gwei)).toString(16));
  }

  List<TransactionRow> open() {
    return database.inTransaction(tx -> TransactionRow.toSend(tx, id, desk.self(), 0));
  }

  List<Attempt> attempts(long nonce) {
    return open().stream()
        .filter(t -> t.nonce() == nonce)
        .findFirst()
        .map(t -> database.inTransaction(t::attempts))
        .orElseThrow();
  }

  String state(long nonce) {
    return one("state", nonce).orElseThrow();
  }

  /** A column of the transaction of that nonce, as text. */
  Optional<String> one(String column, long nonce) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT "
                        + column
                        + "::text AS it FROM transaction WHERE chain_id = ? AND nonce = ?",
                    row -> row.optionalText("it"),
                    id,
                    nonce))
        .flatMap(it -> it);
  }

  BigInteger spent(Hash intent) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT coalesce(sum(share), 0) AS n FROM intent_share WHERE chain_id = ? AND"
                        + " intent_id = ?",
                    row -> row.big("n"),
                    id,
                    intent))
        .orElseThrow();
  }

  @Override
  public void close() {
    anvil.close();
  }
}
