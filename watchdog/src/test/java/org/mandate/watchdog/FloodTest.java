package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;

/** More forgeries than disputes. */
class FloodTest {
  private static final BigInteger AMOUNT = BigInteger.TEN;

  @TempDir Path directory;

  @Test
  void L7_moreForgeriesThanDisputesAreDisputedOrEndWithTheirGateway() throws Exception {
    try (World world = World.start(directory);
        Watchdog watchdog = world.watchdog(0)) {
      List<Intent> forged = forge(world, Disputes.PER_HOUR + 4);
      World.await(
          "the chain is stopped",
          World.PATIENCE,
          () -> status(watchdog, "flood:" + World.REMOTE, Finding.Status.STOPPED));
      assertEquals(BigInteger.TWO, status(world));
      long paused = world.destination().pausedUntil(BigInteger.ZERO).send().longValueExact();
      assertTrue(paused > world.remote.client.head().timestamp().getEpochSecond());
      assertEquals(2, find(watchdog, "flood:" + World.REMOTE).deeds().size());
      World.await(
          "each is disputed, or its gateway is closed",
          World.PATIENCE,
          () ->
              forged.stream()
                  .allMatch(
                      intent ->
                          world.state(intent) == IntentState.DISPUTED || world.isEnded(intent)));
      World.await(
          "each is told as stopped",
          World.PATIENCE,
          () -> forged.stream().allMatch(intent -> stopped(world, watchdog, intent)));

      // When disputes are free again, and the pause is over, none is needed.
      long disputed = count(world, forged, IntentState.DISPUTED);
      assertTrue(disputed <= Disputes.PER_HOUR, disputed + " disputes");
      world.passRemote(AcrossChains.DEFAULT.pause().plusMinutes(1));
      Thread.sleep(5000);
      assertEquals(disputed, count(world, forged, IntentState.DISPUTED));
      for (Intent intent : forged) {
        assertThrows(RuntimeException.class, () -> world.execute(intent));
      }
      assertEquals(BigInteger.ZERO, world.received());
      assertEquals(
          0, watchdog.findings().stream().filter(found -> found.check() == Check.SELF).count());
    }
  }

  @Test
  void L7_afterThePauseWasUsedUpAFloodOfAllRelayersIsClosedOutAndNotOneIsPaid() throws Exception {
    try (World world = World.start(directory, World.PAUSING_BRIEFLY)) {
      world.pauseBySecond();
      Thread.sleep(3000);
      assertFalse(world.destination().armed(BigInteger.ZERO).send());
      world.setWindow(Duration.ofMinutes(2));
      Intent genuine = world.payment(World.REMOTE, AMOUNT, Duration.ofHours(5));
      Message sent = world.sent(world.submit(genuine));
      world.deliver(sent);
      try (Watchdog watchdog = world.watchdog(0)) {
        Intent first = world.payment(World.REMOTE, AMOUNT, Duration.ofHours(5));
        world.deliver(world.forged(first));
        World.await(
            "the first is disputed",
            World.PATIENCE,
            () -> world.state(first) == IntentState.DISPUTED);
        Thread.sleep(2000);
        assertEquals(BigInteger.ONE, status(world), "one lie closes nothing");

        List<Intent> forged = new ArrayList<>(List.of(first));
        forged.addAll(forge(world, Disputes.PER_HOUR, 0, 1, 2));
        forged.addAll(forge(world, Disputes.PER_HOUR, 0, 1, 2));
        World.await(
            "the gateway is closed for good",
            World.PATIENCE,
            () -> status(watchdog, "flood:" + World.REMOTE, Finding.Status.STOPPED));
        assertEquals(BigInteger.TWO, status(world));

        // Past every window, and with the gateway open again.
        world.passRemote(Duration.ofMinutes(10));
        world.home.rpc("evm_increaseTime", Duration.ofMinutes(10).toSeconds());
        world.openGateway();
        for (Intent intent : forged) {
          assertThrows(RuntimeException.class, () -> world.execute(intent));
        }
        assertThrows(RuntimeException.class, () -> world.execute(genuine));
        assertEquals(BigInteger.ZERO, world.received());
        World.await(
            "each is told as stopped",
            World.PATIENCE,
            () -> forged.stream().allMatch(intent -> stopped(world, watchdog, intent)));

        // What home did send comes again.
        world.setWindow(World.WINDOW);
        world.deliver(world.sent(world.resend(genuine)));
        world.awaitDue(genuine);
        world.execute(genuine);
        assertEquals(AMOUNT, world.received());
      }
    }
  }

  private static BigInteger status(World world) throws Exception {
    return world.destination().gatewayStatus(world.remoteDeployment.gateway().hex()).send();
  }

  @Test
  void L7_whoIsNoGuardianDisputesWithBondsUpToItsBudget() throws Exception {
    BigInteger bond = World.ETHER.divide(BigInteger.valueOf(100));
    AcrossChains proven =
        new AcrossChains(
            AcrossChains.DEFAULT.pause(),
            AcrossChains.DEFAULT.unbonding(),
            BigInteger.ZERO,
            List.of(),
            Optional.empty(),
            Optional.of(new HashOracle(List.of(World.oracle()), Duration.ZERO)));
    try (World world = World.start(directory, proven)) {
      world.governRemote(world.destination().setDisputeBond(bond));
      world.setWindow(Duration.ofHours(2));
      try (Watchdog watchdog = world.stranger(bond.multiply(BigInteger.TWO))) {
        List<Intent> forged = forge(world, 3);
        World.await(
            "two are disputed",
            World.PATIENCE,
            () -> count(world, forged, IntentState.DISPUTED) == 2);
        Thread.sleep(3000);
        assertEquals(2, count(world, forged, IntentState.DISPUTED), "that is all it may risk");

        // What comes back may be risked again.
        world.passRemote(Duration.ofMinutes(61));
        Intent first =
            forged.stream()
                .filter(intent -> world.state(intent) == IntentState.DISPUTED)
                .findFirst()
                .orElseThrow();
        World.await(
            "the resolution window is over",
            World.PATIENCE,
            () ->
                !world.remote.client.head().timestamp().isBefore(world.due(first).plusSeconds(1)));
        world.sendRemote(world.destination().resolve(IntentAbi.toDestination(first)));
        World.await(
            "the third is disputed",
            World.PATIENCE,
            () -> count(world, forged, IntentState.QUEUED) == 0);
        World.await(
            "the bond is fetched", World.PATIENCE, () -> credited(world, watchdog).signum() == 0);
      }
    }
  }

  private static BigInteger credited(World world, Watchdog watchdog) {
    try {
      return world.destination().bondsOf(watchdog.address().hex()).send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Intent> forge(World world, int count) {
    return forge(world, count, 0, 2);
  }

  private static List<Intent> forge(World world, int count, int... relayers) {
    List<Intent> forged =
        Stream.generate(() -> world.payment(World.REMOTE, AMOUNT, Duration.ofHours(5)))
            .limit(count)
            .toList();
    world.deliverMany(forged.stream().map(world::forged).toList(), relayers);
    return forged;
  }

  private static long count(World world, List<Intent> intents, IntentState state) {
    return intents.stream().filter(intent -> world.state(intent) == state).count();
  }

  private static boolean stopped(World world, Watchdog watchdog, Intent intent) {
    return status(
        watchdog,
        "delivery:" + World.REMOTE + ":" + intent.id(world.domain),
        Finding.Status.STOPPED);
  }

  private static boolean status(Watchdog watchdog, String id, Finding.Status status) {
    return watchdog.findings().stream()
        .anyMatch(found -> found.id().equals(id) && found.status() == status);
  }

  private static Finding find(Watchdog watchdog, String id) {
    return watchdog.findings().stream()
        .filter(found -> found.id().equals(id))
        .findFirst()
        .orElseThrow();
  }
}
