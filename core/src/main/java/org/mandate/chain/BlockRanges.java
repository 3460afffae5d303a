package org.mandate.chain;

/**
 * How many blocks to ask a node about at once. Nodes refuse ranges that are too long for them, or
 * hold too much: halves what was refused, remembers it, and tries more again only after some
 * answers.
 */
public final class BlockRanges {
  private static final long MOST = 5_000;

  /** Answers in a row after which twice as many blocks are asked for. */
  private static final int PATIENCE = 8;

  private final ChainClient chain;
  private long size = MOST;
  private int answers;

  /**
   * The end or the beginning of a range, as much of it as the node gave.
   *
   * @param from its first block
   * @param to its last block
   */
  public record Part<T>(long from, long to, T content) {}

  /** Asks about the blocks {@code from} to {@code to}, both included. */
  @FunctionalInterface
  public interface Question<T> {
    T ask(long from, long to);
  }

  /**
   * @param chain the node that is asked
   */
  public BlockRanges(ChainClient chain) {
    this.chain = chain;
  }

  /**
   * The beginning of the range.
   *
   * @throws NodeException when the node is silent, or refuses a single block
   */
  public <T> Part<T> first(long from, long to, Question<T> question) {
    while (true) {
      long asked = size();
      long last = to - from < asked ? to : from + asked - 1;
      try {
        return served(new Part<>(from, last, question.ask(from, last)));
      } catch (NodeException e) {
        refused(last - from + 1, e);
      }
    }
  }

  /** As {@link #first}, the end of the range. */
  public <T> Part<T> last(long from, long to, Question<T> question) {
    while (true) {
      long asked = size();
      long first = to - from < asked ? from : to - asked + 1;
      try {
        return served(new Part<>(first, to, question.ask(first, to)));
      } catch (NodeException e) {
        refused(to - first + 1, e);
      }
    }
  }

  private synchronized long size() {
    return size;
  }

  private synchronized <T> Part<T> served(Part<T> part) {
    if (++answers >= PATIENCE) {
      answers = 0;
      size = Math.min(MOST, size * 2);
    }
    return part;
  }

  private void refused(long blocks, NodeException reason) {
    if (blocks == 1) {
      throw reason;
    }
    try {
      chain.head();
    } catch (NodeException silent) {
      throw reason; // it refuses nothing, it is down
    }
    synchronized (this) {
      answers = 0;
      size = Math.max(1, Math.min(size, blocks / 2));
    }
  }
}
