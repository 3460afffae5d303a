package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** Chains to which home's block hashes are posted. */
class ProofsTest {
  private static final BigInteger AMOUNT = BigInteger.TEN;
  private static final AcrossChains PROVEN =
      new AcrossChains(
          AcrossChains.DEFAULT.pause(),
          AcrossChains.DEFAULT.unbonding(),
          BigInteger.ZERO,
          List.of(),
          Optional.empty(),
          Optional.of(new HashOracle(List.of(World.oracle()), Duration.ZERO)));

  @TempDir Path directory;

  @Test
  void L7_whatIsForgedIsRefutedAndWhatIsHonestConfirmedByHomesStorage() throws Exception {
    try (World world = World.start(directory, PROVEN);
        Watchdog watchdog = world.watchdog(0)) {
      // Under the number of a message that home sent: home's storage shows the other one.
      Intent genuine = world.payment(World.REMOTE, AMOUNT);
      Message sent = world.sent(world.submit(genuine));
      Intent forged = world.payment(World.REMOTE, AMOUNT);
      Message like = world.forged(forged);
      world.deliver(
          new Message(
              like.sourceChainId(), sent.nonce(), like.sender(), like.recipient(), like.payload()));
      World.await(
          "it is disputed", World.PATIENCE, () -> world.state(forged) == IntentState.DISPUTED);

      world.deliver(world.sent(world.resend(genuine)));
      Thread.sleep(3000);
      world.disputeBySecond(genuine);
      assertEquals(IntentState.DISPUTED, world.state(genuine));
      Thread.sleep(3000);
      assertEquals(IntentState.DISPUTED, world.state(genuine), "nothing shows anything yet");

      world.postHash();
      World.await("it is refuted", World.PATIENCE, () -> world.state(forged) == IntentState.NONE);
      World.await(
          "it is confirmed", World.PATIENCE, () -> world.state(genuine) == IntentState.QUEUED);
      world.execute(genuine);
      assertEquals(AMOUNT, world.received());
      World.await(
          "both is told",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                  .filter(found -> found.status() == Finding.Status.STOPPED)
                  .flatMap(found -> found.deeds().stream())
                  .map(Deed::what)
                  .toList()
                  .containsAll(List.of("dispute", "refute", "confirm")));
    }
  }

  @Test
  void L7_aNumberThatHomeHasNotComeToIsRefutedByAYoungerBlock() throws Exception {
    try (World world = World.start(directory, PROVEN);
        Watchdog watchdog = world.watchdog(0)) {
      Intent forged = world.payment(World.REMOTE, AMOUNT, Duration.ofHours(5));
      world.deliver(world.forged(forged));
      World.await(
          "it is disputed", World.PATIENCE, () -> world.state(forged) == IntentState.DISPUTED);
      world.postHash();
      Thread.sleep(5000);
      assertEquals(IntentState.DISPUTED, world.state(forged), "home may send it still");
      world.home.rpc("evm_increaseTime", Duration.ofMinutes(61).toSeconds());
      Thread.sleep(2000);
      world.postHash();
      World.await("it is refuted", World.PATIENCE, () -> world.state(forged) == IntentState.NONE);
      World.await(
          "it is told",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                  .flatMap(found -> found.deeds().stream())
                  .anyMatch(deed -> deed.what().equals("refute")));
    }
  }
}
