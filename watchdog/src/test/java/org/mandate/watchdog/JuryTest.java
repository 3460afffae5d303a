package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;

/** Home's nodes, asked one by one about an order and a block. */
class JuryTest {
  private static final Hash ORDER = Hash.keccak("order");
  private static final Hash MESSAGE = Hash.keccak("message");
  private static final Block BLOCK = new Block(7, Hash.keccak("block"), Hash.ZERO, Instant.EPOCH);

  private Duration passed = Duration.ZERO;
  private final Findings findings = new Findings(finding -> {});
  private final ChainClient empty = node(List.of(), Optional.empty());
  private final ChainClient full = node(List.of(log()), Optional.of(BLOCK));
  private final ChainClient silent =
      client(
          (method, arguments) -> {
            throw new NodeException("silent");
          });

  @Test
  void L7_oneNodesBareWordIsToldAndStopsNothing() {
    Jury jury = jury(empty, silent, full);
    assertFalse(jury.showsOrder(Address.ZERO, ORDER, 5, MESSAGE));
    assertFalse(jury.showsBlock(7, BLOCK.hash()));
    assertEquals(1, findings.all().size(), "one finding for one node");
    Finding told = findings.all().getFirst();
    assertEquals("home-node-alone:1:node 2", told.id());
    assertEquals(Check.SELF, told.check());
    assertTrue(told.seen().contains("order " + ORDER), told.seen());
  }

  @Test
  void L7_whatANodeStillSaysAnHourLaterIsToldAnew() {
    Jury jury = jury(empty, silent, full);
    jury.showsBlock(7, BLOCK.hash());
    jury.showsOrder(Address.ZERO, ORDER, 5, MESSAGE);
    assertTrue(findings.all().getFirst().seen().contains("block 7"), "once within an hour");
    passed = Jury.AGAIN;
    jury = jury(empty, silent, full);
    jury.showsOrder(Address.ZERO, ORDER, 5, MESSAGE);
    assertEquals(1, findings.all().size());
    Finding told = findings.all().getFirst();
    assertTrue(told.seen().contains("order " + ORDER), told.seen());
    assertEquals(Finding.Status.OPEN, told.status());
  }

  @Test
  void L7_shouldHearWhatMoreThanHalfOfAllNodesSay() {
    Jury jury = jury(full, empty, full);
    assertTrue(jury.showsOrder(Address.ZERO, ORDER, 5, MESSAGE));
    assertTrue(jury.showsBlock(7, BLOCK.hash()));
    assertFalse(
        jury(full, full, silent, silent).showsOrder(Address.ZERO, ORDER, 5, MESSAGE),
        "half is not more than half");
    assertTrue(
        findings.all().stream().anyMatch(one -> one.id().startsWith("home-nodes:1:")),
        findings.all().toString());
  }

  @Test
  void L7_ofTwoNodesEitherMayLieAboutABlock() {
    assertTrue(jury(empty, full).showsBlock(7, BLOCK.hash()));
    assertTrue(jury(full, empty).showsBlock(7, BLOCK.hash()));
    assertFalse(jury(empty, full).showsOrder(Address.ZERO, ORDER, 5, MESSAGE));
  }

  @Test
  void L7_shouldNotTakeAnotherMessageOrBlockForIt() {
    Jury jury = jury(full);
    assertFalse(jury.showsOrder(Address.ZERO, ORDER, 5, Hash.keccak("another message")));
    assertFalse(jury.showsOrder(Address.ZERO, ORDER, 6, MESSAGE), "to another chain");
    assertFalse(jury.showsOrder(Address.ZERO, Hash.keccak("another"), 5, MESSAGE));
    assertFalse(jury.showsBlock(7, Hash.keccak("another")));
    assertEquals(List.of(), findings.all());
  }

  @Test
  void L7_shouldNotWaitForSilentNodes() throws Exception {
    Jury jury = jury(empty, silent, silent);
    assertFalse(jury.showsOrder(Address.ZERO, ORDER, 5, MESSAGE));
    assertFalse(jury.showsBlock(7, BLOCK.hash()));
    assertEquals(List.of(), findings.all());
    CountDownLatch end = new CountDownLatch(1);
    try {
      ChainClient late =
          client(
              (method, arguments) -> {
                end.await();
                throw new NodeException("late");
              });
      Instant before = Instant.now();
      assertTrue(jury(full, late, full).showsOrder(Address.ZERO, ORDER, 5, MESSAGE));
      assertTrue(jury(full, late, full).most(node -> node.block(7).isPresent()));
      assertFalse(jury(full, silent).most(node -> node.block(7).isPresent()));
      assertTrue(Instant.now().isBefore(before.plusSeconds(5)), "what is enough is enough");
    } finally {
      end.countDown();
    }
  }

  private Jury jury(ChainClient... nodes) {
    List<ChainClient> all = Arrays.asList(nodes);
    return new Jury(
        new Jury.Place(
            1,
            all.stream().map(node -> new Jury.Node("node " + all.indexOf(node), node)).toList(),
            Address.ZERO,
            Address.ZERO,
            0,
            findings,
            Clock.offset(Clock.systemUTC(), passed)));
  }

  private static Log log() {
    return new Log(
        BLOCK.hash(),
        7,
        Hash.keccak("transaction"),
        0,
        Address.ZERO,
        List.of(Topics.ORDER_SENT, ORDER, Hash.of("0x%064x".formatted(5)), MESSAGE),
        "0x");
  }

  @SuppressWarnings("unchecked")
  private static ChainClient node(List<Log> logs, Optional<Block> block) {
    return client(
        (method, arguments) ->
            switch (method) {
              case "head" -> new Block(9, Hash.keccak("head"), Hash.ZERO, Instant.now());
              case "block" -> block;
              case "logs" ->
                  logs.stream()
                      .filter(
                          log -> log.hasTopics((List<Set<Hash>>) arguments[arguments.length - 1]))
                      .toList();
              default -> throw new UnsupportedOperationException(method);
            });
  }

  @FunctionalInterface
  private interface Answer {
    Object to(String method, Object[] arguments) throws InterruptedException;
  }

  private static ChainClient client(Answer answer) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                method.getDeclaringClass() == Object.class
                    ? method.getName().equals("equals")
                        ? (Object) (proxy == arguments[0])
                        : (Object) System.identityHashCode(proxy)
                    : answer.to(method.getName(), arguments));
  }
}
