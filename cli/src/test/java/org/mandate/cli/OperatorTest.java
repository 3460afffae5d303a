package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.testing.Anvil;

/** An operator's day on a real chain, through the command line alone. */
class OperatorTest {
  private static final String RICH =
      "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
  private static final String PAYEE = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8";
  private static final String COIN = "0x0000000000000000000000000000000000000000";

  /**
   * As deploy.yaml has it: a busy machine sees that a vote is open, and votes, before it is over.
   */
  private static final Duration VOTING_PERIOD = Duration.ofSeconds(10);

  /** Proposals that pass before the doctor looks. */
  private static final int PASSED = 6;

  @TempDir private Path folder;
  private String url;

  @Test
  void L5_shouldRegisterProposeTightenFreezeAndThawThroughTheCommandLine() throws Exception {
    // Each proposal has the chain's clock leap. Beyond this machine's, the doctor would complain.
    var past = Instant.now().minus(VOTING_PERIOD.multipliedBy(PASSED)).getEpochSecond();
    try (var anvil =
        Anvil.start(
            31337,
            "--block-time",
            "1",
            "--slots-in-an-epoch",
            "1",
            "--timestamp",
            Long.toString(past))) {
      url = anvil.url().toString();
      Files.writeString(folder.resolve("passphrase"), "correct horse\n");
      importRich("owner.json");
      newKey("agent.json");
      newKey("stranger.json");
      newKey("guardian.json");
      anvil.rpc("anvil_setBalance", address("guardian.json"), "0xde0b6b3a7640000");
      deploys();
      // A busy machine has time to vote, and nobody waits for more votes once one is cast.
      anvil.leapAfter("VoteCast(address,uint256,uint8,uint256,string)", VOTING_PERIOD);
      registers();
      proposes();
      audits(0);
      previews();
      signs();
      tightens();
      freezesAndThaws();
      tripsAndResets();
      pausesLanes();
      bonds();
      replacesRelayers();
      audits(1);
      examines();
      knowsWhatARelayerWarnsBelow(anvil);
      stops();
    }
  }

  private void deploys() throws Exception {
    Files.writeString(
        folder.resolve("deploy.yaml"),
        """
        chains:
          - id: 31337
            rpc-url: %s
        home-chain-id: 31337
        other-chain-ids: [31338]
        relayers: ["0x0000000000000000000000000000000000000a01", "0x0000000000000000000000000000000000000a02"]
        threshold: 2
        guardians: ["%s"]
        dispute-window: 5s
        resolution-window: 2h
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
          pause: 2h
          unbonding: 8d
          windows:
            - asset: "0x0000000000000000000000000000000000000000"
              steps:
                - { up-to: 1000, bare: 1m, full: 10s }
        """
            .formatted(url, address("guardian.json")));
    var first = deploy();
    assertEquals(0, first.code(), first.err());
    var chain = first.json().path("chains").get(0);
    var timelock = chain.path("contracts").path("TimelockController").asText();
    assertEquals(timelock, chain.path("roles").path("ADMIN").get(0).asText());
    assertEquals(1, chain.path("roles").path("ADMIN").size());
    assertTrue(chain.path("contracts").has("AgentVault"), first.out());
    // Again: everything stands, and the answer is the same.
    var second = deploy();
    assertEquals(0, second.code(), second.err());
    assertEquals(first.json(), second.json());
    assertTrue(second.err().contains("already stands"), second.err());
  }

  private Run deploy() {
    return Run.mandate(
        with(
            "owner.json",
            "deploy",
            "--config",
            path("deploy.yaml"),
            "--out",
            path("deployments"),
            "--json"));
  }

  private void registers() {
    var nobody = onHome("agent", "show", "--agent", "1", "--json");
    assertEquals(5, nobody.code());
    assertTrue(nobody.err().contains("there is no agent 1"), nobody.err());

    var run =
        onHome(
            with(
                "owner.json",
                "agent",
                "register",
                "--uri",
                "https://example.org/agent.json",
                "--agent-key",
                path("agent.json"),
                "--agent-passphrase-file",
                path("passphrase"),
                "--json"));
    assertEquals(0, run.code(), run.err());
    assertEquals("1", run.json().path("agentId").asText());
    assertEquals("PENDING", run.json().path("status").asText());
    var suspended = onHome(with("owner.json", "agent", "suspend", "--agent", "1"));
    assertEquals(5, suspended.code(), suspended.err());
    assertTrue(suspended.err().contains("governance never admitted it"), suspended.err());
    var frozen = onHome(with("owner.json", "policy", "freeze", "--agent", "1"));
    assertEquals(5, frozen.code(), frozen.err());
    assertTrue(frozen.err().contains("governance never admitted it"), frozen.err());
    var key = address("agent.json");
    assertEquals(key.toLowerCase(Locale.ROOT), run.json().path("wallet").asText());
  }

  private void proposes() throws Exception {
    mandateFile("mandate.yaml", "1000", "2000");
    var shown =
        onHome("policy", "propose", "--agent", "1", "--file", path("mandate.yaml"), "--json");
    assertEquals(0, shown.code(), shown.err());
    assertFalse(shown.json().path("tightens").asBoolean());
    assertEquals("NOT_SENT", shown.json().path("proposal").path("state").asText());
    assertTrue(
        shown.out().contains("recipient 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 on chain 31337"),
        shown.out());

    // Its id depends on who proposes.
    assertFalse(shown.json().path("proposal").has("id"), shown.out());
    var mine = proposal(with("owner.json"));
    assertTrue(
        mine.path("description")
            .asText()
            .endsWith("#proposer=0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"),
        mine.toString());
    var theirs = proposal("--proposer", PAYEE);
    assertTrue(theirs.path("description").asText().endsWith("#proposer=" + PAYEE));
    assertFalse(mine.path("id").equals(theirs.path("id")), mine + " " + theirs);

    var tooLoose =
        onHome(
            with(
                "owner.json", "policy", "tighten", "--agent", "1", "--file", path("mandate.yaml")));
    assertEquals(5, tooLoose.code());
    assertTrue(tooLoose.err().contains("waits for governance"), tooLoose.err());

    var passed =
        onHome(
            with(
                "owner.json",
                "policy",
                "propose",
                "--agent",
                "1",
                "--file",
                path("mandate.yaml"),
                "--activate",
                "--pass",
                "--json"));
    assertEquals(0, passed.code(), passed.err());
    assertEquals("EXECUTED", passed.json().path("proposal").path("state").asText());

    var now = onHome("policy", "show", "--agent", "1", "--json").json();
    assertEquals("ACTIVE", now.path("status").asText());
    assertEquals("2000", now.path("assets").get(0).path("cap").asText());
    assertEquals(PAYEE, now.path("recipients").get(0).path("address").asText());
    var same =
        onHome("policy", "propose", "--agent", "1", "--file", path("mandate.yaml"), "--json");
    assertTrue(same.json().path("same").asBoolean(), same.out());
    assertEquals(
        "1000",
        onHome("policy", "headroom", "--agent", "1", "--json").json().path("left").asText());
  }

  private JsonNode proposal(String... more) {
    var all =
        new ArrayList<>(
            List.of("policy", "propose", "--agent", "1", "--file", path("mandate.yaml"), "--json"));
    all.addAll(List.of(more));
    return onHome(all.toArray(String[]::new)).json().path("proposal");
  }

  private void previews() {
    assertEquals(0, preview("1000", PAYEE).code());
    var over = preview("1001", PAYEE);
    assertEquals(5, over.code());
    assertEquals("PER_TRANSACTION", over.json().path("rule").asText());
    assertEquals("1000", over.json().path("limit").asText());
    assertTrue(over.json().path("wouldTrip").asBoolean());
    assertFalse(over.json().path("message").asText().contains("froze"), over.out());
    assertFalse(over.json().path("next").asText().isBlank());
    assertEquals(
        "RECIPIENT",
        preview("1", "0x00000000000000000000000000000000000000ff").json().path("rule").asText());
  }

  private Run preview(String amount, String to) {
    return onHome("policy", "preview", "--agent", "1", "--to", to, "--amount", amount, "--json");
  }

  private void signs() {
    var signed =
        Run.mandate(
            with(
                "agent.json",
                "intent",
                "sign",
                "--agent",
                "1",
                "--to",
                PAYEE,
                "--amount",
                "7",
                "--deployment",
                deployment(),
                "--out",
                path("intent.json"),
                "--json"));
    assertEquals(0, signed.code(), signed.err());
    assertEquals(132, signed.json().path("signature").asText().length());
    assertTrue(Files.exists(folder.resolve("intent.json")));
    var stranger = onHome(with("stranger.json", "intent", "cancel", path("intent.json")));
    assertEquals(5, stranger.code(), stranger.err());
    // Nobody needs to have submitted it: its nonce is used up.
    var cancelled = onHome(with("owner.json", "intent", "cancel", path("intent.json"), "--json"));
    assertEquals(0, cancelled.code(), cancelled.err());
    assertEquals(signed.json().path("intentId"), cancelled.json().path("intentId"));
    var again = onHome(with("owner.json", "intent", "cancel", path("intent.json")));
    assertEquals(5, again.code(), again.err());
    assertTrue(again.err().contains("ExecutorState"), again.err());
  }

  private void tightens() throws Exception {
    mandateFile("tighter.yaml", "900", "1500");
    var stranger =
        onHome(
            with(
                "stranger.json",
                "policy",
                "tighten",
                "--agent",
                "1",
                "--file",
                path("tighter.yaml")));
    assertEquals(5, stranger.code());
    assertTrue(stranger.err().contains("neither guardian nor owner"), stranger.err());
    var run =
        onHome(
            with(
                "owner.json",
                "policy",
                "tighten",
                "--agent",
                "1",
                "--file",
                path("tighter.yaml"),
                "--json"));
    assertEquals(0, run.code(), run.err());
    assertEquals(1, run.json().path("transactions").size());
    run.json().path("changes").forEach(c -> assertEquals("TIGHTER", c.path("direction").asText()));
    assertEquals(
        "900", onHome("policy", "headroom", "--agent", "1", "--json").json().path("left").asText());
    assertEquals(
        5,
        onHome(
                with(
                    "owner.json",
                    "policy",
                    "tighten",
                    "--agent",
                    "1",
                    "--file",
                    path("mandate.yaml")))
            .code());
  }

  private void freezesAndThaws() {
    assertEquals(1, onHome(with("owner.json", "policy", "thaw", "--agent", "1")).code());
    assertEquals(5, onHome(with("stranger.json", "policy", "freeze", "--agent", "1")).code());
    var frozen = onHome(with("owner.json", "policy", "freeze", "--agent", "1", "--json"));
    assertEquals(0, frozen.code(), frozen.err());
    assertTrue(frozen.json().path("frozen").asBoolean());
    assertEquals("AGENT_BREAKER", preview("1", PAYEE).json().path("rule").asText());
    // Frozen once more: a decision that knows of the first freeze only does not let it go.
    var again = onHome(with("owner.json", "policy", "freeze", "--agent", "1", "--json"));
    assertEquals("2", again.json().path("stops").asText(), again.out());
    var stale =
        onHome(with("owner.json", "policy", "thaw", "--agent", "1", "--stops", "1", "--pass"));
    assertEquals(5, stale.code(), stale.out());
    assertTrue(stale.err().contains("stopped 2 times so far, not 1"), stale.err());
    var shown = onHome("policy", "thaw", "--agent", "1", "--stops", "2");
    assertTrue(shown.out().contains("thaw agent 1, stopped 2 times so far"), shown.out());
    var thawed = onHome(with("owner.json", "policy", "thaw", "--agent", "1", "--pass", "--json"));
    assertEquals(0, thawed.code(), thawed.err());
    assertEquals("2", thawed.json().path("stops").asText());
    assertFalse(thawed.json().path("frozen").asBoolean());
    assertEquals(0, preview("1", PAYEE).code());
  }

  private void tripsAndResets() {
    var everything = List.of("--everything", "--json");
    assertEquals(5, onHome(with("stranger.json", "breaker", "trip", "--everything")).code());
    assertEquals(1, onHome(with("owner.json", "breaker", "reset", "--everything")).code());
    assertEquals(2, onHome("breaker", "show").code());
    var none = onHome("breaker", "show", everything.get(0), everything.get(1));
    assertFalse(none.json().path("chains").get(0).path("tripped").asBoolean(), none.out());
    for (int times = 1; times <= 2; times++) {
      var tripped = onHome(with("guardian.json", "breaker", "trip", "--everything", "--json"));
      assertEquals(0, tripped.code(), tripped.err());
      assertEquals(times, tripped.json().path("chains").get(0).path("stops").asInt());
    }
    assertEquals("GLOBAL_BREAKER", preview("1", PAYEE).json().path("rule").asText());
    var stale =
        onHome(with("owner.json", "breaker", "reset", "--everything", "--stops", "1", "--pass"));
    assertEquals(5, stale.code(), stale.out());
    assertTrue(stale.err().contains("stopped 2 times so far, not 1"), stale.err());
    var reset = onHome(with("owner.json", "breaker", "reset", "--everything", "--pass", "--json"));
    assertEquals(0, reset.code(), reset.err());
    assertFalse(reset.json().path("tripped").asBoolean());
    assertEquals(0, preview("1", PAYEE).code());
    var asset = onHome(with("guardian.json", "breaker", "trip", "--of-asset", Address.ZERO.hex()));
    assertEquals(0, asset.code(), asset.err());
    assertEquals("ASSET_BREAKER", preview("1", PAYEE).json().path("rule").asText());
    assertEquals(
        0,
        onHome(with("owner.json", "breaker", "reset", "--of-asset", Address.ZERO.hex(), "--pass"))
            .code());
  }

  private void pausesLanes() {
    var none = onHome("lane", "status", "--json");
    assertEquals(0, none.code(), none.err());
    var home = none.json().path("chains").get(0);
    assertEquals("7200", home.path("pauseSeconds").asText(), none.out());
    assertEquals(2, home.path("lanes").size(), none.out());
    assertEquals("31338", home.path("lanes").get(1).path("lane").asText());
    assertTrue(home.path("lanes").get(1).path("armed").asBoolean(), none.out());
    var stranger = onHome(with("stranger.json", "lane", "pause", "--lane", "31338"));
    assertEquals(5, stranger.code(), stranger.out());
    assertTrue(stranger.err().contains("is no guardian"), stranger.err());
    assertEquals(1, onHome("lane", "unpause", "--lane", "31338").code());
    assertEquals(1, onHome("lane", "rearm", "--lane", "31338").code());
    var paused = onHome(with("guardian.json", "lane", "pause", "--lane", "31338", "--json"));
    assertEquals(0, paused.code(), paused.err());
    assertTrue(paused.json().path("chains").get(0).path("paused").asBoolean(), paused.out());
    var again = onHome(with("guardian.json", "lane", "pause", "--lane", "31338"));
    assertEquals(5, again.code(), again.out());
    assertTrue(again.err().contains("mandate lane rearm"), again.err());
    var ended =
        onHome(with("owner.json", "lane", "unpause", "--lane", "31338", "--pass", "--json"));
    assertEquals(0, ended.code(), ended.err());
    assertFalse(ended.json().path("paused").asBoolean(), ended.out());
    assertFalse(ended.json().path("armed").asBoolean(), ended.out());
    var armed = onHome(with("owner.json", "lane", "rearm", "--lane", "31338", "--pass", "--json"));
    assertEquals(0, armed.code(), armed.err());
    assertTrue(armed.json().path("armed").asBoolean(), armed.out());
    assertEquals(2, onHome(with("guardian.json", "lane", "pause", "--lane", "31337")).code());
  }

  private void bonds() {
    var relayer = "0x0000000000000000000000000000000000000a01";
    assertEquals(2, onHome(with("owner.json", "bond", "add", "--amount", "0")).code());
    var theirs =
        onHome(with("owner.json", "bond", "add", "--amount", "7", "--relayer", relayer, "--json"));
    assertEquals(0, theirs.code(), theirs.err());
    assertEquals("7", theirs.json().path("bonded").asText());
    assertEquals(0, onHome(with("owner.json", "bond", "add", "--amount", "5")).code());
    assertEquals(1, onHome(with("owner.json", "bond", "withdraw")).code());
    var tooMuch = onHome(with("owner.json", "bond", "unbond", "--amount", "6"));
    assertEquals(5, tooMuch.code(), tooMuch.out());
    assertTrue(tooMuch.err().contains("more than is bonded"), tooMuch.err());
    var back = onHome(with("owner.json", "bond", "unbond", "--amount", "5", "--json"));
    assertEquals(0, back.code(), back.err());
    assertEquals("5", back.json().path("unbonding").asText());
    var early = onHome(with("owner.json", "bond", "withdraw"));
    assertEquals(5, early.code(), early.out());
    assertTrue(early.err().contains("wait until then"), early.err());
    var all = onHome("bond", "status", "--json");
    assertEquals("691200", all.json().path("unbondingSeconds").asText(), all.out());
    assertEquals(2, all.json().path("relayers").size(), all.out());
    assertEquals("7", all.json().path("relayers").get(0).path("bonded").asText(), all.out());
  }

  private void replacesRelayers() {
    var shown = onHome("relayer", "show", "--json");
    assertEquals(0, shown.code(), shown.err());
    var home = shown.json().path("chains").get(0);
    assertEquals(2, home.path("threshold").asInt(), shown.out());
    assertEquals("7", home.path("relayers").get(0).path("bonded").asText(), shown.out());
    assertEquals(2, rotate(1, PAYEE, address("stranger.json")).code());
    assertEquals(2, rotate(2, PAYEE, PAYEE).code());
    var watcher = rotate(2, PAYEE, address("guardian.json"));
    assertEquals(5, watcher.code(), watcher.out());
    assertTrue(watcher.err().contains("who watches must not be who is watched"), watcher.err());
    var other = rotate(2, PAYEE, "0x0000000000000000000000000000000000000a01");
    assertEquals(0, other.code(), other.err());
    assertEquals(PAYEE, other.json().path("comes").get(0).asText(), other.out());
    assertEquals(
        "0x0000000000000000000000000000000000000a02",
        other.json().path("goes").get(0).asText(),
        other.out());
    assertEquals("NOT_SENT", other.json().path("proposal").path("state").asText());
    assertEquals(0, onHome("windows", "show").code());
    assertEquals(2, onHome("windows", "propose", "--asset", COIN, "--step", "7:9:5").code());
  }

  private Run rotate(int threshold, String one, String other) {
    return onHome(
        "relayer",
        "rotate",
        "--threshold",
        Integer.toString(threshold),
        "--relayer",
        one,
        "--relayer",
        other,
        "--json");
  }

  private void audits(int records) throws Exception {
    var blobs = Files.createDirectories(folder.resolve("blobs")).toString();
    var alone = onHome("audit", "verify", "--agent", "1", "--blobs", blobs);
    assertEquals(7, alone.code(), "nobody looked at chain 31338: " + alone.out());
    assertTrue(
        alone.out().contains("chain 31338 was not looked at: give --rpc for it"), alone.out());
    assertFalse(alone.out().contains("in order"), alone.out());
    var run =
        onHome(
            "audit", "verify", "--agent", "1", "--blobs", blobs, "--leave-out", "31338", "--json");
    assertEquals(0, run.code(), run.err());
    assertTrue(run.json().path("ok").asBoolean());
    assertEquals("ChainLeftOut", run.json().path("gaps").get(0).path("kind").asText());
    assertEquals(records, run.json().path("chains").get(0).path("records").asInt());
    var export = path("export-" + records + ".json");
    var exported =
        onHome("audit", "export", "--agent", "1", "--blobs", blobs, "--out", export, "--json");
    assertEquals(7, exported.code(), exported.err());
    assertTrue(exported.json().path("incomplete").asBoolean(), exported.out());
    assertEquals(records, exported.json().path("records").asInt());
    assertEquals(7, Run.mandate("audit", "verify-export", export, "--json").code());
    var read = Run.mandate("audit", "verify-export", export, "--leave-out", "31338", "--json");
    assertEquals(0, read.code(), read.out());
    assertEquals(3, Run.mandate("audit", "verify-export", path("mandate.yaml"), "--json").code());
    assertTrue(
        run.json().path("chains").get(0).path("block").path("timestamp").asLong() > 0, run.out());
    var said = onHome("audit", "verify", "--agent", "1", "--blobs", blobs, "--leave-out", "31338");
    assertTrue(
        said.out().contains(records == 0 ? "agent 1: no records" : "agent 1: in order"),
        said.out());
    assertTrue(said.out().contains("says nothing of what was left out: chain 31338"), said.out());
    var nobody = onHome("audit", "verify", "--agent", "99", "--blobs", blobs);
    assertEquals(1, nobody.code(), nobody.out());
    assertTrue(nobody.err().contains("not registered"), nobody.err());
    try (var left = Files.list(folder.resolve("blobs"))) {
      assertEquals(0, left.count(), "an audit leaves the blobs alone");
    }
  }

  private void examines() throws Exception {
    var well = onHome("doctor", "--json");
    assertEquals(0, well.code(), well.out());
    var found = well.json().path("checks");
    assertTrue(level(found, "code and roles").equals("OK"), well.out());
    assertTrue(level(found, "finalized block").equals("OK"), well.out());
    assertTrue(level(found, "audit lag").equals("OK"), well.out());
    // Nobody gave the relayers any coins.
    assertTrue(
        level(found, "balance of relayer 0x0000000000000000000000000000000000000a01")
            .equals("WARN"),
        well.out());

    // A deployment file that says something else than the chain.
    var text = Files.readString(folder.resolve("deployments/31337.json"));
    var hash = text.replaceFirst("(?s).*?\"codeHash\"\\s*:\\s*\"(0x[0-9a-f]{64})\".*", "$1");
    assertEquals(66, hash.length());
    Files.writeString(folder.resolve("false.json"), text.replace(hash, "0x" + "11".repeat(32)));
    var ill =
        Run.mandate(
            "doctor",
            "--rpc",
            url,
            "--deployment",
            path("false.json"),
            "--relayer",
            "http://127.0.0.1:1",
            "--json");
    assertEquals(1, ill.code(), ill.out());
    assertEquals("FAIL", level(ill.json().path("checks"), "code and roles"));
    assertEquals("FAIL", level(ill.json().path("checks"), "health"));
  }

  /** Its own settings count where it tells them. */
  private void knowsWhatARelayerWarnsBelow(Anvil anvil) throws Exception {
    var relayer = "0x0000000000000000000000000000000000000a01";
    var name = "balance of relayer " + relayer;
    anvil.rpc("anvil_setBalance", relayer, "0x6a94d74f430000"); // 0.03 ether
    assertEquals("OK", level(onHome("doctor", "--json").json().path("checks"), name));
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/health/ready",
        exchange -> {
          try (exchange) {
            var bytes =
                """
                {"status":"UP","address":"%s","chains":{"31337":{"warnBelow":"50000000000000000"}},"warnings":["send coins"]}
                """
                    .formatted(relayer)
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    server.start();
    try {
      var asked = "http://127.0.0.1:" + server.getAddress().getPort();
      var found = onHome("doctor", "--relayer", asked, "--json").json().path("checks");
      assertEquals("WARN", level(found, name), found.toString());
      assertEquals("WARN", level(found, "warning"), found.toString());
    } finally {
      server.stop(0);
    }
  }

  private static String level(JsonNode checks, String name) {
    for (var check : checks) {
      if (check.path("name").asText().equals(name)) {
        return check.path("level").asText();
      }
    }
    return "absent";
  }

  private void stops() {
    var suspended = onHome(with("owner.json", "agent", "suspend", "--agent", "1", "--json"));
    assertEquals(0, suspended.code(), suspended.err());
    assertEquals("SUSPENDED", suspended.json().path("status").asText());
    var unset = onHome(with("owner.json", "agent", "wallet", "unset", "--agent", "1", "--json"));
    assertEquals(COIN, unset.json().path("wallet").asText());
    var proposed =
        onHome(with("owner.json", "agent", "activate", "--agent", "1", "--send", "--json"));
    assertEquals("PROPOSED", proposed.json().path("proposal").path("state").asText());
    assertEquals("1", proposed.json().path("stops").asText());
    assertEquals(5, onHome("agent", "activate", "--agent", "1", "--stops", "0").code());
    assertEquals(2, onHome(with("owner.json", "agent", "revoke", "--agent", "1")).code());
    var revoked =
        onHome(with("owner.json", "agent", "revoke", "--agent", "1", "--for-good", "--json"));
    assertEquals("REVOKED", revoked.json().path("status").asText());
    assertEquals(5, onHome("agent", "activate", "--agent", "1").code());
  }

  // ------------------------------------------------------------------ parts

  private void mandateFile(String name, String perTransaction, String cap) throws Exception {
    Files.writeString(
        folder.resolve(name),
        """
        terms:
          expiry: 2100-01-01T00:00:00Z
          frequency-window: 1h
          max-transactions: 20
          max-audit-lag: 50
          basic: true
        assets:
          - asset: "%2$s"
            per-transaction: %3$s
            cap: %4$s
            window: 1d
            chains: [31337]
        recipients:
          - chain-id: 31337
            address: "%1$s"
        tempo: { burst: 5, burst-window: 1m, cooldown: 10s }
        tiers:
          - asset: "%2$s"
            notify-above: 10
            delay-above: 20
            delay: 1h
            approval-above: 30
          - asset: "0x0000000000000000000000000000000000000348"
        approvers: { threshold: 1, addresses: ["%1$s"] }
        rules: ["%5$s"]
        calls:
          - chain-id: 31337
            target: "%1$s"
            selector: "0x6e553f65"
            kind: pull
            amount-word: 0
            recipient-word: 1
            listed: true
        """
            .formatted(
                PAYEE,
                COIN,
                perTransaction,
                cap,
                Deployment.read(folder.resolve("deployments/31337.json")).address("HoursRule")));
  }

  private void importRich(String name) {
    var before = System.in;
    System.setIn(new ByteArrayInputStream(RICH.getBytes(StandardCharsets.US_ASCII)));
    try {
      assertEquals(
          0,
          Run.mandate(
                  "keys",
                  "import",
                  path(name),
                  "--stdin",
                  "--light",
                  "--passphrase-file",
                  path("passphrase"))
              .code());
    } finally {
      System.setIn(before);
    }
  }

  private void newKey(String name) {
    assertEquals(
        0,
        Run.mandate("keys", "new", path(name), "--light", "--passphrase-file", path("passphrase"))
            .code());
  }

  private String address(String name) {
    return Run.mandate("keys", "address", path(name), "--json").json().path("address").asText();
  }

  private Run onHome(String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--rpc", url, "--deployment", deployment()));
    return Run.mandate(all.toArray(String[]::new));
  }

  private String[] with(String key, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--key", path(key), "--passphrase-file", path("passphrase")));
    return all.toArray(String[]::new);
  }

  private String deployment() {
    return path("deployments/31337.json");
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
