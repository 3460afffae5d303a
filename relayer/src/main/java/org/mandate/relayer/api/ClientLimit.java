package org.mandate.relayer.api;

import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many requests one client may make: a bucket per address that refills steadily. The least
 * recent clients are forgotten.
 */
final class ClientLimit {
  private static final int MOST_CLIENTS = 10_000;

  private record Bucket(double tokens, long at) {}

  private final double perSecond;
  private final double burst;
  private final Clock clock;
  private final Map<String, Bucket> buckets =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
          return size() > MOST_CLIENTS;
        }
      };

  ClientLimit(double perSecond, double burst, Clock clock) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.clock = clock;
  }

  /** Takes one request from the client's bucket, if there is one. */
  synchronized boolean admits(String client) {
    long now = clock.millis();
    Bucket bucket = buckets.getOrDefault(client, new Bucket(burst, now));
    double tokens =
        Math.min(burst, bucket.tokens() + Math.max(0, now - bucket.at()) / 1000.0 * perSecond);
    boolean admitted = tokens >= 1;
    buckets.put(client, new Bucket(admitted ? tokens - 1 : tokens, now));
    return admitted;
  }
}
