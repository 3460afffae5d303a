package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonObject;
import io.vertx.openapi.contract.OpenAPIContract;
import io.vertx.openapi.validation.ResponseValidator;
import io.vertx.openapi.validation.ValidatableResponse;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.intent.SignedIntent;

/** What the API takes, what it refuses, and in which words. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ApiTest {
  private static final Duration SOON = Duration.ofSeconds(120);

  /** How old an answer about an agent may be when one of its intents is taken. */
  private static final Duration STANDING_KEPT = Duration.ofMillis(1_100);

  private static Town town;
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(1, 1);
    relayer = Relayer.start(town.config(0, List.of()), Town.relayer(0), Clock.systemUTC());
  }

  @AfterAll
  static void stop() throws Exception {
    relayer.close();
    town.close();
  }

  private static Arguments refusal(
      String name, int status, String rule, UnaryOperator<JsonObject> change) {
    return Arguments.of(name, status, rule, change);
  }

  private static UnaryOperator<JsonObject> field(String name, Object value) {
    return body -> {
      body.getJsonObject("intent").put(name, value);
      return body;
    };
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        refusal(
            "no signature",
            400,
            "REQUEST",
            b -> new JsonObject().put("intent", b.getJsonObject("intent"))),
        refusal("unknown field", 400, "REQUEST", b -> b.put("gas", "1")),
        refusal("unknown field of the intent", 400, "REQUEST", field("chain", "1")),
        refusal("number instead of string", 400, "REQUEST", field("amount", 5)),
        refusal("negative amount", 400, "REQUEST", field("amount", "-5")),
        refusal("leading zero", 400, "REQUEST", field("amount", "05")),
        refusal("amount above 256 bits", 400, "REQUEST", field("amount", "9".repeat(78))),
        refusal("address too short", 400, "REQUEST", field("to", "0x1234")),
        refusal("odd hex", 400, "REQUEST", field("data", "0x1")),
        refusal("deadline above 64 bits", 400, "REQUEST", field("deadline", "9".repeat(20))),
        refusal("chain zero", 400, "REQUEST", field("chainId", "0")),
        refusal("chain that is not served", 422, "CHAIN", field("chainId", "10")),
        refusal("deadline passed", 422, "DEADLINE", field("deadline", "1")),
        refusal("deadline too far", 422, "DEADLINE", field("deadline", "99999999999")),
        refusal("another agent", 422, "AGENT", field("agentId", "12345")),
        refusal("amount changed after signing", 422, "SIGNATURE", field("amount", "7")),
        refusal(
            "signature of nobody",
            422,
            "SIGNATURE",
            b -> b.put("signature", "0x" + "00".repeat(65))),
        refusal("signature too short", 422, "SIGNATURE", b -> b.put("signature", "0x1234")),
        refusal("data too long", 400, "REQUEST", field("data", "0x" + "00".repeat(9000))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  @Order(1)
  void shouldRefuseInWordsWhen(
      String name, int status, String rule, UnaryOperator<JsonObject> change) throws Exception {
    JsonObject body = change.apply(town.body(town.signed(town.payment(Town.HOME, town.token, 5))));
    HttpResponse<String> answer = town.post(relayer.port(), "/v1/intents", body.encode());
    assertEquals(status, answer.statusCode(), answer.body());
    JsonObject error = new JsonObject(answer.body()).getJsonObject("error");
    assertEquals(rule, error.getString("rule"), answer.body());
    assertFalse(error.getString("message").isBlank());
    assertFalse(error.getString("next").isBlank());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "[]", "null", "\"x\"", "{\"intent\":null,\"signature\":\"0x00\"}"})
  @Order(1)
  void shouldRefuseWhenTheBodyIsNotASignedIntent(String body) throws Exception {
    HttpResponse<String> answer = town.post(relayer.port(), "/v1/intents", body);
    assertEquals(400, answer.statusCode(), answer.body());
    assertEquals("REQUEST", new JsonObject(answer.body()).getJsonObject("error").getString("rule"));
  }

  @Test
  @Order(1)
  void shouldRefuseWhenTheBodyIsTooLarge() throws Exception {
    HttpResponse<String> answer = town.post(relayer.port(), "/v1/intents", " ".repeat(70_000));
    assertEquals(413, answer.statusCode(), answer.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/intents/0x12",
        "/v1/intents?limit=0",
        "/v1/intents?limit=1000",
        "/v1/intents?state=LOST",
        "/v1/intents?cursor=-1",
        "/v1/agents/x",
        "/v1/agents/1/policy?asset=0x1",
        "/v1/agents/1/audit?from=-1",
        "/v1/agents/1?verbose=1",
        "/v1/intents?agentid=1",
        "/v1/agents/1/policy?token=0x0000000000000000000000000000000000000000",
        "/v1/agents/1/audit?chainId=5",
        "/v1/attestations/zz"
      })
  @Order(1)
  void shouldRefuseWhenAParameterIsWrong(String path) throws Exception {
    HttpResponse<String> answer = town.get(relayer.port(), path);
    assertEquals(400, answer.statusCode(), answer.body());
    assertFalse(new JsonObject(answer.body()).getJsonObject("error").getString("next").isBlank());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nowhere",
        "/v1/agents/99",
        "/v1/agents/99/policy",
        "/v1/intents/0x",
        "/ipfs/bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy?format=raw"
      })
  @Order(1)
  void shouldSayNotFoundWhenThereIsNothing(String path) throws Exception {
    String asked = path.endsWith("0x") ? path + "ab".repeat(32) : path;
    assertEquals(404, town.get(relayer.port(), asked).statusCode());
  }

  @Test
  @Order(2)
  void shouldRefuseANonceThatIsUsed() throws Exception {
    Intent first = town.payment(Town.HOME, town.token, 5);
    Hash id = town.submit(relayer.port(), first);
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    Intent second =
        new Intent(
            first.agentId(),
            first.account(),
            first.chainId(),
            first.asset(),
            first.to(),
            BigInteger.TEN,
            first.data(),
            first.nonce(),
            first.deadline());
    HttpResponse<String> answer =
        town.post(relayer.port(), "/v1/intents", town.body(town.signed(second)).encode());
    assertEquals(409, answer.statusCode(), answer.body());
    JsonObject error = new JsonObject(answer.body()).getJsonObject("error");
    assertEquals("NONCE", error.getString("rule"));
    assertTrue(
        error.getString("message").endsWith("is used by another intent"),
        "whoever used it: " + error);
  }

  @Test
  @Order(3)
  void shouldShowAgentHeadroomAndPages() throws Exception {
    JsonObject agent =
        new JsonObject(town.get(relayer.port(), "/v1/agents/" + town.agentId).body());
    assertEquals("ACTIVE", agent.getString("status"), agent.encode());
    assertEquals(Town.key(6).address().hex(), agent.getString("wallet"));
    JsonObject policy =
        new JsonObject(
            town.get(relayer.port(), "/v1/agents/" + town.agentId + "/policy?asset=" + town.token)
                .body());
    assertEquals(
        Town.CAP.toString(),
        policy.getJsonObject("limit").getString("perTransaction"),
        policy.encode());
    assertTrue(new BigInteger(policy.getString("used")).signum() > 0, policy.encode());
    for (int i = 0; i < 3; i++) town.submit(relayer.port(), town.payment(Town.HOME, town.token, 1));
    JsonObject first =
        new JsonObject(
            town.get(relayer.port(), "/v1/intents?limit=2&agentId=" + town.agentId).body());
    assertEquals(2, first.getJsonArray("intents").size());
    JsonObject rest =
        new JsonObject(
            town.get(relayer.port(), "/v1/intents?limit=200&cursor=" + first.getString("next"))
                .body());
    assertTrue(rest.getJsonArray("intents").size() >= 2, rest.encode());
    assertFalse(rest.containsKey("next"));
    JsonObject executed =
        new JsonObject(town.get(relayer.port(), "/v1/intents?state=EXECUTED").body());
    assertTrue(executed.getJsonArray("intents").size() >= 1);
    assertTrue(
        executed.getJsonArray("intents").stream()
            .allMatch(i -> "EXECUTED".equals(((JsonObject) i).getString("state"))));
  }

  @Test
  @Order(3)
  void shouldAnswerAsItsOwnDocumentSays() throws Exception {
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 1));
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    String agent = "/v1/agents/" + town.agentId;
    requireAsDocumented("getIntent", "/v1/intents/" + id);
    requireAsDocumented("listIntents", "/v1/intents");
    requireAsDocumented("getAgent", agent);
    requireAsDocumented("getAgent", "/v1/agents/99");
    requireAsDocumented("getHeadroom", agent + "/policy?asset=" + town.token);
    requireAsDocumented("getHeadroom", "/v1/agents/99/policy");
    requireAsDocumented("getAudit", agent + "/audit");
    requireAsDocumented("live", "/health/live");
    requireAsDocumented("ready", "/health/ready");
  }

  private static void requireAsDocumented(String operation, String path) throws Exception {
    HttpResponse<String> answer = town.get(relayer.port(), path);
    Vertx vertx = Vertx.vertx();
    try {
      OpenAPIContract contract =
          OpenAPIContract.from(vertx, "openapi.yaml")
              .toCompletionStage()
              .toCompletableFuture()
              .get();
      ResponseValidator.create(vertx, contract)
          .validate(
              ValidatableResponse.create(
                  answer.statusCode(), Buffer.buffer(answer.body()), "application/json"),
              operation)
          .toCompletionStage()
          .toCompletableFuture()
          .get();
    } catch (ExecutionException e) {
      throw new AssertionError(path + ": " + answer.body(), e.getCause());
    } finally {
      vertx.close();
    }
  }

  @Test
  @Order(4)
  void L6_shouldShowAndPublishWhatTheAgentsKeyPaysDirectly() throws Exception {
    BigInteger index = town.account().chain(town.agentId).send().component2();
    Intent direct = town.payDirectly(7, index);
    Hash id = direct.id(town.domain());
    JsonObject view = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final", false));
    requireAsDocumented("getIntent", "/v1/intents/" + id);
    assertEquals("EXECUTED", view.getString("state"), view.encodePrettily());
    JsonObject paid = view.getJsonObject("home").getJsonArray("events").getJsonObject(0);
    assertEquals("PAID", paid.getString("event"), view.encodePrettily());
    assertEquals("7", paid.getString("moved"), view.encodePrettily());
    assertEquals("NONE", view.getJsonObject("verdict").getString("rule"), view.encodePrettily());

    Instant end = Instant.now().plus(SOON);
    while (town.account().chain(town.agentId).send().component3().compareTo(index) <= 0) {
      assertTrue(Instant.now().isBefore(end), "the record was not published");
      Thread.sleep(200);
    }
    JsonObject record =
        new JsonObject(
                town.get(
                        relayer.port(),
                        "/v1/agents/%s/audit?from=%s&limit=1".formatted(town.agentId, index))
                    .body())
            .getJsonArray("records")
            .getJsonObject(0);
    assertEquals("EXECUTED", record.getString("action"), record.encode());
    assertEquals(id.hex(), record.getString("intentId"), record.encode());
  }

  @Test
  @Order(4)
  void shouldParkInWordsWhenThePaymentWouldRevertAndExpireItAfterItsDeadline() throws Exception {
    // Admitted, and the account has nothing to pay with.
    BigInteger all = town.held(town.home, town.vault);
    String owner = Town.key(1).address().hex();
    town.govern("withdraw", town.vault, town.account().withdraw(town.token.hex(), owner, all));
    Intent bad = town.payment(Town.HOME, town.token, 5, Duration.ofSeconds(25));
    Hash id = town.submit(relayer.port(), bad);
    JsonObject parked = town.awaitParked(relayer.port(), id, "CONTRACT", SOON);
    requireAsDocumented("getIntent", "/v1/intents/" + id);
    assertEquals("PARKED", parked.getString("state"), parked.encode());
    requireAsDocumented("listParked", "/v1/parked");
    String listed = town.get(relayer.port(), "/v1/parked?rule=CONTRACT").body();
    assertTrue(listed.contains(id.hex()), listed);
    JsonObject end = town.awaitState(relayer.port(), id, "EXPIRED", SOON);
    assertTrue(end.getBoolean("final"));
    assertEquals(0, end.getJsonArray("transactions").size());
    town.govern("give back", town.token, town.dollars().transfer(town.vault.hex(), all));
  }

  @Test
  @Order(5)
  void L12_shouldSayWhichRuleRefusedWhenTheCapIsExceeded() throws Exception {
    SignedIntent over =
        town.signed(town.payment(Town.HOME, town.token, Town.CAP.longValueExact() + 1));
    JsonObject asked = new JsonObject().put("intent", town.body(over).getJsonObject("intent"));
    JsonObject preview =
        new JsonObject(town.post(relayer.port(), "/v1/intents/preview", asked.encode()).body());
    assertFalse(preview.getBoolean("admitted"), preview.encode());
    assertEquals("PER_TRANSACTION", preview.getJsonObject("verdict").getString("rule"));

    Hash id = town.submit(relayer.port(), over.intent());
    JsonObject denied = town.awaitState(relayer.port(), id, "DENIED", SOON);
    JsonObject verdict = denied.getJsonObject("verdict");
    assertEquals("PER_TRANSACTION", verdict.getString("rule"), denied.encode());
    assertEquals(Town.CAP.toString(), verdict.getString("limit"));
    assertEquals(Town.CAP.toString(), verdict.getString("left"));
    assertTrue(verdict.getBoolean("tripped"));
    assertTrue(verdict.getString("message").contains(Town.CAP.toString()), verdict.encode());
    assertTrue(verdict.getString("next").contains("governance"), verdict.encode());

    // Refused once what the relayer was told of the agent is older than it keeps such answers: it
    // pays for no more transactions that can only be denied.
    Thread.sleep(STANDING_KEPT);
    SignedIntent next = town.signed(town.payment(Town.HOME, town.token, 1));
    HttpResponse<String> answer =
        town.post(relayer.port(), "/v1/intents", town.body(next).encode());
    assertEquals(422, answer.statusCode(), answer.body());
    JsonObject refused = new JsonObject(answer.body()).getJsonObject("error");
    assertEquals("AGENT_BREAKER", refused.getString("rule"), answer.body());
    assertTrue(refused.getString("next").contains("governance"), answer.body());
    assertTrue(
        new JsonObject(town.get(relayer.port(), "/v1/agents/" + town.agentId).body())
            .getBoolean("frozen"));

    town.govern(
        "thaw",
        town.vault,
        town.account().thaw(town.agentId, town.account().stops(town.agentId).send()));
    Hash last = town.submit(relayer.port(), town.payment(Town.HOME, town.token, 1));
    town.awaitState(relayer.port(), last, "EXECUTED", SOON);
  }

  @Test
  @Order(6)
  void shouldAskTheWalletWhenItIsAContract() throws Exception {
    // ERC-1271, and it takes every signature.
    String contract = "0x" + "c0de".repeat(10);
    town.contractWallet(contract, "0x631626ba7e60e01b60005260206000f3");
    JsonObject body =
        town.body(town.signed(town.payment(Town.HOME, town.token, 3))).put("signature", "0x1234");
    HttpResponse<String> answer = town.post(relayer.port(), "/v1/intents", body.encode());
    assertEquals(202, answer.statusCode(), answer.body());
    Hash id = Hash.of(new JsonObject(answer.body()).getString("intentId"));
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);

    town.home.ask("anvil_setCode", contract, "0x60006000fd"); // refuses everything
    JsonObject refused =
        town.body(town.signed(town.payment(Town.HOME, town.token, 3))).put("signature", "0x1234");
    assertEquals(422, town.post(relayer.port(), "/v1/intents", refused.encode()).statusCode());
  }

  @Test
  @Order(7)
  void L9_shouldAnswerOthersWhileOneClientConnectsWithoutEnd() throws Exception {
    List<Socket> silent = new ArrayList<>();
    try (Socket speaks = connect("127.0.0.1")) {
      assertTrue(live(speaks).startsWith("HTTP/1.1 200"));
      for (int i = 0; i < 1_200; i++) silent.add(connect("127.0.0.3"));
      try (Socket other = connect("127.0.0.2")) {
        assertTrue(live(other).startsWith("HTTP/1.1 200"), "there is room for another client");
      }
      assertEquals(-1, silent.getLast().getInputStream().read(), "what is too many is closed");
      assertEquals(-1, silent.getFirst().getInputStream().read(), "and what says nothing");
      assertTrue(live(speaks).startsWith("HTTP/1.1 200"), "one that asked keeps its connection");
      try (Socket again = connect("127.0.0.3")) {
        assertTrue(live(again).startsWith("HTTP/1.1 200"), "and there is room again");
      }
    } finally {
      for (Socket socket : silent) socket.close();
    }
  }

  /** From that address of this machine. */
  private static Socket connect(String from) throws IOException {
    Socket socket =
        new Socket(
            InetAddress.getLoopbackAddress(), relayer.port(), InetAddress.getByName(from), 0);
    socket.setSoTimeout(30_000);
    return socket;
  }

  private static String live(Socket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    byte[] answer = new byte[4096];
    int length = socket.getInputStream().read(answer);
    return new String(answer, 0, Math.max(0, length), StandardCharsets.US_ASCII);
  }
}
