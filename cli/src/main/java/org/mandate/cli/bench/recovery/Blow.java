package org.mandate.cli.bench.recovery;

import java.time.Duration;
import java.util.List;
import org.mandate.cli.local.Town;

/** One thing that happens to the victim, or to what it stands on. */
sealed interface Blow {
  /** For people, and for repeating it. */
  String words();

  /** It ends with the victim's process killed. */
  sealed interface Kill extends Blow {}

  /**
   * Killed where it stopped dead.
   *
   * @param point as in {@code failpoints.txt}
   * @param time the n-th time that it is reached
   */
  record AtPoint(String point, int time) implements Kill {
    @Override
    public String words() {
      return "killed at " + point + ":" + time;
    }
  }

  /** Killed at any instruction, so long after its start: while it recovers too. */
  record AtMoment(Duration after) implements Kill {
    @Override
    public String words() {
      return "killed after " + after.toMillis() + " ms";
    }
  }

  /** After it was killed, nobody starts it for so long. */
  record Away(Duration time) implements Blow {
    @Override
    public String words() {
      return "away for " + time.toMillis() + " ms";
    }
  }

  /** Power fails for the database: all of its processes are killed, and it comes back. */
  record DatabaseLost(Duration away) implements Blow {
    @Override
    public String words() {
      return "PostgreSQL killed for " + away.toMillis() + " ms";
    }
  }

  /** The only node of a chain hangs: it answers nothing, and mines nothing. */
  record NodeHangs(long chainId, Duration away) implements Blow {
    @Override
    public String words() {
      return "node of " + chain(chainId) + " hangs for " + away.toMillis() + " ms";
    }
  }

  /** Blocks that are not final are replaced by others, without their transactions. */
  record Reorg(long chainId, int depth) implements Blow {
    @Override
    public String words() {
      return "reorg of " + chain(chainId) + ", depth " + depth;
    }
  }

  /** Blocks cost many times more, and the node forgets what it has not mined. */
  record Dear(long chainId, int times) implements Blow {
    @Override
    public String words() {
      return "blocks of " + chain(chainId) + " cost " + times + " times more";
    }
  }

  /**
   * Two relayers sign a message that home never sent, under the number of its next one.
   *
   * @param liars which, from 0
   */
  record Lie(List<Integer> liars) implements Blow {
    @Override
    public String words() {
      return "a lie of relayers " + liars.stream().map(i -> i + 1).toList();
    }
  }

  private static String chain(long id) {
    return id == Town.HOME ? "home" : "the other chain";
  }
}
