package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;

/** Home changes its mind after the delivery. */
class ReorgTest {
  private static final int DEPTH = 4;

  @TempDir Path directory;

  @Test
  void L7_deliveredIntentIsDisputedWhenItsDispatchIsNotFinalUntilTheWindowIsNearlyOver()
      throws Exception {
    try (World world = World.start(directory)) {
      Thread.sleep(4000);
      try (Watchdog watchdog = world.watchdog(0)) {
        Thread.sleep(3000);
        Intent intent = world.payment(World.REMOTE, BigInteger.TEN);
        Message message = world.sent(world.submit(intent));
        world.home.rpc("evm_setIntervalMining", 0);
        // The relayers were hasty, and home finalizes nothing more.
        world.deliver(message);
        World.await(
            "intent is DISPUTED", World.WINDOW, () -> world.state(intent) == IntentState.DISPUTED);
        assertTrue(watchdog.findings().stream().anyMatch(f -> f.check() == Check.HOME_NOT_FINAL));
      }
    }
  }

  @Test
  void L10_freezeIsRepeatedWhenAReorgUndoesIt() throws Exception {
    try (World world = World.start(directory)) {
      // Nobody watches while it happens, on the other chain.
      Intent forged = world.payment(World.REMOTE, BigInteger.TEN);
      world.deliver(world.forged(forged));
      Thread.sleep(World.WINDOW.plusSeconds(2));
      world.execute(forged);
      try (Watchdog watchdog = world.watchdog(0)) {
        World.await("the agent is frozen", Duration.ofSeconds(15), world::frozen);
        world.home.rpc("evm_setIntervalMining", 0);
        World.await(
            "it was noticed",
            Duration.ofSeconds(5),
            () -> !watchdog.findings().getFirst().deeds().isEmpty());
        assertEquals(
            List.of(Finding.Status.OPEN),
            watchdog.findings().stream().map(Finding::status).toList(),
            "not final yet");
        world.home.rpc("anvil_reorg", DEPTH, List.of());
        assertFalse(world.frozen());
        world.home.mineEverySecond();
        World.await("the agent is frozen again", Duration.ofSeconds(15), world::frozen);
        World.await(
            "the finding is stopped",
            Duration.ofSeconds(15),
            () -> watchdog.findings().getFirst().status() == Finding.Status.STOPPED);
        assertTrue(world.frozen());
      }
    }
  }

  @Test
  void L10_disputeIsRepeatedWhenAReorgUndoesIt() throws Exception {
    try (World world = World.start(directory)) {
      Thread.sleep(4000);
      try (Watchdog watchdog = world.watchdog(0)) {
        Thread.sleep(3000);
        Intent forged = world.payment(World.REMOTE, BigInteger.TEN);
        world.deliver(world.forged(forged));
        World.await(
            "intent is DISPUTED",
            Duration.ofSeconds(10),
            () -> world.state(forged) == IntentState.DISPUTED);
        world.remote.rpc("evm_setIntervalMining", 0);
        World.await(
            "it was noticed",
            Duration.ofSeconds(5),
            () -> watchdog.findings().stream().anyMatch(f -> !f.deeds().isEmpty()));
        assertEquals(
            List.of(Finding.Status.OPEN),
            watchdog.findings().stream().map(Finding::status).toList(),
            "not final yet");
        long depth = world.remote.client.head().number() - world.disputedIn(forged) + 1;
        world.remote.rpc("anvil_reorg", depth, List.of());
        assertEquals(IntentState.QUEUED, world.state(forged));
        world.remote.mineEverySecond();
        World.await(
            "intent is DISPUTED again",
            Duration.ofSeconds(10),
            () -> world.state(forged) == IntentState.DISPUTED);
        World.await(
            "the finding is stopped",
            Duration.ofSeconds(10),
            () -> watchdog.findings().getFirst().status() == Finding.Status.STOPPED);
        assertEquals(IntentState.DISPUTED, world.state(forged));
      }
    }
  }

  @Test
  void shouldGiveHomeTheTimeThatALengthenedWindowLeaves() throws Exception {
    try (World world = World.start(directory)) {
      Thread.sleep(4000);
      try (Watchdog watchdog = world.watchdog(0)) {
        Thread.sleep(3000);
        Intent intent = world.payment(World.REMOTE, BigInteger.TEN);
        Message message = world.sent(world.submit(intent));
        world.home.rpc("evm_setIntervalMining", 0);
        world.deliver(message);
        world.lengthenWindow(World.WINDOW.multipliedBy(6));
        Thread.sleep(World.WINDOW.plusSeconds(2).toMillis());
        assertEquals(
            IntentState.QUEUED, world.state(intent), "it may be disputed until 30 s are left");
        world.home.mineEverySecond();
        Thread.sleep(8000);
        assertEquals(IntentState.QUEUED, world.state(intent), "home's dispatch is final by now");
        assertEquals(List.of(), watchdog.findings());
      }
    }
  }

  @Test
  void L7_deliveredIntentIsDisputedWhenAReorgRemovesItsDispatchFromHome() throws Exception {
    try (World world = World.start(directory)) {
      Thread.sleep(4000);
      try (Watchdog watchdog = world.watchdog(0)) {
        // The safety margin, another reason to dispute, is far away on a slow machine, too.
        world.lengthenWindow(World.WINDOW.multipliedBy(6));
        Thread.sleep(3000);
        Intent intent = world.payment(World.REMOTE, BigInteger.TEN);
        Message message = world.sent(world.submit(intent));
        // The relayers were hasty: they attest before the dispatch is final.
        world.deliver(message);
        Thread.sleep(500);
        assertEquals(IntentState.QUEUED, world.state(intent));
        world.home.rpc("anvil_reorg", DEPTH, List.of());
        World.await(
            "intent is DISPUTED",
            Duration.ofSeconds(15),
            () -> world.state(intent) == IntentState.DISPUTED);
        World.await(
            "the finding is stopped",
            Duration.ofSeconds(10),
            () -> watchdog.findings().stream().anyMatch(f -> f.status() == Finding.Status.STOPPED));
        assertTrue(watchdog.findings().stream().anyMatch(f -> f.check() == Check.FORGERY));
      }
    }
  }
}
