package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.cli.intent.IntentFiles;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.Call;
import org.mandate.deploy.DeploymentException;
import org.mandate.deploy.Sender;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.SignedIntent;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.KeystoreFile;
import org.mandate.signer.Passphrase;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import org.mandate.testing.Anvil;
import org.web3j.abi.EventEncoder;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;
import org.web3j.utils.Numeric;

/**
 * What anybody can do about what goes from one chain to another, through the command line alone:
 * signatures shown, home's storage shown, and orders of home's vote. Two real chains; relayers are
 * keys here, and do as the test says.
 */
class AcrossTest {
  private static final String RICH =
      "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
  private static final String PAYEE = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
  private static final String COIN = "0x0000000000000000000000000000000000000000";
  private static final long HOME = 31337;
  private static final long REMOTE = 31338;
  private static final Duration VOTING_PERIOD = Duration.ofSeconds(10);

  /** Each proposal has home's clock leap, and not the other chain's. */
  private static final int PASSED = 4;

  private static final List<PrivateKeySigner> RELAYERS =
      Stream.of(21, 22, 23).map(key -> new PrivateKeySigner(BigInteger.valueOf(key))).toList();

  @TempDir private Path folder;
  private Anvil home;
  private Anvil remote;
  private Deployment atHome;
  private Deployment atRemote;
  private Web3j homeWeb3j;
  private Web3j remoteWeb3j;

  @Test
  void L7_shouldDecideByProofsAndSignaturesAloneThroughTheCommandLine() throws Exception {
    var now = System.currentTimeMillis() / 1000 - VOTING_PERIOD.toSeconds() * PASSED;
    try (var first = anvil(HOME, now);
        var second = anvil(REMOTE, now)) {
      home = first;
      remote = second;
      homeWeb3j = Web3j.build(new HttpService(home.url().toString()));
      remoteWeb3j = Web3j.build(new HttpService(remote.url().toString()));
      Files.writeString(folder.resolve("passphrase"), "correct horse\n");
      importKey("owner.json", RICH);
      for (var name : List.of("agent", "guardian", "oracle", "anybody")) {
        newKey(name + ".json");
        home.rpc("anvil_setBalance", address(name + ".json"), "0x56bc75e2d63100000");
        remote.rpc("anvil_setBalance", address(name + ".json"), "0x56bc75e2d63100000");
      }
      deploys();
      home.leapAfter("VoteCast(address,uint256,uint8,uint256,string)", VOTING_PERIOD);
      doctors();
      bonds();
      admitsTheAgent();
      hastens();
      confirms();
      refutes();
      orders();
    } finally {
      homeWeb3j.shutdown();
      remoteWeb3j.shutdown();
    }
  }

  private static Anvil anvil(long id, long timestamp) {
    return Anvil.start(
        id,
        "--block-time",
        "1",
        "--slots-in-an-epoch",
        "1",
        "--timestamp",
        Long.toString(timestamp));
  }

  private void deploys() throws Exception {
    Files.writeString(
        folder.resolve("deploy.yaml"),
        """
        chains:
          - { id: 31337, rpc-url: "%s" }
          - { id: 31338, rpc-url: "%s" }
        home-chain-id: 31337
        other-chain-ids: [31338]
        relayers: ["%s", "%s", "%s"]
        threshold: 2
        guardians: ["%s"]
        dispute-window: 10m
        resolution-window: 4d
        governance:
          timelock-delay: 1s
          voting-delay: 1s
          voting-period: 10s
          proposal-threshold: 10000
          quorum-percent: 4
          votes:
            holder: "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
            supply: 1000000
        across-chains:
          dispute-bond: 1000
          windows:
            - asset: "%s"
              steps:
                - { up-to: 1000, bare: 1h, full: 5s }
          remote-governance: { delay: 3d }
          hash-oracle: { oracles: ["%s"], delay: 0s }
        """
            .formatted(
                home.url(),
                remote.url(),
                RELAYERS.get(0).address(),
                RELAYERS.get(1).address(),
                RELAYERS.get(2).address(),
                address("guardian.json"),
                COIN,
                address("oracle.json")));
    ok(
        Run.mandate(
            with(
                "owner.json",
                "deploy",
                "--config",
                path("deploy.yaml"),
                "--out",
                path("deployments"),
                "--json")));
    atHome = Deployment.read(folder.resolve("deployments/31337.json"));
    atRemote = Deployment.read(folder.resolve("deployments/31338.json"));
    remote.rpc("anvil_setBalance", atRemote.account().hex(), "0x56bc75e2d63100000");
  }

  private void admitsTheAgent() throws Exception {
    ok(
        atHome(
            with(
                "owner.json",
                "agent",
                "register",
                "--agent-key",
                path("agent.json"),
                "--agent-passphrase-file",
                path("passphrase"))));
    Files.writeString(
        folder.resolve("mandate.yaml"),
        """
        terms: { expiry: 2100-01-01T00:00:00Z, frequency-window: 1h, max-transactions: 20, max-audit-lag: 50, basic: true }
        assets:
          - { asset: "%s", per-transaction: 1000, cap: 10000, window: 1d, chains: [31337, 31338] }
        recipients: [{ chain-id: 31338, address: "%s" }]
        """
            .formatted(COIN, PAYEE));
    ok(
        atHome(
            with(
                "owner.json",
                "policy",
                "propose",
                "--agent",
                "1",
                "--file",
                path("mandate.yaml"),
                "--activate",
                "--pass")));
  }

  /** What is well on each chain, and does not fit together. */
  private void doctors() throws Exception {
    var found = both("doctor", "--json").json().path("checks");
    var about = "chain 31338 and home";
    for (var name :
        List.of(
            "addresses",
            "relayers as at home",
            "messages to it",
            "results from it",
            "state proofs",
            "uptime feed",
            "windows",
            "orders to it",
            "proofs of orders")) {
      assertEquals("OK", level(found, about, name), name + found.toPrettyString());
    }
    assertEquals("FAIL", level(found, about, "guardians of posted hashes"), "one is too few");
    assertEquals(
        "WARN", level(atRemote("doctor", "--json").json().path("checks"), "across chains", "home"));

    // A guardian closes the gateway on one side; the snapshot opens it again.
    var before = remote.rpc("evm_snapshot");
    var guardian = new Sender(remoteWeb3j, key("guardian.json"));
    for (var contract : List.of(atRemote.executor(), atRemote.remoteGovernance().orElseThrow())) {
      guardian.send(
          Call.of(
              "close",
              contract.hex(),
              DestinationExecutor.load(
                      contract.hex(), remoteWeb3j, guardian.reader(), Sender.NO_GAS)
                  .closeGateway(atRemote.gateway().hex())));
    }
    var gateway =
        QuorumGateway.load(atRemote.gateway().hex(), remoteWeb3j, guardian.reader(), Sender.NO_GAS);
    guardian.send(
        Call.of(
            "tighten",
            atRemote.gateway().hex(),
            gateway.tightenRelayers(
                RELAYERS.stream().skip(1).map(one -> one.address().hex()).toList(),
                BigInteger.TWO)));
    var ill = both("doctor", "--json");
    assertEquals(1, ill.code(), ill.err());
    var now = ill.json().path("checks");
    assertEquals("FAIL", level(now, about, "messages to it"));
    assertEquals("FAIL", level(now, about, "orders to it"));
    assertEquals("OK", level(now, about, "results from it"));
    assertEquals("WARN", level(now, about, "relayers as at home"));
    remote.rpc("evm_revert", before);
  }

  private static String level(JsonNode checks, String about, String name) {
    for (var check : checks) {
      if (check.path("about").asText().equals(about) && check.path("name").asText().equals(name)) {
        return check.path("level").asText();
      }
    }
    return "absent";
  }

  private Signer key(String name) {
    return new GuardedSigner(
        KeystoreFile.open(
            folder.resolve(name), new Passphrase.InFile(folder.resolve("passphrase"))),
        SigningPolicy.ofPerson());
  }

  /** Who is a relayer takes nothing back: what it signs at the last moment would cost nothing. */
  private void bonds() throws Exception {
    importKey("relayer.json", "0".repeat(62) + "15"); // the first of them
    home.rpc("anvil_setBalance", address("relayer.json"), "0x56bc75e2d63100000");
    ok(atHome(with("relayer.json", "bond", "add", "--amount", "7")));
    var refused = atHome(with("relayer.json", "bond", "unbond", "--amount", "7"));
    assertEquals(5, refused.code(), refused.err());
    assertTrue(refused.err().contains("is a relayer at home"), refused.err());
    callsBackBeforeItIsNamed();
  }

  /** What a relayer called back before it was named is no bond; anybody puts it back. */
  private void callsBackBeforeItIsNamed() throws Exception {
    var before = home.rpc("evm_snapshot");
    var relayer = RELAYERS.getFirst().address().hex();
    var timelock = atHome.address("TimelockController");
    var others = RELAYERS.stream().map(one -> one.address().hex()).toList();
    setRelayers(timelock, others.stream().filter(one -> !one.equals(relayer)).toList());
    ok(atHome(with("relayer.json", "bond", "unbond", "--amount", "7")));
    var none = atHome(with("anybody.json", "bond", "rebond", "--relayer", relayer));
    assertEquals(5, none.code(), none.err());
    assertTrue(none.err().contains("is no relayer at home"), none.err());
    // At the other chain it still is one.
    var found = both("doctor", "--json").json().path("checks");
    assertEquals("WARN", level(found, "chain 31338 and home", "bonds of its relayers"));
    assertTrue(found.toString().contains("0 of 1 that are not of home's set"), found.toString());
    setRelayers(timelock, others);
    var sick = both("doctor", "--json").json().path("checks").toString();
    assertTrue(sick.contains("7 wei on their way back"), sick);
    var back = ok(atHome(with("anybody.json", "bond", "rebond", "--relayer", relayer, "--json")));
    assertEquals("7", back.path("bonded").asText());
    assertEquals("0", back.path("unbonding").asText());
    home.rpc("evm_revert", before);
  }

  private void setRelayers(Address governance, List<String> relayers) throws Exception {
    home.rpc("anvil_setBalance", governance.hex(), "0x56bc75e2d63100000");
    home.rpc("anvil_impersonateAccount", governance.hex());
    var gateway =
        QuorumGateway.load(
            atHome.gateway().hex(),
            homeWeb3j,
            new Sender(homeWeb3j, key("anybody.json")).reader(),
            Sender.NO_GAS);
    var receipt =
        home.transact(
            Map.of(
                "from",
                governance.hex(),
                "to",
                atHome.gateway().hex(),
                "gas",
                "0xf4240",
                "data",
                gateway
                    .setRelayers(
                        relayers.stream().sorted().toList(),
                        BigInteger.TWO,
                        BigInteger.ZERO,
                        gateway.stops().send())
                    .encodeFunctionCall()));
    home.rpc("anvil_stopImpersonatingAccount", governance.hex());
    assertTrue(receipt.succeeded());
  }

  // ------------------------------------------------------------------ intents

  /** With two signatures of three it waits an hour; the third makes it seconds. */
  private void hastens() throws Exception {
    var file = signed("hurried.json", 100);
    var sent = dispatched(file);
    deliver(sent, 0, 1);
    var id = sent.intentId;
    var missing = atRemote(with("anybody.json", "intent", "hasten", id, "--json"));
    assertEquals(5, missing.code(), missing.err());
    assertTrue(missing.err().contains(RELAYERS.get(2).address().checksummed()), missing.err());
    var domain = AttestationDomain.of(atRemote);
    var third = Attestation.sign(domain, sent.id(), RELAYERS.get(2));
    var stranger =
        Attestation.sign(domain, sent.id(), new PrivateKeySigner(BigInteger.valueOf(99)));
    var other = Attestation.sign(domain, Hash.keccak("another root"), RELAYERS.get(2));
    try (var broken = new FakeRelayer("not json at all");
        var lying = new FakeRelayer(answer(sent.id(), stranger, other));
        var honest = new FakeRelayer(answer(sent.id(), third))) {
      var useless =
          atRemote(
              with(
                  "anybody.json",
                  "intent",
                  "hasten",
                  id,
                  "--relayer",
                  broken.url(),
                  "--relayer",
                  lying.url(),
                  "--json"));
      assertEquals(5, useless.code(), useless.err());
      var hastened =
          ok(
              atRemote(
                  with(
                      "anybody.json",
                      "intent",
                      "hasten",
                      file,
                      "--relayer",
                      broken.url(),
                      "--relayer",
                      lying.url(),
                      "--relayer",
                      honest.url(),
                      "--json")));
      assertEquals("3", hastened.path("signatures").asText());
      assertEquals(
          3600 - 5,
          hastened.path("before").asLong() - hastened.path("executableAt").asLong(),
          hastened.toString());
    }
  }

  private void confirms() throws Exception {
    var sent = dispatched(signed("doubted.json", 200));
    deliver(sent, 0, 1);
    var id = sent.intentId;
    // Proofs decide, so anybody may risk a bond.
    var disputed = ok(atRemote(with("anybody.json", "intent", "dispute", id, "--json")));
    assertEquals("1000", disputed.path("bond").asText());
    var early = both(with("agent.json", "intent", "confirm", id));
    assertEquals(5, early.code(), early.err());
    assertTrue(early.err().contains("knows no block of home that shows"), early.err());
    assertTrue(early.err().contains("none counts"), early.err());
    // Somebody's hash for that number is not home's.
    post(Hash.keccak("false"), home.client().head().number() + 1000);
    assertEquals(5, both(with("agent.json", "intent", "confirm", id)).code());
    post();
    var confirmed = ok(both(with("agent.json", "intent", "confirm", id, "--json")));
    assertEquals("QUEUED", confirmed.path("state").asText());
    var again = both(with("agent.json", "intent", "confirm", id));
    assertEquals(1, again.code(), again.err());
    assertTrue(again.err().contains("upheld already"), again.err());
    var refuted = both(with("agent.json", "intent", "refute", id));
    assertEquals(1, refuted.code(), refuted.err());
    assertEquals(2, atRemote(with("agent.json", "intent", "confirm", id)).code(), "home is needed");
  }

  private void refutes() throws Exception {
    // Under a number that home gives to another message.
    var genuine = dispatched(signed("genuine.json", 300));
    var forged = forged(intent(400), genuine.message.nonce());
    deliver(forged, 0, 2);
    var before = both(with("anybody.json", "intent", "refute", forged.intentId));
    assertEquals(5, before.code(), before.err());
    assertTrue(before.err().contains("shows that home never sent message"), before.err());
    post();
    var refuted = ok(both(with("anybody.json", "intent", "refute", forged.intentId, "--json")));
    assertEquals("NONE", refuted.path("state").asText());
    assertEquals(forged.id().hex(), refuted.path("messageId").asText());

    // What home did send is not refuted: its number is used up here, so home sends it again.
    var resent =
        ok(atHome(with("anybody.json", "intent", "resend", genuine.intentId, "--json")))
            .path("messageId")
            .asText();
    var again = new Sent(genuine.intentId, messageAtHome(Hash.of(resent)));
    deliver(again, 1, 2);
    var honest = both(with("anybody.json", "intent", "refute", genuine.intentId));
    assertEquals(5, honest.code(), honest.err());
    assertTrue(honest.err().contains("home did send message"), honest.err());

    // Under a number that home has not come to: only a younger block shows that.
    var early = forged(intent(500), BigInteger.valueOf(1_000_000));
    deliver(early, 0, 2);
    post();
    assertEquals(5, both(with("anybody.json", "intent", "refute", early.intentId)).code());
    later(Duration.ofMinutes(62), home, remote);
    post();
    assertEquals(
        "NONE",
        ok(both(with("anybody.json", "intent", "refute", early.intentId, "--json")))
            .path("state")
            .asText());
  }

  // ------------------------------------------------------------------ orders

  private void orders() throws Exception {
    var windows =
        atRemote("windows", "propose", "--asset", COIN, "--step", "1000:1800:10", "--json");
    assertEquals(0, windows.code(), windows.err());
    Files.writeString(folder.resolve("calls.json"), windows.out());
    var refused =
        atRemote(
            with(
                "owner.json",
                "windows",
                "propose",
                "--asset",
                COIN,
                "--step",
                "1000:1800:10",
                "--send"));
    assertEquals(5, refused.code(), refused.err());
    assertTrue(refused.err().contains("mandate order propose --chain 31338"), refused.err());

    var salt = Hash.keccak("windows").hex();
    assertEquals(2, atHome(propose("calls.json", "31337", salt)).code(), "home needs no order");
    assertEquals(2, atHome(propose("calls.json", "31339", salt)).code(), "no such chain");
    Files.writeString(folder.resolve("none.json"), "{\"calls\": []}");
    assertEquals(3, atHome(propose("none.json", "31338", salt)).code());
    var ordered = ok(atHome(with("owner.json", passed(propose("calls.json", "31338", salt)))));
    var id = ordered.path("orderId").asText();
    assertEquals("EXECUTED", ordered.path("proposal").path("state").asText());

    var unknown = atRemote("order", "show", id);
    assertEquals(3, unknown.code(), unknown.err());
    var message = lastMessageAtHome();
    deliver(new Sent(id, message), 0, 1);
    var shown = ok(atRemote("order", "show", id, "--json")).path("orders").get(0);
    assertEquals("WAITING", shown.path("state").asText());
    assertEquals(1, shown.path("calls").size());
    assertEquals(atRemote.executor().hex(), shown.path("calls").get(0).path("to").asText());

    var anybody = atRemote(with("anybody.json", "order", "veto", id));
    assertEquals(5, anybody.code(), anybody.err());
    assertTrue(anybody.err().contains("is no guardian"), anybody.err());
    assertEquals(
        "VETOED",
        ok(atRemote(with("guardian.json", "order", "veto", id, "--json"))).path("state").asText());
    assertEquals(5, both(with("anybody.json", "order", "confirm", id)).code(), "not shown yet");
    post();
    var confirmed = ok(both(with("anybody.json", "order", "confirm", id, "--json")));
    assertEquals("WAITING", confirmed.path("state").asText());
    assertTrue(confirmed.path("proven").asBoolean(), confirmed.toString());
    var doubted = ok(atRemote(with("guardian.json", "order", "veto", id, "--json")));
    assertEquals("WAITING", doubted.path("state").asText(), "one guardian alone");
    assertEquals(Address.of(address("guardian.json")).hex(), doubted.path("doubtedBy").asText());
    var told = atRemote("order", "show", id);
    assertTrue(told.out().contains("a second guardian's veto ends it"), told.out());
    assertTrue(confirmed.path("doubtedBy").isMissingNode(), "nobody did before");
    var vetoed = atRemote(with("guardian.json", "order", "veto", id));
    assertEquals(5, vetoed.code(), vetoed.err());
    assertTrue(vetoed.err().contains("proven"), vetoed.err());
    assertEquals(5, both(with("anybody.json", "order", "refute", id)).code());
    var early = atRemote(with("anybody.json", "order", "execute", id));
    assertEquals(5, early.code(), early.err());
    assertTrue(early.err().contains("executable from"), early.err());

    // A lie of the relayers: any calls at all.
    var lie = forgedOrder();
    deliver(lie, 1, 2);
    var lieId = lie.intentId;
    later(Duration.ofMinutes(62), home, remote);
    post();
    assertEquals(
        "REFUTED",
        ok(both(with("anybody.json", "order", "refute", lieId, "--json"))).path("state").asText());
    var cancelled = ok(atHome("order", "cancel", lieId, "--chain", "31338", "--json"));
    assertEquals("NOT_SENT", cancelled.path("proposal").path("state").asText());
    assertEquals(2, ok(atRemote("order", "show", "--json")).path("orders").size());

    later(Duration.ofDays(3).plusMinutes(1), remote);
    assertEquals(
        "EXECUTED",
        ok(atRemote(with("anybody.json", "order", "execute", id, "--json")))
            .path("state")
            .asText());
    assertEquals(5, atRemote(with("anybody.json", "order", "execute", id)).code(), "once");
    var now = atRemote("windows", "show");
    assertTrue(now.out().contains("30m"), now.out());
  }

  private String[] propose(String file, String chain, String salt) {
    return new String[] {
      "order", "propose", "--calls", path(file), "--chain", chain, "--salt", salt, "--json"
    };
  }

  private static String[] passed(String... arguments) {
    return Stream.concat(Stream.of(arguments), Stream.of("--pass")).toArray(String[]::new);
  }

  // ------------------------------------------------------------------ chains

  /** A message, and the intent or the order that it is about. */
  private final class Sent {
    private final String intentId;
    private final Message message;

    private Sent(String intentId, Message message) {
      this.intentId = intentId;
      this.message = message;
    }

    private Hash id() {
      return message.id(atRemote.gateway());
    }
  }

  private Intent intent(long amount) {
    return new Intent(
        BigInteger.ONE,
        atRemote.account(),
        BigInteger.valueOf(REMOTE),
        Address.ZERO,
        Address.of(PAYEE),
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        BigInteger.valueOf(amount),
        BigInteger.valueOf(remote.client().head().timestamp().getEpochSecond() + 6 * 3600));
  }

  private String signed(String name, long amount) {
    ok(
        Run.mandate(
            with(
                "agent.json",
                "intent",
                "sign",
                "--agent",
                "1",
                "--chain",
                Long.toString(REMOTE),
                "--to",
                PAYEE,
                "--amount",
                Long.toString(amount),
                "--valid",
                "21600",
                "--deployment",
                path("deployments/31338.json"),
                "--out",
                path(name))));
    return path(name);
  }

  /** Submitted at home by anybody, which sends it. */
  private Sent dispatched(String file) throws Exception {
    SignedIntent signed = IntentFiles.read(Path.of(file));
    var sender = sender(homeWeb3j, "1");
    var executor =
        HomeExecutor.load(atHome.executor().hex(), homeWeb3j, sender.reader(), Sender.NO_GAS);
    var receipt =
        sender.send(
            Call.of(
                "submit",
                atHome.executor().hex(),
                executor.submit(IntentAbi.toHome(signed.intent()), signed.signature().bytes())));
    var event = HomeExecutor.getIntentDispatchedEvents(receipt).getFirst();
    return new Sent(Hash.of(event.intentId).hex(), messageAtHome(Hash.of(event.messageId)));
  }

  private Message messageAtHome(Hash id) {
    return messagesAtHome().stream()
        .filter(one -> one.id(atHome.gateway()).equals(id))
        .findFirst()
        .orElseThrow();
  }

  private Message lastMessageAtHome() {
    return messagesAtHome().getLast();
  }

  private List<Message> messagesAtHome() {
    var messages = new ArrayList<Message>();
    BigInteger nonce = null;
    for (var log :
        home.client()
            .logs(0, home.client().head().number(), List.of(atHome.gateway()), List.of(Set.of()))) {
      var event = ContractEvents.gateway(log).orElse(null);
      if (event instanceof GatewayEvent.NonceAssigned assigned) {
        nonce = assigned.nonce();
      } else if (event instanceof GatewayEvent.MessageSent sent) {
        messages.add(
            new Message(
                BigInteger.valueOf(HOME), nonce, sent.sender(), sent.recipient(), sent.payload()));
      }
    }
    return messages;
  }

  private Sent forged(Intent intent, BigInteger nonce) {
    var message =
        new Message(
            BigInteger.valueOf(HOME),
            nonce,
            new InteroperableAddress(BigInteger.valueOf(HOME), atHome.executor()).encode(),
            new InteroperableAddress(BigInteger.valueOf(REMOTE), atRemote.executor()).encode(),
            IntentAbi.encode(intent, 0));
    return new Sent(intent.id(IntentFiles.domain(atRemote)).hex(), message);
  }

  /** As home's governance would order it, of another salt. */
  private Sent forgedOrder() throws Exception {
    var genuine = lastMessageAtHome();
    var payload = genuine.payload().bytes();
    payload[2 * 32 - 1] ^= 1; // the salt is the payload's second word
    var message =
        new Message(
            genuine.sourceChainId(),
            BigInteger.valueOf(2_000_000),
            genuine.sender(),
            genuine.recipient(),
            Bytes.of(payload));
    var sent = new Sent("", message);
    var governance =
        RemoteGovernance.load(
            atRemote.remoteGovernance().orElseThrow().hex(),
            remoteWeb3j,
            sender(remoteWeb3j, "1").reader(),
            Sender.NO_GAS);
    var event =
        RemoteGovernance.getOrderReceivedEventFromLog(
            ContractEvents.web3j(
                remote
                    .client()
                    .logs(
                        0,
                        remote.client().head().number(),
                        List.of(atRemote.remoteGovernance().orElseThrow()),
                        List.of(
                            Set.of(
                                Hash.of(
                                    EventEncoder.encode(RemoteGovernance.ORDERRECEIVED_EVENT)))))
                    .getFirst()));
    var salt = event.salt.clone();
    salt[31] ^= 1;
    var id = governance.idOf(BigInteger.valueOf(REMOTE), event.calls, salt).send();
    return new Sent(Hash.of(id).hex(), sent.message);
  }

  private void deliver(Sent sent, int... relayers) throws Exception {
    var domain = AttestationDomain.of(atRemote);
    var signatures =
        Attestation.forDelivery(
            domain,
            IntStream.of(relayers)
                .mapToObj(i -> Attestation.sign(domain, sent.id(), RELAYERS.get(i)))
                .toList());
    var sender = sender(remoteWeb3j, "2");
    var gateway =
        QuorumGateway.load(atRemote.gateway().hex(), remoteWeb3j, sender.reader(), Sender.NO_GAS);
    sender.send(
        Call.of(
            "deliver",
            atRemote.gateway().hex(),
            gateway.deliver(MessageAbi.toGateway(sent.message), List.of(), signatures.bytes())));
  }

  /** That much time passes, by the blocks that come. */
  private static void later(Duration time, Anvil... chains) throws InterruptedException {
    for (var chain : chains) {
      var before = chain.client().head().timestamp();
      chain.rpc("evm_increaseTime", time.toSeconds());
      while (chain.client().head().timestamp().isBefore(before.plus(time))) {
        Thread.sleep(200);
      }
    }
  }

  /** Home's newest block. */
  private void post() throws Exception {
    var head = home.client().head();
    post(head.hash(), head.number());
  }

  private void post(Hash hash, long number) throws Exception {
    var address = atRemote.postedHashes().orElseThrow().hex();
    var sender = new Sender(remoteWeb3j, key("oracle.json"));
    var hashes = PostedHashes.load(address, remoteWeb3j, sender.reader(), Sender.NO_GAS);
    try {
      sender.send(Call.of("post", address, hashes.post(BigInteger.valueOf(number), hash.bytes())));
    } catch (DeploymentException e) {
      throw new AssertionError("the oracle's hash was not taken", e);
    }
  }

  /** Somebody with coins on either chain, and no role. */
  private Sender sender(Web3j web3j, String key) {
    var credentials = Credentials.create("0x" + "0".repeat(62) + "7" + key);
    for (var anvil : List.of(home, remote)) {
      anvil.rpc(
          "anvil_setBalance",
          credentials.getAddress(),
          Numeric.encodeQuantity(BigInteger.TEN.pow(19)));
    }
    return new Sender(web3j, credentials);
  }

  private static String answer(Hash root, Attestation... attestations) {
    var list =
        Stream.of(attestations)
            .map(
                one ->
                    "{\"signer\":\"0x0\",\"signature\":\"%s\"}"
                        .formatted(Bytes.of(one.signature().bytes()).hex()))
            .toList();
    return "{\"root\":\"%s\",\"attestations\":[{\"signature\":\"0x12\"},{},%s]}"
        .formatted(root, String.join(",", list));
  }

  /** Answers everything with one text. */
  private static final class FakeRelayer implements AutoCloseable {
    private final HttpServer server;

    private FakeRelayer(String text) throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            try (var out = exchange.getResponseBody()) {
              out.write(bytes);
            }
          });
      server.start();
    }

    private String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  // ------------------------------------------------------------------ the command line

  private static JsonNode ok(Run run) {
    assertEquals(0, run.code(), run.out() + run.err());
    return run.out().startsWith("{") ? run.json() : null;
  }

  private Run atHome(String... arguments) {
    return on(List.of(home.url().toString()), arguments);
  }

  private Run atRemote(String... arguments) {
    return on(List.of(remote.url().toString()), arguments);
  }

  private Run both(String... arguments) {
    return on(List.of(home.url().toString(), remote.url().toString()), arguments);
  }

  private Run on(List<String> nodes, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    nodes.forEach(node -> all.addAll(List.of("--rpc", node)));
    all.addAll(List.of("--deployments", path("deployments")));
    return Run.mandate(all.toArray(String[]::new));
  }

  private String[] with(String key, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--key", path(key), "--passphrase-file", path("passphrase")));
    return all.toArray(String[]::new);
  }

  private void importKey(String name, String key) {
    var before = System.in;
    System.setIn(new ByteArrayInputStream(key.getBytes(StandardCharsets.US_ASCII)));
    try {
      ok(
          Run.mandate(
              "keys",
              "import",
              path(name),
              "--stdin",
              "--light",
              "--passphrase-file",
              path("passphrase")));
    } finally {
      System.setIn(before);
    }
  }

  private void newKey(String name) {
    ok(Run.mandate("keys", "new", path(name), "--light", "--passphrase-file", path("passphrase")));
  }

  private String address(String name) {
    return Run.mandate("keys", "address", path(name), "--json").json().path("address").asText();
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
