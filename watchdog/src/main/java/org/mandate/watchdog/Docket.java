package org.mandate.watchdog;

import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.mandate.chain.NodeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What waits for something that comes seldom, a proof above all. Whoever lies makes as many of them
 * wait as he has gas for: so few of them are tried in each round, each ever more seldom while it is
 * in vain, and all once more when there is news. The watchdog's own nodes have other things to do.
 */
final class Docket {
  private static final Logger LOG = LoggerFactory.getLogger(Docket.class);

  /** Tries that begin in one round. */
  static final int PER_ROUND = 8;

  /** Tries that run at the same time: some wait for nodes, or for a transaction. */
  static final int MOST_RUNNING = 4 * PER_ROUND;

  private static final Duration MOST = Duration.ofMinutes(2);

  private final String name;
  private final Duration pause;
  private final LongSupplier news;
  private final LongSupplier nanos;

  /** By name, in the order in which they came. */
  private final Map<String, Item> items = new LinkedHashMap<>();

  private long heard;
  private boolean working;

  private static final class Item {
    private final String name;
    private final Errand.Round round;
    private Duration wait;
    private long last;
    private long next;
    private boolean running;
    private boolean again;

    private Item(String name, Errand.Round round, Duration wait, long now) {
      this.name = name;
      this.round = round;
      this.wait = wait;
      this.last = now;
      this.next = now;
    }
  }

  /**
   * @param pause between two rounds
   * @param news grows when what was in vain may not be any more
   */
  Docket(String name, Duration pause, LongSupplier news) {
    this(name, pause, news, System::nanoTime);
  }

  Docket(String name, Duration pause, LongSupplier news, LongSupplier nanos) {
    this.name = name;
    this.pause = pause;
    this.news = news;
    this.nanos = nanos;
  }

  /**
   * Begins; a name that waits already, once. Returns at once.
   *
   * @param round says whether it is over
   */
  synchronized void add(String name, Errand.Round round) {
    items.putIfAbsent(name, new Item(name, round, pause, nanos.getAsLong()));
    if (!working) {
      working = true;
      Errand.start(this.name, pause, this::round);
    }
  }

  /**
   * @return whether nothing waits
   */
  private boolean round() {
    listen();
    for (Item item : due()) {
      Thread.ofVirtual().name(item.name).start(() -> tryIt(item));
    }
    synchronized (this) {
      working = !items.isEmpty();
      return !working;
    }
  }

  private void listen() {
    long now;
    try {
      now = news.getAsLong();
    } catch (NodeException e) {
      return; // the next round hears of it
    } catch (RuntimeException e) {
      // What waits is tried all the same.
      LOG.atWarn().addKeyValue("docket", name).setCause(e).log("no news; asking again");
      return;
    }
    synchronized (this) {
      if (now != heard) {
        heard = now;
        for (Item item : items.values()) {
          item.wait = pause;
          item.next = nanos.getAsLong();
          item.again = item.running;
        }
      }
    }
  }

  /** Those whose time has come, which waited longest. */
  private synchronized List<Item> due() {
    long now = nanos.getAsLong();
    long running = items.values().stream().filter(item -> item.running).count();
    List<Item> due =
        items.values().stream()
            .filter(item -> !item.running && item.next - now <= 0)
            .sorted(Comparator.comparingLong(item -> item.last - now))
            .limit(PER_ROUND)
            .limit(MOST_RUNNING - running)
            .toList();
    due.forEach(item -> item.running = true);
    return due;
  }

  private void tryIt(Item item) {
    boolean over = false;
    try {
      over = item.round.run();
    } catch (InterruptedException e) {
      over = true;
    } catch (NodeException e) {
      LOG.atDebug().addKeyValue("errand", item.name).log(e.getMessage());
    } catch (Throwable e) {
      Fault.endIfFatal(e);
      LOG.atError().addKeyValue("errand", item.name).setCause(e).log("failed; trying again");
    }
    synchronized (this) {
      item.running = false;
      item.last = nanos.getAsLong();
      if (over) {
        items.remove(item.name);
        return;
      }
      item.next = item.again ? item.last : item.last + item.wait.toNanos();
      item.wait = item.wait.compareTo(MOST) < 0 ? item.wait.multipliedBy(2) : MOST;
      item.again = false;
    }
  }
}
