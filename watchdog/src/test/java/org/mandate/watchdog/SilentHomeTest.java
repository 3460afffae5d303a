package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** An operator who would rather be called than have honest intents disputed. */
class SilentHomeTest {
  @TempDir Path directory;

  @Test
  void shouldOnlyAlertWhenToldToAndHomeIsSilent() throws Exception {
    try (World world = World.start(directory)) {
      // Nobody listens on the discard port.
      WatchdogConfig usual = world.config(0, URI.create("http://127.0.0.1:9"), Optional.empty());
      WatchdogConfig alerting =
          new WatchdogConfig(
              usual.chains(),
              usual.key(),
              usual.http(),
              usual.webhook(),
              usual.blobGateway(),
              usual.homeLag(),
              usual.safetyMargin(),
              WatchdogConfig.WhenHomeIsSilent.ALERT,
              usual.maxFeePerGas(),
              usual.maxTipPerGas(),
              usual.minimumBalance(),
              usual.disputeBonds(),
              usual.relayers());
      // It alerts when half of the window is over: the other half must be enough for a busy
      // machine.
      world.lengthenWindow(World.WINDOW.multipliedBy(3));
      try (Watchdog watchdog = Watchdog.start(alerting)) {
        Intent intent = world.payment(World.REMOTE, BigInteger.TEN);
        world.deliver(world.forged(intent));
        Instant due = world.due(intent);
        World.await("an alert", World.PATIENCE, () -> !watchdog.findings().isEmpty());
        assertTrue(Instant.now().isBefore(due), "the window was over at " + due);
        world.awaitDue(intent);
        assertEquals(IntentState.QUEUED, world.state(intent));
        List<Finding> findings = watchdog.findings();
        assertEquals(1, findings.size(), findings.toString());
        assertEquals(Check.HOME_UNREACHABLE, findings.getFirst().check());
        assertEquals(Finding.Status.OPEN, findings.getFirst().status());
        assertTrue(findings.getFirst().next().startsWith("NOT disputed"));
      }
    }
  }
}
