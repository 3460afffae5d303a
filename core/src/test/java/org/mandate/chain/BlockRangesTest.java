package org.mandate.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A node that gives ten blocks at once, and one that gives nothing. */
class BlockRangesTest {
  private static final long LIMIT = 10;

  private final List<Long> refused = new ArrayList<>();
  private boolean silent;
  private final BlockRanges ranges = new BlockRanges(node());

  @Test
  void shouldReadEveryBlockOnceFromEitherEnd() {
    List<Long> forwards = new ArrayList<>();
    for (long from = 3; from <= 999; ) {
      var part = ranges.first(from, 999, this::ask);
      forwards.addAll(part.content());
      from = part.to() + 1;
    }
    assertEquals(numbers(3, 999), forwards);
    List<Long> backwards = new ArrayList<>();
    for (long to = 999; to >= 3; ) {
      var part = ranges.last(3, to, this::ask);
      backwards.addAll(0, part.content());
      to = part.from() - 1;
    }
    assertEquals(numbers(3, 999), backwards);
  }

  @Test
  void shouldRememberWhatWasRefused() {
    int pages = 0;
    for (long to = 9_999; to >= 0; pages++) {
      to = ranges.last(0, to, this::ask).from() - 1;
    }
    assertTrue(refused.size() < pages / 4, refused.size() + " refusals for " + pages + " pages");
    assertTrue(refused.stream().skip(10).allMatch(size -> size <= 2 * LIMIT), refused.toString());
  }

  @Test
  void shouldAskForLongRangesAgainWhenOnlySomeBlocksAreFull() {
    for (long from = 0; from < 100; ) {
      from = ranges.first(from, 99, this::ask).to() + 1;
    }
    long most = 0;
    for (long from = 0; from < 100_000; ) {
      var part = ranges.first(from, 99_999, (first, last) -> first);
      most = Math.max(most, part.to() - part.from() + 1);
      from = part.to() + 1;
    }
    assertEquals(5_000, most);
  }

  @Test
  void shouldNotShrinkForANodeThatIsDown() {
    silent = true;
    assertThrows(NodeException.class, () -> ranges.first(0, 99_999, this::ask));
    assertEquals(1, refused.size());
    silent = false;
    assertEquals(4_999, ranges.first(0, 99_999, (first, last) -> first).to());
  }

  @Test
  void shouldGiveUpWhenASingleBlockIsRefused() {
    assertThrows(
        NodeException.class,
        () ->
            ranges.last(
                0,
                99_999,
                (first, last) -> {
                  throw new NodeException("no");
                }));
  }

  private List<Long> ask(long from, long to) {
    if (silent || to - from + 1 > LIMIT) {
      refused.add(to - from + 1);
      throw new NodeException("too many");
    }
    return numbers(from, to);
  }

  private static List<Long> numbers(long from, long to) {
    return java.util.stream.LongStream.rangeClosed(from, to).boxed().toList();
  }

  private ChainClient node() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              if (silent) {
                throw new NodeException("silent");
              }
              Hash hash = Hash.keccak("any");
              return new Block(1, hash, hash, Instant.EPOCH);
            });
  }
}
