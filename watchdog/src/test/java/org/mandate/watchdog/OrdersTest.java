package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.deploy.DeploymentParameters.Remote;
import org.mandate.gateway.Message;

/** Orders of home's governance, and what claims to be one. */
class OrdersTest {
  private static final int WAITING = 1;
  private static final int VETOED = 2;
  private static final int REFUTED = 3;
  private static final AcrossChains PROVEN =
      new AcrossChains(
          AcrossChains.DEFAULT.pause(),
          AcrossChains.DEFAULT.unbonding(),
          BigInteger.ZERO,
          List.of(),
          Optional.of(new Remote(Duration.ofDays(3), Optional.empty())),
          Optional.of(new HashOracle(List.of(World.oracle()), Duration.ZERO)));
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

  @Test
  void L7_aFloodOfForgedOrdersClosesTheirGatewayAndProofsHelpHomesOwn() throws Exception {
    try (World world = World.start(directory, PROVEN);
        Watchdog watchdog = world.watchdog(0)) {
      List<RemoteGovernance.Call> calls = calls(world);
      Hash vetoed = Hash.keccak("vetoed");
      Hash waiting = Hash.keccak("waiting");
      Message like = world.order(calls, vetoed);
      world.deliver(like);
      world.deliver(world.order(calls, waiting));
      world.vetoBySecond(calls, vetoed);
      assertEquals(VETOED, world.orderState(calls, vetoed));

      List<Hash> salts =
          IntStream.range(0, OrderExaminer.FLOOD + 4)
              .mapToObj(number -> Hash.keccak("forged " + number))
              .toList();
      world.deliverMany(
          salts.stream().map(salt -> world.forgedOrder(like, salt)).toList(), 0, 1, 2);
      World.await(
          "orders are taken from it no more",
          World.PATIENCE,
          () -> world.gatewayOfOrders().equals(BigInteger.TWO));
      assertEquals(
          BigInteger.ONE,
          world.destination().gatewayStatus(world.remoteDeployment.gateway().hex()).send(),
          "intents are");
      World.await(
          "all are told as stopped",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                      .filter(
                          found ->
                              found.check() == Check.ORDER
                                  && found.status() == Finding.Status.STOPPED)
                      .count()
                  == salts.size() + 1);
      assertFalse(world.orderOf(calls, vetoed).proven);

      world.postHash();
      World.await(
          "what home ordered is proved",
          World.PATIENCE,
          () -> world.orderOf(calls, vetoed).proven && world.orderOf(calls, waiting).proven);
      assertEquals(WAITING, world.orderState(calls, vetoed));
      for (Anvil chain : List.of(world.home, world.remote)) {
        chain.rpc("evm_increaseTime", Duration.ofDays(4).toSeconds());
      }
      Thread.sleep(2000);
      world.carryOut(calls, vetoed);
      world.carryOut(calls, waiting);
      for (Hash salt : salts) {
        assertThrows(RuntimeException.class, () -> world.carryOut(calls, salt));
      }
    }
  }

  @Test
  void L7_homesNodesAreAskedOnceBeforeAFloodsGatewayIsClosed() throws Exception {
    AtomicLong asked = new AtomicLong();
    try (World world = World.start(directory, GOVERNED);
        Between second =
            new Between(
                world.home.url,
                (method, parameters, honest) -> {
                  if (method.equals("eth_getLogs")
                      && parameters.toString().contains(Topics.ORDER_SENT.hex())) {
                    asked.incrementAndGet();
                  }
                  return honest;
                });
        Watchdog watchdog =
            Watchdog.start(
                world.config(
                    0,
                    List.of(world.home.url, second.url()),
                    List.of(world.remote.url),
                    List.of()))) {
      Message like = world.order(calls(world), Hash.keccak("like"));
      world.deliverMany(
          IntStream.range(0, OrderExaminer.FLOOD)
              .mapToObj(number -> world.forgedOrder(like, Hash.keccak("forged " + number)))
              .toList(),
          0,
          1,
          2);
      World.await(
          "its closing is final",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                  .anyMatch(
                      one ->
                          one.id().startsWith("flood-of-orders:")
                              && one.status() == Finding.Status.STOPPED));
      assertEquals(1, asked.get(), "looks through home's blocks");
    }
  }

  @Test
  void L7_aNodesFalseNoDoesNotKeepAFloodsGatewayOpen() throws Exception {
    String close = Hash.keccak("closeGateway(address)").hex().substring(0, 10);
    String no =
        Hash.keccak("AccessManagedUnauthorized(address)").hex().substring(0, 10) + "0".repeat(64);
    AtomicLong since = new AtomicLong();
    try (World world = World.start(directory, GOVERNED);
        Between liar =
            new Between(
                world.remote.url,
                (method, parameters, honest) -> {
                  JsonNode call = parameters.path(0);
                  if (!method.equals("eth_estimateGas")
                      || !(call.path("input").asText() + call.path("data").asText())
                          .startsWith(close)) {
                    return honest;
                  }
                  since.compareAndSet(0, System.nanoTime());
                  return System.nanoTime() - since.get() < Refusals.TIME.plusSeconds(5).toNanos()
                      ? Between.revert(no)
                      : honest;
                });
        Watchdog watchdog =
            Watchdog.start(
                world.config(0, List.of(world.home.url), List.of(liar.url()), List.of()))) {
      List<RemoteGovernance.Call> calls = calls(world);
      Message like = world.order(calls, Hash.keccak("like"));
      // More than it can veto in the time in which it believes the no.
      List<Message> forged =
          IntStream.range(0, OrderExaminer.FLOOD)
              .mapToObj(number -> world.forgedOrder(like, Hash.keccak("forged " + number)))
              .toList();
      world.deliverMany(forged, 0, 1, 2);
      World.await("it tries to close it", World.PATIENCE, () -> since.get() > 0);
      World.await(
          "it believes that it is no guardian",
          World.PATIENCE,
          () -> System.nanoTime() - since.get() > Refusals.TIME.plusSeconds(8).toNanos());
      assertEquals(BigInteger.ONE, world.gatewayOfOrders());
      world.deliver(world.forgedOrder(like, Hash.keccak("one more")));
      World.await(
          "the next lie has it closed",
          World.PATIENCE,
          () -> world.gatewayOfOrders().equals(BigInteger.TWO));
      assertTrue(watchdog.findings().stream().anyMatch(one -> one.check() == Check.ORDER));
    }
  }

  @Test
  void L7_oneNodeThatProvesAnOrderIsHeardAndOneThatInventsOneIsNot() throws Exception {
    try (World world = World.start(directory, GOVERNED);
        Between blind =
            new Between(
                world.home.url,
                (method, parameters, honest) ->
                    method.equals("eth_getLogs") ? JsonNodeFactory.instance.arrayNode() : honest)) {
      List<RemoteGovernance.Call> calls = calls(world);
      Hash salt = Hash.keccak("salt");
      Address governance = world.homeDeployment.remoteGovernance().orElseThrow();
      Message order = world.order(calls, salt);
      Hash id = world.orderId(calls, salt);
      Hash message = order.id(world.remoteDeployment.gateway());
      assertTrue(
          world
              .jury(blind.url(), blind.url(), blind.url(), world.home.url)
              .showsOrder(governance, id, World.REMOTE, message));

      // Another message, of which a node says that home sent it.
      Hash another = Hash.keccak("another");
      try (Between inventor =
          new Between(
              world.home.url,
              (method, parameters, honest) ->
                  method.equals("eth_getLogs")
                          && parameters.toString().contains(Topics.ORDER_SENT.hex())
                          && parameters.toString().contains(another.hex().substring(2))
                      ? logs(world, Map.of(message, another))
                      : honest)) {
        assertFalse(
            world
                .jury(world.home.url, inventor.url(), world.home.url)
                .showsOrder(governance, id, World.REMOTE, another));
        assertTrue(
            world.jury(inventor.url()).showsOrder(governance, id, World.REMOTE, another),
            "alone it is most");
      }
    }
  }

  @Test
  void L7_oneNodesWordAcquitsNoForgedOrder() throws Exception {
    try (World world = World.start(directory, GOVERNED)) {
      List<RemoteGovernance.Call> calls = calls(world);
      Hash salt = Hash.keccak("forged");
      Hash ours = Hash.keccak("own");
      Hash own = world.orderId(calls, ours);
      Hash id = world.orderId(calls, salt);
      Message genuine = world.order(calls, ours);
      Message forged = world.forgedOrder(genuine, salt);
      Hash message = genuine.id(world.remoteDeployment.gateway());
      Hash lie = forged.id(world.remoteDeployment.gateway());
      AtomicBoolean lying = new AtomicBoolean(true);
      AtomicLong lies = new AtomicLong();
      try (Between inventor =
              new Between(
                  world.home.url,
                  (method, parameters, honest) -> {
                    if (!lying.get()
                        || !method.equals("eth_getLogs")
                        || !parameters.toString().contains(Topics.ORDER_SENT.hex())
                        || !parameters.toString().contains(lie.hex().substring(2))) {
                      return honest;
                    }
                    JsonNode shown = logs(world, Map.of(message, lie, own, id));
                    if (!isWithin(parameters.path(0), shown.path(0))) {
                      return honest;
                    }
                    lies.incrementAndGet();
                    return shown;
                  });
          Watchdog watchdog =
              Watchdog.start(
                  world.config(
                      0,
                      List.of(inventor.url(), world.home.url, world.home.url),
                      List.of(world.remote.url),
                      List.of()))) {
        world.deliver(genuine);
        world.deliver(forged);
        World.await("it is invented", World.PATIENCE, () -> lies.get() > 0);
        Thread.sleep(8000);
        assertEquals(WAITING, world.orderState(calls, salt), "there is time");
        assertEquals(List.of(), watchdog.findings());
        lying.set(false);
        World.await("it is vetoed", World.PATIENCE, () -> world.orderState(calls, salt) == VETOED);
        assertEquals(WAITING, world.orderState(calls, ours));
      }
    }
  }

  private static boolean isWithin(JsonNode range, JsonNode log) {
    long number = Long.decode(log.path("blockNumber").asText());
    return Long.decode(range.path("fromBlock").asText()) <= number
        && number <= Long.decode(range.path("toBlock").asText());
  }

  /** Home's logs of orders, in other words. */
  private static JsonNode logs(World world, Map<Hash, Hash> others) {
    String said =
        world
            .home
            .rpc(
                "eth_getLogs",
                Map.of("fromBlock", "0x0", "topics", List.of(Topics.ORDER_SENT.hex())))
            .toString();
    for (Map.Entry<Hash, Hash> one : others.entrySet()) {
      said = said.replace(one.getKey().hex().substring(2), one.getValue().hex().substring(2));
    }
    try {
      return new ObjectMapper().readTree(said);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void L7_aForgedOrderIsToldAndVetoedBeforeItIsDueWhileHomeIsSilent() throws Exception {
    try (World world = World.start(directory, GOVERNED)) {
      // Nobody listens on the discard port.
      WatchdogConfig usual = world.config(0, URI.create("http://127.0.0.1:9"), Optional.empty());
      WatchdogConfig early =
          new WatchdogConfig(
              usual.chains(),
              usual.key(),
              usual.http(),
              usual.webhook(),
              usual.blobGateway(),
              usual.homeLag(),
              Duration.ofDays(1),
              usual.whenHomeIsSilent(),
              usual.maxFeePerGas(),
              usual.maxTipPerGas(),
              usual.minimumBalance(),
              usual.disputeBonds(),
              usual.relayers());
      try (Watchdog watchdog = Watchdog.start(early)) {
        List<RemoteGovernance.Call> calls = calls(world);
        Hash forged = Hash.keccak("forged");
        world.deliver(world.forgedOrder(world.order(calls, Hash.keccak("like")), forged));
        Thread.sleep(5000);
        assertEquals(WAITING, world.orderState(calls, forged), "home may answer yet");
        world.remote.rpc("evm_increaseTime", Duration.ofHours(60).toSeconds());
        World.await(
            "it is vetoed", World.PATIENCE, () -> world.orderState(calls, forged) == VETOED);
        World.await(
            "it is told",
            World.PATIENCE,
            () ->
                watchdog.findings().stream()
                    .filter(found -> found.check() == Check.ORDER)
                    .flatMap(found -> found.deeds().stream())
                    .anyMatch(deed -> deed.what().equals("veto")));
      }
    }
  }

  @Test
  void L7_whoIsNoGuardianRefutesAForgedOrderByHomesStorage() throws Exception {
    try (World world = World.start(directory, PROVEN);
        Watchdog watchdog = world.stranger(BigInteger.ZERO)) {
      List<RemoteGovernance.Call> calls = calls(world);
      Hash genuine = Hash.keccak("genuine");
      Hash forged = Hash.keccak("forged");
      Message order = world.order(calls, genuine);
      // Under the number of a message that home sent: home's storage shows the other one.
      Message lie = world.forgedOrder(order, forged);
      world.deliver(
          new Message(
              lie.sourceChainId(), order.nonce(), lie.sender(), lie.recipient(), lie.payload()));
      Thread.sleep(5000);
      assertEquals(WAITING, world.orderState(calls, forged), "nothing shows anything yet");
      world.postHash();
      World.await(
          "it is refuted", World.PATIENCE, () -> world.orderState(calls, forged) == REFUTED);
      World.await(
          "it is told",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                  .filter(found -> found.check() == Check.ORDER)
                  .flatMap(found -> found.deeds().stream())
                  .anyMatch(deed -> deed.what().equals("refute")));
    }
  }

  @Test
  void L7_whatLiarsProvedIsStoppedByTwoGuardians() throws Exception {
    try (World world = World.start(directory, PROVEN)) {
      List<RemoteGovernance.Call> calls = calls(world);
      Hash forged = Hash.keccak("forged");
      Message order = world.order(calls, Hash.keccak("genuine"));
      Message like = world.forgedOrder(order, forged);
      Message lie =
          new Message(
              like.sourceChainId(), order.nonce(), like.sender(), like.recipient(), like.payload());
      try (Watchdog first = world.watchdog(0)) {
        world.deliver(lie);
        World.await(
            "it is vetoed", World.PATIENCE, () -> world.orderState(calls, forged) == VETOED);
        world.confirmFalsely(lie);
        World.await(
            "one guardian's veto is not enough",
            World.PATIENCE,
            () ->
                first.findings().stream()
                    .filter(found -> found.check() == Check.ORDER)
                    .flatMap(found -> found.deeds().stream())
                    .anyMatch(deed -> deed.outcome().contains("second guardian")));
        assertEquals(WAITING, world.orderState(calls, forged));
        try (Watchdog second = world.watchdog(1)) {
          World.await(
              "the second one's stops it",
              World.PATIENCE,
              () -> world.orderState(calls, forged) == VETOED);
          World.await(
              "it is told",
              World.PATIENCE,
              () ->
                  second.findings().stream()
                      .anyMatch(
                          found ->
                              found.check() == Check.ORDER
                                  && found.status() == Finding.Status.STOPPED));
        }
      }
    }
  }

  @Test
  void L7_aNodeThatSaysProvenDoesNotEndAVeto() throws Exception {
    String veto = Hash.keccak("veto(bytes32)").hex().substring(0, 10);
    String said =
        Hash.keccak("RemoteProven(bytes32)").hex().substring(0, 10)
            + Hash.keccak("any").hex().substring(2);
    AtomicBoolean proven = new AtomicBoolean();
    AtomicLong lies = new AtomicLong();
    try (World world = World.start(directory, PROVEN);
        Between liar =
            new Between(
                world.remote.url,
                (method, parameters, honest) -> {
                  JsonNode call = parameters.path(0);
                  return proven.get()
                          && method.equals("eth_estimateGas")
                          && (call.path("input").asText() + call.path("data").asText())
                              .startsWith(veto)
                          && lies.incrementAndGet() < 4
                      ? Between.revert(said)
                      : honest;
                })) {
      List<RemoteGovernance.Call> calls = calls(world);
      Hash forged = Hash.keccak("forged");
      Message order = world.order(calls, Hash.keccak("genuine"));
      Message like = world.forgedOrder(order, forged);
      Message lie =
          new Message(
              like.sourceChainId(), order.nonce(), like.sender(), like.recipient(), like.payload());
      try (Watchdog watchdog =
          Watchdog.start(
              world.config(0, List.of(world.home.url), List.of(liar.url()), List.of()))) {
        world.deliver(lie);
        World.await(
            "it is vetoed", World.PATIENCE, () -> world.orderState(calls, forged) == VETOED);
        proven.set(true);
        world.confirmFalsely(lie);
        World.await(
            "it is vetoed once more, though a node said that it was",
            World.PATIENCE,
            () -> world.doubtedBy(calls, forged).equals(watchdog.address()));
        assertTrue(lies.get() > 1);
      }
    }
  }

  /** A call that governs nothing and may be made. */
  private static List<RemoteGovernance.Call> calls(World world) {
    return List.of(
        new RemoteGovernance.Call(
            world.remoteDeployment.gateway().hex(),
            BigInteger.ZERO,
            Arrays.copyOf(Hash.keccak("nextNonce()").bytes(), 4)));
  }
}
