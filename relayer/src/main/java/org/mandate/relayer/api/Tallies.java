package org.mandate.relayer.api;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mandate.relayer.Journal;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Row;
import org.mandate.relayer.store.StoreException;

/**
 * Numbers that the database adds up over whole tables: the more is stored, the longer that takes.
 * One asker at a time has them added up, and all together at most for a twentieth of the time,
 * however many ask how often; meanwhile, and while it fails, the numbers stay as they were, and the
 * metric {@code mandate_counted_ago_seconds} says how old they are.
 */
final class Tallies {
  private static final Journal LOG = Journal.of("metrics");
  private static final Duration LEAST = Duration.ofSeconds(2);
  private static final int SHARE = 20;

  private static final class Tally {
    private final MultiGauge gauge;
    private final String sql;
    private final List<String> labels;
    private volatile long countedAt = System.nanoTime();

    private Tally(MultiGauge gauge, String sql, List<String> labels) {
      this.gauge = gauge;
      this.sql = sql;
      this.labels = labels;
    }

    private void count(Database database) {
      List<MultiGauge.Row<?>> rows =
          List.copyOf(
              database.inTransaction(
                  tx -> {
                    tx.update("SET LOCAL enable_seqscan = on"); // all of it is read
                    return tx.list(sql, row -> MultiGauge.Row.of(tags(row), row.real("n")));
                  }));
      gauge.register(rows, true);
      countedAt = System.nanoTime();
    }

    private Tags tags(Row row) throws SQLException {
      Tags tags = Tags.empty();
      for (String label : labels) tags = tags.and(label, row.text(label));
      return tags;
    }

    private double age() {
      return (System.nanoTime() - countedAt) / 1e9;
    }
  }

  private final MeterRegistry registry;
  private final Database database;
  private final List<Tally> all = new ArrayList<>();
  private int next;
  private long due = System.nanoTime();

  Tallies(MeterRegistry registry, Database database) {
    this.registry = registry;
    this.database = database;
  }

  /**
   * @param sql answers {@code n} for each combination of the labels
   */
  void add(String name, String description, String sql, String... labels) {
    MultiGauge gauge = MultiGauge.builder(name).description(description).register(registry);
    Tally tally = new Tally(gauge, sql, List.of(labels));
    all.add(tally);
    Gauge.builder("mandate.counted.ago", tally, Tally::age)
        .description("How long ago what the database adds up was added up")
        .baseUnit("seconds")
        .tag("what", name)
        .register(registry);
  }

  /** Has them added up if that is due. What takes too long is left out, and the others are not. */
  synchronized void refresh() {
    long begin = System.nanoTime();
    if (begin - due < 0) return;
    try {
      for (int i = 0; i < all.size(); i++) {
        Tally tally = all.get(next);
        next = (next + 1) % all.size();
        tally.count(database);
      }
    } catch (StoreException e) {
      LOG.warn("metrics stay as they were", "reason", Journal.reason(e));
    }
    long end = System.nanoTime();
    due = end + Math.max(LEAST.toNanos(), SHARE * (end - begin));
  }
}
