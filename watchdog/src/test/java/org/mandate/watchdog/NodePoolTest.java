package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mandate.chain.ChainClient;
import org.mandate.chain.NodeException;

class NodePoolTest {
  private static final URI NOBODY = URI.create("http://127.0.0.1:9");
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  @Test
  void shouldAskTheNextNodeWhenOneIsDead() throws Exception {
    try (Anvil chain = Anvil.start(5)) {
      ChainClient pool = NodePool.of(5, List.of(NOBODY, chain.url), TIMEOUT);
      assertEquals(chain.client.head(), pool.head());
    }
  }

  @Test
  void shouldNotBelieveANodeOfAnotherChain() throws Exception {
    try (Anvil other = Anvil.start(6)) {
      ChainClient pool = NodePool.of(5, List.of(other.url), TIMEOUT);
      NodeException refused = assertThrows(NodeException.class, pool::head);
      assertTrue(refused.getMessage().contains("of chain 6"), refused.getMessage());
    }
  }

  @Test
  void shouldSayThatNobodyAnswered() {
    assertThrows(NodeException.class, () -> NodePool.of(5, List.of(NOBODY), TIMEOUT).head());
  }
}
