package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;
import org.web3j.protocol.core.methods.response.TransactionReceipt;

/** Home changes its mind after the delivery. */
class ReorgTest {
  @TempDir Path directory;

  @Test
  void L7_deliveredIntentIsDisputedWhenItsDispatchIsNotFinalUntilTheWindowIsNearlyOver()
      throws Exception {
    try (World world = World.start(directory)) {
      Thread.sleep(4000);
      try (Watchdog watchdog = world.watchdog(0)) {
        Thread.sleep(3000);
        Intent intent = world.payment(World.REMOTE, BigInteger.TEN);
        // Home finalizes nothing more, and the relayers are hasty.
        world.home.stopMining();
        world.lengthenWindow(World.WINDOW.multipliedBy(2));
        world.deliver(world.sent(World.mined(world.home, () -> world.submit(intent))));
        Instant due = world.due(intent);
        World.await(
            "intent is DISPUTED",
            World.PATIENCE,
            () -> world.state(intent) == IntentState.DISPUTED);
        assertTrue(world.disputedAt(intent).isBefore(due), "the window was over");
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
      world.awaitDue(forged);
      world.execute(forged);
      Instant executed = world.remote.client.head().timestamp();
      World.await(
          "home can deny it",
          World.PATIENCE,
          () -> !world.home.client.head().timestamp().isBefore(executed));
      // The block that freezes stays the newest, and is not final.
      world.home.stopMining();
      try (Watchdog watchdog = world.watchdog(0)) {
        World.mineNext(world.home);
        long frozenIn = world.home.client.head().number();
        assertTrue(world.frozen());
        World.await(
            "it was noticed",
            World.PATIENCE,
            () -> watchdog.findings().stream().anyMatch(f -> !f.deeds().isEmpty()));
        assertEquals(
            List.of(Finding.Status.OPEN),
            watchdog.findings().stream().map(Finding::status).toList(),
            "not final yet");
        reorg(world.home, frozenIn);
        assertFalse(world.frozen());
        world.home.mineEverySecond();
        World.await("the agent is frozen again", World.PATIENCE, world::frozen);
        World.await(
            "the finding is stopped",
            World.PATIENCE,
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
        // The block that has the dispute stays the newest, and is not final.
        world.remote.stopMining();
        World.mined(world.remote, () -> world.deliver(world.forged(forged)));
        World.mineNext(world.remote);
        assertEquals(IntentState.DISPUTED, world.state(forged));
        World.await(
            "it was noticed",
            World.PATIENCE,
            () -> watchdog.findings().stream().anyMatch(f -> !f.deeds().isEmpty()));
        assertEquals(
            List.of(Finding.Status.OPEN),
            watchdog.findings().stream().map(Finding::status).toList(),
            "not final yet");
        reorg(world.remote, world.disputedIn(forged));
        assertEquals(IntentState.QUEUED, world.state(forged));
        world.remote.mineEverySecond();
        World.await(
            "intent is DISPUTED again",
            World.PATIENCE,
            () -> world.state(forged) == IntentState.DISPUTED);
        World.await(
            "the finding is stopped",
            World.PATIENCE,
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
        Duration first = World.WINDOW.multipliedBy(3);
        world.lengthenWindow(first);
        world.home.stopMining();
        Message message = world.sent(World.mined(world.home, () -> world.submit(intent)));
        world.deliver(message);
        world.lengthenWindow(World.WINDOW.multipliedBy(12));
        Thread.sleep(first.dividedBy(2).plusSeconds(2));
        assertEquals(
            IntentState.QUEUED, world.state(intent), "it may be disputed until 60 s are left");
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
        world.home.stopMining();
        TransactionReceipt dispatch = World.mined(world.home, () -> world.submit(intent));
        // The relayers were hasty: they attest before the dispatch is final.
        world.deliver(world.sent(dispatch));
        Thread.sleep(500);
        assertEquals(IntentState.QUEUED, world.state(intent));
        reorg(world.home, dispatch.getBlockNumber().longValueExact());
        world.home.mineEverySecond();
        World.await(
            "intent is DISPUTED",
            World.PATIENCE,
            () -> world.state(intent) == IntentState.DISPUTED);
        World.await(
            "the finding is stopped",
            World.PATIENCE,
            () -> watchdog.findings().stream().anyMatch(f -> f.status() == Finding.Status.STOPPED));
        assertTrue(watchdog.findings().stream().anyMatch(f -> f.check() == Check.FORGERY));
      }
    }
  }

  /** Of that block and all above it. */
  private static void reorg(Anvil chain, long lowest) {
    chain.rpc("anvil_reorg", chain.client.head().number() - lowest + 1, List.of());
  }
}
