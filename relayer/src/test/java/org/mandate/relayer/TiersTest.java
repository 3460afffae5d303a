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
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.policy.Thresholds;

/** Intents that wait at home, for a time or for approvals, on a real chain. */
class TiersTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final long DELAYED = 100;
  private static final long APPROVED = 1_000;
  private static final int DELAY = 4;
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
    thresholds(
        town.token,
        new Tiers.Thresholds(
            never,
            BigInteger.valueOf(DELAYED),
            BigInteger.valueOf(DELAY),
            BigInteger.valueOf(APPROVED)));
    thresholds(
        Address.of("0x%040x".formatted(840)),
        new Tiers.Thresholds(never, never, BigInteger.ZERO, never));
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
  void L7_shouldProceedWhenEnoughApproversAgree() throws Exception {
    Intent intent = town.payment(Town.HOME, town.token, APPROVED + 1);
    Hash id = town.submit(relayer.port(), intent);
    JsonObject waits = town.await(relayer.port(), id, SOON, v -> v.containsKey("parked"));
    assertEquals("ADMITTED", waits.getString("state"));
    assertEquals("APPROVAL", waits.getJsonObject("parked").getString("rule"));
    refuses("APPROVER", approve(id, PANEL.getFirst(), PANEL.getFirst(), soon()));

    town.govern(
        "approvers",
        town.atHome.address("Approvers"),
        approvers()
            .setApprovers(
                town.agentId,
                BigInteger.TWO,
                PANEL.stream().map(i -> Town.key(i).address().hex()).toList()));
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
    JsonObject error = new JsonObject(answer.body()).getJsonObject("error");
    assertEquals(rule, error.getString("rule"), answer.body());
  }

  /** Hands over, as one approver's, what another's key signed. */
  private static HttpResponse<String> approve(Hash id, int approver, int signer, long deadline)
      throws Exception {
    String address = Town.key(approver).address().hex();
    byte[] digest =
        approvers()
            .approvalDigest(town.agentId, id.bytes(), address, BigInteger.valueOf(deadline))
            .send();
    return town.post(
        relayer.port(),
        "/v1/intents/" + id + "/approvals",
        new JsonObject()
            .put("approver", address)
            .put("signature", Bytes.of(Town.key(signer).sign(Hash.of(digest)).bytes()).hex())
            .put("deadline", Long.toString(deadline))
            .encode());
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
