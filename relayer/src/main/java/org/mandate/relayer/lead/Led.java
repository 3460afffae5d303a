package org.mandate.relayer.lead;

import java.util.Optional;
import java.util.function.Function;
import org.mandate.relayer.Journal;
import org.mandate.relayer.Loop;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Lease;
import org.mandate.relayer.store.StaleLeaseException;

/**
 * A workflow that runs while this instance leads its line. Each lease gets a workflow of its own,
 * made anew, on a database that stores only what is written under this very lease: nothing that was
 * remembered or begun under a former one is carried on, as after a restart.
 *
 * @param <W> the workflow
 */
public final class Led<W> implements Loop.Round {
  private static final Journal LOG = Journal.of("lead");

  /** One round of the workflow; answers whether there is more to do right away. */
  @FunctionalInterface
  public interface Round<W> {
    boolean run(W workflow) throws InterruptedException;
  }

  private record Lead<W>(Lease lease, W workflow) {}

  private final Line line;
  private final Database database;
  private final Function<Database, W> begin;
  private final Round<W> round;
  private final Optional<W> alone;
  private volatile Optional<Lead<W>> present = Optional.empty();

  /**
   * @param begin makes the workflow on a database that is fenced for a lease
   */
  public Led(Line line, Database database, Function<Database, W> begin, Round<W> round) {
    this.line = line;
    this.database = database;
    this.begin = begin;
    this.round = round;
    this.alone = line.isAlone() ? Optional.of(begin.apply(database)) : Optional.empty();
  }

  /**
   * @param wake is run when there is something to do at once: this instance begins to lead, or has
   *     to give back
   */
  public void onNews(Runnable wake) {
    line.onNews(wake);
  }

  /** The workflow, while this instance leads. */
  public Optional<W> present() {
    if (alone.isPresent()) return alone;
    return present.filter(p -> line.lease().equals(Optional.of(p.lease()))).map(Lead::workflow);
  }

  @Override
  public boolean run() throws InterruptedException {
    if (alone.isPresent()) return round.run(alone.get());
    Optional<Lease> lease = line.lease();
    if (lease.isEmpty()) {
      present = Optional.empty();
      return false;
    }
    if (line.isResigning()) {
      giveBack(lease.get());
      return false;
    }
    try {
      return round.run(workflow(lease.get()));
    } catch (StaleLeaseException e) {
      present = Optional.empty();
      line.refused(lease.get());
      LOG.warn(
          "no longer leads",
          "line",
          line.name(),
          "epoch",
          lease.get().epoch(),
          "reason",
          e.getMessage());
      return false;
    }
  }

  private W workflow(Lease lease) {
    if (present.filter(p -> p.lease().equals(lease)).isEmpty())
      present = Optional.of(new Lead<>(lease, begin.apply(database.fenced(lease))));
    return present.get().workflow();
  }

  private void giveBack(Lease lease) {
    present = Optional.empty();
    database.run(lease::giveBack);
    line.ended();
    LOG.info("gave back", "line", line.name(), "epoch", lease.epoch());
  }
}
