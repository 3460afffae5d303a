package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;

/** Hashes of home's blocks at a destination with four blocks a second. */
class PostsTest {
  private static final Address POSTED = Address.of("0x%040x".formatted(7));
  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Duration BLOCK = Duration.ofMillis(250);

  private long head = 20_000_000;
  private long oldest;
  private final List<Log> logs = new ArrayList<>();
  private final Set<Long> counting = new HashSet<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger blocks = new AtomicInteger();
  private boolean denied;
  private final ChainClient home = home();
  private Posts posts = new Posts(1, home, destination(), POSTED, Duration.ZERO);

  @Test
  void L7_shouldFindWhatWasPostedDaysAgoHoweverManyBlocksThatIs() {
    post(head - days(32), 5, true);
    post(head - days(34), 6, true);
    look(400);
    assertEquals(List.of(block(5)), posts.newestFirst());
    int before = asked.get();
    look(10);
    assertTrue(asked.get() <= before + 10, "what is older than a proof can matter is not read");
  }

  @Test
  void L7_shouldReadOnceForAllWhoAsk() {
    posts = new Posts(1, home, destination(), POSTED, Duration.ofHours(1));
    post(head - 10, 5, true);
    for (int i = 0; i < 1000; i++) {
      assertEquals(List.of(block(5)), posts.newestFirst());
    }
    assertTrue(asked.get() <= 10, asked + " times");
    assertEquals(1, blocks.get(), "home's block");
  }

  @Test
  void L7_shouldTellOfNewsAndForgetWhatAReorgRemoved() {
    post(head - 10, 5, true);
    assertEquals(1, posts.count());
    assertEquals(1, posts.count());
    head += 3;
    post(head - 1, 6, false);
    assertEquals(1, posts.count(), "it waits");
    counting.add(6L);
    assertEquals(2, posts.count());
    assertEquals(List.of(block(6), block(5)), posts.newestFirst());
    logs.clear();
    assertEquals(List.of(), posts.newestFirst());
  }

  @Test
  void L7_shouldFindTheTrueOneAmongThousandsOfFalseOnes() {
    post(head - 20_000, 5, true);
    for (int i = 0; i < 2000; i++) {
      post(head - 5000 + i, 1000 + i, Hash.keccak("no block of home's"));
    }
    look(200);
    assertEquals(List.of(block(5)), posts.newestFirst());
    look(1000);
    int before = blocks.get();
    look(100);
    assertTrue(
        blocks.get() <= before + 1000,
        "what is false is asked for ever more seldom: " + (blocks.get() - before));
  }

  @Test
  void L7_shouldFindWhatCountsAmongHundredsThatWait() {
    post(head - 20_000, 5, true);
    for (int i = 0; i < 200; i++) {
      post(head - 5000 + i, 1000 + i, false);
    }
    look(20);
    assertEquals(List.of(block(5)), posts.newestFirst());
  }

  @Test
  void L7_shouldFindATrueOneThatANodeDeniedForAWhile() {
    post(head - 10, 5, true);
    post(head - 9, 6, true);
    denied = true;
    look(20);
    assertEquals(List.of(), posts.newestFirst());
    denied = false;
    look(40);
    assertEquals(List.of(block(6), block(5)), posts.newestFirst());
  }

  @Test
  void L7_shouldGoOnAfterAHeadThatIsNone() {
    long honest = head;
    post(head - 10, 5, true);
    for (long lie : new long[] {1L << 40, 100, head - 100_000, 3 * head}) {
      head = lie;
      int before = asked.get();
      look(1);
      assertTrue(asked.get() <= before + 2 * Posts.PARTS, asked.get() + " questions in one look");
      honest += 10;
      head = honest;
      post(head - 5, head, true);
      before = asked.get();
      look(3);
      assertTrue(asked.get() <= before + 3 * 2 * Posts.PARTS, asked.get() + " questions");
      look(20);
      assertTrue(posts.newestFirst().contains(block(head)), "the newest, after " + lie);
      assertTrue(posts.newestFirst().contains(block(5)), "the first, after " + lie);
    }
    assertEquals(5, posts.newestFirst().size());
  }

  @Test
  void L7_shouldPassOverWhatIsNoEventOfTheContracts() {
    post(head - 10, 5, true);
    logs.add(
        new Log(
            Hash.keccak("block"),
            head - 9,
            Hash.keccak("transaction"),
            0,
            POSTED,
            List.of(Topics.HASH_POSTED),
            "0x12"));
    assertEquals(List.of(block(5)), posts.newestFirst());
  }

  @Test
  void L7_shouldHandOutHomesNewestFirstAndNotWhatWasTakenBackSince() {
    post(head - 10, 6, true);
    post(head - 9, 5, true);
    assertEquals(List.of(block(6), block(5)), posts.newestFirst());
    counting.remove(6L);
    assertTrue(!posts.counts(block(6)));
    assertEquals(List.of(block(5)), posts.newestFirst());
    counting.add(6L);
    assertEquals(List.of(block(6), block(5)), posts.newestFirst());
  }

  @Test
  void L7_shouldAskFewOfThemForAProof() {
    for (int i = 0; i < 500; i++) {
      post(head - 1000 + i, 1000 + i, true);
    }
    HomeStorage storage = new HomeStorage(1, home, destination(), POSTED, POSTED);
    List<Block> seen = new ArrayList<>();
    storage.posts();
    assertEquals(
        Optional.empty(),
        storage.shown(
            POSTED,
            block -> {
              seen.add(block);
              return Optional.empty();
            }));
    assertEquals(3, seen.size(), "of what stays, the newest show the most");
  }

  @Test
  void L7_shouldGoOnWhereANodeKeepsNoOldLogs() {
    oldest = head - 1000;
    post(head - 10, 5, true);
    assertEquals(List.of(block(5)), posts.newestFirst());
    int before = asked.get();
    look(100);
    assertTrue(asked.get() <= before + 100, "what was refused is not asked for at each look");
    head += 2000;
    post(head - 10, 6, true);
    assertEquals(List.of(block(6), block(5)), posts.newestFirst());
  }

  @Test
  void L7_shouldNotBelieveWhatGuardiansTookBack() {
    post(head - 10, 5, true);
    assertTrue(posts.counts(posts.newestFirst().getFirst()));
    counting.clear();
    assertTrue(!posts.counts(block(5)));
  }

  private void look(int times) {
    for (int i = 0; i < times; i++) {
      posts.count();
    }
  }

  private static long days(int days) {
    return Duration.ofDays(days).dividedBy(BLOCK);
  }

  private void post(long at, long number, boolean counts) {
    post(at, number, block(number).hash());
    if (counts) {
      counting.add(number);
    }
  }

  private void post(long at, long number, Hash hash) {
    logs.add(
        new Log(
            Hash.keccak("block"),
            at,
            Hash.keccak("transaction"),
            0,
            POSTED,
            List.of(Topics.HASH_POSTED, Hash.of("0x%064x".formatted(number)), Hash.ZERO),
            hash.hex() + "0".repeat(64)));
  }

  private static Block block(long number) {
    Hash hash = Hash.keccak("home " + number);
    return new Block(number, hash, hash, NOW);
  }

  private ChainClient home() {
    return client(
        (method, arguments) -> {
          blocks.incrementAndGet();
          return Optional.of(block((long) arguments[0] + (denied ? 1 : 0)));
        });
  }

  private ChainClient destination() {
    return client(
        (method, arguments) ->
            switch (method) {
              case "head" -> here(head);
              case "block" -> Optional.of(here((long) arguments[0]));
              case "logs" -> {
                asked.incrementAndGet();
                if ((long) arguments[0] < oldest) {
                  throw new NodeException("pruned");
                }
                yield logs.stream()
                    .filter(log -> log.blockNumber() >= (long) arguments[0])
                    .filter(log -> log.blockNumber() <= (long) arguments[1])
                    .toList();
              }
              case "call" -> {
                byte[] question = (byte[]) arguments[1];
                if (question.length == 4) {
                  yield Hash.of("0x%064x".formatted(1)).bytes(); // where proofs are judged
                }
                long number =
                    new BigInteger(1, Arrays.copyOfRange(question, 36, 68)).longValueExact();
                yield counting.contains(number) ? block(number).hash().bytes() : new byte[32];
              }
              default -> throw new UnsupportedOperationException(method);
            });
  }

  private Block here(long number) {
    Hash hash = Hash.keccak("here " + number);
    return new Block(number, hash, hash, NOW.minus(BLOCK.multipliedBy(20_000_000 - number)));
  }

  @FunctionalInterface
  private interface Answer {
    Object to(String method, Object[] arguments);
  }

  private static ChainClient client(Answer answer) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> answer.to(method.getName(), arguments));
  }
}
