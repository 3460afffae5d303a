package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mandate.chain.Hash;

/** Three nodes on each chain, of which one lies: nothing is lost and nothing is paid twice. */
class HostileNodesTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static Town town;
  private static final List<LyingNode> HOME = new ArrayList<>();
  private static final List<LyingNode> REMOTE = new ArrayList<>();
  private static Relayer relayer;

  @BeforeAll
  static void start() throws Exception {
    town = Town.build(1, 1);
    for (int i = 0; i < 3; i++) {
      HOME.add(LyingNode.before(town.home.url(), town.remote.url()));
      REMOTE.add(LyingNode.before(town.remote.url(), town.home.url()));
    }
    relayer =
        Relayer.start(
            town.config(0, List.of(), urls(HOME), urls(REMOTE), 0),
            Town.relayer(0),
            Clock.systemUTC());
  }

  private static List<URI> urls(List<LyingNode> nodes) {
    return nodes.stream().map(LyingNode::url).toList();
  }

  @AfterAll
  static void stop() throws Exception {
    relayer.close();
    HOME.forEach(LyingNode::close);
    REMOTE.forEach(LyingNode::close);
    town.close();
  }

  /** Each in turn, so that the one which the relayer prefers at the time is among them. */
  @ParameterizedTest
  @EnumSource(
      value = LyingNode.Lie.class,
      names = {
        "LAG",
        "NULLS",
        "GARBAGE",
        "OTHER_CHAIN",
        "REFUSAL",
        "ERRORS",
        "NO_RECEIPTS",
        "NO_LOGS",
        "EMPTY_CALLS",
        "ONES"
      })
  void L3_shouldPayOnceAcrossChainsWhenOneNodeOfEach(LyingNode.Lie lie) throws Exception {
    BigInteger before = town.received(town.remote);
    // Before the lie: what asks at the wrong moment is refused in words, and asks again.
    Hash id = town.submit(relayer.port(), town.payment(Town.REMOTE, town.token, 100));
    try {
      Instant last = Instant.now().plus(SOON);
      JsonObject view = town.intent(relayer.port(), id);
      for (int turn = 0; !view.getBoolean("final"); turn++) {
        assertTrue(Instant.now().isBefore(last), lie + ": " + view.encodePrettily());
        // A question that is asked of all must not meet two liars, however slow this machine is.
        tell(0, LyingNode.Lie.NONE);
        Thread.sleep(1000);
        tell(turn % 3, lie);
        Thread.sleep(1200);
        view = town.intent(relayer.port(), id);
      }
      assertEquals("EXECUTED", view.getString("state"), view.encodePrettily());
      assertEquals(before.add(BigInteger.valueOf(100)), town.received(town.remote));
      // With the liar still there: a block that it held back may be a moment late.
      HttpResponse<String> ready = town.get(relayer.port(), "/health/ready");
      while (ready.statusCode() != 200) {
        assertTrue(Instant.now().isBefore(last), lie + ": " + ready.body());
        Thread.sleep(200);
        ready = town.get(relayer.port(), "/health/ready");
      }
    } finally {
      tell(0, LyingNode.Lie.NONE);
    }
  }

  /**
   * The node that is asked first, whoever that is, says that each nonce is used, that each key is
   * another's, and that all of a group go well, or answers with nothing.
   */
  @ParameterizedTest
  @EnumSource(
      value = LyingNode.Lie.class,
      names = {"EMPTY_CALLS", "ONES"})
  void L9_shouldTakeAndCarryManyAtOnceWhileOneNodeOfEach(LyingNode.Lie lie) throws Exception {
    for (int liar = 0; liar < 3; liar++) {
      tell(liar, lie);
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Hash>> asked = new ArrayList<>();
        for (int i = 0; i < 12; i++)
          asked.add(
              threads.submit(
                  () -> town.submit(relayer.port(), town.payment(Town.HOME, town.token, 1))));
        for (Future<Hash> one : asked) town.awaitState(relayer.port(), one.get(), "EXECUTED", SOON);
      } finally {
        tell(0, LyingNode.Lie.NONE);
      }
    }
  }

  /** One node of each chain lies, the others are honest. */
  private static void tell(int liar, LyingNode.Lie lie) {
    for (int i = 0; i < 3; i++) {
      HOME.get(i).tell(i == liar ? lie : LyingNode.Lie.NONE);
      REMOTE.get(i).tell(i == liar ? lie : LyingNode.Lie.NONE);
    }
  }

  @Test
  void shouldRefuseToStartWhenMostNodesAreOfAnotherChain() throws Exception {
    RelayerConfig config =
        town.config(
            1,
            List.of(),
            List.of(town.home.url(), town.remote.url(), town.remote.url()),
            List.of(town.remote.url()),
            0);
    RuntimeException refused =
        assertThrows(
            RuntimeException.class,
            () -> Relayer.start(config, Town.relayer(1), Clock.systemUTC()).close());
    assertTrue(
        refused.getMessage().contains(town.remote.url().toString())
            && refused.getMessage().contains("31338")
            && refused.getMessage().contains("31337"),
        refused.getMessage());
  }

  @Test
  void shouldStartWhenANodeIsDown() throws Exception {
    List<URI> nodes = List.of(URI.create("http://127.0.0.1:1"), town.home.url(), town.home.url());
    RelayerConfig config = town.config(2, List.of(), nodes, List.of(town.remote.url()), 0);
    Relayer.start(config, Town.relayer(2), Clock.systemUTC()).close();
  }
}
