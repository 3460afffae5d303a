package org.mandate.cli.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;
import org.mandate.cli.local.LocalChain;

/** When a chain's node first said that each block is final, whatever relayers make of it. */
final class FinalityWatch implements AutoCloseable {
  private final LocalChain chain;
  private final Duration look;
  private final ConcurrentSkipListMap<Long, Long> finalAt = new ConcurrentSkipListMap<>();
  private final Thread thread;
  private volatile boolean closed;

  /**
   * @param look between two looks: times are no more exact than that
   */
  FinalityWatch(LocalChain chain, Duration look) {
    this.chain = chain;
    this.look = look;
    this.thread = Thread.ofVirtual().name("finality-watch").start(this::run);
  }

  private void run() {
    while (!closed) {
      try {
        long number = chain.finalized();
        finalAt.putIfAbsent(number, OpenLoop.micros());
        Thread.sleep(look);
      } catch (IOException e) {
        // asked again
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Microseconds since 1970; empty when it was not final yet. */
  OptionalLong at(long number) {
    var entry = finalAt.ceilingEntry(number);
    return entry == null ? OptionalLong.empty() : OptionalLong.of(entry.getValue());
  }

  @Override
  public void close() {
    closed = true;
    thread.interrupt();
  }
}
