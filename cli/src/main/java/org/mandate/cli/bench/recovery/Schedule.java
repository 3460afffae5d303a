package org.mandate.cli.bench.recovery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import org.mandate.cli.local.Town;
import org.mandate.relayer.Trap;

/**
 * What a seed does: who is killed where, what else goes wrong, and what agents ask for meanwhile.
 * All of it follows from the seed; when exactly threads get there is the machine's.
 *
 * @param seed from 0
 * @param victim which relayer, from 0
 * @param blows in this order; at least one kill
 * @param orders what agents ask for
 */
record Schedule(long seed, int victim, List<Blow> blows, List<Order> orders) {
  /** What an agent asks for. */
  enum Kind {
    /** At home, at once. */
    HOME,
    /** At home, after a delay. */
    DELAYED,
    /** On the other chain. */
    ACROSS,
    /** At home, with a deadline that may pass meanwhile: either it is executed, or it never is. */
    SHORT,
    /** More than policy admits, by an agent that does nothing else: denied, and never executed. */
    BREACH
  }

  /**
   * One payment.
   *
   * @param agent which, from 0
   * @param relayer who is asked first, from 0
   * @param amount beside what the kind adds
   */
  record Order(Kind kind, int agent, int relayer, long amount) {}

  /** What is only reached when a chain is reorganized. */
  private static final List<String> AFTER_REORG =
      List.of("before-blocks-undone", "Blocks.undoFrom", "StoredEvent.remove", "Task.wake");

  /** What is only reached when blocks pass a transaction over. */
  private static final List<String> WHEN_DEAR =
      List.of("TransactionRow.lost", "eth_getTransactionByHash");

  /** Reached once, when a relayer starts. */
  private static final List<String> AT_START =
      List.of(
          "ChainRow.register", "Task.releaseAll", "StoredMessage.forgetRefusals", "eth_chainId");

  /**
   * What no seed brings about: a lie of a relayer, an approver, a final block that goes, two
   * intents of one nonce, an IPFS daemon. Where a kill there is tried, a test of its own does it.
   */
  private static final List<String> ELSEWHERE =
      List.of(
          "StoredEvidence.save",
          "StoredEvidence.contradict",
          "StoredMessage.refuse",
          "StoredApproval.save",
          "ChainRow.halt",
          "ChainRow.distrust",
          "DeepReorg.save",
          "DeepReorg.undo",
          "DeepReorg.accept",
          "DeepReorg.reopen",
          "StoredIntent.unlapse",
          "StoredIntent.unsupersede",
          "StoredIntent.reopen",
          "StoredIntent.supersede",
          "Lease.revokeAll",
          "after-gate-closed",
          "after-halt-stored",
          "before-halt-told",
          "Unpinned.pinned");

  private static final int ORDERS = 4;
  private static final int MOST_TIMES = 12;

  /**
   * @param relayers how many there are
   * @param agents how many there are, at least two; the last one does what it may not
   */
  static Schedule of(long seed, int relayers, int agents) {
    var random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
    var point = point(seed);
    var victim = (int) (seed % relayers);
    var blows = new ArrayList<Blow>();
    circumstance(point, random).ifPresentOrElse(blows::add, () -> trouble(random, blows));
    blows.add(new Blow.AtPoint(point, time(point, random)));
    switch (random.nextInt(10)) { // killed again while it recovers
      case 0, 1 -> blows.add(new Blow.AtMoment(Duration.ofMillis(200 + random.nextInt(2500))));
      case 2 -> {
        var again = point(seed + 1 + random.nextInt(1000));
        blows.add(new Blow.AtPoint(again, 1));
      }
      default -> {}
    }
    var orders = new ArrayList<Order>();
    for (int i = 0; i < ORDERS; i++) {
      var kind = kind(random);
      var agent = random.nextInt(agents - 1);
      orders.add(
          new Order(
              kind,
              kind == Kind.BREACH ? agents - 1 : agent, // the chain freezes that one
              random.nextInt(3) == 0 ? random.nextInt(relayers) : victim,
              1 + random.nextInt(1_000_000)));
    }
    return new Schedule(seed, victim, List.copyOf(blows), List.copyOf(orders));
  }

  private static final List<String> POINTS = shuffled();

  private static List<String> shuffled() {
    var points = new ArrayList<>(Trap.all());
    points.removeIf(point -> ELSEWHERE.stream().anyMatch(point::endsWith));
    Collections.shuffle(points, new Random(5));
    return List.copyOf(points);
  }

  /** Each of them in turn: as many seeds as there are points meet all that a seed can reach. */
  private static String point(long seed) {
    return POINTS.get((int) (seed % POINTS.size()));
  }

  private static int time(String point, Random random) {
    var once = AT_START.stream().anyMatch(point::endsWith) || circumstances(point);
    return once || random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(MOST_TIMES);
  }

  private static boolean circumstances(String point) {
    return AFTER_REORG.stream().anyMatch(point::endsWith)
        || WHEN_DEAR.stream().anyMatch(point::endsWith);
  }

  private static Optional<Blow> circumstance(String point, Random random) {
    if (AFTER_REORG.stream().anyMatch(point::endsWith)) {
      return Optional.of(new Blow.Reorg(chain(random), 1 + random.nextInt(2)));
    }
    if (WHEN_DEAR.stream().anyMatch(point::endsWith)) {
      return Optional.of(new Blow.Dear(Town.HOME, 4));
    }
    return Optional.empty();
  }

  /** Now and then something else goes wrong before. */
  private static void trouble(Random random, List<Blow> blows) {
    var away = Duration.ofMillis(200 + random.nextInt(1500));
    switch (random.nextInt(24)) {
      case 0 -> blows.add(new Blow.DatabaseLost(away));
      case 1 -> blows.add(new Blow.NodeHangs(chain(random), away));
      case 2 -> blows.add(new Blow.Reorg(chain(random), 1 + random.nextInt(2)));
      case 3 -> blows.add(new Blow.Dear(chain(random), 2 + random.nextInt(4)));
      default -> {}
    }
  }

  private static long chain(Random random) {
    return random.nextBoolean() ? Town.HOME : Town.REMOTE;
  }

  private static Kind kind(Random random) {
    return switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> Kind.HOME;
      case 4, 5 -> Kind.DELAYED;
      case 6, 7, 8, 9 -> Kind.ACROSS;
      case 10 -> Kind.SHORT;
      default -> Kind.BREACH;
    };
  }

  /** For people: what it does, and how to do it again. */
  String words() {
    return "seed %d, relayer %d: %s; to repeat it: ./mandate bench recovery --first-seed %d --seeds 1"
        .formatted(
            seed,
            victim + 1,
            blows.stream().map(Blow::words).collect(Collectors.joining(", ")),
            seed);
  }
}
