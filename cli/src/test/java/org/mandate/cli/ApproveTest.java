package org.mandate.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.deploy.Deployer;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentJson;
import org.mandate.signer.Signature;
import org.mandate.testing.Anvil;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.crypto.ECKeyPair;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;

/**
 * What an approver signs and hands over, on a real chain, with a relayer that says what it likes.
 */
class ApproveTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long CHAIN = 31337;
  private static final Address SAFE = Address.of("0x" + "5afe".repeat(10));
  private static final String UNTIL = "4000000000";

  @TempDir static Path folder;
  private static Anvil anvil;
  private static Deployment deployment;

  private final List<JsonNode> handedOver = new ArrayList<>();
  private HttpServer relayer;
  private Intent shown;
  private Optional<ObjectNode> refusal = Optional.empty();

  @BeforeAll
  static void deploy() {
    anvil = Anvil.start(CHAIN);
    var service = new HttpService(anvil.url().toString());
    var authority = "0x" + "a1".repeat(20);
    anvil.rpc("anvil_setCode", authority, "0x00"); // stands in for a timelock
    deployment =
        new Deployer(
                new Sender(Web3j.build(service), Anvil.RICH),
                new StateOverrideCall(service),
                line -> {})
            .deploy(
                new DeploymentParameters(
                    CHAIN,
                    List.of(),
                    List.of(SAFE.hex()),
                    1,
                    List.of("0x" + "9a".repeat(20)),
                    Duration.ofSeconds(5),
                    Duration.ofHours(2),
                    DeploymentParameters.ExistingAuthority.delayingItself(authority),
                    Optional.empty()));
    deployment.write(folder.resolve(CHAIN + ".json"));
    KeyFile.write(
        folder.resolve("key.json"),
        ECKeyPair.create(BigInteger.TWO),
        "correct horse".toCharArray(),
        KeyFile.Strength.LIGHT);
    KeyFile.writeSecret(folder.resolve("passphrase"), "correct horse\n");
  }

  @AfterAll
  static void end() {
    anvil.close();
  }

  @BeforeEach
  void start() throws IOException {
    shown = pay(5);
    relayer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    relayer.createContext("/v1/intents", this::answer);
    relayer.start();
  }

  @AfterEach
  void stop() {
    relayer.stop(0);
  }

  @Test
  void L7_shouldSignTheDigestOfThisIntentForThisKey() {
    var run = approve("--key", path("key.json"), "--passphrase-file", path("passphrase"));
    assertEquals(0, run.code(), run.err());
    assertEquals(1, handedOver.size());
    var approval = handedOver.getFirst();
    var signer = KeyFile.address(folder.resolve("key.json"));
    assertEquals(signer.hex(), approval.path("approver").asText());
    var digest = digest(signer, approval.path("deadline").asText());
    assertEquals(
        Optional.of(signer),
        Signature.of(Bytes.of(approval.path("signature").asText())).recover(digest));
    assertTrue(run.out().contains("5 wei"), run.out());
  }

  @Test
  void shouldShowWhatAContractHasToSignAndHandNothingOver() {
    var run = approve("--approver", SAFE.hex(), "--valid", "600", "--json");
    assertEquals(0, run.code(), run.err());
    var until = run.json().path("deadline").asText();
    assertEquals(digest(SAFE, until).hex(), run.json().path("digest").asText());
    var seconds = Long.parseLong(until) - anvil.client().head().timestamp().getEpochSecond();
    assertTrue(seconds > 500 && seconds <= 600, until);
    assertEquals(List.of(), handedOver);
    assertEquals(
        digest(SAFE, UNTIL).hex(),
        approve("--approver", SAFE.hex(), "--deadline", UNTIL, "--json")
            .json()
            .path("digest")
            .asText());
  }

  @Test
  void shouldHandOverWhatAContractTakesForItsSignature() {
    var run =
        approve("--approver", SAFE.hex(), "--deadline", UNTIL, "--signature", "0x123456", "--json");
    assertEquals(0, run.code(), run.err());
    var wanted =
        Output.object()
            .put("approver", SAFE.hex())
            .put("signature", "0x123456")
            .put("deadline", UNTIL);
    assertEquals(List.<JsonNode>of(wanted), handedOver);
    assertEquals("ADMITTED", run.json().path("state").asText());
  }

  @Test
  void L12_shouldSayWhyTheRelayerRefusesIt() {
    refusal =
        Optional.of(
            Output.object()
                .put("rule", "SIGNATURE")
                .put("message", "does not approve it")
                .put("next", "sign the digest"));
    var run = approve("--approver", SAFE.hex(), "--deadline", UNTIL, "--signature", "0x123456");
    assertEquals(5, run.code(), run.out());
    for (var words : List.of("SIGNATURE", "does not approve it", "sign the digest")) {
      assertTrue(run.err().contains(words), run.err());
    }
  }

  @Test
  void L7_shouldApproveNothingWhenTheRelayerShowsAnotherIntent() {
    shown = pay(6);
    for (var how :
        List.of(
            List.of("--key", path("key.json"), "--passphrase-file", path("passphrase")),
            List.of("--approver", SAFE.hex()),
            List.of("--approver", SAFE.hex(), "--deadline", UNTIL, "--signature", "0x12"))) {
      var run = approve(how.toArray(String[]::new));
      assertEquals(5, run.code(), run.out());
      assertTrue(run.err().contains("another intent"), run.err());
    }
    assertEquals(List.of(), handedOver);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--signature 0x12 | --signature needs --approver and --deadline",
        "--approver 0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe --signature 0x12"
            + " | --signature needs --approver and --deadline",
        "--approver 0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe --key key.json"
            + " | give either --key",
        "--approver 0x5afe | --approver",
        "--approver 0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe --deadline 9 --signature 0x1"
            + " | --signature is not 0x and hex digits",
        "--approver 0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe --deadline 9 --signature 0x"
            + " | --signature has 0 bytes",
        "--approver 0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe --deadline -9 | --deadline",
        "--approver 0x5afe5afe5afe5afe5afe5afe5afe5afe5afe5afe --valid 0 | --valid",
      })
  void shouldRefuseWhatNobodyCanHaveMeant(String arguments, String words) {
    var run = approve(arguments.strip().replace("key.json", path("key.json")).split(" "));
    assertEquals(2, run.code(), run.out() + run.err());
    assertTrue(run.err().contains(words.strip()), run.err());
    assertEquals(List.of(), handedOver);
  }

  private Run approve(String... more) {
    var arguments =
        new ArrayList<>(
            List.of(
                "intent",
                "approve",
                pay(5).id(domain()).hex(),
                "--relayer",
                "http://127.0.0.1:" + relayer.getAddress().getPort(),
                "--rpc",
                anvil.url().toString(),
                "--deployments",
                folder.toString()));
    arguments.addAll(List.of(more));
    return Run.mandate(arguments.toArray(String[]::new));
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var status = 200;
      var json = Output.object();
      if (exchange.getRequestMethod().equals("POST") && refusal.isPresent()) {
        status = 422;
        json.set("error", refusal.get());
      } else if (exchange.getRequestMethod().equals("POST")) {
        handedOver.add(JSON.readTree(exchange.getRequestBody().readAllBytes()));
        json.put("intentId", pay(5).id(domain()).hex()).put("state", "ADMITTED");
      } else {
        json.set("intent", IntentJson.write(shown));
      }
      var bytes = json.toString().getBytes(UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static String path(String name) {
    return folder.resolve(name).toString();
  }

  private static IntentDomain domain() {
    return new IntentDomain(BigInteger.valueOf(CHAIN), deployment.executor());
  }

  private static Intent pay(long amount) {
    return new Intent(
        BigInteger.ONE,
        SAFE,
        BigInteger.valueOf(CHAIN),
        Address.ZERO,
        SAFE,
        BigInteger.valueOf(amount),
        Bytes.EMPTY,
        BigInteger.ONE,
        BigInteger.valueOf(4_000_000_000L));
  }

  /** EIP-712 by itself, as a wallet computes it. */
  private static Hash digest(Address approver, String deadline) {
    var domain =
        Abi.encode(
            word(
                "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            word("MandateApprovers"),
            word("1"),
            new Uint256(CHAIN),
            new org.web3j.abi.datatypes.Address(deployment.address("Approvers").hex()));
    var approval =
        Abi.encode(
            word("Approval(bytes32 intentId,uint256 agentId,address approver,uint64 deadline)"),
            new Bytes32(pay(5).id(domain()).bytes()),
            new Uint256(1),
            new org.web3j.abi.datatypes.Address(approver.hex()),
            new Uint256(new BigInteger(deadline)));
    return Hash.keccak(
        Bytes.of(
                "0x1901"
                    + Hash.keccak(domain).hex().substring(2)
                    + Hash.keccak(approval).hex().substring(2))
            .bytes());
  }

  private static Bytes32 word(String text) {
    return new Bytes32(Hash.keccak(text).bytes());
  }
}
