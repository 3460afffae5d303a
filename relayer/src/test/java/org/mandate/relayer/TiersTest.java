package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.policy.Thresholds;

/** Intents that wait at home, for a time or for approvals, on a real chain. */
class TiersTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static final long TOLD = 50;
  private static final long DELAYED = 100;
  private static final long APPROVED = 1_000;
  private static final int DELAY = 4;

  /**
   * Long enough to see that an intent waits, and to have a transaction mined before it waits no
   * more.
   */
  private static final int LONG_DELAY = 20;

  /** Speaks by its code (ERC-1271): the signature that it takes of a digest is the digest. */
  private static final Address CONTRACT = Address.of("0x" + "c0de".repeat(10));

  private static final String CONTRACT_CODE = "0x60043560643514631626ba7e60e01b0260005260206000f3";

  // Approvers, ascending.
  private static final List<Integer> PANEL =
      Stream.of(0, 7)
          .sorted((a, b) -> Town.key(a).address().compareTo(Town.key(b).address()))
          .toList();

  private static Town town;
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(1, 1);
    town.govern(
        "no longer basic",
        town.vault,
        town.account()
            .setTerms(
                town.agentId,
                new AgentVault.Terms(
                    BigInteger.valueOf(4_000_000_000L),
                    BigInteger.valueOf(3600),
                    BigInteger.valueOf(1000),
                    BigInteger.valueOf(1000),
                    false,
                    false)));
    BigInteger never = Thresholds.NEVER;
    delay(DELAY);
    thresholds(
        Address.of("0x%040x".formatted(840)),
        new Tiers.Thresholds(never, never, BigInteger.ZERO, never));
    town.home.ask("anvil_setCode", CONTRACT.hex(), CONTRACT_CODE);
    relayer = Relayer.start(town.config(0, List.of()), Town.relayer(0), Clock.systemUTC());
  }

  @AfterAll
  static void stop() throws Exception {
    relayer.close();
    town.close();
  }

  @Test
  void L1_shouldProceedWhenTheDelayIsOver() throws Exception {
    Hash small = town.submit(relayer.port(), town.payment(Town.HOME, town.token, DELAYED));
    town.awaitState(relayer.port(), small, "EXECUTED", SOON);
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, DELAYED + 1));
    JsonObject end = town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    JsonObject verdict = end.getJsonObject("verdict");
    assertEquals("DELAY", verdict.getString("tier"), end.encodePrettily());
    var events = end.getJsonObject("home").getJsonArray("events");
    long paid =
        Long.parseLong(
            events.getJsonObject(events.size() - 1).getJsonObject("block").getString("timestamp"));
    assertTrue(paid >= Long.parseLong(verdict.getString("eta")), end.encodePrettily());
  }

  @Test
  void L12_shouldShowOfWhichPaymentTheOwnerIsTold() throws Exception {
    Hash quiet = town.submit(relayer.port(), town.payment(Town.HOME, town.token, TOLD));
    Hash told = town.submit(relayer.port(), town.payment(Town.HOME, town.token, TOLD + 1));
    JsonObject view = town.awaitState(relayer.port(), told, "EXECUTED", SOON);
    assertEquals("NOTIFY", view.getJsonObject("verdict").getString("tier"), view.encodePrettily());
    assertEquals(List.of("NOTIFIED", "EXECUTED"), events(view), view.encodePrettily());
    view = town.awaitState(relayer.port(), quiet, "EXECUTED", SOON);
    assertEquals("INSTANT", view.getJsonObject("verdict").getString("tier"), view.encodePrettily());
    assertEquals(List.of("EXECUTED"), events(view), view.encodePrettily());
  }

  @Test
  void L12_shouldSayInWordsWhyWhatWaitedIsAdmittedNoMore() throws Exception {
    delay(LONG_DELAY);
    Hash id;
    try {
      id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, DELAYED + 1));
      town.awaitState(relayer.port(), id, "ADMITTED", SOON);
      limit(DELAYED);
      JsonObject view = town.awaitParked(relayer.port(), id, "PER_TRANSACTION", SOON);
      JsonObject parked = view.getJsonObject("parked");
      assertEquals(Long.toString(DELAYED), parked.getString("limit"), parked.encode());
      assertTrue(parked.getString("message").contains("does not any more"), parked.encode());
      assertEquals("ADMITTED", view.getString("state"), view.encodePrettily());
    } finally {
      limit(Town.CAP.longValueExact());
      delay(DELAY);
    }
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
  }

  @Test
  void L3_shouldTakeAContractsApprovalForOneIntentOnce() throws Exception {
    panel(1, List.of(CONTRACT));
    Hash one = waiting();
    Hash other = waiting();
    long deadline = soon();
    refuses("SIGNATURE", approve(one, CONTRACT, digest(other, CONTRACT, deadline), deadline));
    refuses("SIGNATURE", approve(one, CONTRACT, Bytes.of("0x00"), deadline));
    Bytes approval = digest(one, CONTRACT, deadline);
    refuses("SIGNATURE", approve(one, CONTRACT, approval, deadline + 1));
    assertEquals(202, approve(one, CONTRACT, approval, deadline).statusCode());
    town.awaitState(relayer.port(), one, "EXECUTED", SOON);
    refuses("STATE", approve(one, CONTRACT, approval, deadline));
    refuses("SIGNATURE", approve(other, CONTRACT, approval, deadline));
    assertEquals("ADMITTED", town.intent(relayer.port(), other).getString("state"));
  }

  @Test
  void L7_shouldCountAnApproverOnce() throws Exception {
    Address key = Town.key(0).address();
    panel(2, Stream.of(key, CONTRACT).sorted().toList());
    Hash id = waiting();
    long deadline = soon();
    for (long each : List.of(deadline, deadline + 1, deadline)) {
      Bytes signature = Bytes.of(Town.key(0).sign(Hash.of(digest(id, key, each).hex())).bytes());
      assertEquals(202, approve(id, key, signature, each).statusCode());
    }
    lacks(id, "1 of the 2");
    assertEquals(202, approve(id, CONTRACT, digest(id, CONTRACT, deadline), deadline).statusCode());
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
  }

  @Test
  void L7_shouldNotProceedWithAnApprovalThatWasTakenBack() throws Exception {
    panel(2, PANEL.stream().map(i -> Town.key(i).address()).toList());
    Hash id = waiting();
    assertEquals(202, approve(id, 0, 0, soon()).statusCode());
    lacks(id, "1 of the 2");
    town.home
        .sender(Town.credentials(0))
        .send(
            Call.of(
                "take back",
                town.atHome.address("Approvers").hex(),
                approvers().disapprove(id.bytes())));
    assertEquals(202, approve(id, 7, 7, soon()).statusCode());
    lacks(id, "1 of the 2");
    refuses("SIGNATURE", approve(id, 0, 0, soon()));
    Thread.sleep(Duration.ofSeconds(DELAY + 2));
    assertEquals("ADMITTED", town.intent(relayer.port(), id).getString("state"));
  }

  @Test
  void L7_shouldProceedWhenEnoughApproversAgree() throws Exception {
    panel(0, List.of());
    Intent intent = town.payment(Town.HOME, town.token, APPROVED + 1);
    Hash id = town.submit(relayer.port(), intent);
    JsonObject waits = awaitParked(id);
    assertEquals("ADMITTED", waits.getString("state"));
    refuses("APPROVER", approve(id, PANEL.getFirst(), PANEL.getFirst(), soon()));

    panel(2, PANEL.stream().map(i -> Town.key(i).address()).toList());
    refuses("SIGNATURE", approve(id, PANEL.getFirst(), PANEL.getLast(), soon()));
    refuses("DEADLINE", approve(id, PANEL.getFirst(), PANEL.getFirst(), 1));
    refuses("INTENT", approve(Hash.keccak("nobody's"), PANEL.getFirst(), PANEL.getFirst(), soon()));
    assertEquals(202, approve(id, PANEL.getLast(), PANEL.getLast(), soon()).statusCode());
    Thread.sleep(Duration.ofSeconds(DELAY + 3));
    assertEquals("ADMITTED", town.intent(relayer.port(), id).getString("state"), "one of two");
    assertEquals(202, approve(id, PANEL.getFirst(), PANEL.getFirst(), soon()).statusCode());
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
  }

  private static long soon() {
    return Instant.now().plus(Duration.ofMinutes(10)).getEpochSecond();
  }

  private static void refuses(String rule, HttpResponse<String> answer) {
    assertTrue(answer.statusCode() >= 400, answer.statusCode() + " " + answer.body());
    JsonObject error = new JsonObject(answer.body()).getJsonObject("error");
    assertEquals(rule, error.getString("rule"), answer.body());
  }

  /** An intent that is admitted and needs approvals. */
  private static Hash waiting() throws Exception {
    Hash id = town.submit(relayer.port(), town.payment(Town.HOME, town.token, APPROVED + 1));
    awaitParked(id);
    return id;
  }

  /**
   * For want of approvals: for a moment it may be parked for another reason, such as a busy node.
   */
  private static JsonObject awaitParked(Hash id) throws Exception {
    return town.awaitParked(relayer.port(), id, "APPROVAL", SOON);
  }

  private static void lacks(Hash id, String given) throws Exception {
    town.await(
        relayer.port(),
        id,
        SOON,
        v ->
            v.containsKey("parked")
                && v.getJsonObject("parked").getString("message").startsWith(given));
  }

  private static List<String> events(JsonObject view) {
    return view.getJsonObject("home").getJsonArray("events").stream()
        .map(e -> ((JsonObject) e).getString("event"))
        .toList();
  }

  /** Hands over, as one approver's, what another's key signed. */
  private static HttpResponse<String> approve(Hash id, int approver, int signer, long deadline)
      throws Exception {
    Address address = Town.key(approver).address();
    Hash digest = Hash.of(digest(id, address, deadline).hex());
    return approve(id, address, Bytes.of(Town.key(signer).sign(digest).bytes()), deadline);
  }

  private static HttpResponse<String> approve(
      Hash id, Address approver, Bytes signature, long deadline) throws Exception {
    return town.post(
        relayer.port(),
        "/v1/intents/" + id + "/approvals",
        new JsonObject()
            .put("approver", approver.hex())
            .put("signature", signature.hex())
            .put("deadline", Long.toString(deadline))
            .encode());
  }

  private static Bytes digest(Hash id, Address approver, long deadline) throws Exception {
    return Bytes.of(
        approvers()
            .approvalDigest(town.agentId, id.bytes(), approver.hex(), BigInteger.valueOf(deadline))
            .send());
  }

  /**
   * @param approvers ascending
   */
  private static void panel(int threshold, List<Address> approvers) {
    town.govern(
        "approvers",
        town.atHome.address("Approvers"),
        approvers()
            .setApprovers(
                town.agentId,
                BigInteger.valueOf(threshold),
                approvers.stream().map(Address::hex).toList()));
  }

  private static void limit(long perTransaction) {
    town.govern(
        "limit",
        town.vault,
        town.account()
            .setLimit(
                town.agentId,
                town.token.hex(),
                new AgentVault.Limit(
                    BigInteger.valueOf(perTransaction),
                    Town.CAP.multiply(BigInteger.TEN),
                    BigInteger.valueOf(3600))));
  }

  /** Of amounts of the token above {@link #DELAYED}. */
  private static void delay(int seconds) {
    thresholds(
        town.token,
        new Tiers.Thresholds(
            BigInteger.valueOf(TOLD),
            BigInteger.valueOf(DELAYED),
            BigInteger.valueOf(seconds),
            BigInteger.valueOf(APPROVED)));
  }

  private static void thresholds(Address asset, Tiers.Thresholds thresholds) {
    Address tiers = town.atHome.address("Tiers");
    Sender reader = town.home.sender(Town.credentials(1));
    town.govern(
        "thresholds",
        tiers,
        Tiers.load(tiers.hex(), reader.web3j(), reader.reader(), Sender.NO_GAS)
            .setThresholds(town.agentId, asset.hex(), thresholds));
  }

  private static Approvers approvers() {
    Sender reader = town.home.sender(Town.credentials(1));
    return Approvers.load(
        town.atHome.address("Approvers").hex(), reader.web3j(), reader.reader(), Sender.NO_GAS);
  }
}
