package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.Output;
import org.mandate.cli.bench.BadPeer.Manner;
import org.mandate.cli.local.Agent;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Secrets;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.IntentAbi;
import org.mandate.relayer.store.Database;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import org.mandate.signer.SigningRefusedException;
import org.mandate.signer.Transactions;
import org.mandate.signer.TypedData;
import org.web3j.crypto.Credentials;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Five relayers, two of them bad: how fast and how often the three honest ones do what is to be
 * done.
 */
@Command(
    name = "peers",
    description = {
      "Measures a quorum of three relayers of five while the other two are honest, silent, slow, equivocating or flooding.",
      "Times are from when home's node says that a payment is final until a relayer has the signatures of a quorum, for each",
      "of the three; beside them those from when the relayer itself says so. Sends are transactions for the same thing, each",
      "purpose for itself: submit, deliver, execute, report, settle. Of an equivocation each relayer must hold evidence, by",
      "which the bond is taken at home.",
      "Exit code 0: all was paid once, with a quorum at each relayer, at most 1.1 sends on average of each purpose and the",
      "bond taken; 1: not."
    })
final class PeersBench extends Bench {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RELAYERS = 5;
  private static final int HONEST = 3;
  private static final double MOST_SENDS = 1.1;
  private static final List<String> PURPOSES =
      List.of("SUBMIT", "DELIVER", "EXECUTE", "REPORT", "SETTLE");
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final Duration MOST = Duration.ofMinutes(4);
  private static final Duration LIFETIME = Duration.ofHours(1);
  private static final BigInteger ETHER = BigInteger.TEN.pow(18);

  @Option(
      names = "--payments",
      paramLabel = "N",
      defaultValue = "20",
      description =
          "To the other chain, beside each kind of bad peers (default: ${DEFAULT-VALUE}).")
  private int payments;

  @Option(
      names = "--every",
      paramLabel = "MILLIS",
      defaultValue = "700",
      description = "Time between two of them (default: ${DEFAULT-VALUE}).")
  private int every;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "Payments before all others, not counted, so that no process is cold (default:"
              + " ${DEFAULT-VALUE}).")
  private int warmUp;

  @Override
  protected String name() {
    return "peers";
  }

  /**
   * What was measured beside one kind of bad peers.
   *
   * @param quorum since home's node said that a payment is final
   * @param ownQuorum since the relayer itself did
   * @param missing messages without a quorum at some relayer, and payments that were not made
   */
  private record Row(
      Manner manner,
      Percentiles quorum,
      Percentiles ownQuorum,
      int missing,
      long asked,
      Sends sends) {
    boolean ok() {
      return missing == 0
          && quorum.count() > 0
          && sends.each("SUBMIT") > 0
          && PURPOSES.stream().allMatch(purpose -> sends.each(purpose) <= MOST_SENDS);
    }
  }

  @Override
  protected Figures measure(Path root) throws Exception {
    try (var town =
        Town.build(root, Town.Plan.DEFAULT.withRelayers(RELAYERS, HONEST).withAgents(4))) {
      var domain = AttestationDomain.of(town.home().deployment());
      try (var one = new BadPeer(signer(town.relayerKey(3)), domain);
          var other = new BadPeer(signer(town.relayerKey(4)), domain)) {
        return new Campaign(town, List.of(one, other)).run();
      }
    }
  }

  /** A liar's key, which signs whatever message it is given. */
  private static Signer signer(Credentials key) {
    return new GuardedSigner(
        new PrivateKey(key.getEcKeyPair().getPrivateKey()),
        new SigningPolicy() {
          @Override
          public void check(Address by, Transactions.Request transaction) {
            throw new SigningRefusedException("a bad peer sends nothing");
          }

          @Override
          public void check(Address by, TypedData.Message message) {
            // Nothing keeps a liar from signing.
          }
        });
  }

  private final class Campaign {
    private final Town town;
    private final List<BadPeer> bad;
    private final List<Service> relayers = new ArrayList<>();
    private final List<Database> databases = new ArrayList<>();
    private int paid;

    Campaign(Town town, List<BadPeer> bad) {
      this.town = town;
      this.bad = bad;
    }

    Figures run() throws Exception {
      try {
        start();
        var rows = new ArrayList<Row>();
        progress("%d payments that are not counted", warmUp);
        var first = new ArrayList<Hash>();
        for (int i = 0; i < warmUp; i++) {
          first.add(pay(1));
          Thread.sleep(every);
        }
        awaitAll(first);
        for (var manner : Manner.values()) {
          progress("%s peers", manner.label());
          bad.forEach(peer -> peer.behave(manner));
          rows.add(measure(manner));
        }
        progress("a relayer signs two contents of one number");
        var taken = equivocate();
        for (var relayer : relayers) relayer.stop();
        return figures(rows, taken);
      } catch (IOException e) {
        town.keepDirectory(); // the relayers' logs say more
        throw e;
      } finally {
        databases.forEach(Database::close);
      }
    }

    private void start() throws Exception {
      var ports = new ArrayList<Integer>();
      for (int i = 0; i < HONEST; i++) ports.add(Service.freePort());
      for (int i = 0; i < HONEST; i++) {
        var self = ports.get(i);
        var peers =
            Stream.concat(
                    bad.stream().map(BadPeer::port), ports.stream().filter(p -> !p.equals(self)))
                .toList();
        relayers.add(
            town.relayer(
                "relayer-" + (i + 1),
                town.relayerKey(i),
                "relayer_" + (i + 1),
                self,
                peers,
                RelayerSettings.DEFAULT.withJvm(RelayerJvm.OPTIONS.toArray(String[]::new))));
      }
      for (var relayer : relayers) relayer.start(Map.of());
      for (var relayer : relayers) relayer.awaitReady();
      for (int i = 0; i < HONEST; i++) databases.add(town.database().open("relayer_" + (i + 1)));
    }

    private Row measure(Manner manner) throws Exception {
      var marks = databases.stream().map(Sends::newest).toList();
      var asked = bad.stream().mapToLong(BadPeer::asked).sum();
      var ids = new ArrayList<Hash>();
      try (var watch = new QuorumWatch(databases, town.home().chain(), HONEST, LOOK)) {
        for (int i = 0; i < payments; i++) {
          ids.add(pay(1));
          Thread.sleep(every);
        }
        var missing = awaitAll(ids);
        watch.end();
        var times = watch.times(ids);
        return new Row(
            manner,
            Percentiles.ofMicros(times.stream().mapToLong(QuorumWatch.Time::chain)),
            Percentiles.ofMicros(times.stream().mapToLong(QuorumWatch.Time::own)),
            missing + ids.size() * HONEST - times.size(),
            bad.stream().mapToLong(BadPeer::asked).sum() - asked,
            Sends.since(databases, marks));
      }
    }

    private Hash pay(long amount) throws IOException, InterruptedException {
      var agent = town.agents().get(paid % town.agents().size());
      var intent =
          agent.payment(
              Town.REMOTE,
              town.remote().token(),
              town.payee(),
              BigInteger.valueOf(amount),
              LIFETIME);
      var answer =
          relayers.get(paid++ % HONEST).post("/v1/intents", Agent.json(agent.sign(intent)));
      if (answer.statusCode() != 202)
        throw new IOException("a relayer refused a payment: " + answer.body());
      return agent.id(intent);
    }

    /** Answers how many were not made and settled in time. */
    private int awaitAll(List<Hash> ids) throws Exception {
      var open = new ArrayList<>(ids);
      var until = System.nanoTime() + MOST.toNanos();
      while (!open.isEmpty() && System.nanoTime() < until) {
        Thread.sleep(250);
        open.removeIf(this::isSettled);
      }
      open.forEach(id -> progress("not made: %s", id));
      while (System.nanoTime() < until && databases.stream().anyMatch(PeersBench::isSending))
        Thread.sleep(250);
      return open.size();
    }

    private boolean isSettled(Hash id) {
      try {
        var view = JSON.readTree(relayers.getFirst().get("/v1/intents/" + id).body());
        return view.path("home").path("state").asText().equals("SETTLED");
      } catch (IOException e) {
        return false;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }

    // ---------------------------------------------------------------- equivocation

    /**
     * The third relayer's key signs, beside what home sent, what home did not, and with the bad
     * ones that is a quorum. Answers whether each relayer holds evidence, and the bond is taken by
     * it.
     */
    private boolean equivocate() throws Exception {
      bad.forEach(peer -> peer.behave(Manner.EQUIVOCATING));
      var lie = forge();
      var id = pay(1); // gets the same number, and is sent again under another one
      if (awaitAll(List.of(id)) > 0) return false;
      var liar = town.relayerKey(2).getAddress();
      JsonNode found = null;
      for (var relayer : relayers) {
        found = evidence(relayer, lie, liar);
        if (found == null) return false;
      }
      return takeBond(found, liar);
    }

    private Hash forge() throws Exception {
      var home = town.home().deployment();
      var anyone = Secrets.key();
      town.remote().chain().fund(anyone.getAddress(), ETHER);
      var there = town.remote().chain().sender(anyone);
      var here = town.home().chain().sender(anyone);
      var agent = town.agents().getFirst();
      var forged =
          agent.payment(Town.REMOTE, town.remote().token(), town.payee(), BigInteger.ONE, LIFETIME);
      var message =
          new Message(
              home.chainId(),
              gateway(here).nextNonce().send(),
              new InteroperableAddress(home.chainId(), home.executor()).encode(),
              new InteroperableAddress(BigInteger.valueOf(Town.REMOTE), home.executor()).encode(),
              IntentAbi.encode(forged, 0));
      var id = message.id(home.gateway());
      var domain = AttestationDomain.of(home);
      var lies =
          Stream.of(2, 3, 4)
              .map(i -> Attestation.sign(domain, id, signer(town.relayerKey(i))))
              .toList();
      there.send(
          Call.of(
              "deliver a forgery",
              home.gateway().hex(),
              gateway(there)
                  .deliver(
                      MessageAbi.toGateway(message),
                      List.of(),
                      Attestation.forDelivery(domain, lies).bytes())));
      return id;
    }

    private QuorumGateway gateway(Sender sender) {
      return QuorumGateway.load(
          town.home().deployment().gateway().hex(), sender.web3j(), sender.reader(), Sender.NO_GAS);
    }

    /** What a relayer hands out against the liar; null when it does not in time. */
    private JsonNode evidence(Service relayer, Hash lie, String liar) throws Exception {
      var until = System.nanoTime() + MOST.toNanos();
      while (System.nanoTime() < until) {
        for (var piece : JSON.readTree(relayer.get("/v1/evidence").body()).path("evidence")) {
          if (piece.path("messageId").asText().equals(lie.hex())
              && piece.path("signer").asText().equalsIgnoreCase(liar)
              && piece.has("other")) return piece;
        }
        Thread.sleep(250);
      }
      return null;
    }

    private boolean takeBond(JsonNode evidence, String liar) throws Exception {
      var anyone = Secrets.key();
      town.home().chain().fund(anyone.getAddress(), ETHER.multiply(BigInteger.TEN));
      var sender = town.home().chain().sender(anyone);
      var at = town.home().deployment().address("RelayerBonds").hex();
      var bonds = RelayerBonds.load(at, sender.web3j(), sender.reader(), Sender.NO_GAS);
      sender.send(new Call("bond", at, ETHER, bonds.bond(liar, ETHER).encodeFunctionCall()));
      var other = evidence.path("other");
      sender.send(
          Call.of(
              "slash",
              at,
              bonds.slashEquivocation(
                  message(evidence),
                  proof(evidence),
                  signature(evidence),
                  message(other),
                  proof(other),
                  signature(other),
                  anyone.getAddress())));
      return bonds.bondOf(liar).send().component1().signum() == 0;
    }
  }

  private static RelayerBonds.Message message(JsonNode piece) {
    var message = piece.path("message");
    return new RelayerBonds.Message(
        new BigInteger(message.path("sourceChainId").asText()),
        new BigInteger(message.path("nonce").asText()),
        Bytes.of(message.path("sender").asText()).bytes(),
        Bytes.of(message.path("recipient").asText()).bytes(),
        Bytes.of(message.path("payload").asText()).bytes());
  }

  private static List<byte[]> proof(JsonNode piece) {
    var proof = new ArrayList<byte[]>();
    piece.path("proof").forEach(hash -> proof.add(Hash.of(hash.asText()).bytes()));
    return proof;
  }

  private static byte[] signature(JsonNode piece) {
    return Bytes.of(piece.path("signature").asText()).bytes();
  }

  private static boolean isSending(Database database) {
    return database.inTransaction(
        tx ->
            tx.one("SELECT 1 FROM transaction WHERE state = 'OPEN' LIMIT 1", row -> true)
                .isPresent());
  }

  // ------------------------------------------------------------------ figures

  private static Figures figures(List<Row> rows, boolean taken) {
    var ok = taken && rows.stream().allMatch(Row::ok);
    var values = Output.object();
    var kinds = values.putObject("peers");
    var lines = new ArrayList<String>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%-14s %8s %8s %8s %9s %8s %8s %8s %8s %8s %8s %8s",
            "bad peers",
            "p50, s",
            "p95, s",
            "max, s",
            "own p95",
            "missing",
            "submit",
            "deliver",
            "execute",
            "report",
            "settle",
            "asked"));
    for (var row : rows) {
      kinds.set(row.manner().label(), json(row));
      lines.add(
          String.format(
              Locale.ROOT,
              "%-14s %8.2f %8.2f %8.2f %9.2f %8d %8.3f %8.3f %8.3f %8.3f %8.3f %8d",
              row.manner().label(),
              row.quorum().p50() / 1000,
              row.quorum().p95() / 1000,
              row.quorum().max() / 1000,
              row.ownQuorum().p95() / 1000,
              row.missing(),
              row.sends().each("SUBMIT"),
              row.sends().each("DELIVER"),
              row.sends().each("EXECUTE"),
              row.sends().each("REPORT"),
              row.sends().each("SETTLE"),
              row.asked()));
    }
    values.put("bondTaken", taken);
    lines.add("bond taken by what relayers hand out: " + (taken ? "yes" : "no"));
    return new Figures(ok, values, lines);
  }

  private static ObjectNode json(Row row) {
    var json =
        Output.object()
            .put("missing", row.missing())
            .put("sendsEach", row.sends().each())
            .put("asked", row.asked());
    json.set("quorum", row.quorum().toJson());
    json.set("quorumFromOwnMark", row.ownQuorum().toJson());
    json.set("sends", row.sends().toJson());
    return json;
  }
}
