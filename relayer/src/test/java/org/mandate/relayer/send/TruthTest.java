package org.mandate.relayer.send;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.NodeException.Fault;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.relayer.Bell;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.follow.FollowedChain;
import org.mandate.relayer.follow.Follower;
import org.mandate.relayer.follow.NodeReport;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.EmbeddedServer;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.testing.Anvil;

/**
 * Many transactions through three nodes, of which one at a time has moods that follow from a seed:
 * each final state is the chain's, and none stays open. By default a few hundred; {@code
 * -Dmandate.truth.transactions=10000} and {@code -Dmandate.truth.seed=1} for more and others.
 */
class TruthTest {
  private static final long CHAIN = 777;
  private static final Address WORKS = new Address("0x" + "7a".repeat(20));
  private static final Address REVERTS = new Address("0x" + "7b".repeat(20));
  private static final int AT_ONCE = 50;

  /** What the one node does that is not honest at the time. */
  private enum Mood {
    HONEST,
    DOWN,
    BUSY,
    NULLS,
    GARBAGE,
    /** Its head stands still. */
    LAGS,
    FORGETS_RECEIPTS,
    /** Each transaction is mined in its newest block, and went well. */
    INVENTS_RECEIPTS,
    /** Each one that was mined reverted. */
    REVERTS_RECEIPTS,
    COUNTS_MORE,
    COUNTS_LESS,
    /** The newest block is final. */
    HASTY,
    ACCEPTS_AND_DROPS,
    REFUSES,
    NONCE_TOO_LOW,
    UNDERPRICED,
    POOR
  }

  private record Liar(int node, Mood mood) {}

  @TempDir static Path directory;

  private final int count = Integer.getInteger("mandate.truth.transactions", 300);
  private final long seed = Long.getLong("mandate.truth.seed", 5);
  private final AtomicReference<Liar> liar = new AtomicReference<>(new Liar(0, Mood.HONEST));
  private volatile Block stands;

  @Test
  void L10_noFinalStateIsWrongAndNothingIsStuckWhateverOneNodeSays() {
    try (Anvil anvil =
            Anvil.start(
                CHAIN, "--no-mining", "--slots-in-an-epoch", "1", "--gas-limit", "60000000");
        EmbeddedServer server = EmbeddedServer.start(directory.resolve("postgres"));
        Database database = Database.open(server.jdbcUrl())) {
      anvil.rpc("anvil_setCode", REVERTS.hex(), "0x60006000fd");
      database.run(tx -> ChainRow.register(tx, CHAIN, WORKS, WORKS));
      SeveralNodes nodes =
          new SeveralNodes(List.of(node(anvil, 0), node(anvil, 1), node(anvil, 2)));
      FollowedChain chain =
          new FollowedChain(
              CHAIN, nodes, Finality.of("finalized"), 0, CHAIN, WORKS, WORKS, WORKS, WORKS, WORKS);
      Clock clock = Clock.systemUTC();
      SigningGate gate = new SigningGate();
      FeePolicy policy = FeePolicy.upTo(FeeLimit.ofGwei(500, 50));
      Desk desk = new Desk(chain, database, policy, Anvil.RICH, gate, new Bell(), clock);
      Sender sender = new Sender(chain, database, desk, new Bell(), clock);
      Follower follower =
          new Follower(chain, Set.of(), database, gate, new Bell(), Duration.ZERO, clock);
      Random random = new Random(seed);
      Mood[] moods = Mood.values();
      Instant end = Instant.now().plus(Duration.ofMinutes(2)).plusMillis(count * 200L);
      int written = 0;
      anvil.mine(3);
      for (int round = 0; written < count || open(database) > 0; round++) {
        if (round % 2 == 0) {
          stands = anvil.client().head();
          liar.set(new Liar(random.nextInt(3), moods[random.nextInt(moods.length)]));
        }
        for (int i = 0; i < AT_ONCE && written < count && open(database) < 4 * AT_ONCE; i++) {
          Hash subject = Hash.keccak("transaction " + written);
          boolean reverts = random.nextInt(10) == 0;
          if (tried(() -> write(desk, subject, reverts))) written++;
        }
        tried(sender::round);
        anvil.mine(1);
        for (int i = 0; i < 2; i++) tried(follower::round);
        tried(sender::round);
        assertTrue(
            Instant.now().isBefore(end),
            "stuck: %d of %d, open %d, seed %d, %s"
                .formatted(written, count, open(database), seed, liar));
      }
      Map<String, Long> found = compare(anvil.client(), database);
      long named = nodes.reports().stream().mapToLong(NodeReport::contradictions).sum();
      System.out.println("truth: seed " + seed + ", " + found + ", contradictions told " + named);
      assertEquals(0, found.get("wrong"), found.toString());
      assertEquals(count, found.get("SUCCEEDED") + found.get("REVERTED"), found.toString());
    }
  }

  private static boolean write(Desk desk, Hash subject, boolean reverts) {
    Address target = reverts ? REVERTS : WORKS;
    return desk.write(Purpose.SUBMIT, List.of(subject), target, Bytes.EMPTY, 40_000, tx -> true);
  }

  /** A round that a node's failure ends is tried again, as its loop does. */
  private static boolean tried(java.util.function.BooleanSupplier round) {
    try {
      return round.getAsBoolean();
    } catch (NodeException e) {
      return false;
    }
  }

  private static long open(Database database) {
    return database
        .inTransaction(
            tx ->
                tx.one(
                    "SELECT count(*) AS n FROM transaction WHERE state = 'OPEN'",
                    row -> row.number("n")))
        .orElseThrow();
  }

  private record Ended(String state, Hash mined) {}

  /** Each stored state with what the honest chain says of it. */
  private Map<String, Long> compare(ChainClient truth, Database database) {
    List<Ended> all =
        database.inTransaction(
            tx ->
                tx.list(
                    "SELECT state, mined_hash FROM transaction WHERE purpose = 'SUBMIT'",
                    row -> new Ended(row.text("state"), row.hash("mined_hash"))));
    Map<String, Long> found = new HashMap<>(Map.of("wrong", 0L, "SUCCEEDED", 0L, "REVERTED", 0L));
    for (Ended one : all) {
      found.merge(one.state(), 1L, Long::sum);
      Optional<Receipt> receipt = truth.receipt(one.mined());
      String told = receipt.map(r -> r.succeeded() ? "SUCCEEDED" : "REVERTED").orElse("none");
      if (!told.equals(one.state())) found.merge("wrong", 1L, Long::sum);
    }
    return found;
  }

  // ------------------------------------------------------------------ the nodes

  private ChainClient node(Anvil anvil, int number) {
    ChainClient real = anvil.client();
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              Liar now = liar.get();
              Mood mood = now.node() == number ? now.mood() : Mood.HONEST;
              Optional<Object> lie = lie(real, mood, method.getName(), arguments);
              if (lie.isPresent()) return lie.get();
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private Optional<Object> lie(ChainClient real, Mood mood, String method, Object[] arguments) {
    boolean sends = method.equals("send");
    Optional<Object> outcome =
        switch (mood) {
          case DOWN -> Optional.of(new SendOutcome.Unreachable("down"));
          case BUSY -> Optional.of(new SendOutcome.Unreachable("enough", Fault.BUSY));
          case GARBAGE, NULLS -> Optional.of(new SendOutcome.Unreachable("{]", Fault.NONSENSE));
          case ACCEPTS_AND_DROPS ->
              sends
                  ? Optional.of(new SendOutcome.Accepted(Hash.keccak((byte[]) arguments[0])))
                  : Optional.empty();
          case REFUSES -> Optional.of(new SendOutcome.Refused("invalid sender"));
          case NONCE_TOO_LOW -> Optional.of(new SendOutcome.NonceTooLow());
          case UNDERPRICED -> Optional.of(new SendOutcome.Underpriced("underpriced"));
          case POOR -> Optional.of(new SendOutcome.InsufficientFunds("insufficient funds"));
          default -> Optional.empty();
        };
    if (sends) return outcome;
    return switch (mood) {
      case DOWN -> throw new NodeException(Fault.SILENT, "down", null);
      case BUSY -> throw new NodeException(Fault.BUSY, "enough", null);
      case GARBAGE -> throw new NodeException(Fault.NONSENSE, "{]", null);
      case NULLS ->
          switch (method) {
            case "block", "header", "receipt", "transaction" -> Optional.of(Optional.empty());
            case "blocks" -> Optional.of(List.of());
            case "receipts" -> Optional.of(Map.of());
            case "transactionKnown" -> Optional.of(false);
            default -> throw new NodeException(Fault.NONSENSE, "null", null);
          };
      case LAGS -> method.equals("head") ? Optional.of(stands) : Optional.empty();
      case HASTY -> method.equals("finalized") ? Optional.of(real.head()) : Optional.empty();
      case FORGETS_RECEIPTS -> method.equals("receipts") ? Optional.of(Map.of()) : Optional.empty();
      case INVENTS_RECEIPTS, REVERTS_RECEIPTS ->
          method.equals("receipts")
              ? Optional.of(receipts(real, (Collection<?>) arguments[0], mood))
              : Optional.empty();
      case COUNTS_MORE -> method.equals("nonce") ? Optional.of(1_000_000L) : Optional.empty();
      case COUNTS_LESS -> method.equals("nonce") ? Optional.of(0L) : Optional.empty();
      case ACCEPTS_AND_DROPS ->
          method.equals("transactionKnown") ? Optional.of(true) : Optional.empty();
      case REFUSES ->
          method.equals("estimateGas")
              ? Optional.of(new GasEstimate.Reverted("so", Bytes.EMPTY))
              : Optional.empty();
      case HONEST, NONCE_TOO_LOW, UNDERPRICED, POOR -> Optional.empty();
    };
  }

  private static Map<Hash, Receipt> receipts(ChainClient real, Collection<?> asked, Mood mood) {
    Map<Hash, Receipt> told = new HashMap<>();
    Block head = real.head();
    for (Object one : asked) {
      Hash hash = (Hash) one;
      Optional<Receipt> truth = real.receipt(hash);
      if (truth.isEmpty() && mood == Mood.REVERTS_RECEIPTS) continue;
      Receipt like =
          truth.orElse(
              new Receipt(
                  hash,
                  true,
                  head.hash(),
                  head.number(),
                  21_000,
                  BigInteger.ONE,
                  Optional.empty(),
                  WORKS,
                  Optional.of(WORKS),
                  Optional.empty(),
                  List.of()));
      told.put(
          hash,
          new Receipt(
              hash,
              mood == Mood.INVENTS_RECEIPTS,
              like.blockHash(),
              like.blockNumber(),
              like.gasUsed(),
              like.effectiveGasPrice(),
              like.dataFee(),
              like.from(),
              like.to(),
              like.created(),
              like.logs()));
    }
    return told;
  }
}
