package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** Home's nodes, the first of which lies. */
class NodesTest {
  private static final BigInteger AMOUNT = BigInteger.TEN;
  private static final BigInteger OPEN = BigInteger.ONE;
  private static final BigInteger CLOSED = BigInteger.TWO;

  @TempDir Path directory;

  @Test
  void L7_aNodeThatHidesWhatHomeDispatchedClosesNoGatewayAndRisksNoBond() throws Exception {
    AcrossChains pausing =
        new AcrossChains(
            Duration.ofSeconds(1),
            AcrossChains.DEFAULT.unbonding(),
            BigInteger.ZERO,
            List.of(),
            Optional.empty(),
            Optional.empty());
    try (World world = World.start(directory, pausing);
        Between liar = new Between(world.home.url, NodesTest::hideDispatches)) {
      world.pauseBySecond(); // once, so that closing is all that is left
      Thread.sleep(3000);
      world.setWindow(Duration.ofMinutes(2));
      List<Intent> genuine =
          List.of(world.payment(World.REMOTE, AMOUNT), world.payment(World.REMOTE, AMOUNT));
      for (Intent intent : genuine) {
        world.deliver(world.sent(world.submit(intent)));
      }
      try (Watchdog watchdog = watchdog(world, liar.url(), world.home.url)) {
        World.await(
            "both are disputed, which is free and can be undone",
            World.PATIENCE,
            () -> genuine.stream().allMatch(intent -> world.state(intent) == IntentState.DISPUTED));
        World.await("it is told", World.PATIENCE, () -> isTold(watchdog, world.home.url));
        Thread.sleep(3000);
        assertEquals(OPEN, gateway(world));
        assertTrue(
            watchdog.findings().stream()
                .noneMatch(
                    found ->
                        found.id().startsWith("home-nodes:")
                            && found.id().endsWith(":" + liar.url().getPort())));

        // What no node of home's knows of still closes it.
        for (int i = 0; i < 2; i++) {
          world.deliver(world.forged(world.payment(World.REMOTE, AMOUNT)));
        }
        World.await("the gateway is closed", World.PATIENCE, () -> gateway(world).equals(CLOSED));
      }
    }
  }

  @Test
  void L7_aNodeThatShowsAnotherBlockHasNoTrueHashTakenBack() throws Exception {
    AcrossChains posting =
        new AcrossChains(
            AcrossChains.DEFAULT.pause(),
            AcrossChains.DEFAULT.unbonding(),
            BigInteger.ZERO,
            List.of(),
            Optional.empty(),
            Optional.of(new HashOracle(List.of(World.oracle()), Duration.ofMinutes(30))));
    try (World world = World.start(directory, posting)) {
      Block shown = world.home.client.finalized();
      Hash lie = Hash.keccak("no block of home's");
      try (Between liar =
              new Between(
                  world.home.url,
                  (method, parameters, honest) ->
                      showAnother(method, honest, shown.number(), lie));
          Watchdog watchdog = watchdog(world, liar.url(), world.home.url)) {
        world.postHash(shown.number(), shown.hash());
        World.await("it is told", World.PATIENCE, () -> isTold(watchdog, world.home.url));
        Thread.sleep(3000);
        Instant counts = countsFrom(world, shown.number());
        assertTrue(
            counts.isBefore(world.remote.client.head().timestamp().plus(Duration.ofMinutes(31))),
            "not suspended: " + counts);
        long false_ = shown.number() - 1;
        world.postHash(false_, lie);
        World.await(
            "what is no node's is suspended",
            World.PATIENCE,
            () ->
                countsFrom(world, false_)
                    .isAfter(world.remote.client.head().timestamp().plus(Duration.ofDays(6))));
      }
    }
  }

  private static Watchdog watchdog(World world, URI... home) throws Exception {
    return Watchdog.start(world.config(0, List.of(home), List.of(world.remote.url), List.of()));
  }

  private static boolean isTold(Watchdog watchdog, URI node) {
    String id = "home-nodes:%d:%s:%d".formatted(World.HOME, node.getHost(), node.getPort());
    return watchdog.findings().stream().anyMatch(found -> found.id().equals(id));
  }

  private static BigInteger gateway(World world) {
    try {
      return world.destination().gatewayStatus(world.remoteDeployment.gateway().hex()).send();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Instant countsFrom(World world, long number) {
    try {
      return Instant.ofEpochSecond(
          world
              .postedHashes()
              .known(BigInteger.valueOf(number))
              .send()
              .component2()
              .longValueExact());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Home sent nothing, ever. */
  private static JsonNode hideDispatches(String method, JsonNode parameters, JsonNode honest) {
    String progress = Hash.keccak("progress(bytes32)").hex().substring(0, 10);
    if (method.equals("eth_call")
        && (parameters.path(0).path("input").asText() + parameters.path(0).path("data").asText())
            .startsWith(progress)) {
      return JsonNodeFactory.instance.textNode("0x" + "0".repeat(4 * 64));
    }
    if (method.equals("eth_getLogs")) {
      var shown = JsonNodeFactory.instance.arrayNode();
      for (JsonNode log : honest) {
        Hash topic = Hash.of(log.path("topics").path(0).asText());
        if (!topic.equals(Topics.DISPATCHED) && !topic.equals(Topics.RESENT)) {
          shown.add(log);
        }
      }
      return shown;
    }
    return honest;
  }

  private static JsonNode showAnother(String method, JsonNode honest, long number, Hash lie) {
    if (method.equals("eth_getBlockByNumber")
        && honest instanceof ObjectNode block
        && block.path("number").asText().equals("0x" + Long.toHexString(number))) {
      return block.deepCopy().put("hash", lie.hex());
    }
    return honest;
  }
}
