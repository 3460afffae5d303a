package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
