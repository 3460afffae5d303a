package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigInteger;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.audit.AuditRecord;
import org.mandate.audit.AuditReport;
import org.mandate.audit.AuditVerifier;
import org.mandate.audit.AuditedChain;
import org.mandate.audit.GatewayBlobSource;
import org.mandate.chain.Deployment;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.protocol.core.methods.response.TransactionReceipt;

/** Three relayers, two real chains, quorum two of three. */
class RelayersTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static Town town;
  private static final List<Relayer> RELAYERS = new ArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(3, 2);
    List<URI> addresses = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int port = freePort();
      while (ports.contains(port)) port = freePort();
      ports.add(port);
      addresses.add(URI.create("http://127.0.0.1:" + port));
    }
    for (int i = 0; i < 3; i++) {
      List<URI> peers = new ArrayList<>(addresses);
      peers.remove(i);
      RelayerConfig config =
          town.config(i, peers, town.home.url(), town.remote.url(), ports.get(i));
      RELAYERS.add(Relayer.start(config, Town.relayer(i), Clock.systemUTC()));
    }
  }

  /**
   * Below those that the system hands out to whoever asks for any, as others do before this one is
   * used.
   */
  static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(20_000, 32_768);
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (BindException e) {
        // taken: another one
      }
    }
  }

  @AfterAll
  static void stop() throws Exception {
    RELAYERS.forEach(Relayer::close);
    town.close();
  }

  private static int port(int i) {
    return RELAYERS.get(i).port();
  }

  @Test
  void shouldPayAtHomeOnceWhenTheAgentSigns() throws Exception {
    BigInteger before = town.received(town.home);
    Hash id = town.submit(port(0), town.payment(Town.HOME, town.token, 1000));
    JsonObject view = town.awaitState(port(0), id, "EXECUTED", SOON);
    assertEquals(before.add(BigInteger.valueOf(1000)), town.received(town.home));
    assertEquals("NONE", view.getJsonObject("verdict").getString("rule"));
    JsonObject end = town.await(port(0), id, SOON, v -> v.getBoolean("final"));
    town.await(
        port(0),
        id,
        SOON,
        v ->
            v.getJsonArray("transactions").getJsonObject(0).getString("state").equals("SUCCEEDED"));
    assertEquals(1, end.getJsonArray("transactions").size());
    // The others saw it too.
    town.awaitState(port(2), id, "EXECUTED", SOON);
  }

  @Test
  void shouldPayAcrossChainsOnceWhenTwoRelayersAttest() throws Exception {
    BigInteger before = town.received(town.remote);
    Instant start = Instant.now();
    Hash id = town.submit(port(1), town.payment(Town.REMOTE, town.token, 2000));
    JsonObject view = town.awaitState(port(1), id, "EXECUTED", SOON);
    System.out.println("cross-chain: " + Duration.between(start, Instant.now()).toMillis() + " ms");
    assertEquals(before.add(BigInteger.valueOf(2000)), town.received(town.remote));
    assertEquals("DISPATCHED", view.getJsonObject("home").getString("state"));
    assertEquals(
        "QUEUED",
        view.getJsonObject("destination")
            .getJsonArray("events")
            .getJsonObject(0)
            .getString("event"));
    // Whatever the others try, it stays one payment.
    town.await(port(1), id, SOON, v -> v.getBoolean("final"));
    assertEquals(before.add(BigInteger.valueOf(2000)), town.received(town.remote));
  }

  @Test
  void shouldExecuteAtTheNewTimeWhenTheDisputeWindowIsLengthened() throws Exception {
    // The shortest window could be over before the transaction that lengthens it is mined.
    setDisputeWindow(2, e -> e.lengthenDisputeWindow(BigInteger.valueOf(20))); // a guardian
    try {
      Hash id = town.submit(port(0), town.payment(Town.REMOTE, town.token, 3000));
      JsonObject queued =
          town.await(port(0), id, SOON, v -> v.getJsonObject("destination") != null)
              .getJsonObject("destination");
      setDisputeWindow(2, e -> e.lengthenDisputeWindow(BigInteger.valueOf(30)));
      JsonObject view = town.awaitState(port(0), id, "EXECUTED", SOON);
      long waited =
          timeOf("EXECUTED", view.getJsonObject("destination")) - timeOf("QUEUED", queued);
      assertTrue(waited >= 30, "executed after " + waited + " s");
      for (int i = 0; i < 3; i++) {
        for (Object transaction : town.intent(port(i), id).getJsonArray("transactions")) {
          JsonObject sent = (JsonObject) transaction;
          assertFalse(
              sent.getString("purpose").equals("EXECUTE")
                  && sent.getString("state").equals("REVERTED"),
              sent.encode());
        }
      }
    } finally {
      BigInteger stops = executor(town.remote.sender(Town.credentials(1))).stops().send();
      setDisputeWindow(1, e -> e.setDisputeWindow(BigInteger.valueOf(5), stops)); // governance
      setDisputeWindow(1, e -> e.setFloor(BigInteger.ZERO, stops)); // what guardians raised, too
    }
  }

  private static void setDisputeWindow(
      int key, Function<DestinationExecutor, RemoteFunctionCall<TransactionReceipt>> call) {
    Sender sender = town.remote.sender(Town.credentials(key));
    sender.send(
        Call.of("dispute window", town.atRemote.executor().hex(), call.apply(executor(sender))));
  }

  private static DestinationExecutor executor(Sender sender) {
    return DestinationExecutor.load(
        town.atRemote.executor().hex(), sender.web3j(), sender.reader(), Sender.NO_GAS);
  }

  private static long timeOf(String event, JsonObject side) {
    return side.getJsonArray("events").stream()
        .map(JsonObject.class::cast)
        .filter(e -> e.getString("event").equals(event))
        .mapToLong(e -> Long.parseLong(e.getJsonObject("block").getString("timestamp")))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void L3_shouldSubmitOnceWhenTheSameIntentComesTwiceAndToTwoRelayers() throws Exception {
    BigInteger before = town.received(town.home);
    Intent intent = town.payment(Town.HOME, town.token, 300);
    Hash id = town.submit(port(0), intent);
    assertEquals(id, town.submit(port(0), intent));
    assertEquals(id, town.submit(port(2), intent));
    town.await(port(0), id, SOON, v -> v.getBoolean("final"));
    assertEquals(id, town.submit(port(0), intent));
    Thread.sleep(3000);
    assertEquals(before.add(BigInteger.valueOf(300)), town.received(town.home));
  }

  @Test
  void shouldPublishTheSameBlobsEverywhereWhenActionsAreFinal() throws Exception {
    Hash id = town.submit(port(0), town.payment(Town.HOME, town.token, 10));
    town.await(port(0), id, SOON, v -> v.getBoolean("final"));
    Instant end = Instant.now().plus(SOON);
    JsonObject trail = trail(0);
    while (trail.getLong("published") < 1
        || record(trail, id).isEmpty()
        || trail.getLong("published") <= index(trail, id)) {
      assertTrue(Instant.now().isBefore(end), trail.encodePrettily());
      Thread.sleep(300);
      trail = trail(0);
    }
    String cid = record(trail, id).getString("cid");
    assertEquals(cid, awaitRecord(1, id).getString("cid"));
    assertEquals(cid, awaitRecord(2, id).getString("cid"));
    HttpResponse<String> blob = town.get(port(2), "/ipfs/" + cid + "?format=raw");
    assertEquals(200, blob.statusCode());
    assertEquals(
        id,
        AuditRecord.parse(blob.body().getBytes(java.nio.charset.StandardCharsets.UTF_8))
            .intentId());
  }

  @Test
  void L6_shouldLetAnybodyVerifyTheTrailAtEveryRelayer() throws Exception {
    Hash id = town.submit(port(0), town.payment(Town.HOME, town.token, 10));
    town.await(port(0), id, SOON, v -> v.getBoolean("final"));
    long index = awaitRecord(0, id).getLong("index");
    for (int i = 0; i < 3; i++) {
      GatewayBlobSource gateway =
          new GatewayBlobSource(URI.create("http://127.0.0.1:" + port(i)), Duration.ofSeconds(30));
      AuditVerifier verifier =
          new AuditVerifier(
              List.of(audited(town.home, town.atHome), audited(town.remote, town.atRemote)),
              gateway);
      Instant end = Instant.now().plus(SOON);
      AuditReport report = verifier.verify(town.agentId);
      while (!report.ok() || report.chains().getFirst().published() <= index) {
        assertTrue(Instant.now().isBefore(end), "relayer " + i + ": " + report);
        Thread.sleep(300);
        report = verifier.verify(town.agentId);
      }
    }
  }

  private static AuditedChain audited(Anvil chain, Deployment deployment) {
    return new AuditedChain(
        chain.client(),
        Finality.of("finalized"),
        town.domain(),
        deployment.account(),
        deployment.block());
  }

  @Test
  void shouldBeReadyAndShowMetricsWhenAllIsWell() throws Exception {
    HttpResponse<String> ready = town.get(port(0), "/health/ready");
    assertEquals(200, ready.statusCode(), ready.body());
    JsonObject home = new JsonObject(ready.body()).getJsonObject("chains").getJsonObject("31337");
    assertTrue(home.getLong("head") > 0 && home.getLong("finalized") > 0, ready.body());
    assertEquals(200, town.get(port(0), "/health/live").statusCode());
    String metrics = town.get(port(0), "/metrics").body();
    assertTrue(metrics.contains("mandate_chain{") && metrics.contains("mandate_ready 1"), metrics);
    assertTrue(town.get(port(0), "/openapi.yaml").body().startsWith("openapi: 3.1.0"));
  }

  private static JsonObject trail(int relayer) throws Exception {
    return new JsonObject(town.get(port(relayer), "/v1/agents/" + town.agentId + "/audit").body());
  }

  /** It is archived a little after the action is final. */
  private static JsonObject awaitRecord(int relayer, Hash id) throws Exception {
    Instant end = Instant.now().plus(SOON);
    JsonObject trail = trail(relayer);
    while (record(trail, id).isEmpty()) {
      assertTrue(Instant.now().isBefore(end), trail.encodePrettily());
      Thread.sleep(300);
      trail = trail(relayer);
    }
    return record(trail, id);
  }

  private static JsonObject record(JsonObject trail, Hash id) {
    JsonArray records = trail.getJsonArray("records");
    for (int i = 0; i < records.size(); i++) {
      if (records.getJsonObject(i).getString("intentId").equals(id.hex()))
        return records.getJsonObject(i);
    }
    return new JsonObject();
  }

  private static long index(JsonObject trail, Hash id) {
    JsonObject record = record(trail, id);
    assertFalse(record.isEmpty());
    return record.getLong("index");
  }
}
