package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.web3j.protocol.core.RemoteFunctionCall;

/**
 * Intents that arrive and are never paid: the relayer closes them, on a real chain, without being
 * asked.
 */
class EndsTest {
  private static final Duration SOON = Duration.ofSeconds(120);
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
  void L7_shouldCancelWhenGovernanceDoesNotResolveTheDispute() throws Exception {
    BigInteger before = town.received(town.remote);
    Intent payment = town.payment(Town.REMOTE, town.token, 500);
    // The shortest window could be over before the dispute of it is mined.
    guard(town.atRemote.executor(), executor().lengthenDisputeWindow(BigInteger.valueOf(60)));
    Hash id;
    try {
      id = town.submit(relayer.port(), payment);
      town.awaitState(relayer.port(), id, "QUEUED", SOON);
      guard(
          town.atRemote.executor(),
          executor().dispute(IntentAbi.toDestination(payment), BigInteger.ZERO));
      // Five seconds to resolve may be over before this looks again.
      town.await(
          relayer.port(),
          id,
          SOON,
          v -> List.of("DISPUTED", "CANCELLED").contains(v.getString("state")));
    } finally {
      govern(
          town.atRemote.executor(),
          executor().setDisputeWindow(BigInteger.valueOf(5), executor().stops().send()));
      govern(
          town.atRemote.executor(),
          executor().setFloor(BigInteger.ZERO, executor().stops().send()));
    }
    JsonObject end = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
    assertEquals("CANCELLED", end.getString("state"), end.encodePrettily());
    assertEquals(1, sent(end, "RESOLVE"), end.encodePrettily());
    assertEquals(0, sent(end, "EXECUTE"), end.encodePrettily());
    assertEquals(before, town.received(town.remote));
  }

  @Test
  void L3_shouldExpireWhenTheDeadlinePassesBeforeItCanBeExecuted() throws Exception {
    BigInteger before = town.received(town.remote);
    guard(town.vault, vault().stop(BigInteger.ZERO, BigInteger.ZERO));
    try {
      Intent payment = town.payment(Town.REMOTE, town.token, 600, Duration.ofSeconds(60));
      Hash id = town.submit(relayer.port(), payment);
      town.awaitState(relayer.port(), id, "QUEUED", SOON);
      // Its window is over, and it says what stands in the way.
      town.awaitParked(relayer.port(), id, "CONTRACT", SOON);
      JsonObject end = town.await(relayer.port(), id, SOON, v -> v.getBoolean("final"));
      assertEquals("EXPIRED", end.getString("state"), end.encodePrettily());
      assertEquals(1, sent(end, "EXPIRE"), end.encodePrettily());
      assertTrue(
          time(end) > payment.deadline().longValueExact(), "not before " + payment.deadline());
      JsonObject home =
          town.await(
                  relayer.port(),
                  id,
                  SOON,
                  v -> "SETTLED".equals(v.getJsonObject("home").getString("state")))
              .getJsonObject("home");
      JsonObject settled = home.getJsonArray("events").getJsonObject(2);
      assertEquals("EXPIRED", settled.getString("outcome"), home.encodePrettily());
      assertEquals("600", settled.getString("refunded"), "the budget is as it was");
    } finally {
      govern(town.vault, vault().restart(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ONE));
    }
    assertEquals(before, town.received(town.remote));
  }

  private static long sent(JsonObject view, String purpose) {
    return view.getJsonArray("transactions").stream()
        .map(JsonObject.class::cast)
        .filter(t -> purpose.equals(t.getString("purpose")))
        .count();
  }

  private static long time(JsonObject view) {
    var events = view.getJsonObject("destination").getJsonArray("events");
    return Long.parseLong(
        events.getJsonObject(events.size() - 1).getJsonObject("block").getString("timestamp"));
  }

  /** At the destination, as a guardian. */
  private static void guard(Address to, RemoteFunctionCall<?> call) {
    town.remote.sender(Town.credentials(2)).send(Call.of("guard", to.hex(), call));
  }

  /** At the destination, as governance. */
  private static void govern(Address to, RemoteFunctionCall<?> call) {
    town.remote.sender(Town.credentials(1)).send(Call.of("govern", to.hex(), call));
  }

  private static DestinationExecutor executor() {
    Sender reader = town.remote.sender(Town.credentials(2));
    return DestinationExecutor.load(
        town.atRemote.executor().hex(), reader.web3j(), reader.reader(), Sender.NO_GAS);
  }

  private static AgentVault vault() {
    Sender reader = town.remote.sender(Town.credentials(2));
    return AgentVault.load(town.vault.hex(), reader.web3j(), reader.reader(), Sender.NO_GAS);
  }
}
