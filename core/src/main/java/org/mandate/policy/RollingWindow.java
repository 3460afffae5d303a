package org.mandate.policy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * A strict rolling window: eight buckets of equal length whose sum covers every window of the given
 * length that ends now, so what is admitted under a cap never exceeds it in any window (L2); a use
 * counts at most a seventh of the window too long.
 *
 * @param bucketSeconds length of a bucket, at least 1
 * @param newest number of the newest bucket; bucket n covers the seconds [n * bucketSeconds, (n +
 *     1) * bucketSeconds)
 * @param buckets what each bucket holds, newest first
 */
public record RollingWindow(long bucketSeconds, long newest, List<Long> buckets) {
  static final int BUCKETS = 8;

  public RollingWindow {
    buckets = List.copyOf(buckets);
    if (bucketSeconds < 1 || buckets.size() != BUCKETS) {
      throw new IllegalArgumentException("a rolling window has eight buckets of at least a second");
    }
  }

  /**
   * A window of {@code seconds}, into which {@code amount} has gone at {@code now} and nothing
   * before.
   */
  static RollingWindow starting(int seconds, long now, long amount) {
    long length = bucketSeconds(seconds);
    List<Long> buckets = new ArrayList<>(Collections.nCopies(BUCKETS, 0L));
    buckets.set(0, amount);
    return new RollingWindow(length, now / length, buckets);
  }

  /**
   * Seven buckets are at least as long as the window; the eighth is the one that is being filled.
   */
  private static long bucketSeconds(int seconds) {
    return Math.max(1, Math.ceilDiv(seconds, BUCKETS - 1));
  }

  /** The window as it stands at {@code now}: old buckets have fallen out. */
  RollingWindow at(long now) {
    long current = Math.max(newest, now / bucketSeconds);
    long steps = Math.min(BUCKETS, current - newest);
    List<Long> moved = new ArrayList<>(Collections.nCopies((int) steps, 0L));
    moved.addAll(buckets.subList(0, BUCKETS - (int) steps));
    return new RollingWindow(bucketSeconds, current, moved);
  }

  RollingWindow unused() {
    return holding(Collections.nCopies(BUCKETS, 0L));
  }

  /** What counts now. */
  long sum() {
    return buckets.stream().mapToLong(Long::longValue).sum();
  }

  /** The window with {@code amount} more in its newest bucket. */
  RollingWindow plus(long amount) {
    List<Long> more = new ArrayList<>(buckets);
    more.set(0, Math.addExact(more.getFirst(), amount));
    return new RollingWindow(bucketSeconds, newest, more);
  }

  /**
   * Which bucket counts what happened then, 0 for the newest; none when that is out of the window.
   */
  OptionalInt bucketOf(long time) {
    long age = newest - time / bucketSeconds;
    return age < 0 || age >= BUCKETS ? OptionalInt.empty() : OptionalInt.of((int) age);
  }

  /** The window with {@code amount} less in a bucket that holds it. */
  RollingWindow minus(int bucket, long amount) {
    List<Long> less = new ArrayList<>(buckets);
    less.set(bucket, less.get(bucket) - amount);
    return new RollingWindow(bucketSeconds, newest, less);
  }

  /** The window with other contents in its buckets. */
  RollingWindow holding(List<Long> contents) {
    return new RollingWindow(bucketSeconds, newest, contents);
  }

  /**
   * First second at which at least {@code needed} of what counts now has fallen out; 0 when that
   * never happens.
   */
  long freedAt(long needed) {
    long freed = 0;
    for (int i = BUCKETS - 1; i >= 0; i--) {
      freed += buckets.get(i);
      if (freed >= needed) {
        // bucket number newest - i leaves the sum when bucket number newest - i + BUCKETS begins
        return (newest - i + BUCKETS) * bucketSeconds;
      }
    }
    return 0;
  }
}
