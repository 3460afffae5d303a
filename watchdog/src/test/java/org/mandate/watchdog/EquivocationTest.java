package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.sun.net.httpserver.HttpServer;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** Relayers who sign two contents of one message's number. */
class EquivocationTest {
  private static final BigInteger BOND = World.ETHER;

  @TempDir Path directory;

  @Test
  void L7_whoSignsTwoContentsOfANumberForTwoChainsLosesItsBond() throws Exception {
    try (World world = World.start(directory)) {
      bond(world);
      Address taker = world.taker();
      try (Watchdog watchdog = world.watchdog(0)) {
        // Of a chain that nobody watches: neither is known to be a lie.
        world.deliver(fromElsewhere(taker, World.REMOTE, 7));
        world.deliver(fromElsewhere(taker, World.REMOTE, 8));
        Thread.sleep(5000);
        assertEquals(BOND, world.bonded(0), "one content of each number is no evidence");
        world.deliverHome(fromElsewhere(taker, World.HOME, 7));
        awaitPaid(world, watchdog, 99, 7);
      }
    }
  }

  @Test
  void L7_whoLiesAboutAChainThatIsNotHomeIsFoundByWhatItSignedTruly() throws Exception {
    try (World world = World.start(directory);
        Relayers relayers = new Relayers()) {
      bond(world);
      // A result that the other chain reports, and under its number, before it comes, another one.
      Intent spent = world.payment(World.REMOTE, BigInteger.TEN);
      world.deliver(world.sent(world.submit(spent)));
      world.awaitDue(spent);
      world.execute(spent);
      Message truth = world.report(spent);
      Message like = world.forgedResult(spent, IntentState.EXPIRED, BigInteger.ZERO);
      Message lie =
          new Message(
              like.sourceChainId(), truth.nonce(), like.sender(), like.recipient(), like.payload());
      try (Watchdog watchdog =
          world.watchdog(List.of(relayers.url("broken"), relayers.url("honest")))) {
        world.deliverHome(lie);
        World.await(
            "home forgets the lie", World.PATIENCE, () -> world.told(spent) == IntentState.NONE);
        Thread.sleep(5000);
        assertEquals(BOND, world.bonded(0), "nothing shows yet who contradicts itself");

        // A broken one hands out what proves nothing.
        Hash id = truth.id(world.remoteDeployment.gateway());
        Attestation forged =
            Attestation.sign(AttestationDomain.of(world.remoteDeployment), id, World.STRANGER);
        relayers.say("broken", "/v1/attestations/" + id, attestations(id, forged));
        relayers.say("broken", "/v1/evidence", "{\"evidence\":[{\"message\":7},[],\"x\",null]}");
        relayers.say(
            "honest",
            "/v1/attestations/" + id,
            attestations(
                id, world.attestation(id, 0), world.attestation(id, 1), world.attestation(id, 2)));
        awaitPaid(world, watchdog, World.REMOTE, truth.nonce().longValueExact());
      }
    }
  }

  @Test
  void L7_oneEmptyAnswerDoesNotEndTheSearchForWhatIsTrue() throws Exception {
    AtomicInteger hidden = new AtomicInteger();
    try (World world = World.start(directory);
        Relayers relayers = new Relayers();
        Between forgetful =
            new Between(
                world.remote.url,
                (method, parameters, honest) ->
                    method.equals("eth_getLogs")
                            && parameters.toString().contains(Topics.SENT.hex())
                            && !honest.isEmpty()
                            && hidden.getAndIncrement() == 0
                        ? JsonNodeFactory.instance.arrayNode()
                        : honest)) {
      bond(world);
      Intent spent = world.payment(World.REMOTE, BigInteger.TEN);
      world.deliver(world.sent(world.submit(spent)));
      world.awaitDue(spent);
      world.execute(spent);
      Message truth = world.report(spent);
      Message like = world.forgedResult(spent, IntentState.EXPIRED, BigInteger.ZERO);
      Hash id = truth.id(world.remoteDeployment.gateway());
      relayers.say(
          "honest",
          "/v1/attestations/" + id,
          attestations(
              id, world.attestation(id, 0), world.attestation(id, 1), world.attestation(id, 2)));
      try (Watchdog watchdog =
          Watchdog.start(
              world.config(
                  0,
                  List.of(world.home.url),
                  List.of(forgetful.url()),
                  List.of(relayers.url("honest"))))) {
        world.deliverHome(
            new Message(
                like.sourceChainId(),
                truth.nonce(),
                like.sender(),
                like.recipient(),
                like.payload()));
        awaitPaid(world, watchdog, World.REMOTE, truth.nonce().longValueExact());
        assertTrue(hidden.get() > 1, "the first answer was empty");
      }
    }
  }

  @Test
  void L7_whatARelayerHandsOutUnderAStrangersNameIsNotKept() throws Exception {
    try (World world = World.start(directory);
        Relayers relayers = new Relayers()) {
      world.bondStranger(BOND);
      Address taker = world.taker();
      Address gateway = world.remoteDeployment.gateway();
      String pieces = "";
      for (int number : new int[] {7, 8}) {
        Message one = fromElsewhere(taker, World.REMOTE, 7);
        Message other = fromElsewhere(taker, World.HOME, 7);
        Message shown = number == 7 ? one : other;
        pieces +=
            (pieces.isEmpty() ? "" : ",")
                + piece(
                    shown,
                    gateway,
                    Attestation.sign(
                        AttestationDomain.of(world.remoteDeployment),
                        shown.id(gateway),
                        World.STRANGER));
      }
      relayers.say("honest", "/v1/evidence", "{\"evidence\":[" + pieces + "]}");
      try (Watchdog watchdog = world.watchdog(List.of(relayers.url("honest")))) {
        Thread.sleep(25_000);
        assertEquals(List.of(), watchdog.findings(), "its signature never counted");
      }
    }
  }

  @Test
  void L7_whatOneRelayerHoldsAgainstAnotherIsReported() throws Exception {
    try (World world = World.start(directory);
        Relayers relayers = new Relayers()) {
      bond(world);
      Address taker = world.taker();
      Message one = fromElsewhere(taker, World.REMOTE, 7);
      Message other = fromElsewhere(taker, World.HOME, 7);
      Address gateway = world.remoteDeployment.gateway();
      String pieces = "";
      for (int relayer : new int[] {0, 2}) {
        String first = piece(one, gateway, world.attestation(one.id(gateway), relayer));
        String second = piece(other, gateway, world.attestation(other.id(gateway), relayer));
        pieces +=
            (pieces.isEmpty() ? "" : ",")
                + first.substring(0, first.length() - 1)
                + ",\"other\":"
                + second
                + "}";
      }
      // Two contents under two names, and a signature under another message: no evidence.
      pieces += "," + piece(one, gateway, world.attestation(one.id(gateway), 1));
      pieces += "," + piece(other, gateway, world.attestation(Hash.keccak("else"), 1));
      relayers.say("honest", "/v1/evidence", "{\"evidence\":[" + pieces + "]}");
      try (Watchdog watchdog = world.watchdog(List.of(relayers.url("honest")))) {
        awaitPaid(world, watchdog, 99, 7);
      }
    }
  }

  private static void bond(World world) {
    for (int relayer = 0; relayer < 3; relayer++) {
      world.bond(relayer, BOND);
    }
  }

  private static void awaitPaid(World world, Watchdog watchdog, long chain, long number)
      throws Exception {
    World.await(
        "both signers are slashed",
        World.PATIENCE,
        () -> world.bonded(0).signum() == 0 && world.bonded(2).signum() == 0);
    assertEquals(BOND, world.bonded(1), "who signed one content loses nothing");
    for (int relayer : new int[] {0, 2}) {
      String id = "equivocation:%s:%d:%d".formatted(world.relayer(relayer), chain, number);
      World.await(
          "it is told, with the reward",
          World.PATIENCE,
          () ->
              find(watchdog, id)
                  .filter(found -> found.status() == Finding.Status.STOPPED)
                  .filter(
                      found ->
                          found.deeds().stream()
                              .anyMatch(
                                  deed ->
                                      deed.outcome()
                                          .contains(
                                              BOND.shiftRight(1)
                                                  + " wei to "
                                                  + watchdog.address())))
                  .isPresent());
    }
    assertTrue(
        watchdog.findings().stream()
            .noneMatch(
                found ->
                    found.check() == Check.EQUIVOCATION
                        && found.id().contains(world.relayer(1).hex())));
  }

  private static Optional<Finding> find(Watchdog watchdog, String id) {
    return watchdog.findings().stream().filter(found -> found.id().equals(id)).findFirst();
  }

  private static Message fromElsewhere(Address taker, long to, long number) {
    return new Message(
        BigInteger.valueOf(99),
        BigInteger.valueOf(number),
        new InteroperableAddress(BigInteger.valueOf(99), taker).encode(),
        new InteroperableAddress(BigInteger.valueOf(to), taker).encode(),
        Bytes.of(new byte[] {1, 2, 3}));
  }

  private static String attestations(Hash root, Attestation... all) {
    StringBuilder json = new StringBuilder("{\"root\":\"" + root + "\",\"attestations\":[");
    for (Attestation one : all) {
      json.append(one == all[0] ? "" : ",")
          .append("{\"signature\":\"")
          .append(Bytes.of(one.signature().bytes()))
          .append("\"}");
    }
    return json.append("]}").toString();
  }

  private static String piece(Message message, Address gateway, Attestation attestation) {
    return """
    {"messageId":"%s","message":{"sourceChainId":"%s","nonce":"%s","sender":"%s","recipient":"%s","payload":"%s"},
    "root":"%s","proof":[],"signature":"%s"}"""
        .formatted(
            message.id(gateway),
            message.sourceChainId(),
            message.nonce(),
            message.sender(),
            message.recipient(),
            message.payload(),
            attestation.root(),
            Bytes.of(attestation.signature().compact()));
  }

  /** Answers under their names, over HTTP, as relayers' APIs do. */
  private static final class Relayers implements AutoCloseable {
    private final Map<String, String> answers = new ConcurrentHashMap<>();
    private final HttpServer server;

    private Relayers() throws Exception {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            String answer = answers.get(exchange.getRequestURI().getPath());
            byte[] body = answer == null ? new byte[0] : answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer == null ? 404 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
          });
      server.start();
    }

    private URI url(String name) {
      return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + name);
    }

    private void say(String name, String path, String answer) {
      answers.put("/" + name + path, answer);
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
