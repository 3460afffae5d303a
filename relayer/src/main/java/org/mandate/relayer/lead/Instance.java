package org.mandate.relayer.lead;

import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.mandate.relayer.Journal;
import org.mandate.relayer.Loop;
import org.mandate.relayer.SigningGate;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.Lease;
import org.mandate.relayer.store.StoredInstance;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.Tx;

/**
 * This process among those that share a database. Each second it tells that it is there, prolongs
 * its leases, takes what nobody leads as far as that is its share, gives back what is more, and
 * gives claims of the dead back. What dies is replaced after a lease's length and two seconds at
 * most.
 */
public final class Instance implements Fellows, AutoCloseable {
  private static final Journal LOG = Journal.of("instance");

  /**
   * How long a lease lasts that is not prolonged, and how long who is silent is taken for alive.
   */
  public static final Duration LEASE = Duration.ofSeconds(3);

  private static final Duration BEAT = Duration.ofSeconds(1);

  private final StoredInstance self;
  private final Map<String, Line> lines = new TreeMap<>();
  private final Set<Long> chains;
  private final Database database;
  private final SigningGate gate;
  private final Clock clock;
  private Optional<Loop> beating = Optional.empty();
  private volatile int fellows;

  /**
   * @param names of all lines of work
   * @param chains ids of those that are configured
   * @param database one that is never waited for ({@link Database#forHeartbeat})
   * @param gate is closed as soon as another instance found that nothing may be signed
   */
  public Instance(
      StoredInstance self,
      List<String> names,
      Set<Long> chains,
      Database database,
      SigningGate gate,
      Clock clock) {
    this.self = self;
    this.chains = Set.copyOf(chains);
    this.database = database;
    this.gate = gate;
    this.clock = clock;
    names.forEach(name -> lines.put(name, new Line(name)));
  }

  /**
   * Joins those that are there.
   *
   * @param alone whether nobody else can be there, since the database is this process's own
   * @return whether nobody else is there: what was left behind is to be taken up
   * @throws IllegalStateException in words when one is there that this one does not go together
   *     with
   */
  public boolean join(boolean alone) {
    boolean first =
        database.inTransaction(
            tx -> {
              if (alone) {
                self.outlive(tx);
                Lease.expireOthers(tx, self.id());
              }
              self.join(tx, LEASE);
              Lease.open(tx, List.copyOf(lines.keySet()));
              boolean isFirst = StoredInstance.alive(tx, LEASE).size() == 1;
              if (isFirst) distrust(tx);
              return isFirst;
            });
    LOG.info("joined", "instance", self.id(), "first", first);
    beat();
    beating = Optional.of(Loop.steady("heartbeat", BEAT, this::beat));
    return first;
  }

  /**
   * What was left behind when nobody was there. Nobody compares a chain that is not configured any
   * more: it holds up nothing that came from it.
   */
  private void distrust(Tx tx) {
    for (ChainRow chain : ChainRow.all(tx)) {
      if (chains.contains(chain.chainId())) ChainRow.distrust(tx, chain.chainId());
      else ChainRow.compared(tx, chain.chainId());
    }
  }

  @Override
  public String id() {
    return self.id();
  }

  @Override
  public Line line(String name) {
    Line line = lines.get(name);
    if (line == null) throw new IllegalArgumentException("no line of work is called " + name);
    return line;
  }

  /** All lines, in the order of their names. */
  public List<Line> lines() {
    return List.copyOf(lines.values());
  }

  /** How many instances there are, this one included. */
  public int count() {
    return fellows;
  }

  /** The loop that tells that it is there, once it has joined. */
  public Optional<Loop> heartbeat() {
    return beating;
  }

  // ------------------------------------------------------------------ each second

  private record Beat(Set<Lease> leases, int instances, Set<Lease> taken) {}

  private boolean beat() {
    Beat beat = database.inTransaction(this::beat);
    fellows = beat.instances();
    for (Lease lease : beat.leases()) line(lease.line()).leads(lease);
    lines.values().stream()
        .filter(line -> line.lease().filter(l -> !beat.leases().contains(l)).isPresent())
        .forEach(Line::ended);
    if (!beat.taken().isEmpty()) LOG.info("leads", "instance", self.id(), "lines", told(beat));
    share(beat);
    // In a transaction of its own: whatever is in its way must not cost this one's leases.
    database.inTransaction(this::bury).forEach(id -> LOG.warn("an instance is gone", "gone", id));
    return false;
  }

  private static List<String> told(Beat beat) {
    return beat.taken().stream().map(l -> l.line() + " epoch " + l.epoch()).sorted().toList();
  }

  private Beat beat(Tx tx) {
    if (!self.seen(tx)) joinAgain(tx);
    // Signing stops everywhere at once; what is signed just now, the database refuses (ChainRow).
    ChainRow.halts(tx).forEach(gate::close);
    Set<Lease> leases = new HashSet<>(Lease.renew(tx, self.id(), LEASE));
    int instances = StoredInstance.alive(tx, LEASE).size();
    Set<Lease> taken = take(tx, leases, instances);
    leases.addAll(taken);
    return new Beat(leases, instances, taken);
  }

  /** Taken for dead meanwhile: what it had claimed and led may be others' by now. */
  private void joinAgain(Tx tx) {
    try {
      self.join(tx, LEASE);
      LOG.warn("was taken for dead, and is there again", "instance", self.id());
    } catch (IllegalStateException e) {
      gate.close(e.getMessage());
      throw e;
    }
  }

  /**
   * Gives claims of the dead back, and ends what they hold in the database. Answers who is gone.
   */
  private List<String> bury(Tx tx) {
    List<String> dead = StoredInstance.dead(tx, LEASE);
    dead.forEach(id -> Task.release(tx, id, clock.instant()));
    for (String id : dead) StoredInstance.cutOff(tx, id, LEASE);
    return dead.stream().filter(id -> StoredInstance.bury(tx, id)).toList();
  }

  /** Takes free lines: up to this one's share at once, others when nobody else took them. */
  private Set<Lease> take(Tx tx, Set<Lease> have, int instances) {
    List<String> names = List.copyOf(lines.keySet());
    int room = share(instances) - have.size();
    Set<Lease> taken = new HashSet<>();
    if (room > 0) taken.addAll(Lease.take(tx, self.id(), names, Duration.ZERO, room, LEASE));
    taken.addAll(Lease.take(tx, self.id(), names, BEAT.multipliedBy(2), names.size(), LEASE));
    return taken;
  }

  private int share(int instances) {
    return Math.ceilDiv(lines.size(), Math.max(1, instances));
  }

  /** Who came later gets its share from those that have more. */
  private void share(Beat beat) {
    int more = beat.leases().size() - share(beat.instances());
    lines.values().stream()
        .filter(line -> line.lease().isPresent())
        .limit(Math.max(0, more))
        .forEach(Line::resign);
  }

  /** Gives everything back: others take it at once. Its workflows must have ended. */
  @Override
  public void close() {
    beating.ifPresent(Loop::close);
    database.run(
        tx -> {
          Lease.giveBackAll(tx, self.id());
          Task.release(tx, self.id(), clock.instant());
          self.leave(tx);
        });
    lines.values().forEach(Line::ended);
  }
}
