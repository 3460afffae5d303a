package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageAbi;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.intent.Result;

/** What a payment to another chain calls for beside itself, on two real chains. */
class AcrossTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final Set<String> LIES = ConcurrentHashMap.newKeySet();
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

  @Test
  void shouldTellHomeWhatBecameOfAPaymentAndSettleIt() throws Exception {
    Hash id = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 700));
    JsonObject end = awaitSettled(id);
    JsonObject settled = event(end, "SETTLED");
    assertEquals("EXECUTED", settled.getString("outcome"));
    assertEquals("700", settled.getString("moved"));
    assertEquals("0", settled.getString("refunded"));
    assertEquals("EXECUTED", end.getString("state"), "what counts is what became of it there");
  }

  @Test
  void L3_shouldCarryWhatStandsInOneBlockInOneTransaction() throws Exception {
    BigInteger before = town.received(town.remote);
    List<Hash> ids = new ArrayList<>();
    int waiting;
    town.home.ask("evm_setIntervalMining", 0);
    try {
      for (int i = 0; i < 4; i++)
        ids.add(town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 10 + i)));
      Instant end = Instant.now().plus(SOON);
      do {
        Thread.sleep(300);
        waiting = 0;
        for (Hash id : ids)
          if ("SUBMITTED".equals(town.intent(relayer.port(), id).getString("state"))) waiting++;
      } while (waiting < 4 && Instant.now().isBefore(end));
      Thread.sleep(2000); // they are sent
    } finally {
      town.home.ask("evm_setIntervalMining", 1);
    }
    Set<String> deliveries = new HashSet<>();
    Set<String> executions = new HashSet<>();
    for (Hash id : ids) {
      JsonObject view = town.awaitState(relayer.port(), id, "EXECUTED", SOON);
      deliveries.add(transaction(view, "DELIVER"));
      executions.add(transaction(view, "EXECUTE"));
    }
    assertEquals(before.add(BigInteger.valueOf(10 + 11 + 12 + 13)), town.received(town.remote));
    assertEquals(1, deliveries.size(), deliveries.toString());
    assertTrue(executions.size() < 4, executions.toString());
  }

  @Test
  void L7_shouldHaveHomeSendAgainWhatAForgeryTookTheNumberOf() throws Exception {
    BigInteger before = town.received(town.remote);
    Sender reader = town.home.sender(Town.credentials(1));
    QuorumGateway atHome =
        QuorumGateway.load(
            town.atHome.gateway().hex(), reader.web3j(), reader.reader(), Sender.NO_GAS);
    BigInteger next = atHome.nextNonce().send();
    Intent forged = town.payment(Town.REMOTE, town.token, 1);
    Hash lie =
        forge(town.remote, message(Town.HOME, Town.REMOTE, next, IntentAbi.encode(forged, 0)));
    Hash id = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 2000));
    JsonObject end = town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    assertEquals(before.add(BigInteger.valueOf(2000)), town.received(town.remote));
    assertEquals("RESENT", event(end, "RESENT").getString("event"));
    awaitSettled(id);
    JsonObject evidence = awaitEvidence(lie);
    assertEquals(next.toString(), evidence.getJsonObject("message").getString("nonce"));
    assertEquals(Town.relayer(0).address().hex(), evidence.getString("signer"));
    for (JsonObject one : evidence())
      assertTrue(LIES.contains(one.getString("messageId")), "home did send " + one.encode());
    JsonObject both = awaitOther(lie);
    String truth = both.getJsonObject("other").getString("messageId");
    assertTrue(!LIES.contains(truth), "it is what home sent");
    Bonds.take(town, both);
  }

  private static JsonObject awaitOther(Hash messageId) throws Exception {
    Instant end = Instant.now().plus(SOON);
    JsonObject one = awaitEvidence(messageId);
    while (!one.containsKey("other")) {
      assertTrue(Instant.now().isBefore(end), "nothing contradicts " + one.encode());
      Thread.sleep(300);
      one = awaitEvidence(messageId);
    }
    return one;
  }

  @Test
  void L3_shouldHaveHomeSendAgainWhatAClosedGatewayBrought() throws Exception {
    BigInteger before = town.received(town.remote);
    town.atRemote(
        executor -> executor.setDisputeWindow(BigInteger.valueOf(60), executor.stops().send()));
    Hash id = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 900));
    town.awaitState(relayer.port(), id, "QUEUED", SOON);
    String gateway = town.atRemote.gateway().hex();
    Sender guardian = town.remote.sender(Town.credentials(2));
    DestinationExecutor executor = town.destination();
    guardian.send(Call.of("close", town.atRemote.executor().hex(), executor.closeGateway(gateway)));
    town.awaitParked(relayer.port(), id, "GATEWAY_CLOSED", SOON);
    town.atRemote(there -> there.setGateway(gateway, true, there.stops().send()));
    town.atRemote(there -> there.setDisputeWindow(BigInteger.valueOf(5), there.stops().send()));
    JsonObject end = town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    assertEquals("RESENT", event(end, "RESENT").getString("event"));
    assertEquals(before.add(BigInteger.valueOf(900)), town.received(town.remote));
    assertEquals("EXECUTED", event(awaitSettled(id), "SETTLED").getString("outcome"));
  }

  @Test
  void L7_shouldSettleTheTruthOnlyWhenHomeWasToldALie() throws Exception {
    Hash id = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 800));
    town.awaitState(relayer.port(), id, "QUEUED", SOON);
    Result lie = new Result(id, IntentState.EXPIRED, BigInteger.ZERO);
    forge(
        town.home,
        message(
            Town.REMOTE,
            Town.HOME,
            BigInteger.valueOf(1_000_000),
            IntentAbi.encodeResults(List.of(lie))));
    town.awaitState(relayer.port(), id, "EXECUTED", SOON);
    JsonObject told = town.await(relayer.port(), id, SOON, v -> has(v, "RESULT"));
    assertEquals("EXPIRED", event(told, "RESULT").getString("outcome"));
    Thread.sleep(12_000); // past the window in which a guardian could have objected
    JsonObject home = town.intent(relayer.port(), id).getJsonObject("home");
    assertEquals("DISPATCHED", home.getString("state"), "nobody gives back what was spent");
    Sender guardian = town.home.sender(Town.credentials(2));
    HomeExecutor executor =
        HomeExecutor.load(
            town.atHome.executor().hex(), guardian.web3j(), guardian.reader(), Sender.NO_GAS);
    guardian.send(Call.of("drop", town.atHome.executor().hex(), executor.dropResult(id.bytes())));
    JsonObject settled = event(awaitSettled(id), "SETTLED");
    assertEquals("EXECUTED", settled.getString("outcome"));
    assertEquals("800", settled.getString("moved"));
  }

  private static List<JsonObject> evidence() throws Exception {
    return new JsonObject(town.get(relayer.port(), "/v1/evidence").body())
        .getJsonArray("evidence").stream().map(JsonObject.class::cast).toList();
  }

  private static JsonObject awaitEvidence(Hash messageId) throws Exception {
    Instant end = Instant.now().plus(SOON);
    while (true) {
      for (JsonObject one : evidence())
        if (messageId.hex().equals(one.getString("messageId"))) return one;
      assertTrue(Instant.now().isBefore(end), "no evidence of " + messageId);
      Thread.sleep(300);
    }
  }

  private static Message message(long from, long to, BigInteger nonce, Bytes payload) {
    Address executor = town.atHome.executor();
    return new Message(
        BigInteger.valueOf(from),
        nonce,
        new InteroperableAddress(BigInteger.valueOf(from), executor).encode(),
        new InteroperableAddress(BigInteger.valueOf(to), executor).encode(),
        payload);
  }

  /** The quorum's key attests and delivers a message that was never sent. */
  private static Hash forge(Anvil where, Message message) {
    Address at = town.atHome.gateway();
    Hash id = message.id(at);
    LIES.add(id.hex());
    Attestation lie = Attestation.sign(AttestationDomain.of(town.atHome), id, Town.relayer(0));
    Sender anyone = where.sender(Town.credentials(7));
    QuorumGateway gateway =
        QuorumGateway.load(at.hex(), anyone.web3j(), anyone.reader(), Sender.NO_GAS);
    anyone.send(
        Call.of(
            "deliver a forgery",
            at.hex(),
            gateway.deliver(
                MessageAbi.toGateway(message),
                List.of(),
                Attestation.forDelivery(AttestationDomain.of(town.atHome), List.of(lie)).bytes())));
    return id;
  }

  private static JsonObject awaitSettled(Hash id) throws Exception {
    return town.await(
        relayer.port(),
        id,
        SOON,
        v -> v.containsKey("home") && "SETTLED".equals(v.getJsonObject("home").getString("state")));
  }

  private static boolean has(JsonObject view, String kind) {
    return view.getJsonObject("home").getJsonArray("events").stream()
        .map(JsonObject.class::cast)
        .anyMatch(e -> kind.equals(e.getString("event")));
  }

  private static JsonObject event(JsonObject view, String kind) {
    return view.getJsonObject("home").getJsonArray("events").stream()
        .map(JsonObject.class::cast)
        .filter(e -> kind.equals(e.getString("event")))
        .findFirst()
        .orElseThrow(() -> new AssertionError(kind + " is missing: " + view.encodePrettily()));
  }

  private static String transaction(JsonObject view, String purpose) {
    return view.getJsonArray("transactions").stream()
        .map(JsonObject.class::cast)
        .filter(t -> purpose.equals(t.getString("purpose")))
        .map(t -> t.getString("hash"))
        .reduce((before, after) -> after)
        .orElseThrow(() -> new AssertionError(view.encodePrettily()));
  }
}
