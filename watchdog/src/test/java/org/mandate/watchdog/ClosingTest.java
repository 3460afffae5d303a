package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.ChainClient;

/** A gateway that is to be closed, and nodes that say that the watchdog may not. */
class ClosingTest {
  private static final String NO = "ExecutorUnauthorized(caller 0x00)";

  private final AtomicLong nanos = new AtomicLong();
  private final Closing closing =
      new Closing(open(), Address.ZERO, Address.ZERO, new Refusals(nanos::get));

  @Test
  void L7_oneNodesNoDoesNotEndIt() {
    assertTrue(closing.refused(NO));
    assertEquals(Optional.empty(), closing.settled(), "one answer may be of a node that lags");
    for (int i = 0; i < 1000; i++) {
      closing.refused(NO);
    }
    assertEquals(Optional.empty(), closing.settled(), "however often within a moment");
    nanos.addAndGet(Refusals.TIME.toNanos());
    assertEquals("not done: no guardian", closing.settled().orElseThrow().outcome());
  }

  @Test
  void L7_anotherAnswerBeginsAnew() {
    for (int i = 1; i < Refusals.LEAST; i++) {
      closing.refused(NO);
    }
    nanos.addAndGet(Refusals.TIME.toNanos());
    assertFalse(closing.refused("something else"));
    closing.refused(NO);
    assertEquals(Optional.empty(), closing.settled());
  }

  private static ChainClient open() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              byte[] answer = new byte[32];
              answer[31] = 1;
              return answer;
            });
  }
}
