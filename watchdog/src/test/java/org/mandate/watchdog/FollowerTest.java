package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;

/** A node that invents a longer chain, and then an honest one. */
class FollowerTest {
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Instant START = Instant.now();
  private static final long HEIGHT = 700;
  private static final long NONE = 2_000_000_000;

  private volatile long head = HEIGHT;
  private volatile long refused = NONE;
  private volatile LongFunction<Block> chain = number -> block(number, 0, at(number));

  @Test
  void shouldFollowTheChainAgainAfterANodeInventedALongerOne() throws Exception {
    followAgainAfter(number -> block(number, 1, at(number * HEIGHT / 50_000)));
  }

  @Test
  void shouldFollowTheChainAgainAfterANodeInventedOneInTheFuture() throws Exception {
    followAgainAfter(number -> block(number, 1, Instant.parse("9000-01-01T00:00:00Z")));
  }

  @Test
  void shouldWaitForANodeThatLags() throws Exception {
    try (Follower follower = follower()) {
      follower.start();
      World.await("caught up", PATIENCE, follower::caughtUp);
      head = HEIGHT / 2;
      Thread.sleep(200);
      head = HEIGHT + 1;
      World.await("goes on", PATIENCE, () -> tip() == HEIGHT + 1);
      assertEquals(0, follower.reorgs());
    }
  }

  @Test
  void shouldNotBeReadyWhenTheHeadStandsStillOrBlocksCannotBeRead() throws Exception {
    Duration most = Duration.ofMinutes(2);
    try (Follower follower = follower()) {
      follower.start();
      World.await("caught up", PATIENCE, follower::caughtUp);
      Instant now = at(HEIGHT);
      assertEquals(Optional.empty(), Vitals.lag(follower.head(), chronicle.tip(), most, now));
      assertTrue(
          Vitals.lag(follower.head(), chronicle.tip(), most, now.plus(most).plusSeconds(1))
              .orElseThrow()
              .contains("stand still"));
      refused = HEIGHT + 5;
      head = HEIGHT + 200;
      World.await(
          "the head is seen",
          PATIENCE,
          () -> follower.head().orElseThrow().number() == head && tip() == HEIGHT + 4);
      assertTrue(
          Vitals.lag(follower.head(), chronicle.tip(), most, at(HEIGHT + 200))
              .orElseThrow()
              .contains("behind the head"));
    }
  }

  @Test
  void L7_shouldSayThatItIsBehindWhileABlockCannotBeRead() throws Exception {
    try (Follower follower = follower()) {
      follower.start();
      World.await("caught up", PATIENCE, follower::caughtUp);
      refused = HEIGHT + 5;
      head = HEIGHT + 20;
      World.await("behind", PATIENCE, () -> !follower.caughtUp() && tip() == HEIGHT + 4);
      refused = NONE;
      World.await("caught up again", PATIENCE, follower::caughtUp);
      assertEquals(HEIGHT + 20, tip());
    }
  }

  private void followAgainAfter(LongFunction<Block> invented) throws Exception {
    LongFunction<Block> honest = chain;
    chain = invented;
    head = 50_000;
    try (Follower follower = follower()) {
      follower.start();
      World.await("the lie is believed", PATIENCE, follower::caughtUp);
      assertEquals(50_000, tip());
      chain = honest;
      head = HEIGHT;
      World.await("the truth is read", PATIENCE, () -> tip() == HEIGHT);
      World.await("caught up", PATIENCE, follower::caughtUp);
      assertTrue(chronicle.has(honest.apply(HEIGHT)));
      assertFalse(chronicle.has(invented.apply(HEIGHT)));
    }
  }

  private final Chronicle chronicle = new Chronicle(0);

  private long tip() {
    return chronicle.tip().map(Block::number).orElse(-1L);
  }

  private Follower follower() {
    ChainClient node = node();
    Reader reader = new Reader(node, deployment());
    return new Follower(
        1,
        node,
        reader,
        chronicle,
        List.of(),
        OutflowsTest.outflows(node, chronicle, new Findings(finding -> {}), text -> {}),
        keep -> {},
        POLL,
        Clock.systemUTC());
  }

  private static Instant at(long number) {
    return START.minusSeconds(HEIGHT - number);
  }

  private static Block block(long number, int fork, Instant timestamp) {
    return new Block(number, hash(number, fork), hash(number - 1, fork), timestamp);
  }

  private static Hash hash(long number, int fork) {
    return Hash.of("0x%032x%032x".formatted(fork, number + 1));
  }

  private static Deployment deployment() {
    Deployment.Contract contract = new Deployment.Contract(Address.ZERO, hash(0, 0), Bytes.EMPTY);
    return new Deployment(
        BigInteger.ONE,
        BigInteger.ONE,
        0,
        Stream.of(
                "HomeExecutor",
                "QuorumGateway",
                "AgentVault",
                "AgentRegistry",
                "CallRules",
                "Tiers",
                "RuleBook",
                "HoursRule",
                "CategoryRule",
                "ReputationRule",
                "Approvers",
                "PriceFeeds")
            .collect(Collectors.toMap(name -> name, name -> contract)));
  }

  private ChainClient node() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "head" -> chain.apply(head);
                  case "block" ->
                      Optional.of((long) arguments[0])
                          .filter(number -> number <= head)
                          .map(number -> chain.apply(number));
                  case "blocks" ->
                      LongStream.rangeClosed((long) arguments[0], (long) arguments[1])
                          .mapToObj(number -> chain.apply(number))
                          .toList();
                  case "logs" -> {
                    if (chain.apply(refused).hash().equals(arguments[0])) {
                      throw new NodeException("query returned more than 10000 results");
                    }
                    yield List.of();
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
