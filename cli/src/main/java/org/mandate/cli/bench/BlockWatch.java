package org.mandate.cli.bench;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.NodeException;

/** When each block was first seen here. */
final class BlockWatch implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private final Map<Long, Long> seen = new ConcurrentSkipListMap<>();
  private final Thread thread;

  BlockWatch(URI node) {
    var client = new JsonRpcClient(node, TIMEOUT);
    thread = Thread.ofVirtual().start(() -> watch(client));
  }

  private void watch(JsonRpcClient client) {
    long last = -1;
    while (!Thread.currentThread().isInterrupted()) {
      try {
        long head = client.head().number();
        long now = OpenLoop.micros();
        for (long n = last < 0 ? head : last + 1; n <= head; n++) seen.put(n, now);
        last = head;
        Thread.sleep(20);
      } catch (NodeException e) {
        // asked again
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Microseconds since 1970; 0: it was not seen. */
  long seen(long number) {
    return seen.getOrDefault(number, 0L);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
