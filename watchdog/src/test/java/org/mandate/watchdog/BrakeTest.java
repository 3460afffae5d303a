package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.signer.PrivateKeySigner;

/** Lies whose receipts no node shows. */
class BrakeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final AtomicLong passed = new AtomicLong();
  private final AtomicLong head = new AtomicLong(100);
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final Findings findings = new Findings(finding -> {});
  private final Brake brake =
      new Brake(
          1,
          chain(),
          new Finality.Confirmations(2),
          Address.ZERO,
          new Enforcer(
              1,
              chain(),
              new PrivateKeySigner(BigInteger.TEN),
              BigInteger.TEN,
              BigInteger.TEN,
              Duration.ofMillis(5),
              trouble -> {}),
          findings,
          lie -> false,
          clock());

  @Test
  void L7_shouldLetGoOfWhatNoNodeEverShowsAndAskForItEverMoreSeldom() throws Exception {
    brake.pull("none", "some", List.of(lie(1)));
    Thread.sleep(3000); // fifteen rounds, and the clock stands still
    assertEquals(1, asked.get(), "it is not its turn");
    assertEquals(Finding.Status.OPEN, findings.all().getFirst().status());
    passed.addAndGet(Duration.ofMinutes(61).toSeconds());
    World.await("it is over", PATIENCE, this::isStopped);
    assertTrue(asked.get() <= 2, asked + " times");
  }

  @Test
  void L7_shouldKeepSoManyLiesAndAskForFewAtOnce() throws Exception {
    brake.pull(
        "none", "some", IntStream.range(0, 3 * Brake.MOST_FRESH).mapToObj(BrakeTest::lie).toList());
    World.await("some are asked for", PATIENCE, () -> asked.get() > 5);
    assertTrue(most.get() <= 50, most + " at once");
    passed.addAndGet(Duration.ofMinutes(61).toSeconds());
    World.await("it is over", PATIENCE, this::isStopped);
  }

  private boolean isStopped() {
    head.incrementAndGet();
    return findings.all().getFirst().status() == Finding.Status.STOPPED;
  }

  private static Queued lie(int number) {
    Hash message = Hash.keccak("message " + number);
    Intent intent =
        new Intent(
            BigInteger.ONE,
            Address.ZERO,
            BigInteger.ONE,
            Address.ZERO,
            Address.ZERO,
            BigInteger.TEN,
            Bytes.EMPTY,
            BigInteger.valueOf(number),
            BigInteger.TEN);
    Log log =
        new Log(message, 7, Hash.keccak("transaction " + number), 0, Address.ZERO, List.of(), "0x");
    return new Queued(
        new IntentEvent.Queued(log, message, BigInteger.ONE, intent, message, 9), block(7));
  }

  private static Block block(long number) {
    return new Block(
        number,
        Hash.of("0x%064x".formatted(number + 1)),
        Hash.ZERO,
        Instant.ofEpochSecond(1000 + number));
  }

  /** It is paused already, and shows no receipt. */
  private ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "call" -> Bytes.of("0x%064x".formatted(1L << 40)).bytes();
                  case "head" -> block(head.get());
                  case "block" -> Optional.of(block((long) arguments[0]));
                  case "receipts" -> {
                    asked.incrementAndGet();
                    most.accumulateAndGet(((Collection<?>) arguments[0]).size(), Math::max);
                    yield Map.of();
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private Clock clock() {
    return new Clock() {
      @Override
      public ZoneId getZone() {
        throw new UnsupportedOperationException();
      }

      @Override
      public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException();
      }

      @Override
      public Instant instant() {
        return Instant.ofEpochSecond(1_000_000 + passed.get());
      }
    };
  }
}
