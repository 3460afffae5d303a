package org.mandate.relayer.work;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.mandate.audit.BlobStore;
import org.mandate.chain.NodeException;
import org.mandate.relayer.Journal;
import org.mandate.relayer.Loop;
import org.mandate.relayer.send.BudgetException;
import org.mandate.relayer.send.CoinsException;
import org.mandate.relayer.send.FeeLimitException;
import org.mandate.relayer.send.Overrun;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.NotComparedException;
import org.mandate.relayer.store.StoreException;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.TransactionRow;
import org.mandate.relayer.store.Tx;
import org.mandate.signer.KeyException;
import org.mandate.signer.SigningRefusedException;

/**
 * Claims open work, looks at what it needs now, and either signs a transaction for it or puts it
 * off. Any number of workers may run, in any number of processes.
 */
public final class Worker {
  private static final Journal LOG = Journal.of("worker");

  /** How long claimed work is its worker's. */
  static final Duration LEASE = Duration.ofSeconds(30);

  private static final int FEW = 5;

  /** One round in so many begins with what failed before: fresh work may never end. */
  private static final int FAILED_EVERY = 8;

  /**
   * When what is on its way is looked at in any case; before that when its transaction is settled
   * or takes another's place, by a new event, and after a reorg.
   */
  static final Duration ON_ITS_WAY = Duration.ofSeconds(30);

  /** When work is looked at again of which somebody else may have begun to write. */
  static final Duration A_MOMENT = Duration.ofSeconds(1);

  private static final Duration FIRST_BACKOFF = Duration.ofMillis(500);
  private static final Duration MOST_BACKOFF = Duration.ofSeconds(30);

  /** How long work waits for a node that fails. */
  private static final Duration FAILING = Duration.ofSeconds(1);

  /** How long it waits for coins: until earlier transactions are paid, or somebody sends some. */
  private static final Duration POOR = Duration.ofSeconds(5);

  private final String instance;
  private final Database database;
  private final Map<Long, Workplace> places;
  private final long home;
  private final Clock clock;
  private final Semaphore gathering = new Semaphore(1);

  /** For one more, while a whole group waits for the one who gathers. */
  private final Semaphore helping = new Semaphore(1);

  /** Whether somebody left fresh submissions to the one who gathers just now. */
  private final AtomicBoolean missed = new AtomicBoolean();

  /** How many were handed over since somebody was woken for such. */
  private final AtomicInteger piled = new AtomicInteger();

  private final SubmitWork submissions;
  private final AtomicLong overtaken = new AtomicLong();

  private final Map<Task.Share, Crew> crews = new EnumMap<>(Task.Share.class);

  /** How often was looked for each share's work: both have their turns of what failed. */
  private final Map<Task.Share, AtomicLong> rounds =
      Map.of(Task.Share.OWN, new AtomicLong(), Task.Share.ASKING, new AtomicLong());

  private final IntentWork intents;
  private final DeliverWork messages;
  private final ResultWork results;
  private final HastenWork hastening;
  private final PublishWork publishing;
  private final GasWait waiting;
  private final Setbacks setbacks;

  /**
   * @param instance id of this process, whose claims are its own
   * @param patience how long more signatures are awaited when a bare quorum's are there
   * @param reportInterval how long what became of an intent waits for others, to be told together
   */
  public Worker(
      String instance,
      Database database,
      Map<Long, Workplace> places,
      AttestationSource peers,
      BlobStore blobs,
      Duration publishInterval,
      Duration patience,
      Duration reportInterval,
      Clock clock) {
    this.instance = instance;
    this.database = database;
    this.places = Map.copyOf(places);
    for (Task.Share share : Task.Share.values()) crews.put(share, new Crew(places.keySet()));
    this.clock = clock;
    this.home =
        places.values().stream()
            .filter(p -> p.chain().isHome())
            .findFirst()
            .orElseThrow()
            .chain()
            .id();
    Signatures signatures = new Signatures(database, peers, patience);
    this.submissions = new SubmitWork(database);
    this.intents = new IntentWork(database, home);
    this.results = new ResultWork(database, home, places, reportInterval);
    this.messages = new DeliverWork(database, signatures, results);
    this.hastening = new HastenWork(database, signatures);
    this.publishing = new PublishWork(database, blobs, publishInterval);
    this.waiting = new GasWait(database);
    this.setbacks = new Setbacks(database);
  }

  /** How many threads are to call {@link #round(Runnable)}, and how many {@link #asking}. */
  public static int workers(int chains) {
    return Crew.size(chains);
  }

  /** How often nothing was stored because the work was somebody else's by then. */
  public long overtaken() {
    return overtaken.get();
  }

  /**
   * Does one piece of the work for which other relayers are asked. Answers whether there was any.
   *
   * @param claimed as for {@link #round(Runnable)}
   */
  public boolean asking(Runnable claimed) throws InterruptedException {
    try (Visit visit = visit(Task.Share.ASKING, Integer.MAX_VALUE, claimed)) {
      if (visit.tasks().isEmpty()) return false;
      claimed.run();
      alone(visit.tasks().getFirst());
      return true;
    }
  }

  /**
   * Does one piece of all other work, or, of what many agents ask at the same time, as much as one
   * transaction holds. Answers whether there was any. Where nothing may be signed none is claimed:
   * that is no failure of any of it, and of no other chain's.
   */
  public boolean round() throws InterruptedException {
    return round(() -> {});
  }

  /**
   * As {@link #round()}.
   *
   * @param claimed is run when something was claimed, before it is looked after: there may be more,
   *     for somebody else
   */
  public boolean round(Runnable claimed) throws InterruptedException {
    Optional<Semaphore> turn = turn();
    int least = turn.map(t -> t == gathering ? 1 : SubmitWork.AT_ONCE).orElse(Integer.MAX_VALUE);
    try (Visit visit = visit(Task.Share.OWN, least, claimed)) {
      List<Task> tasks = visit.tasks();
      if (tasks.isEmpty()) return false;
      claimed.run();
      if (isFresh(tasks.getFirst())) {
        together(tasks);
        return true;
      }
      turn.ifPresent(t -> release(t, claimed));
      turn = Optional.empty();
      alone(tasks.getFirst());
      return true;
    } finally {
      turn.ifPresent(t -> release(t, claimed));
    }
  }

  /**
   * Who may claim fresh submissions: one, so that what comes meanwhile makes up the next group, and
   * one more for groups that are whole, whose questions are asked while those of the first are
   * answered.
   */
  private Optional<Semaphore> turn() {
    if (gathering.tryAcquire()) return Optional.of(gathering);
    // Whoever gathers may have looked before there was what this one was woken for.
    missed.set(true);
    return Stream.of(gathering, helping).filter(Semaphore::tryAcquire).findFirst();
  }

  /**
   * Fresh submissions are there. Wakes nobody while somebody gathers, who sees to it that they are
   * looked for after that, unless they make up a whole group by now.
   *
   * @param many how many were stored
   */
  public void handed(int many, Runnable wake) {
    missed.set(true);
    boolean wakes =
        gathering.availablePermits() > 0
            ? missed.getAndSet(false)
            : piled.addAndGet(many) >= SubmitWork.AT_ONCE;
    if (!wakes) return;
    piled.set(0);
    wake.run();
  }

  private void release(Semaphore turn, Runnable wake) {
    turn.release();
    if (turn == gathering && missed.getAndSet(false)) wake.run();
  }

  /** What one worker claimed, and that it is at that chain until it is done. */
  private final class Visit implements AutoCloseable {
    private final Crew crew;
    private final Set<Long> entered;

    /** Chains on which nobody else works until it is done. */
    private final Set<Long> own = new HashSet<>();

    private List<Task> tasks = List.of();

    Visit(Crew crew) {
      this.crew = crew;
      this.entered = crew.enter();
    }

    /** All of one chain; none when there is nothing to do. */
    List<Task> tasks() {
      return tasks;
    }

    private void claim(Task.Share share, int least, Runnable wake) {
      if (entered.isEmpty()) return;
      Instant now = clock.instant();
      Set<Long> shut = new HashSet<>();
      places.forEach(
          (id, place) -> {
            if (!entered.contains(id)) {
              shut.add(id);
              return;
            }
            switch (place.outage().enter(now)) {
              case FREE -> {}
              case ALONE -> own.add(id);
              case CLOSED -> shut.add(id);
            }
          });
      tasks = database.inTransaction(tx -> Worker.this.claim(tx, share, least, shut));
      if (tasks.isEmpty()) {
        stay(Set.of(), wake);
        return;
      }
      Task first = tasks.getFirst();
      // Whose nodes are asked: what is sent again is at home, and asks the chain that it is for.
      long there = asked(first);
      if (!places.containsKey(there) || there == first.chainId()) {
        stay(Set.of(first.chainId()), wake);
      } else if (entered.contains(there)) {
        stay(Set.of(there), wake);
      } else {
        database.run(tx -> first.putOff(tx, now.plus(A_MOMENT), Optional.empty()));
        tasks = List.of();
        stay(Set.of(), wake);
        wake.run(); // there may be more, for other chains
      }
    }

    private void stay(Set<Long> chains, Runnable wake) {
      Set<Long> left = new HashSet<>(entered);
      left.removeAll(chains);
      entered.retainAll(chains);
      Set<Long> freed = new HashSet<>(own);
      tasks.forEach(task -> freed.remove(task.chainId()));
      own.removeAll(freed);
      freed.forEach(Worker.this::leave);
      if (crew.leave(left)) wake.run();
    }

    @Override
    public void close() {
      own.forEach(Worker.this::leave);
      crew.leave(entered); // who is done looks again itself
    }
  }

  /**
   * Claims nothing on chains whose nodes do not answer, nor where enough workers are already.
   *
   * @param least as for {@link #claim}
   * @param wake is run when somebody was refused meanwhile, for want of room
   */
  private Visit visit(Task.Share share, int least, Runnable wake) {
    Visit visit = new Visit(crews.get(share));
    try {
      visit.claim(share, least, wake);
      return visit;
    } catch (RuntimeException | Error e) {
      visit.close();
      throw e;
    }
  }

  private void leave(long chain) {
    places.get(chain).outage().leave();
  }

  /** Where nothing may be done now. */
  private Set<Long> closed(Tx tx, Set<Long> shut) {
    Set<Long> closed = new HashSet<>(shut);
    closed.addAll(ChainRow.closed(tx, places.keySet(), home));
    return closed;
  }

  /**
   * @param least fresh submissions are claimed when so many of them are due
   */
  private List<Task> claim(Tx tx, Task.Share share, int least, Set<Long> shut) {
    Set<Long> closed = closed(tx, shut);
    if (closed.containsAll(places.keySet())) return List.of();
    Instant now = clock.instant();
    Supplier<List<Task>> fresh =
        () ->
            least == 1 || (least <= SubmitWork.AT_ONCE && Task.areDue(tx, now, least))
                ? Task.claimSubmissions(tx, instance, now, LEASE, closed, SubmitWork.AT_ONCE)
                : List.of();
    Supplier<List<Task>> other =
        () -> Task.claimOther(tx, instance, now, LEASE, share, closed).stream().toList();
    Supplier<List<Task>> failed =
        () -> Task.claimFailed(tx, instance, now, LEASE, share, closed).stream().toList();
    boolean isTheirTurn = rounds.get(share).incrementAndGet() % FAILED_EVERY == 0;
    List<Task> claimed =
        (isTheirTurn ? Stream.of(failed, fresh, other) : Stream.of(fresh, other, failed))
            .map(Supplier::get)
            .filter(tasks -> !tasks.isEmpty())
            .findFirst()
            .orElse(List.of());
    if (!claimed.isEmpty()) tx.mayBeForgotten(); // a claim that is lost is made again
    return claimed;
  }

  /** What failed before is looked at by itself: it spoils no group. */
  private static boolean isFresh(Task task) {
    return task.kind() == Task.Kind.SUBMIT && task.attempts() == 1;
  }

  void together(List<Task> tasks) throws InterruptedException {
    SubmitWork.Left left;
    Instant began = clock.instant();
    try {
      left = submissions.submit(tasks, place(tasks.getFirst()));
    } catch (RuntimeException | Error e) {
      if (Loop.isFatal(e)) throw e;
      if (e instanceof CoinsException poor) {
        afford(tasks, poor);
        return;
      }
      LOG.warn("submitting together failed", "intents", tasks.size(), "reason", Journal.reason(e));
      failed(tasks.getFirst(), began, e);
      if (isNobodysFault(e)) {
        submissions.suspend(tasks, clock.instant().plus(FAILING), unavailable(e));
        return;
      }
      left = new SubmitWork.Left(tasks, 0); // each tries by itself, and says why
    }
    if (left.tasks().size() == 1) alone(left.tasks().getFirst());
    else submissions.leave(left.tasks(), clock.instant());
    Thread.sleep(pause(tasks.size(), left.underWay()));
  }

  /** As many of them as the key can pay. The others go together again when it may have more. */
  private void afford(List<Task> tasks, CoinsException poor) throws InterruptedException {
    int many = poor.affords(tasks.size());
    submissions.suspend(
        tasks.subList(many, tasks.size()), clock.instant().plus(POOR), unavailable(poor));
    if (many > 0) together(tasks.subList(0, many));
  }

  /**
   * The more come, the more go along with each other: a few are never waited for while little is
   * under way, and many are cheaper in fewer transactions, of which nodes keep few of one key.
   * Where more wait than go along, nobody waits for more.
   */
  private static Duration pause(int tasks, long underWay) {
    if (tasks == SubmitWork.AT_ONCE) return Duration.ZERO;
    long own = tasks < FEW ? 0 : 2L * tasks;
    return Duration.ofMillis(Math.min(Math.max(own, 2 * underWay), 100));
  }

  void alone(Task task) throws InterruptedException {
    Instant began = clock.instant();
    try {
      settle(task, decide(task));
    } catch (RuntimeException | Error e) {
      if (Loop.isFatal(e)) throw e;
      failed(task, began, e);
      putOff(task, e);
      LOG.warn(
          "put off",
          "work",
          task.kind(),
          "chain",
          task.chainId(),
          "subject",
          task.subject(),
          "reason",
          Journal.reason(e));
    }
  }

  /** The nodes that were asked may not answer anybody. */
  private void failed(Task task, Instant began, Throwable e) {
    if (!(e instanceof NodeException)) return;
    Workplace asked = places.get(asked(task));
    if (asked != null) asked.outage().failed(began, clock.instant());
  }

  private long asked(Task task) {
    if (task.kind() != Task.Kind.RESEND) return task.chainId();
    return database
        .inTransaction(tx -> StoredIntent.of(tx, task.subject()))
        .map(stored -> stored.intent().chainId())
        .filter(id -> id.bitLength() < 64)
        .map(BigInteger::longValue)
        .orElse(task.chainId());
  }

  /**
   * A node or the database fails, or gas is too dear: that is not the work's fault, so it is
   * neither put behind other work for it nor looked at more rarely.
   */
  private static boolean isNobodysFault(Throwable e) {
    return e instanceof NodeException
        || e instanceof StoreException
        || e instanceof NotComparedException
        || e instanceof FeeLimitException
        || e instanceof CoinsException
        || e instanceof KeyException;
  }

  private void putOff(Task task, Throwable e) {
    Instant now = clock.instant();
    switch (e) {
      case BudgetException dear -> exhausted(task, dear.overruns());
      case Throwable gone when isNobodysFault(gone) -> suspend(task, e);
      // This program failed, perhaps at this very work: behind fresh work.
      default ->
          database.run(tx -> task.putOff(tx, now.plus(backoff(task)), Optional.of(unavailable(e))));
    }
  }

  private void suspend(Task task, Throwable e) {
    Duration pause = e instanceof CoinsException ? POOR : FAILING;
    database.run(tx -> task.suspend(tx, clock.instant().plus(pause), unavailable(e)));
  }

  /** Parks what costs more than an intent may; what was to go along with it goes without it. */
  void exhausted(Task task, List<Overrun> overruns) {
    Instant now = clock.instant();
    boolean isOwn = overruns.stream().anyMatch(o -> o.subject().equals(task.subject()));
    store(
        task,
        tx ->
            overruns.forEach(
                overrun ->
                    Task.park(
                        tx,
                        task.chainId(),
                        overrun.subject(),
                        now.plus(MOST_BACKOFF),
                        exhausted(overrun).json().encode())),
        isOwn ? task::isHeld : tx -> task.putOff(tx, now, Optional.empty()));
  }

  private static Refusal exhausted(Overrun overrun) {
    return new Refusal(
        "BUDGET",
        overrun.message(),
        Optional.of(overrun.limit().value().toString()),
        Optional.of(overrun.left().value().toString()),
        Optional.empty(),
        "raise fees.intent-budget of the chain, or send the transaction yourself; it is tried"
            + " again, in case gas gets cheaper, until the intent's deadline");
  }

  private Workplace place(Task task) {
    Workplace place = places.get(task.chainId());
    if (place == null)
      throw new IllegalStateException("chain " + task.chainId() + " is no longer configured");
    return place;
  }

  private Decision decide(Task task) throws InterruptedException {
    Workplace place = place(task);
    boolean open =
        database.inTransaction(tx -> TransactionRow.isOpen(tx, task.chainId(), task.subject()));
    if (open) return Decision.later(place.lookAgain());
    return switch (task.kind()) {
      case SUBMIT -> intents.submit(task, place);
      case PROCEED -> intents.proceed(task, place);
      case EXECUTE -> intents.execute(task, place);
      case DELIVER -> messages.deliver(task, place);
      case PUBLISH -> publishing.publish(task, place);
      case HASTEN -> hastening.hasten(task, place);
      case REPORT -> results.report(task, place);
      case SETTLE -> results.settle(task, place);
      case RESEND -> results.resend(task, place);
    };
  }

  private void settle(Task task, Decision decision) {
    switch (decision) {
      case Decision.Over over -> store(task, over.stores(), task::close);
      case Decision.Later later -> {
        Optional<String> why = later.parked().map(r -> r.json().encode());
        store(task, later.stores(), tx -> task.putOff(tx, later.until(), why));
      }
      case Decision.Blocked blocked -> {
        Instant until = clock.instant().plus(backoff(task));
        database.run(tx -> task.putOff(tx, until, Optional.of(blocked.why().json().encode())));
        LOG.info(
            "parked",
            "work",
            task.kind(),
            "chain",
            task.chainId(),
            "subject",
            task.subject(),
            "reason",
            blocked.why().message());
      }
      case Decision.Send send -> {
        Optional<Decision> notNow = setbacks.notNow(task, send, places.get(task.chainId()));
        if (notNow.isPresent()) {
          settle(task, notNow.get());
          return;
        }
        Optional<GasWait.Held> held = waiting.held(task, send, places.get(task.chainId()));
        if (held.isPresent()) hold(task, held.get());
        else write(task, send);
      }
    }
  }

  /**
   * Stores what was found in the transaction that ends the claim, if it is still held then: who was
   * paused, however long, stores nothing of what it saw before.
   *
   * @param end answers whether it was held
   */
  private void store(Task task, Consumer<Tx> found, Predicate<Tx> end) {
    boolean stored =
        database.inTransaction(
            tx -> {
              if (!end.test(tx)) return false;
              found.accept(tx);
              return true;
            });
    if (!stored && found != Decision.NOTHING) overtaken(task);
  }

  private void overtaken(Task task) {
    overtaken.incrementAndGet();
    LOG.info(
        "work was taken over or changed since it was looked at: nothing is written",
        "work",
        task.kind(),
        "chain",
        task.chainId(),
        "subject",
        task.subject());
  }

  /**
   * Puts the work off in the transaction that stores what was written for it, if it is still its.
   */
  private void write(Task task, Decision.Send send) {
    Instant next = clock.instant().plus(ON_ITS_WAY);
    AtomicBoolean held = new AtomicBoolean();
    boolean written =
        places
            .get(task.chainId())
            .desk()
            .write(
                send.purpose(),
                send.subjects(),
                send.call().to(),
                send.call().data(),
                send.gas(),
                tx -> {
                  held.set(task.putOff(tx, next, Optional.empty()));
                  return held.get();
                });
    if (written) return;
    if (held.get()) { // another one is on its way, or was just now
      Instant soon = clock.instant().plus(A_MOMENT);
      database.run(tx -> task.putOff(tx, soon, Optional.empty()));
      return;
    }
    overtaken(task);
  }

  private void hold(Task task, GasWait.Held held) {
    database.run(tx -> task.hold(tx, held.since(), held.look(), held.why().json().encode()));
    if (task.heldSince().isEmpty()) {
      LOG.info(
          "waits for cheaper gas",
          "work",
          task.kind(),
          "chain",
          task.chainId(),
          "subject",
          task.subject(),
          "until",
          held.until());
    }
  }

  private static String unavailable(Throwable e) {
    if (e instanceof FeeLimitException) {
      return Refusal.of("FEES", e.getMessage(), "nothing: it is tried again").json().encode();
    }
    if (e instanceof CoinsException) {
      return Refusal.of("COINS", e.getMessage(), "send coins to the key: it is tried again")
          .json()
          .encode();
    }
    if (e instanceof KeyException) {
      return Refusal.of("SIGNER", e.getMessage(), "nothing: it is tried again").json().encode();
    }
    if (e instanceof SigningRefusedException) {
      return Refusal.of(
              "SIGNER", e.getMessage(), "tell the operator; it is tried again ever more seldom")
          .json()
          .encode();
    }
    return Refusal.of("UNAVAILABLE", Journal.reason(e), "nothing: it is tried again")
        .json()
        .encode();
  }

  private static Duration backoff(Task task) {
    int doublings = Math.min(Math.max(task.attempts() - 1, 0), 6);
    Duration pause = FIRST_BACKOFF.multipliedBy(1L << doublings);
    return pause.compareTo(MOST_BACKOFF) < 0 ? pause : MOST_BACKOFF;
  }
}
