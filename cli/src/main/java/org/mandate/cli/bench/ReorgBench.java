package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.cli.Output;
import org.mandate.cli.local.Agent;
import org.mandate.cli.local.Approvals;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StateHash;
import org.mandate.relayer.store.Tx;
import org.web3j.crypto.Credentials;
import org.web3j.crypto.Keys;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Two chains that reorganize again and again while a relayer carries payments over them. */
@Command(
    name = "reorg",
    description = {
      "Reorganizes two real chains while payments are at every stage, and compares what the relayer holds with a replay.",
      "Reorgs are 1 to 64 blocks deep; some drop the transactions of the blocks that go, some put them into other blocks.",
      "The replay is another relayer's, which starts from nothing, now and then in between and at the end. Afterwards every",
      "payment must have been made, once, with no nonce left out. With 120 reorgs or more in all the deepest must be 64",
      "blocks, and reorgs must have removed each stage of a payment.",
      "Exit code 0: all of that held; 1: something did not."
    })
final class ReorgBench extends Bench {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Final blocks are twice as many behind: 72, more than any of these reorgs takes. */
  private static final int SLOTS = 36;

  private static final int DEEPEST = 64;

  /** So many reorgs meet everything, whatever the machine is doing beside. */
  private static final int MANY = 120;

  /** Now and then one is as deep as can be, and what is held is compared in between. */
  private static final int DEEP_EVERY = 10;

  private static final int COMPARE_EVERY = 15;

  /** What many reorgs must have taken back at least once: each stage of a payment. */
  private static final Set<String> STAGES =
      Set.of(
          "home ADMITTED",
          "home EXECUTED",
          "home APPENDED",
          "home PUBLISHED",
          "home DISPATCHED",
          "home SENT",
          "destination DELIVERED",
          "destination QUEUED",
          "destination EXECUTED",
          "destination REPORTED",
          "destination SENT",
          "home DELIVERED",
          "home RESULT",
          "home SETTLED",
          "home SUBMIT sent, not mined");

  private static final Duration BLOCK = Duration.ofMillis(200);
  private static final Duration LIFETIME = Duration.ofHours(2);
  private static final Duration MOST_HEAL = Duration.ofMinutes(5);
  private static final Duration MOST_END = Duration.ofMinutes(10);
  private static final Duration MOST_MINED = Duration.ofMinutes(1);
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final String DATABASE = "reorg";

  @Option(
      names = "--seeds",
      defaultValue = "3",
      paramLabel = "NUMBER",
      description =
          "How many times, each with other depths and moments. Default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--first-seed",
      defaultValue = "1",
      paramLabel = "SEED",
      description = "The first of them. Default: ${DEFAULT-VALUE}.")
  private int firstSeed;

  @Option(
      names = "--reorgs",
      defaultValue = "40",
      paramLabel = "NUMBER",
      description = "How many in each. Default: ${DEFAULT-VALUE}.")
  private int reorgs;

  @Override
  protected String name() {
    return "reorg";
  }

  /** A payment that was handed to the relayer. */
  private record Payment(Hash id, long chainId, BigInteger amount) {}

  /** What was found, over all seeds. */
  private static final class Findings {
    private final Map<String, Integer> removed = new TreeMap<>();
    private final List<Long> healed = new ArrayList<>();
    private int reorgs;
    private int replaced;
    private int deepest;
    private int clipped;
    private int payments;
    private int approved;
    private int lost;
    private int doubled;
    private long nonceGaps;
    private int compared;
    private int differing;
  }

  @Override
  protected Figures measure(Path root) throws Exception {
    var plan =
        Town.Plan.DEFAULT
            .withRelayers(1, 1)
            .withAgents(2)
            .withBlocks(LocalChain.Settings.DEFAULT.withBlockTime(BLOCK).withSlotsInEpoch(SLOTS));
    var findings = new Findings();
    try (var town = Town.build(root, plan)) {
      var relayer =
          town.relayer(
              DATABASE,
              town.relayerKey(0),
              DATABASE,
              Service.freePort(),
              List.of(),
              RelayerSettings.DEFAULT);
      relayer.start(Map.of());
      relayer.awaitReady();
      try (var database = town.database().open(DATABASE)) {
        for (var ledger : List.of(town.home(), town.remote())) settle(ledger, database);
        for (int seed = firstSeed; seed < firstSeed + seeds; seed++) {
          progress("seed %d", seed);
          new Campaign(town, relayer, database, findings, new Random(seed), "replay_" + seed).run();
        }
      } catch (IOException e) {
        town.keepDirectory(); // the relayer's log says more
        throw e;
      }
      relayer.stop();
    }
    return figures(findings);
  }

  /** What was deployed and registered is to stay: no reorg goes below what is final. */
  private static void settle(Ledger ledger, Database database) throws Exception {
    var goal = ledger.chain().head();
    ledger.chain().ask("anvil_mine", "0x" + Integer.toHexString(2 * SLOTS + 2));
    var until = System.nanoTime() + MOST_HEAL.toNanos();
    while (!database.inTransaction(tx -> ChainRow.of(tx, ledger.chain().chainId())).isFinal(goal)) {
      if (System.nanoTime() > until) {
        throw new IOException(
            "block %d of chain %d does not become final for the relayer"
                .formatted(goal, ledger.chain().chainId()));
      }
      Thread.sleep(LOOK);
    }
  }

  /** One seed. */
  private final class Campaign {
    private final Town town;
    private final Service relayer;
    private final Database database;
    private final Findings findings;
    private final Random random;
    private final String replay;
    private final List<Payment> payments = new ArrayList<>();

    Campaign(
        Town town,
        Service relayer,
        Database database,
        Findings findings,
        Random random,
        String replay) {
      this.town = town;
      this.relayer = relayer;
      this.database = database;
      this.findings = findings;
      this.random = random;
      this.replay = replay;
    }

    void run() throws Exception {
      var before = received();
      pay(6); // so that the first reorgs find something
      for (int i = 0; i < reorgs; i++) {
        pay(1 + random.nextInt(2));
        Thread.sleep(random.nextInt(3_000));
        var ledger = random.nextBoolean() ? town.home() : town.remote();
        var depth = random.nextInt(3) == 0 ? 1 + random.nextInt(6) : 1 + random.nextInt(DEEPEST);
        reorganize(ledger, i % DEEP_EVERY == DEEP_EVERY - 1 ? DEEPEST : depth);
        if (random.nextInt(3) > 0) heal(ledger); // else the next one comes before it is seen
        if (i % COMPARE_EVERY == COMPARE_EVERY - 1) {
          heal(town.home());
          heal(town.remote());
          compare(replay + "_" + i);
        }
      }
      heal(town.home());
      heal(town.remote());
      end();
      count(before);
      compare(replay);
    }

    private Map<Long, BigInteger> received() throws Exception {
      return Map.of(
          Town.HOME, town.home().dollars(town.payee()),
          Town.REMOTE, town.remote().dollars(town.payee()));
    }

    private void pay(int many) throws IOException, InterruptedException {
      for (int i = 0; i < many; i++) {
        var agent = town.agents().get(random.nextInt(town.agents().size()));
        var chainId = random.nextInt(3) == 0 ? Town.HOME : Town.REMOTE;
        var waits = chainId == Town.HOME && random.nextBoolean();
        var approved = waits && random.nextInt(4) == 0;
        var amount =
            waits
                ? (approved ? Town.APPROVED_ABOVE : Town.DELAYED_ABOVE)
                    .add(BigInteger.valueOf(1_000 + random.nextInt(1_000) * 1_000L))
                : BigInteger.valueOf(1 + random.nextInt(1_000));
        var token = town.ledger(chainId).token();
        var intent = agent.payment(chainId, token, town.payee(), amount, LIFETIME);
        var answer = relayer.post("/v1/intents", Agent.json(agent.sign(intent)));
        if (answer.statusCode() != 202)
          throw new IOException("the relayer refused a payment: " + answer.body());
        payments.add(new Payment(agent.id(intent), chainId, amount));
        if (approved) approve(intent, agent.id(intent));
      }
    }

    private void approve(Intent intent, Hash id) throws IOException, InterruptedException {
      findings.approved++;
      for (var approver : town.approvers()) {
        var answer =
            relayer.post(
                "/v1/intents/" + id + "/approvals", Approvals.json(town, intent, id, approver));
        if (answer.statusCode() != 202)
          throw new IOException("the relayer refused an approval: " + answer.body());
      }
    }

    private void reorganize(Ledger ledger, int wanted) throws IOException {
      var head = ledger.chain().head();
      // What was deployed must stay, and so must what this relayer called final.
      var mark =
          database
              .inTransaction(tx -> ChainRow.of(tx, ledger.chain().chainId()))
              .finalized()
              .orElse(0L);
      var depth = (int) Math.min(wanted, head - mark - 2);
      if (depth < wanted) findings.clipped++;
      if (depth < 1) return;
      note(ledger, head - depth);
      var moved = random.nextBoolean() ? moved(ledger, head - depth + 1, head, depth) : List.of();
      ledger.chain().ask("anvil_reorg", depth, moved);
      findings.reorgs++;
      findings.deepest = Math.max(findings.deepest, depth);
      if (!moved.isEmpty()) findings.replaced++;
    }

    /** What of payments' lives stands in the blocks that go. */
    private void note(Ledger ledger, long above) {
      database.run(
          tx -> {
            for (var kind : kinds(tx, ledger.chain().chainId(), above))
              findings.removed.merge(kind, 1, Integer::sum);
          });
    }

    private List<String> kinds(Tx tx, long chainId, long above) {
      var where = chainId == Town.HOME ? "home " : "destination ";
      var kinds =
          new ArrayList<>(
              tx.list(
                  "SELECT DISTINCT kind FROM event WHERE chain_id = ? AND block_number > ?",
                  row -> where + row.text("kind"),
                  chainId,
                  above));
      kinds.addAll(
          tx.list(
              "SELECT DISTINCT purpose FROM transaction WHERE chain_id = ? AND state = 'OPEN' AND"
                  + " block_number IS NULL",
              row -> where + row.text("purpose") + " sent, not mined",
              chainId));
      return kinds;
    }

    /** The transactions of these blocks, in their order, each some blocks later or earlier. */
    private List<List<Object>> moved(Ledger ledger, long from, long to, int depth)
        throws IOException {
      var raw = new ArrayList<String>();
      for (long number = from; number <= to; number++) {
        var answer =
            JSON.valueToTree(
                ledger.chain().ask("eth_getBlockByNumber", "0x" + Long.toHexString(number), false));
        for (var hash : answer.path("transactions")) {
          raw.add((String) ledger.chain().ask("eth_getRawTransactionByHash", hash.asText()));
        }
      }
      var places = random.ints(raw.size(), 0, depth).sorted().toArray();
      var moved = new ArrayList<List<Object>>();
      for (int i = 0; i < places.length; i++) moved.add(List.of(raw.get(i), places[i]));
      return moved;
    }

    /** Waits until the relayer is on the chain that is. */
    private void heal(Ledger ledger) throws Exception {
      var node = node(ledger);
      var began = System.nanoTime();
      var goal = ledger.chain().head();
      while (true) {
        var top =
            database.inTransaction(
                tx -> Blocks.atOrBelow(tx, ledger.chain().chainId(), Long.MAX_VALUE));
        if (top.filter(b -> b.number() >= goal && isStanding(node, b)).isPresent()) break;
        if (System.nanoTime() - began > MOST_HEAL.toNanos()) {
          throw new IOException(
              "the relayer does not follow chain %d any more: it is at %s, the chain was at %d and is at %d; see %s"
                  .formatted(
                      ledger.chain().chainId(),
                      top.map(Block::number),
                      goal,
                      ledger.chain().head(),
                      relayer.log()));
        }
        Thread.sleep(LOOK);
      }
      findings.healed.add(Duration.ofNanos(System.nanoTime() - began).toMillis());
    }

    private boolean isStanding(JsonRpcClient node, Block block) {
      return node.block(block.number()).filter(b -> b.hash().equals(block.hash())).isPresent();
    }

    /** Waits until all payments are made and all transactions settled. */
    private void end() throws Exception {
      var until = System.nanoTime() + MOST_END.toNanos();
      var open = new ArrayList<>(payments);
      while (!open.isEmpty() && System.nanoTime() < until) {
        open.removeIf(this::isOver);
        Thread.sleep(LOOK);
      }
      open.forEach(
          payment -> progress("not made: %s on chain %d", payment.id(), payment.chainId()));
      while (System.nanoTime() < until && openTransactions() > 0) Thread.sleep(LOOK);
    }

    private boolean isOver(Payment payment) {
      try {
        JsonNode view = JSON.readTree(relayer.get("/v1/intents/" + payment.id()).body());
        if (!view.path("final").asBoolean()) return false;
        return payment.chainId() == Town.HOME
            || view.path("home").path("state").asText().equals("SETTLED");
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    private long openTransactions() {
      return database.inTransaction(
          tx ->
              tx.one(
                      "SELECT count(*) AS n FROM transaction WHERE state = 'OPEN'",
                      row -> row.number("n"))
                  .orElseThrow());
    }

    /** What the payee got, on chain, against what was asked for. */
    private void count(Map<Long, BigInteger> before) throws Exception {
      findings.payments += payments.size();
      var after = received();
      for (var ledger : List.of(town.home(), town.remote())) {
        var chainId = ledger.chain().chainId();
        var wanted =
            payments.stream()
                .filter(payment -> payment.chainId() == chainId)
                .map(Payment::amount)
                .reduce(BigInteger.ZERO, BigInteger::add);
        var more = after.get(chainId).subtract(before.get(chainId)).compareTo(wanted);
        for (var payment : payments) {
          if (payment.chainId() != chainId) continue;
          var times = executions(chainId, payment.id());
          if (times == 0) findings.lost++;
          if (times > 1) findings.doubled++;
        }
        if (more > 0) findings.doubled++;
        if (more < 0) findings.lost++;
        // What is published or reported just now is mined in a moment.
        var until = System.nanoTime() + MOST_MINED.toNanos();
        while (gaps(ledger) > 0 && System.nanoTime() < until) Thread.sleep(LOOK);
        findings.nonceGaps += gaps(ledger);
      }
    }

    private long executions(long chainId, Hash id) {
      return database.inTransaction(
          tx ->
              tx.one(
                      "SELECT count(*) AS n FROM event WHERE kind = 'EXECUTED' AND chain_id = ? AND"
                          + " subject = ?",
                      row -> row.number("n"),
                      chainId,
                      id)
                  .orElseThrow());
    }

    /** Nonces below the highest one that the chain has not, or no transaction has. */
    private long gaps(Ledger ledger) {
      var self = Address.of(town.relayerKey(0).getAddress());
      var used = node(ledger).nonce(self, BlockTag.LATEST);
      var next =
          database.inTransaction(
              tx ->
                  tx.one(
                          "SELECT next FROM signer_nonce WHERE chain_id = ? AND signer = ?",
                          row -> row.number("next"),
                          ledger.chain().chainId(),
                          self)
                      .orElse(used));
      return Math.abs(next - used);
    }

    /**
     * Another relayer that starts from nothing holds the same. Its key is nobody's and has no
     * coins: it follows, attests and archives, and sends nothing.
     */
    private void compare(String replay) throws Exception {
      var fresh =
          town.relayer(
              replay,
              Credentials.create(Keys.createEcKeyPair()),
              replay,
              Service.freePort(),
              List.of(),
              RelayerSettings.DEFAULT);
      fresh.start(Map.of());
      awaitAnswer(fresh);
      try (var other = town.database().open(replay)) {
        for (var chainId : List.of(Town.HOME, Town.REMOTE)) {
          var to = database.inTransaction(tx -> ChainRow.of(tx, chainId)).finalized().orElseThrow();
          findings.compared++;
          if (!isSame(other, chainId, to)) {
            findings.differing++;
            progress("chain %d differs up to block %d: %s, %s", chainId, to, replay, DATABASE);
          }
        }
      }
      fresh.stop();
    }

    /** Once it answers, its database has its tables. */
    private void awaitAnswer(Service fresh) throws IOException, InterruptedException {
      var until = System.nanoTime() + MOST_HEAL.toNanos();
      while (true) {
        try {
          fresh.get("/health/ready");
          return;
        } catch (IOException e) {
          if (!fresh.isAlive() || System.nanoTime() > until)
            throw new IOException("the other relayer does not start; see " + fresh.log(), e);
        }
        Thread.sleep(LOOK);
      }
    }

    /** What is followed at once, what is carried once both got there. */
    private boolean isSame(Database other, long chainId, long to) throws InterruptedException {
      var until = System.nanoTime() + MOST_HEAL.toNanos();
      while (true) {
        var isThere =
            other.inTransaction(tx -> ChainRow.of(tx, chainId)).finalized().orElse(-1L) >= to;
        if (isThere) {
          var here = database.inTransaction(tx -> StateHash.of(tx, chainId, to));
          var there = other.inTransaction(tx -> StateHash.of(tx, chainId, to));
          if (here.equals(there)) return true;
          if (!here.followed().equals(there.followed())) return false;
        }
        if (System.nanoTime() > until) return false;
        Thread.sleep(500);
      }
    }
  }

  private static JsonRpcClient node(Ledger ledger) {
    return new JsonRpcClient(URI.create(ledger.chain().url()), Duration.ofSeconds(30));
  }

  private Figures figures(Findings findings) {
    var never = STAGES.stream().filter(s -> !findings.removed.containsKey(s)).sorted().toList();
    var met = findings.reorgs < MANY || (never.isEmpty() && findings.deepest == DEEPEST);
    var ok =
        met
            && findings.lost == 0
            && findings.doubled == 0
            && findings.nonceGaps == 0
            && findings.differing == 0
            && findings.compared > 0;
    var healed = findings.healed.stream().sorted(Comparator.naturalOrder()).toList();
    var median = healed.isEmpty() ? 0 : healed.get(healed.size() / 2);
    var longest = healed.isEmpty() ? 0 : healed.getLast();
    var values =
        Output.object()
            .put("reorgs", findings.reorgs)
            .put("reorgsThatMovedTransactions", findings.replaced)
            .put("deepest", findings.deepest)
            .put("clipped", findings.clipped)
            .put("payments", findings.payments)
            .put("approved", findings.approved)
            .put("lost", findings.lost)
            .put("doubled", findings.doubled)
            .put("nonceGaps", findings.nonceGaps)
            .put("statesCompared", findings.compared)
            .put("statesDiffering", findings.differing)
            .put("healedMillisMedian", median)
            .put("healedMillisMost", longest);
    var stages = values.putObject("reorgsThatRemoved");
    findings.removed.forEach(stages::put);
    var missing = values.putArray("stagesNeverRemoved");
    never.forEach(missing::add);
    var lines = new ArrayList<String>();
    lines.add(line("reorgs", findings.reorgs));
    lines.add(line("of them with transactions in other blocks", findings.replaced));
    lines.add(line("deepest, blocks", findings.deepest));
    lines.add(line("less deep than wanted: it spared what is final", findings.clipped));
    lines.add(line("payments", findings.payments));
    lines.add(line("of them approved by people", findings.approved));
    lines.add(line("lost", findings.lost));
    lines.add(line("made twice", findings.doubled));
    lines.add(line("nonces left out", findings.nonceGaps));
    lines.add(line("states compared with a replay", findings.compared));
    lines.add(line("of them different", findings.differing));
    lines.add(line("ms until it was on the other branch, median", median));
    lines.add(line("the same, most", longest));
    lines.add("reorgs in whose blocks there was:");
    findings.removed.forEach((kind, n) -> lines.add(line("  " + kind, n)));
    if (findings.reorgs >= MANY)
      never.forEach(stage -> lines.add("MISSING: no reorg removed " + stage));
    if (reorgs >= MANY && findings.deepest < DEEPEST)
      lines.add("MISSING: no reorg was %d blocks deep".formatted(DEEPEST));
    return new Figures(ok, values, lines);
  }

  private static String line(String what, long value) {
    return "%-48s %s".formatted(what, String.format(Locale.ROOT, "%,d", value));
  }
}
