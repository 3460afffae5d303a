package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.mandate.cli.Output;

/**
 * Of so many measurements.
 *
 * @param p50 milliseconds, like the others
 */
record Percentiles(int count, double p50, double p95, double p99, double max) {
  static Percentiles ofMicros(LongStream micros) {
    long[] sorted = micros.toArray();
    Arrays.sort(sorted);
    return new Percentiles(
        sorted.length, at(sorted, 0.5), at(sorted, 0.95), at(sorted, 0.99), at(sorted, 1));
  }

  private static double at(long[] sorted, double part) {
    if (sorted.length == 0) return 0;
    int place = (int) Math.ceil(part * sorted.length) - 1;
    return Math.round(sorted[Math.max(0, place)] / 100.0) / 10.0;
  }

  ObjectNode toJson() {
    return Output.object()
        .put("count", count)
        .put("p50Millis", p50)
        .put("p95Millis", p95)
        .put("p99Millis", p99)
        .put("maxMillis", max);
  }
}
