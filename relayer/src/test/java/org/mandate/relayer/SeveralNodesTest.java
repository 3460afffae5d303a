package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.SendOutcome;
import org.mandate.relayer.follow.SeveralNodes;
import org.mandate.relayer.follow.SeveralNodes.Agreement;

/** What one node alone must not decide: two nodes of one chain, one that lies, one that is down. */
class SeveralNodesTest {
  private static Anvil honest;
  private static Anvil liar;
  private static ChainClient down;

  @BeforeAll
  static void start() throws Exception {
    honest = Anvil.start(1, "--no-mining");
    liar = Anvil.start(1, "--no-mining", "--timestamp", "1700000000");
    down = new JsonRpcClient(URI.create("http://127.0.0.1:1"), Duration.ofSeconds(1));
    honest.ask("evm_mine");
    liar.ask("evm_mine");
  }

  @AfterAll
  static void stop() {
    honest.close();
    liar.close();
  }

  @Test
  void shouldBelieveTheMajorityAboutABlock() {
    Block block = honest.client().block(1).orElseThrow();
    Block forged = liar.client().block(1).orElseThrow();
    SeveralNodes nodes = new SeveralNodes(List.of(liar.client(), honest.client(), honest.client()));
    assertEquals(new Agreement(3, 2, 1), nodes.agreement(1, block.hash()));
    assertTrue(nodes.agreement(1, block.hash()).isConfirmed());
    assertFalse(nodes.agreement(1, forged.hash()).isConfirmed());
    assertTrue(nodes.agreement(1, forged.hash()).isContradicted());
    assertEquals(new Agreement(3, 0, 0), nodes.agreement(99, block.hash()));
  }

  /** One node that calls its head final, among those that wait for two blocks on top. */
  @Test
  void L10_shouldBelieveTheMajorityAboutWhatIsFinalAndNotThatItExistsAlone() throws Exception {
    try (Anvil chain = Anvil.start(1, "--no-mining")) {
      for (int i = 0; i < 6; i++) chain.ask("evm_mine");
      Finality tag = Finality.of("finalized");
      Block head = chain.client().head();
      Block last = chain.client().finalized();
      ChainClient hasty = hasty(chain.client());
      SeveralNodes nodes = new SeveralNodes(List.of(hasty, chain.client(), chain.client()));
      assertEquals(new Agreement(3, 1, 0), nodes.agreement(tag, head.number(), head.hash()));
      assertEquals(new Agreement(3, 3, 0), nodes.agreement(tag, last.number(), last.hash()));
      assertEquals(new Agreement(3, 0, 3), nodes.agreement(tag, last.number(), head.hash()));
      assertEquals(List.of(last.number()), nodes.finalHeights(tag));
      assertEquals(
          List.of(last.number()),
          new SeveralNodes(List.of(hasty, chain.client())).finalHeights(tag));
      assertEquals(List.of(), new SeveralNodes(List.of(hasty, down)).finalHeights(tag));
      assertEquals(List.of(head.number()), new SeveralNodes(List.of(hasty)).finalHeights(tag));
    }
  }

  private static ChainClient hasty(ChainClient real) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                method.getName().equals("finalized")
                    ? real.head()
                    : method.invoke(real, arguments));
  }

  /** The node that comes first has a head that does not move. */
  @Test
  void L10_shouldPassOverANodeThatStandsStillUntilItHasCaughtUp() throws Exception {
    try (Anvil chain = Anvil.start(1, "--no-mining")) {
      chain.ask("evm_mine");
      AtomicReference<Block> stuck = new AtomicReference<>(chain.client().head());
      ChainClient still =
          answering(
              chain.client(),
              (method, answer) ->
                  method.equals("head") && stuck.get() != null ? stuck.get() : answer.call());
      ChainClient going =
          answering(
              chain.client(),
              (method, answer) -> method.equals("chainId") ? BigInteger.TWO : answer.call());
      SeveralNodes nodes = new SeveralNodes(List.of(still, going, down));
      assertEquals(1, nodes.newest().block().number());
      assertEquals(BigInteger.ONE, nodes.chainId(), "the first one is asked");
      for (int i = 0; i < 6; i++) chain.ask("evm_mine");
      assertEquals(7, nodes.newest().block().number());
      assertEquals(BigInteger.TWO, nodes.chainId(), "the one that goes on is asked");
      stuck.set(null);
      assertEquals(7, nodes.newest().block().number());
      nodes.doubt(nodes.newest());
      assertEquals(BigInteger.ONE, nodes.chainId(), "it has caught up");
    }
  }

  /** A head that leads nowhere must not keep the others from being followed. */
  @Test
  void L10_shouldPassOverANodeWhoseHeadIsMadeUp() throws Exception {
    Block real = honest.client().head();
    Block far = new Block(1L << 40, Hash.keccak("far"), Hash.keccak("farther"), Instant.EPOCH);
    ChainClient boaster =
        answering(honest.client(), (method, answer) -> method.equals("head") ? far : answer.call());
    SeveralNodes nodes = new SeveralNodes(List.of(honest.client(), boaster));
    SeveralNodes.Head head = nodes.newest();
    assertEquals(far, head.block());
    nodes.doubt(head); // as when it does not show the blocks up to there
    assertEquals(real, nodes.newest().block());
    assertEquals(real, nodes.newest().block());
  }

  /** One of three does not answer for 5 s, whatever it is asked. */
  @Test
  void L10_shouldNotWaitInEachRoundForANodeThatHangs() throws Exception {
    try (Anvil chain = Anvil.start(1, "--no-mining")) {
      for (int i = 0; i < 6; i++) chain.ask("evm_mine");
      Finality tag = Finality.of("finalized");
      Block last = chain.client().finalized();
      ChainClient slow =
          answering(
              chain.client(),
              (method, answer) -> {
                Thread.sleep(Duration.ofSeconds(5));
                return answer.call();
              });
      SeveralNodes nodes = new SeveralNodes(List.of(slow, chain.client(), chain.client()));
      for (int round = 0; round < 5; round++) {
        Instant start = Instant.now();
        assertEquals(chain.client().head(), nodes.newest().block());
        assertEquals(List.of(last.number()), nodes.finalHeights(tag));
        assertEquals(new Agreement(3, 2, 0), nodes.agreement(tag, last.number(), last.hash()));
        long took = Duration.between(start, Instant.now()).toMillis();
        assertTrue(took < (round == 0 ? 4_000 : 1_000), "round " + round + " took " + took + " ms");
      }
    }
  }

  /**
   * Nobody waits for who is slow, while one stands still: what the slow one says counts all the
   * same.
   */
  @Test
  void L9_shouldCountWhatASlowNodeSaysOfWhatIsFinal() throws Exception {
    try (Anvil chain = Anvil.start(1, "--no-mining")) {
      for (int i = 0; i < 6; i++) chain.ask("evm_mine");
      Finality tag = Finality.of("finalized");
      Block last = chain.client().finalized();
      CountDownLatch answered = new CountDownLatch(1);
      ChainClient slow =
          answering(
              chain.client(),
              (method, answer) -> {
                Thread.sleep(Duration.ofSeconds(4));
                Object told = answer.call();
                if (method.equals("finalized")) answered.countDown();
                return told;
              });
      ChainClient still =
          answering(
              chain.client(),
              (method, answer) ->
                  method.equals("finalized")
                      ? chain.client().block(1).orElseThrow()
                      : answer.call());
      SeveralNodes nodes = new SeveralNodes(List.of(chain.client(), still, slow));
      nodes.finalHeights(tag);
      assertTrue(answered.await(60, TimeUnit.SECONDS), "it was asked no more");
      await(() -> nodes.finalHeights(tag).contains(last.number()));
    }
  }

  private static void await(BooleanSupplier met) throws InterruptedException {
    Instant end = Instant.now().plusSeconds(60);
    while (!met.getAsBoolean()) {
      assertTrue(Instant.now().isBefore(end), "never");
      Thread.sleep(100);
    }
  }

  /** Each block of many, asked about at once. */
  @Test
  void L10_shouldBelieveTheMajorityAboutEachOfManyBlocks() {
    Block zero = honest.client().block(0).orElseThrow();
    Block block = honest.client().block(1).orElseThrow();
    Block forged = liar.client().block(1).orElseThrow();
    SeveralNodes nodes = new SeveralNodes(List.of(liar.client(), honest.client(), honest.client()));
    assertEquals(List.of(), nodes.agreements(List.of()));
    assertEquals(
        List.of(nodes.agreement(0, zero.hash()), new Agreement(3, 2, 1)),
        nodes.agreements(List.of(zero, block)));
    assertEquals(List.of(new Agreement(3, 1, 2)), nodes.agreements(List.of(forged)));
  }

  /** A node is slow, one is down, one lies: the slow one's word is needed, and waited for. */
  @Test
  void L10_shouldWaitForANodeThatIsSlowWhereTheOthersDoNotDecide() throws Exception {
    try (Anvil chain = Anvil.start(1, "--no-mining")) {
      for (int i = 0; i < 6; i++) chain.ask("evm_mine");
      Finality tag = Finality.of("finalized");
      Block last = chain.client().finalized();
      ChainClient slow =
          answering(
              chain.client(),
              (method, answer) -> {
                Thread.sleep(Duration.ofSeconds(3));
                return answer.call();
              });
      SeveralNodes nodes = new SeveralNodes(List.of(down, slow, chain.client()));
      for (int round = 0; round < 2; round++)
        assertEquals(new Agreement(3, 2, 0), nodes.agreement(tag, last.number(), last.hash()));
      SeveralNodes two = new SeveralNodes(List.of(slow, chain.client()));
      two.newest();
      assertEquals(new Agreement(2, 2, 0), two.agreement(tag, last.number(), last.hash()));
      assertFalse(
          new SeveralNodes(List.of(down, down, chain.client()))
              .agreement(tag, last.number(), last.hash())
              .isConfirmed(),
          "one of three decides nothing, whoever is left out");
    }
  }

  /** What a node left out another tells of; that it is not there more than half have to say. */
  @Test
  void L7_shouldTellOfEachLogThatANodeKnows() throws Exception {
    String talker = "0x" + "7b".repeat(20);
    try (Anvil chain = Anvil.start(1, "--no-mining")) {
      chain.ask("anvil_setCode", talker, "0x602a60006000a100"); // logs the topic 42
      chain.ask(
          "eth_sendTransaction", Map.of("from", Town.credentials(0).getAddress(), "to", talker));
      chain.ask("evm_mine");
      Block block = chain.client().head();
      List<Address> sources = List.of(Address.of(talker));
      ChainClient silent =
          answering(
              chain.client(),
              (method, answer) -> method.equals("logs") ? List.of() : answer.call());
      SeveralNodes.Told told =
          new SeveralNodes(List.of(silent, silent, chain.client())).told(0, block, sources);
      assertEquals(1, told.logs().size());
      assertTrue(told.isComplete());
      assertFalse(new SeveralNodes(List.of(silent, down)).told(0, block, sources).isComplete());
      assertFalse(
          new SeveralNodes(List.of(chain.client(), liar.client()))
              .told(0, block, sources)
              .isComplete(),
          "a node with another block has not answered");
    }
  }

  @Test
  void L10_shouldLetNobodyLeadFarAboveTheOthers() {
    Block real = honest.client().head();
    Block far = new Block(1L << 40, Hash.keccak("far"), Hash.keccak("farther"), Instant.EPOCH);
    ChainClient boaster =
        answering(honest.client(), (method, answer) -> method.equals("head") ? far : answer.call());
    assertEquals(
        real.number() + 200, new SeveralNodes(List.of(honest.client(), boaster)).newest().last());
    assertEquals(
        real.number(), new SeveralNodes(List.of(honest.client(), honest.client())).newest().last());
    assertEquals(far.number(), new SeveralNodes(List.of(down, boaster)).newest().last());
  }

  /** Its answer nobody would read, and it may be large. */
  @Test
  void L9_shouldStopAskingWhoIsNotWaitedFor() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    ChainClient endless =
        answering(
            honest.client(),
            (method, answer) -> {
              try {
                Thread.sleep(Duration.ofMinutes(5));
              } catch (InterruptedException e) {
                stopped.countDown();
              }
              throw new NodeException("stopped");
            });
    Block block = honest.client().head();
    new SeveralNodes(List.of(honest.client(), honest.client(), endless))
        .told(block.number(), block, List.of());
    assertTrue(stopped.await(5, TimeUnit.SECONDS));
  }

  /** A node that tells of more logs at once than one block can hold has not answered. */
  @Test
  void L9_shouldNotGatherWhateverANodeTells() {
    Block block = honest.client().head();
    Address talker = Address.of("0x" + "7c".repeat(20));
    String data = "0x" + "00".repeat(12 << 20);
    Log large =
        new Log(block.hash(), block.number(), Hash.keccak("large"), 0, talker, List.of(), data);
    ChainClient flooding =
        answering(
            honest.client(),
            (method, answer) -> method.equals("logs") ? List.of(large, large) : answer.call());
    ChainClient talking =
        answering(
            honest.client(),
            (method, answer) -> method.equals("logs") ? List.of(large) : answer.call());
    assertEquals(
        new SeveralNodes.Told(3, 1, Map.of(large, 1)),
        new SeveralNodes(List.of(flooding, talking, down)).told(0, block, List.of(talker)));
  }

  private interface Answer {
    Object to(String method, Callable<Object> real) throws Exception;
  }

  /** A node that answers so, in place of the real one. */
  private static ChainClient answering(ChainClient real, Answer answer) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                answer.to(
                    method.getName(),
                    () -> {
                      try {
                        return method.invoke(real, arguments);
                      } catch (InvocationTargetException e) {
                        throw (Exception) e.getCause();
                      }
                    }));
  }

  @Test
  void L7_shouldBelieveTheMajorityAboutALogAndNotItsBlockAlone() throws Exception {
    String talker = "0x" + "7a".repeat(20);
    honest.ask("anvil_setCode", talker, "0x602a60006000a100"); // logs the topic 42
    honest.ask(
        "eth_sendTransaction", Map.of("from", Town.credentials(0).getAddress(), "to", talker));
    honest.ask("evm_mine");
    Block block = honest.client().head();
    Log log = honest.client().logs(block.hash(), List.of(Address.of(talker))).getFirst();
    Log forged =
        new Log(
            log.blockHash(),
            log.blockNumber(),
            log.transaction(),
            log.index(),
            log.address(),
            List.of(Hash.keccak("never said")),
            log.data());
    SeveralNodes nodes = new SeveralNodes(List.of(honest.client(), honest.client(), down));
    assertEquals(new Agreement(3, 2, 0), nodes.agreement(log));
    assertEquals(new Agreement(3, 0, 2), nodes.agreement(forged));
  }

  @Test
  void shouldNotDecideWhenOneOfTwoIsDownOrLies() {
    Block block = honest.client().block(1).orElseThrow();
    Agreement alone = new SeveralNodes(List.of(honest.client(), down)).agreement(1, block.hash());
    assertEquals(new Agreement(2, 1, 0), alone);
    assertFalse(alone.isConfirmed());
    Agreement torn =
        new SeveralNodes(List.of(honest.client(), liar.client())).agreement(1, block.hash());
    assertFalse(torn.isConfirmed() || torn.isContradicted());
  }

  @Test
  void L10_shouldSayThatNoneHasAReceiptOnlyWhenAllAnswered() {
    Set<Hash> unknown = Set.of(Hash.keccak("never sent"));
    assertTrue(new SeveralNodes(List.of(honest.client(), liar.client())).noneHasReceipt(unknown));
    assertFalse(new SeveralNodes(List.of(honest.client(), down)).noneHasReceipt(unknown));
  }

  /** Whoever looks after transactions asks this again and again. */
  @Test
  void L9_shouldNotWaitLongForWhetherASilentNodeHasAReceipt() {
    ChainClient silent =
        (ChainClient)
            Proxy.newProxyInstance(
                ChainClient.class.getClassLoader(),
                new Class<?>[] {ChainClient.class},
                (proxy, method, arguments) -> {
                  Thread.sleep(Duration.ofMinutes(1));
                  throw new NodeException("no answer");
                });
    SeveralNodes nodes = new SeveralNodes(List.of(silent, honest.client(), honest.client()));
    assertTimeoutPreemptively(
        Duration.ofSeconds(15),
        () -> {
          for (int i = 0; i < 5; i++)
            assertFalse(nodes.noneHasReceipt(Set.of(Hash.keccak("never sent"))));
        });
  }

  @Test
  void shouldAskTheOthersWhenOneRefusesBytes() {
    byte[] garbage = {1, 2, 3};
    assertTrue(
        new SeveralNodes(List.of(honest.client(), liar.client())).send(garbage)
            instanceof SendOutcome.Refused);
    assertTrue(
        new SeveralNodes(List.of(honest.client(), down)).send(garbage)
            instanceof SendOutcome.Unreachable);
    assertTrue(
        new SeveralNodes(List.of(down, honest.client())).send(garbage)
            instanceof SendOutcome.Unreachable);
  }
}
