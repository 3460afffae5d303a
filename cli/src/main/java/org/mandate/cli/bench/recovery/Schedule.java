package org.mandate.cli.bench.recovery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.mandate.cli.local.Town;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Trap;

/**
 * What a seed does: who is killed where, what else goes wrong, and what agents ask for meanwhile.
 * All of it follows from the seed; when exactly threads get there is the machine's.
 *
 * @param seed from 0
 * @param victim which relayer, from 0
 * @param blows in this order; at least one kill
 * @param orders what agents ask for
 * @param late what they ask for once the victim works, and what goes wrong first has
 */
record Schedule(long seed, int victim, List<Blow> blows, List<Order> orders, List<Order> late) {
  /** What an agent asks for. */
  enum Kind {
    /** At home, at once. */
    HOME,
    /** At home, after a delay. */
    DELAYED,
    /** At home, after a delay and when people agreed. */
    APPROVED,
    /** On the other chain. */
    ACROSS,
    /** At home, two under one nonce, of two relayers: one of them is executed. */
    RIVAL,
    /** At home, with a deadline that may pass meanwhile: either it is executed, or it never is. */
    SHORT,
    /** More than policy admits, by an agent that does nothing else: denied, and never executed. */
    BREACH;

    /** Whether a relayer may refuse it by that rule, which its answer names. */
    boolean mayBeRefusedBy(String rule) {
      return switch (this) {
        case RIVAL -> rule.equals("NONCE"); // it knows of the other one
        case SHORT -> rule.equals("DEADLINE");
        case BREACH -> rule.equals("AGENT_BREAKER"); // frozen for the one before
        case HOME, DELAYED, APPROVED, ACROSS -> false;
      };
    }
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
          "ChainRow.register",
          "ChainRow.distrust",
          "Task.releaseSome",
          "StoredMessage.forgetRefusals",
          "WaitingBlocks.takeInRefused",
          "eth_chainId");

  /** Reached when relayers lie. */
  private static final List<String> WHEN_LIED_TO =
      List.of("StoredEvidence.save", "StoredEvidence.contradict");

  /** Reached when people agree to what waits for them. */
  private static final List<String> WHEN_APPROVED = List.of("StoredApproval.save");

  /** Reached when another intent of the same nonce is executed. */
  private static final List<String> WHEN_RIVALLED =
      List.of("StoredIntent.supersede", "Task.countFailure");

  /**
   * Reached when a transaction did nothing: a relayer that was killed with one that it had not sent
   * sends it late, when another one's was executed meanwhile.
   */
  private static final List<String> WHEN_OVERTAKEN = List.of("Task.countFailure");

  /**
   * Reached when the deadline of what it took passed before it submitted it: a relayer that was
   * away in between.
   */
  private static final List<String> WHEN_TOO_LATE = List.of("StoredIntent.lapse", "Task.closeAll");

  /** Reached when it submits several at once. */
  private static final List<String> WHEN_TOGETHER = List.of("Task.putOffAll");

  /** Longer than it takes until a short deadline is behind what is final. */
  private static final Duration AWAY = Clients.SHORT_LIFETIME.plusSeconds(2);

  /** Reached when a final block goes, in this order. */
  private static final List<String> WHEN_HALTED =
      List.of(
          "after-gate-closed",
          "ChainRow.halt",
          "after-halt-stored",
          "DeepReorg.save",
          "before-halt-told");

  /** Reached when a person says that it really did, all in one database transaction. */
  private static final List<String> WHEN_ACCEPTED =
      List.of(
          "DeepReorg.accept",
          "DeepReorg.undo",
          "DoneUntil.undo",
          "DeepReorg.reopen",
          "StoredIntent.unlapse",
          "StoredIntent.unsupersede",
          "StoredIntent.reopen",
          "Lease.revokeAll");

  private static final int ORDERS = 4;
  private static final int MANY = 6;
  private static final int MOST_TIMES = 12;

  /** So often at most a relayer is killed at any moment before it could recover. */
  private static final int MOST_AGAIN = 6;

  /** A relayer's test, {@code CLASS#METHOD}. */
  private static final String REFUSES =
      "DeepReorgTest#L9_shouldSignNoOtherMessageOfANumberThatADeepReorgGaveAway";

  /** What a test's settings, its own database or an orderly end lead to, by what is written. */
  private static final Map<String, String> RARE =
      Map.of(
          "StoredInstance.outlive", "L9_shouldStartAgainWhenKilledAsItStarts",
          "Lease.expireOthers", "L9_shouldStartAgainWhenKilledAsItStarts",
          "Lease.giveBackAll", "L9_shouldLoseNothingWhenKilledAsItEnds",
          "StoredInstance.leave", "L9_shouldLoseNothingWhenKilledAsItEnds",
          "Task.suspend", "L9_shouldGoOnWhenKilledAsItPutsWorkOff",
          "Task.park", "L9_shouldGoOnWhenKilledAsItParks",
          "Task.hold", "L9_shouldGoOnWhenKilledAsItWaitsForCheaperGas",
          "TransactionRow.refused", "L9_shouldGoOnWhenKilledAsNoNodeTakesIt",
          "TransactionRow.release", "L9_shouldGoOnWhenKilledAsItsNonceIsSomebodyElses",
          "StoredEvidence.readSource", "L9_shouldGoOnWhenKilledAsItReadsWhereADeliveryCameFrom");

  /**
   * Those that no orders lead to, with the relayer's test that kills there. A message is refused
   * when another one of its number was attested, which takes a deep reorg and somebody who is
   * faster than the relayers after it; and who refused it waits for somebody to send it again.
   */
  static final Map<String, String> BY_TEST = byTest();

  private static Map<String, String> byTest() {
    var byTest = new HashMap<String, String>();
    for (var side : List.of("before-commit/", "after-commit/")) {
      byTest.put(side + "StoredMessage.refuse", REFUSES);
      RARE.forEach((what, test) -> byTest.put(side + what, "RareCrashTest#" + test));
    }
    return Map.copyOf(byTest);
  }

  /** Each of them in turn: as many seeds as there are points meet all of them. */
  private static final List<String> POINTS = shuffled();

  /**
   * @param relayers how many there are
   * @param agents how many there are, at least two; the last one does what it may not
   */
  static Schedule of(long seed, int relayers, int agents) {
    var random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
    var point = point(seed);
    var victim = (int) (seed % relayers);
    if (isDeep(point)) {
      return new Schedule(seed, victim, List.of(new Blow.AtPoint(point, 1)), List.of(), List.of());
    }
    var blows = new ArrayList<>(circumstance(point, victim, relayers, random));
    if (blows.isEmpty()) trouble(random, blows);
    blows.add(new Blow.AtPoint(point, time(point, random)));
    // Killed again and again while it recovers.
    for (int i = random.nextInt(MOST_AGAIN + 1); i > 0; i--) {
      blows.add(new Blow.AtMoment(Duration.ofMillis(200 + random.nextInt(2500))));
    }
    var again = point(seed + 1 + random.nextInt(1000));
    if (random.nextInt(10) == 0 && !isDeep(again)) blows.add(new Blow.AtPoint(again, 1));
    var orders = new ArrayList<Order>();
    // Whoever is killed at what it takes first must take what is too late by then.
    for (int i = 0; i < ORDERS && !isOf(WHEN_TOO_LATE, point); i++) {
      var kind = kind(random);
      var agent = random.nextInt(agents - 1);
      orders.add(
          new Order(
              kind,
              kind == Kind.BREACH ? agents - 1 : agent, // the chain freezes that one
              random.nextInt(3) == 0 ? random.nextInt(relayers) : victim,
              1 + random.nextInt(1_000_000)));
    }
    return new Schedule(
        seed, victim, List.copyOf(blows), List.copyOf(orders), late(point, victim, agents, random));
  }

  /** Every point that seeds bring about: as many seeds one after another meet all of them. */
  static List<String> all() {
    return POINTS;
  }

  /** Other seeds that meet a point, without end. */
  static LongStream others(String point, long after) {
    var place = POINTS.indexOf(point);
    var round = after / POINTS.size() + 1;
    return LongStream.iterate(round * POINTS.size() + place, seed -> seed + POINTS.size());
  }

  private static List<String> shuffled() {
    var points = new ArrayList<>(Trap.all());
    points.removeAll(BY_TEST.keySet());
    Collections.shuffle(points, new Random(5));
    return List.copyOf(points);
  }

  private static String point(long seed) {
    return POINTS.get((int) (seed % POINTS.size()));
  }

  private static boolean isOf(List<String> kind, String point) {
    return kind.stream().anyMatch(name -> point.equals(name) || point.endsWith("/" + name));
  }

  /** Whether a final block must go for it, of which all relayers stop: {@link Depths}. */
  boolean isDeep() {
    return isDeep(point());
  }

  private static boolean isDeep(String point) {
    return isOf(WHEN_HALTED, point) || isOf(WHEN_ACCEPTED, point);
  }

  /** Whether it is reached while a person accepts that a final block went. */
  boolean isAcceptance() {
    return isOf(WHEN_ACCEPTED, point());
  }

  /** Where it is killed, at the latest in its second life. */
  String point() {
    return point(seed);
  }

  /** Whether only a reorg that takes something out leads there, which few do. */
  boolean needsReorgs() {
    return isOf(AFTER_REORG, point());
  }

  /** Whether what it takes to reach it takes longer than most. */
  boolean isSlow() {
    return isOf(WHEN_LIED_TO, point())
        || isOf(WHEN_RIVALLED, point())
        || isOf(WHEN_TOO_LATE, point())
        || isOf(WHEN_APPROVED, point())
        || needsReorgs()
        || point().endsWith("/Unpinned.pinned");
  }

  private static int time(String point, Random random) {
    var once = isOf(AT_START, point) || isBroughtAbout(point);
    return once || random.nextInt(3) > 0 ? 1 : 1 + random.nextInt(MOST_TIMES);
  }

  private static boolean isBroughtAbout(String point) {
    return isOf(AFTER_REORG, point)
        || isOf(WHEN_DEAR, point)
        || isOf(WHEN_LIED_TO, point)
        || isOf(WHEN_APPROVED, point)
        || isOf(WHEN_RIVALLED, point)
        || isOf(WHEN_TOO_LATE, point)
        || isOf(WHEN_TOGETHER, point);
  }

  /** What must happen before; nothing where any life will do. */
  private static List<Blow> circumstance(String point, int victim, int relayers, Random random) {
    if (isOf(AFTER_REORG, point)) {
      return List.of(new Blow.Reorg(chain(random), 1 + random.nextInt(2)));
    }
    if (isOf(WHEN_DEAR, point)) {
      return List.of(new Blow.Dear(Town.HOME, 4));
    }
    if (isOf(WHEN_LIED_TO, point)) {
      return List.of(new Blow.Lie(List.of(victim, (victim + 1) % relayers)));
    }
    if (isOf(WHEN_OVERTAKEN, point)) {
      return List.of(new Blow.AtPoint(Failpoint.AFTER_TRANSACTION_STORED.label(), 1));
    }
    if (isOf(WHEN_TOO_LATE, point)) {
      return List.of(
          new Blow.AtPoint(Failpoint.AFTER_INTENT_STORED.label(), 1), new Blow.Away(AWAY));
    }
    return List.of();
  }

  /** What brings a point about that agents' orders do. */
  private static List<Order> late(String point, int victim, int agents, Random random) {
    var late = new ArrayList<Order>();
    if (isOf(WHEN_LIED_TO, point)) { // the number that the lie took
      late.add(order(Kind.ACROSS, victim, agents, random));
    }
    if (isOf(WHEN_APPROVED, point)) {
      late.add(order(Kind.APPROVED, victim, agents, random));
    }
    if (isOf(WHEN_RIVALLED, point)) { // half of them the victim loses
      for (int i = 0; i < MANY; i++) late.add(order(Kind.RIVAL, victim, agents, random));
    }
    if (isOf(WHEN_TOO_LATE, point)) {
      for (int i = 0; i < MANY; i++) late.add(order(Kind.SHORT, victim, agents, random));
    }
    if (isOf(WHEN_TOGETHER, point)) {
      for (int i = 0; i < MANY; i++) late.add(order(Kind.HOME, victim, agents, random));
    }
    return List.copyOf(late);
  }

  private static Order order(Kind kind, int relayer, int agents, Random random) {
    return new Order(kind, random.nextInt(agents - 1), relayer, 1 + random.nextInt(1_000_000));
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
    return switch (random.nextInt(14)) {
      case 0, 1, 2, 3 -> Kind.HOME;
      case 4, 5 -> Kind.DELAYED;
      case 6, 7, 8, 9 -> Kind.ACROSS;
      case 10 -> Kind.SHORT;
      case 11 -> Kind.APPROVED;
      case 12 -> Kind.RIVAL;
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
