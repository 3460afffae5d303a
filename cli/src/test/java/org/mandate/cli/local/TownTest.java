package org.mandate.cli.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.cli.Home;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** What measurements stand on: if it does not do its work, they measure nothing. */
class TownTest {
  private static final Duration SOON = Duration.ofSeconds(120);
  private static Town town;
  private static List<Service> relayers;

  @BeforeAll
  static void build() throws Exception {
    town = Town.build(Home.directory(), Town.Plan.DEFAULT.withAgents(2));
    relayers = town.relayers(RelayerSettings.DEFAULT);
    for (var relayer : relayers) {
      relayer.start(Map.of());
    }
    for (var relayer : relayers) {
      relayer.awaitReady();
    }
  }

  @AfterAll
  static void close() {
    Path directory = town.directory();
    town.close();
    assertFalse(Files.exists(directory));
  }

  @Test
  void shouldCarryPaymentsAndComeBackAfterKills() throws Exception {
    pay(town.home(), BigInteger.valueOf(7));
    pay(town.home(), Town.DELAYED_ABOVE.add(BigInteger.ONE));
    pay(town.remote(), BigInteger.valueOf(11));

    town.database().kill();
    assertFalse(town.database().answers());
    town.database().restart();
    pay(town.home(), BigInteger.valueOf(13));

    var victim = relayers.getFirst();
    victim.kill();
    assertFalse(victim.isAlive());
    victim.start(Map.of());
    victim.awaitReady();
    victim.pause();
    victim.resume();
    pay(town.home(), BigInteger.valueOf(17));
  }

  private static void pay(Ledger ledger, BigInteger amount) throws Exception {
    var agent = town.agents().getLast();
    var payment =
        agent.payment(
            ledger.chain().chainId(), ledger.token(), town.payee(), amount, Duration.ofMinutes(10));
    var before = ledger.dollars(town.payee());
    await(() -> submit(payment));
    await(() -> ledger.state(agent.id(payment)) == IntentState.EXECUTED);
    assertEquals(before.add(amount), ledger.dollars(town.payee()));
  }

  private static boolean submit(Intent payment) throws Exception {
    var body = Agent.json(town.agents().getLast().sign(payment));
    var answer = relayers.getFirst().post("/v1/intents", body);
    assertTrue(answer.statusCode() == 202 || answer.statusCode() >= 500, answer.body());
    return answer.statusCode() == 202;
  }

  private static void await(Callable<Boolean> holds) throws Exception {
    var end = Instant.now().plus(SOON);
    while (!holds.call()) {
      assertTrue(Instant.now().isBefore(end), () -> logs());
      Thread.sleep(100);
    }
  }

  private static String logs() {
    town.keepDirectory();
    return "not within " + SOON + "; logs: " + town.directory();
  }
}
