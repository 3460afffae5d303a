package org.mandate.cli.simulation;

/**
 * One process of a relayer, from its start to its crash. Whatever it asks of the world outside
 * passes here: there it may die, and after that nothing passes any more.
 */
final class Life {
  private final String name;
  private final Strands strands;
  private long stepsLeft = Long.MAX_VALUE;
  private boolean over;

  Life(String name, Strands strands) {
    this.name = name;
    this.strands = strands;
  }

  String name() {
    return name;
  }

  boolean isOver() {
    return over;
  }

  /** It dies after so many steps. */
  void dieAfter(long steps) {
    stepsLeft = steps;
  }

  void end() {
    over = true;
  }

  /**
   * A point where it may die.
   *
   * @throws Crash when it did
   */
  void step() {
    if (!over && --stepsLeft < 0) over = true;
    if (over) throw new Crash(name);
  }

  /** Lets others go on; it may be dead when its time has come. */
  void sleep(long millis) {
    step();
    strands.sleep(millis);
    if (over) throw new Crash(name);
  }
}
