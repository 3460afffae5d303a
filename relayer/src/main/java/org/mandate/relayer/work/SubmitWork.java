package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Submission;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.relayer.store.Tx;

/**
 * Submits together what agents handed over: one look at the database, one trial and one transaction
 * for many intents. What fails in the trial is left to an attempt of its own, which says why.
 */
final class SubmitWork {
  /** As many as one transaction holds. */
  static final int AT_ONCE = 51;

  private static final long BATCH_GAS = 100_000;

  /** Of which the contract keeps 60,000 back; a payment takes less than 140,000. */
  private static final long SUBMIT_GAS = 230_000;

  private static final long DATA_GAS = 40; // EIP-7623, per byte

  /** Nodes keep few waiting transactions of one key: more are not signed before these are mined. */
  private static final int MOST_UNDER_WAY = 48;

  private static final Duration FULL = Duration.ofMillis(500);

  private final Database database;

  SubmitWork(Database database) {
    this.database = database;
  }

  /**
   * What is left.
   *
   * @param tasks each for an attempt of its own
   * @param underWay how many of the key's transactions are not known to be mined
   */
  record Left(List<Task> tasks, long underWay) {}

  /** Looks after claimed work of the kind SUBMIT. */
  Left submit(List<Task> tasks, Workplace home) {
    Map<Hash, Task> byId =
        tasks.stream().collect(Collectors.toMap(Task::subject, Function.identity()));
    List<Task> over = new ArrayList<>();
    List<Task> underWay = new ArrayList<>();
    List<Task> late = new ArrayList<>();
    List<Task> alone = new ArrayList<>();
    List<Hash> lapsed = new ArrayList<>();
    List<StoredIntent> due = new ArrayList<>();
    Known known = database.inTransaction(tx -> known(tx, home, List.copyOf(byId.keySet())));
    ChainRow row = known.row();
    for (Submission each : known.submissions()) {
      Task task = byId.get(each.id());
      Optional<StoredIntent> given = each.stored().filter(s -> s.signature().isPresent());
      if (each.isOpen()) underWay.add(task);
      else if (each.progress().isPresent()) (each.progress().get() ? over : underWay).add(task);
      else if (given.isEmpty()) over.add(task);
      else if (isPast(given.get(), row.finalizedTime())) {
        // The contract takes nothing after the deadline, and no final block up to it holds it.
        lapsed.add(task.subject());
        over.add(task);
      } else if (isPast(given.get(), row.headTime())) late.add(task);
      else if (each.rival().isPresent()) alone.add(task);
      else due.add(given.get());
    }
    if (due.size() < tasks.size()) {
      Instant again = home.lookAgain();
      database.run(
          tx -> {
            if (lapsed.isEmpty()) tx.mayBeForgotten();
            // What somebody else has by now he will find lapsed himself.
            Set<Hash> closed = Task.closeAll(tx, over);
            List<Hash> own = lapsed.stream().filter(closed::contains).toList();
            if (!own.isEmpty()) StoredIntent.lapse(tx, own);
            Task.putOffAll(tx, late, again, 0, Optional.empty());
            Task.putOffAll(tx, underWay, home.now().plus(Worker.ON_ITS_WAY), 0, Optional.empty());
          });
    }
    due.sort(Comparator.comparingLong(StoredIntent::number));
    alone.addAll(send(due, byId, home, known.underWay() >= MOST_UNDER_WAY));
    return new Left(alone, known.underWay());
  }

  /**
   * @param row how far home is final, read before what is final there
   * @param underWay how many of the key's transactions are not known to be mined
   */
  private record Known(ChainRow row, List<Submission> submissions, long underWay) {}

  private static Known known(Tx tx, Workplace home, List<Hash> ids) {
    long chain = home.chain().id();
    ChainRow row = ChainRow.of(tx, chain);
    List<Submission> submissions = Submission.of(tx, chain, ids);
    return new Known(row, submissions, TransactionRow.underWay(tx, chain, home.desk().self()));
  }

  private List<Task> send(
      List<StoredIntent> due, Map<Hash, Task> tasks, Workplace home, boolean isFull) {
    if (due.isEmpty()) return List.of();
    if (isFull) {
      putOff(tasksOf(due, tasks), home.now().plus(FULL), 0, Optional.empty());
      return List.of();
    }
    if (due.size() == 1 || isDear(home)) return tasksOf(due, tasks);
    Map<Hash, StoredIntent> given = new LinkedHashMap<>();
    due.forEach(s -> given.put(s.id(), s));
    Optional<Batch.Sorted> sorted =
        Batch.sort(
            home,
            Purpose.SUBMIT,
            List.copyOf(given.keySet()),
            some ->
                home.calls()
                    .submitMany(
                        some.stream().map(id -> given.get(id).intent()).toList(),
                        some.stream().map(id -> given.get(id).signature().orElseThrow()).toList()),
            some -> gas(some.stream().map(given::get).toList()),
            ContractCalls.SECOND);
    List<Task> alone = new ArrayList<>(tasksOf(due, tasks));
    if (sorted.isPresent()) {
      Batch.Sorted batch = sorted.get();
      // What did not fit is fresh still.
      List<Task> left = batch.left().stream().map(tasks::get).toList();
      putOff(left, home.now(), 0, Optional.empty());
      alone.removeAll(left);
      if (batch.well().isEmpty()) return alone;
      List<Task> written = batch.well().stream().map(tasks::get).toList();
      Instant next = home.now().plus(Worker.ON_ITS_WAY);
      boolean stored =
          home.desk()
              .write(
                  Purpose.SUBMIT,
                  batch.well(),
                  batch.call().to(),
                  batch.call().data(),
                  batch.gas(),
                  // All of them or none: what somebody else has by now is not in it.
                  tx -> Task.putOffAll(tx, written, next, 0, Optional.empty()) == written.size());
      if (!stored) putOff(written, home.now().plus(Worker.A_MOMENT), 0, Optional.empty());
      alone.removeAll(written);
    }
    return alone;
  }

  /** What is left to its own attempt is claimed as what failed once: one at a time. */
  void leave(List<Task> tasks, Instant now) {
    putOff(tasks, now, 1, Optional.empty());
  }

  /** What could not be looked at goes together again then. */
  void suspend(List<Task> tasks, Instant until, String parked) {
    putOff(tasks, until, 0, Optional.of(parked));
  }

  private void putOff(List<Task> tasks, Instant until, int attempts, Optional<String> parked) {
    if (tasks.isEmpty()) return;
    database.run(
        tx -> {
          tx.mayBeForgotten();
          Task.putOffAll(tx, tasks, until, attempts, parked);
        });
  }

  /** Whether gas is dearer than this relayer waits for: then each waits its own time. */
  private static boolean isDear(Workplace home) {
    return home.desk()
        .patience()
        .filter(p -> home.desk().price().compareTo(p.below()) > 0)
        .isPresent();
  }

  private static List<Task> tasksOf(List<StoredIntent> intents, Map<Hash, Task> tasks) {
    return intents.stream().map(s -> tasks.get(s.id())).toList();
  }

  private static long gas(List<StoredIntent> some) {
    return BATCH_GAS
        + some.stream().mapToLong(s -> SUBMIT_GAS + DATA_GAS * s.intent().data().size()).sum();
  }

  private static boolean isPast(StoredIntent stored, long time) {
    Intent intent = stored.intent();
    return BigInteger.valueOf(time).compareTo(intent.deadline()) > 0;
  }
}
