package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.signer.PrivateKeySigner;

/** Lies, what brought them, and nodes that do not show it. */
class BrakeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final AtomicLong passed = new AtomicLong();
  private final AtomicLong head = new AtomicLong(100);
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger read = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger most = new AtomicInteger();
  private final Map<Hash, Supplier<Optional<Receipt>>> receipts = new ConcurrentHashMap<>();
  private final Set<Address> closed = ConcurrentHashMap.newKeySet();
  private volatile Predicate<Queued> shown = lie -> false;
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
          lie -> shown.test(lie),
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
    World.await("some are asked for", PATIENCE, () -> asked.get() > 2 * Brake.AT_ONCE);
    assertTrue(most.get() <= Brake.AT_ONCE, most + " at once");
    passed.addAndGet(Duration.ofMinutes(61).toSeconds());
    World.await("it is over", PATIENCE, this::isStopped);
  }

  @Test
  void L7_whatANodeShowsOnceIsDoubtedAndNotAcquitted() throws Exception {
    receipts.put(lie(1).event().log().transaction(), () -> Optional.of(receipt(1)));
    AtomicInteger doubts = new AtomicInteger();
    shown = lie -> doubts.incrementAndGet() == 1;
    brake.pull("none", "some", List.of(lie(1)));
    World.await("it is doubted", PATIENCE, () -> doubts.get() == 1);
    Thread.sleep(500);
    assertEquals(Set.of(), closed);
    World.await("it is looked at again, and its gateway closed", PATIENCE, () -> later(gateway(1)));
    assertEquals(2, doubts.get());
    World.await("it is over", PATIENCE, this::isStopped);
  }

  @Test
  void L7_whatNoNodeServesKeepsNoOtherLiesGatewayOpen() throws Exception {
    for (int i = 0; i < 50; i++) {
      receipts.put(
          lie(i).event().log().transaction(),
          () -> {
            throw new NodeException("a receipt of megabytes: timed out");
          });
    }
    receipts.put(lie(50).event().log().transaction(), () -> Optional.of(receipt(50)));
    brake.pull("none", "some", IntStream.rangeClosed(0, 50).mapToObj(BrakeTest::lie).toList());
    World.await(
        "the gateway is closed", Duration.ofSeconds(10), () -> closed.contains(gateway(50)));
  }

  @Test
  void L7_gatewaysAreJudgedSideBySide() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    for (int i = 1; i < 4; i++) {
      int number = i;
      receipts.put(lie(i).event().log().transaction(), () -> Optional.of(receipt(number)));
    }
    shown =
        lie -> {
          try {
            if (!lie.event().messageId().equals(lie(3).event().messageId())) {
              end.await(); // home's nodes are slow
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return false;
        };
    brake.pull("none", "some", List.of(lie(1), lie(2), lie(3)));
    World.await("one is closed", PATIENCE, () -> closed.contains(gateway(3)));
    assertEquals(Set.of(gateway(3)), closed);
    end.countDown();
    World.await("all are", PATIENCE, () -> closed.size() == 3);
  }

  @Test
  void L7_whenAllIsEndedItReadsNothingAnyMoreThoughALieIsLookedFor() throws Exception {
    brake.pull("none", "some", List.of(lie(1)));
    Thread.sleep(1000);
    head.addAndGet(10);
    Thread.sleep(1000);
    int before = read.get();
    Thread.sleep(2000);
    assertTrue(read.get() - before <= 1, read.get() - before + " reads of what is ended");
    assertEquals(Finding.Status.OPEN, findings.all().getFirst().status());
    passed.addAndGet(Duration.ofMinutes(61).toSeconds());
    World.await("it is over", PATIENCE, this::isStopped);
  }

  @Test
  void L7_whatGovernanceOpenedAgainIsClosedForAnotherLieOnly() throws Exception {
    receipts.put(lie(1).event().log().transaction(), () -> Optional.of(receipt(1)));
    receipts.put(lie(2).event().log().transaction(), () -> Optional.of(receipt(2, gateway(1))));
    brake.pull("none", "some", List.of(lie(1)));
    World.await("it is closed", PATIENCE, () -> closed.contains(gateway(1)));
    World.await("it is final", PATIENCE, this::isStopped);

    closed.clear(); // governance opened it
    passed.addAndGet(Duration.ofMinutes(2).toSeconds());
    brake.pull("home answers", "it does not", List.of());
    awaitOver();
    assertEquals(Set.of(), closed, "nothing is known to be a lie");

    shown = lie -> true;
    passed.addAndGet(Duration.ofMinutes(2).toSeconds());
    brake.pull("none", "another one", List.of(lie(2)));
    Thread.sleep(1000);
    assertEquals(Set.of(), closed, "home's nodes are asked anew");
    shown = lie -> false;
    World.await("a lie closes it", PATIENCE, () -> later(gateway(1)));
  }

  @Test
  void L7_aLieThatStillWaitsHasItsGatewayTriedAgain() throws Exception {
    receipts.put(lie(1).event().log().transaction(), () -> Optional.of(receipt(1)));
    brake.pull("none", "some", List.of(lie(1)));
    World.await("it is closed", PATIENCE, () -> closed.contains(gateway(1)));
    World.await("it is final", PATIENCE, this::isStopped);
    closed.clear(); // it was not, by another node
    passed.addAndGet(Duration.ofMinutes(2).toSeconds());
    brake.pull("none", "some", List.of(lie(1)));
    World.await("it is closed again", PATIENCE, () -> closed.contains(gateway(1)));
  }

  private void awaitOver() throws Exception {
    for (int i = 0; i < 20; i++) {
      head.incrementAndGet();
      Thread.sleep(100);
    }
  }

  /** A little later, whether that one is closed. */
  private boolean later(Address gateway) {
    passed.incrementAndGet();
    return closed.contains(gateway);
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

  private static Address gateway(int number) {
    return Address.of("0x%040x".formatted(0x1000 + number));
  }

  /** Of the delivery of a lie by a gateway of its own, among others that name its message. */
  private static Receipt receipt(int number) {
    return receipt(number, gateway(number));
  }

  private static Receipt receipt(int number, Address gateway) {
    Queued lie = lie(number);
    List<Log> logs =
        Stream.of(Address.ZERO, Address.of("0x%040x".formatted(7)), gateway)
            .map(
                by ->
                    new Log(
                        block(7).hash(),
                        7,
                        lie.event().log().transaction(),
                        0,
                        by,
                        List.of(Topics.DELIVERED, lie.event().messageId()),
                        "0x"))
            .toList();
    return new Receipt(
        lie.event().log().transaction(),
        true,
        block(7).hash(),
        7,
        1,
        BigInteger.ONE,
        Optional.empty(),
        Address.ZERO,
        Optional.of(gateway),
        Optional.empty(),
        logs);
  }

  private static Block block(long number) {
    return new Block(
        number,
        Hash.of("0x%064x".formatted(number + 1)),
        Hash.ZERO,
        Instant.ofEpochSecond(1000 + number));
  }

  /** It is paused already; what is to be closed is, by somebody else. */
  private ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "call" -> called(Bytes.of((byte[]) arguments[1]).hex());
                  case "head" -> block(head.get());
                  case "block" -> Optional.of(block((long) arguments[0]));
                  case "estimateGas" -> {
                    closed.add(last(Bytes.of((byte[]) arguments[3]).hex()));
                    yield new GasEstimate.Reverted("ExecutorNotOpen()", Bytes.EMPTY);
                  }
                  case "receipt" -> {
                    asked.incrementAndGet();
                    most.accumulateAndGet(running.incrementAndGet(), Math::max);
                    try {
                      Thread.sleep(20);
                      yield receipts
                          .getOrDefault((Hash) arguments[0], Optional::<Receipt>empty)
                          .get();
                    } finally {
                      running.decrementAndGet();
                    }
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private byte[] called(String data) {
    long answer = 1L << 40;
    if (data.startsWith(Hash.keccak("gatewayStatus(address)").hex().substring(0, 10))) {
      Address asked = last(data);
      boolean isGateway = asked.hex().compareTo(gateway(0).hex()) >= 0;
      answer = closed.contains(asked) ? 2 : isGateway ? 1 : 0;
    } else {
      read.incrementAndGet();
    }
    return Bytes.of("0x%064x".formatted(answer)).bytes();
  }

  private static Address last(String data) {
    return Address.of("0x" + data.substring(data.length() - 40));
  }

  private Clock clock() {
    InstantSource source = () -> Instant.ofEpochSecond(1_000_000 + passed.get());
    return source.withZone(ZoneOffset.UTC);
  }
}
