package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** What relayers say at home became of intents elsewhere. */
class ResultsTest {
  private static final BigInteger AMOUNT = BigInteger.TEN;

  @TempDir Path directory;

  @Test
  void L2_aFalseResultIsDroppedAndATrueOneSettles() throws Exception {
    try (World world = World.start(directory);
        Watchdog watchdog = world.watchdog(0)) {
      Intent executed = world.payment(World.REMOTE, AMOUNT);
      Intent queued = world.payment(World.REMOTE, AMOUNT);
      world.deliver(world.sent(world.submit(executed)));
      world.awaitDue(executed);
      world.execute(executed);
      world.lengthenWindow(Duration.ofHours(1));
      world.deliver(world.sent(world.submit(queued)));

      world.deliverHome(world.forgedResult(queued, IntentState.EXPIRED, BigInteger.ZERO));
      assertEquals(IntentState.EXPIRED, world.told(queued));
      awaitDropped(world, queued);
      world.deliverHome(world.forgedResult(executed, IntentState.CANCELLED, BigInteger.ZERO));
      awaitDropped(world, executed);
      world.deliverHome(world.forgedResult(executed, IntentState.EXECUTED, BigInteger.ONE));
      awaitDropped(world, executed);
      World.await(
          "all of it is told as stopped",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                      .filter(found -> found.check() == Check.RESULT)
                      .filter(found -> found.status() == Finding.Status.STOPPED)
                      .filter(found -> found.deeds().size() == 1)
                      .count()
                  == 3);

      world.deliverHome(world.report(executed));
      world.awaitSettleable(executed);
      assertEquals(BigInteger.ZERO, world.settle(executed).refunded());
      assertEquals(3, watchdog.findings().stream().filter(f -> f.check() == Check.RESULT).count());
      assertEquals(
          List.of(), watchdog.findings().stream().filter(f -> f.check() == Check.FORGERY).toList());
    }
  }

  @Test
  void L11_aResultThatCannotBeLookedAtIsDroppedBeforeItSettles() throws Exception {
    try (World world = World.start(directory)) {
      Intent intent = world.payment(World.REMOTE, AMOUNT);
      world.submit(intent);
      try (Watchdog watchdog = world.watchdog(0)) {
        // The chain stands still: what is said of it is younger than what it finalized.
        world.remote.stopMining();
        Thread.sleep(3000);
        world.deliverHome(world.forgedResult(intent, IntentState.FAILED, BigInteger.ZERO));
        awaitDropped(world, intent);
        assertTrue(watchdog.findings().stream().anyMatch(found -> found.check() == Check.RESULT));
      }
    }
  }

  private static void awaitDropped(World world, Intent intent) throws InterruptedException {
    World.await(
        "the result is dropped", World.PATIENCE, () -> world.told(intent) == IntentState.NONE);
    assertEquals(
        IntentState.DISPATCHED,
        new ExecutorState(world.home.client, world.domain.executor())
            .progress(intent.id(world.domain))
            .state());
  }
}
