package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Hash;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.Remote;

/** Orders of home's governance, and what claims to be one. */
class OrdersTest {
  private static final int WAITING = 1;
  private static final int VETOED = 2;
  private static final AcrossChains GOVERNED =
      new AcrossChains(
          AcrossChains.DEFAULT.pause(),
          AcrossChains.DEFAULT.unbonding(),
          BigInteger.ZERO,
          List.of(),
          Optional.of(new Remote(Duration.ofDays(3), Optional.empty())),
          Optional.empty());

  @TempDir Path directory;

  @Test
  void L7_aForgedOrderIsVetoedAndHomesOwnIsNot() throws Exception {
    try (World world = World.start(directory, GOVERNED);
        Watchdog watchdog = world.watchdog(0)) {
      for (int relayer = 0; relayer < 3; relayer++) {
        world.bond(relayer, World.ETHER);
      }
      List<RemoteGovernance.Call> calls =
          List.of(
              new RemoteGovernance.Call(
                  world.remoteDeployment.gateway().hex(), BigInteger.ZERO, new byte[4]));
      Hash genuine = Hash.keccak("genuine");
      Hash copied = Hash.keccak("copied");
      var order = world.order(calls, genuine);
      var own = world.order(calls, copied);
      world.deliver(order);
      // Home's own words in a message that home never sent.
      world.deliver(world.forgedOrder(own));
      World.await(
          "the forgery is vetoed", World.PATIENCE, () -> world.orderState(calls, copied) == VETOED);
      World.await(
          "it is told, and who signed is slashed",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                  .anyMatch(
                      found ->
                          found.check() == Check.ORDER
                              && found.status() == Finding.Status.STOPPED
                              && found.deeds().size() == 3));
      world.deliver(own);
      Thread.sleep(8000);
      assertEquals(WAITING, world.orderState(calls, genuine));
      assertEquals(WAITING, world.orderState(calls, copied), "home's own message brought it");
      assertEquals(1, watchdog.findings().stream().filter(f -> f.check() == Check.ORDER).count());
      assertEquals(
          BigInteger.ONE,
          world.destination().gatewayStatus(world.remoteDeployment.gateway().hex()).send(),
          "closes nothing");
    }
  }
}
