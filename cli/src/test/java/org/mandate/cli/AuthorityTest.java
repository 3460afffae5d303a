package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Hash;
import org.mandate.testing.Anvil;

/** A contract that existed before governs: what the command line shows is what it has to send. */
class AuthorityTest {
  private static final String RICH =
      "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

  /** Stands on every Anvil; here it sends what it is told to. */
  private static final String AUTHORITY = "0x4e59b44847b379578588920ca78fbf26c0b4956c";

  @TempDir private Path folder;

  @Test
  void L5_shouldShowWhatAnExistingAuthoritySendsAndWhen() throws Exception {
    try (var anvil = Anvil.start(31337)) {
      Files.writeString(folder.resolve("passphrase"), "correct horse\n");
      importRich();
      assertEquals(
          0,
          run("keys", "new", path("agent.json"), "--light", "--passphrase-file", path("passphrase"))
              .code());
      deploy(anvil);
      var node = List.of("--rpc", anvil.url().toString(), "--deployments", folder.toString());
      var registered =
          run(
              node,
              "agent",
              "register",
              "--agent-key",
              path("agent.json"),
              "--agent-passphrase-file",
              path("passphrase"),
              "--key",
              path("owner.json"),
              "--passphrase-file",
              path("passphrase"),
              "--json");
      assertEquals(0, registered.code(), registered.err());

      var shown = run(node, "agent", "activate", "--agent", "1", "--json");
      assertEquals(0, shown.code(), shown.err());
      var proposal = shown.json().path("proposal");
      assertEquals(1, proposal.path("schedule").size(), shown.out());
      anvil.rpc("anvil_impersonateAccount", AUTHORITY);
      anvil.rpc("anvil_setBalance", AUTHORITY, "0xde0b6b3a7640000");
      assertTrue(sends(anvil, proposal, "schedule"));
      anvil.rpc("evm_increaseTime", Duration.ofHours(5).toSeconds());
      anvil.mine(1);
      assertFalse(sends(anvil, proposal, "execute"), "an hour early");
      assertEquals("PENDING", status(node));
      anvil.rpc("evm_increaseTime", Duration.ofHours(1).toSeconds());
      anvil.mine(1);
      assertTrue(sends(anvil, proposal, "execute"));
      assertEquals("ACTIVE", status(node));

      var well = run(node, "doctor", "--json");
      var levels = new ArrayList<String>();
      for (var check : well.json().path("checks")) {
        if (check.path("name").asText().equals("code and roles")) {
          levels.add(check.path("level").asText());
        }
      }
      assertEquals(List.of("OK"), levels, well.out());
    }
  }

  private void deploy(Anvil anvil) throws Exception {
    Files.writeString(
        folder.resolve("deploy.yaml"),
        """
        chains:
          - id: 31337
            rpc-url: %s
        home-chain-id: 31337
        other-chain-ids: []
        relayers: ["0x0000000000000000000000000000000000000a01"]
        threshold: 1
        guardians: ["0x0000000000000000000000000000000000000b01"]
        dispute-window: 5s
        resolution-window: 7h
        authority:
          address: "%s"
          execution-delay: 6h
        """
            .formatted(anvil.url(), AUTHORITY));
    var deployed =
        run(
            "deploy",
            "--config",
            path("deploy.yaml"),
            "--out",
            folder.toString(),
            "--key",
            path("owner.json"),
            "--passphrase-file",
            path("passphrase"),
            "--json");
    assertEquals(0, deployed.code(), deployed.err());
    var admins = deployed.json().path("chains").get(0).path("roles").path("ADMIN");
    assertEquals(1, admins.size());
    assertEquals(AUTHORITY, admins.get(0).asText());
    assertTrue(Files.exists(folder.resolve("31337.json")));
  }

  /** Whether it worked. */
  private static boolean sends(Anvil anvil, JsonNode proposal, String what) {
    var transaction =
        Map.of(
            "from",
            AUTHORITY,
            "to",
            proposal.path("accessManager").asText(),
            "input",
            proposal.path(what).get(0).asText(),
            "gas",
            "0xf4240");
    var hash = Hash.of(anvil.rpc("eth_sendTransaction", transaction).asText());
    anvil.mine(1);
    return anvil.client().receipt(hash).orElseThrow().succeeded();
  }

  private static String status(List<String> node) {
    return run(node, "agent", "show", "--agent", "1", "--json").json().path("status").asText();
  }

  private void importRich() {
    var before = System.in;
    System.setIn(new ByteArrayInputStream(RICH.getBytes(StandardCharsets.US_ASCII)));
    try {
      var run =
          run(
              "keys",
              "import",
              path("owner.json"),
              "--stdin",
              "--light",
              "--passphrase-file",
              path("passphrase"));
      assertEquals(0, run.code(), run.err());
    } finally {
      System.setIn(before);
    }
  }

  private static Run run(List<String> node, String... arguments) {
    var all = new ArrayList<>(List.of(arguments));
    all.addAll(node);
    return Run.mandate(all.toArray(String[]::new));
  }

  private static Run run(String... arguments) {
    return Run.mandate(arguments);
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
