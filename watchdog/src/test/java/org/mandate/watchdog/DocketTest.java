package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.mandate.chain.NodeException;

/** A thousand lies wait for one proof. */
class DocketTest {
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int MANY = 1000;

  private final AtomicLong news = new AtomicLong();
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger rounds = new AtomicInteger();
  private final AtomicInteger tries = new AtomicInteger();
  private final Docket docket =
      new Docket(
          "test",
          PAUSE,
          () -> {
            rounds.incrementAndGet();
            return news.get();
          },
          nanos::get);

  @Test
  void L7_shouldTryFewInARoundAndAllInTurn() throws Exception {
    Set<Integer> tried = ConcurrentHashMap.newKeySet();
    for (int i = 0; i < MANY; i++) {
      int number = i;
      docket.add("lie " + i, () -> in(tried, number));
    }
    World.await("all were tried", PATIENCE, () -> tried.size() == MANY);
    assertTrue(rounds.get() >= MANY / Docket.PER_ROUND, rounds + " rounds");
    assertTrue(tries.get() <= (rounds.get() + 1) * Docket.PER_ROUND, tries + " tries, " + rounds);
  }

  private boolean in(Set<Integer> tried, int number) {
    tries.incrementAndGet();
    tried.add(number);
    return false;
  }

  @Test
  void L7_shouldTryEverMoreSeldomWhatIsInVainAndAtOnceWhenThereIsNews() throws Exception {
    docket.add(
        "lie",
        () -> {
          tries.incrementAndGet();
          throw new NodeException("in vain");
        });
    World.await("it is tried", PATIENCE, () -> tries.get() == 1);
    Map<Integer, Duration> waits = new ConcurrentHashMap<>();
    for (int i = 1; i < 6; i++) {
      int before = tries.get();
      Duration waited = Duration.ZERO;
      while (tries.get() == before) {
        nanos.addAndGet(PAUSE.toNanos());
        waited = waited.plus(PAUSE);
        int round = rounds.get();
        World.await("a round", PATIENCE, () -> rounds.get() > round + 1);
      }
      waits.put(i, waited);
    }
    assertTrue(waits.get(5).compareTo(waits.get(1).multipliedBy(8)) >= 0, waits.toString());
    int before = tries.get();
    news.incrementAndGet();
    World.await("it is tried at once", PATIENCE, () -> tries.get() == before + 1);
  }

  @Test
  void L7_shouldGoOnWhateverANodeMakesOfTheNews() throws Exception {
    Docket deaf =
        new Docket(
            "deaf",
            PAUSE,
            () -> {
              throw new IllegalArgumentException("a log without topics");
            });
    deaf.add("lie", () -> tries.incrementAndGet() > 0);
    World.await("it is tried", PATIENCE, () -> tries.get() == 1);
  }

  @Test
  void L7_shouldNotBeginMoreThanItsNodesCanAnswer() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    for (int i = 0; i < MANY; i++) {
      docket.add(
          "slow " + i,
          () -> {
            tries.incrementAndGet();
            end.await();
            return true;
          });
    }
    int before = rounds.get();
    World.await("rounds pass", PATIENCE, () -> rounds.get() > before + 20);
    assertEquals(Docket.MOST_RUNNING, tries.get());
    end.countDown();
    World.await("all were tried", PATIENCE, () -> tries.get() == MANY);
  }

  @Test
  void L7_shouldTryOthersWhileOneHangs() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    for (int i = 0; i < 3 * Docket.PER_ROUND; i++) {
      docket.add(
          "hangs " + i,
          () -> {
            end.await();
            return true;
          });
    }
    docket.add(
        "goes on",
        () -> {
          tries.incrementAndGet();
          return true;
        });
    docket.add("goes on", () -> tries.addAndGet(100) > 0); // waits already
    World.await("it is tried", PATIENCE, () -> tries.get() > 0);
    end.countDown();
    int round = rounds.get();
    World.await("some rounds pass", PATIENCE, () -> rounds.get() > round || rounds.get() > 3);
    assertEquals(1, tries.get(), "what is over is not tried again");
  }
}
