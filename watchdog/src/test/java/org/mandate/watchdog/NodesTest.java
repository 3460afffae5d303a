package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.event.IntentEvent;
import org.mandate.gateway.Message;
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
    try (World world = World.start(directory, World.PAUSING_BRIEFLY);
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
  void L7_aNodeThatInventsADispatchSavesNoGateway() throws Exception {
    Map<Hash, Hash> invented = new ConcurrentHashMap<>();
    AtomicInteger told = new AtomicInteger();
    try (World world = World.start(directory, World.PAUSING_BRIEFLY);
        Between liar =
            new Between(
                world.home.url,
                (method, parameters, honest) -> {
                  JsonNode said = invent(world, invented, method, parameters, honest);
                  told.addAndGet(said == honest ? 0 : 1);
                  return said;
                })) {
      world.pauseBySecond(); // once, so that closing is all that is left
      Thread.sleep(3000);
      world.setWindow(Duration.ofMinutes(2));
      world.submit(world.payment(World.REMOTE, AMOUNT)); // whose logs are taken for others
      try (Watchdog watchdog = watchdog(world, world.home.url, liar.url())) {
        for (int i = 0; i < 2; i++) {
          Intent intent = world.payment(World.REMOTE, AMOUNT);
          Message forged = world.forged(intent);
          invented.put(intent.id(world.domain), forged.id(world.remoteDeployment.gateway()));
          world.deliver(forged);
        }
        World.await("the gateway is closed", World.PATIENCE, () -> gateway(world).equals(CLOSED));
        assertTrue(told.get() > 0, "the liar was asked");
        World.await(
            "it is told",
            World.PATIENCE,
            () ->
                watchdog.findings().stream()
                    .anyMatch(
                        one ->
                            one.id().startsWith("home-node-alone:")
                                && one.id().endsWith(":" + liar.url().getPort())));
      }
    }
  }

  @Test
  void L7_whatIsProvenInABlockThatMostNodesDoNotKnowIsNotHeard() throws Exception {
    try (World world = World.start(directory);
        Between other =
            new Between(
                world.home.url,
                (method, parameters, honest) ->
                    method.equals("eth_getBlockByNumber") && honest instanceof ObjectNode block
                        ? block
                            .deepCopy()
                            .put("hash", Hash.keccak(block.path("hash").asText()).hex())
                        : hideDispatches(method, parameters, honest));
        Between unsearched =
            new Between(
                world.home.url,
                (method, parameters, honest) ->
                    method.equals("eth_getLogs") ? Between.revert("0x") : honest);
        Between hiding = new Between(world.home.url, NodesTest::hideDispatches)) {
      Intent intent = world.payment(World.REMOTE, AMOUNT);
      world.submit(intent);
      Queued delivery = delivery(world, intent);
      assertTrue(
          world
              .jury(hiding.url(), hiding.url(), hiding.url(), world.home.url)
              .showsDispatch(delivery),
          "one of four proves it");
      assertFalse(world.jury(other.url(), other.url(), world.home.url).showsDispatch(delivery));
      assertFalse(world.jury(hiding.url(), hiding.url()).showsDispatch(delivery));
      assertTrue(
          world.jury(hiding.url(), unsearched.url()).showsDispatch(delivery),
          "its state proves it: nothing is searched");
      Queued never = delivery(world, world.payment(World.REMOTE, AMOUNT));
      assertFalse(world.jury(world.home.url).showsDispatch(never));
    }
  }

  /** As if it had come in any message. */
  private static Queued delivery(World world, Intent intent) {
    Hash id = intent.id(world.domain);
    Block block = world.remote.client.head();
    Log log =
        new Log(block.hash(), block.number(), id, 0, world.domain.executor(), List.of(), "0x");
    return new Queued(
        new IntentEvent.Queued(log, id, World.AGENT, intent, Hash.keccak("message"), 9), block);
  }

  /** Home dispatched those, in these messages. */
  private static JsonNode invent(
      World world, Map<Hash, Hash> invented, String method, JsonNode parameters, JsonNode honest) {
    String progress = Hash.keccak("progress(bytes32)").hex().substring(0, 10);
    for (Map.Entry<Hash, Hash> one : invented.entrySet()) {
      String id = one.getKey().hex().substring(2);
      if (!parameters.toString().contains(id)) {
        continue;
      }
      if (method.equals("eth_call") && parameters.toString().contains(progress)) {
        return JsonNodeFactory.instance.textNode(
            "0x%064x".formatted(IntentState.DISPATCHED.ordinal()) + "0".repeat(3 * 64));
      }
      if (method.equals("eth_getLogs")) {
        ObjectNode log =
            world
                .home
                .rpc(
                    "eth_getLogs",
                    Map.of("fromBlock", "0x0", "topics", List.of(Topics.DISPATCHED.hex())))
                .path(0)
                .deepCopy();
        ((ArrayNode) log.path("topics")).set(1, JsonNodeFactory.instance.textNode("0x" + id));
        String data = log.path("data").asText();
        log.put(
            "data",
            data.substring(0, 66) + one.getValue().hex().substring(2) + data.substring(130));
        return JsonNodeFactory.instance.arrayNode().add(log);
      }
    }
    return honest;
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
