package org.mandate.cli.simulation;

import java.util.List;
import java.util.SplittableRandom;

/** All chance there is, from one seed: the same seed throws the same. */
final class Dice {
  private final SplittableRandom random;

  Dice(long seed) {
    this.random = new SplittableRandom(seed);
  }

  /** Other dice, whose throws do not depend on how often these are thrown from now on. */
  Dice apart() {
    return new Dice(random.nextLong());
  }

  /** True in {@code perMille} of a thousand throws. */
  boolean in1000(int perMille) {
    return perMille > 0 && random.nextInt(1000) < perMille;
  }

  /** Both included. */
  long between(long least, long most) {
    return random.nextLong(least, most + 1);
  }

  <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
