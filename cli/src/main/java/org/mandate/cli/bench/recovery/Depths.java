package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mandate.cli.ExitCode;
import org.mandate.cli.bench.recovery.Schedule.Kind;
import org.mandate.cli.bench.recovery.Schedule.Order;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.relayer.Trap;

/**
 * Home loses blocks that were final, of which every relayer stops: they are killed while they stop,
 * and while a person says that it really did happen. After that they go on.
 */
final class Depths {
  private static final String WHAT = "a deep reorg";
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration MOST = Duration.ofSeconds(60);

  /** By then nobody takes a killed process for one that is there. */
  private static final Duration FORGOTTEN = Duration.ofMillis(3500);

  private static final int REFUSED = ExitCode.REFUSED.code();

  private final Town town;
  private final List<Service> relayers;
  private final Clients clients;
  private final Audit audit;
  private final Tally tally;

  Depths(Town town, List<Service> relayers, Clients clients, Audit audit, Tally tally) {
    this.town = town;
    this.relayers = relayers;
    this.clients = clients;
    this.audit = audit;
    this.tally = tally;
  }

  /** What is left to be done with one relayer. */
  private record Victim(
      Service relayer, int index, Deque<String> halting, Deque<String> accepting) {
    boolean isDone() {
      return halting.isEmpty() && accepting.isEmpty();
    }
  }

  /** All relayers' processes are dead before and after. */
  void run(List<Schedule> schedules) throws Exception {
    var victims = new ArrayList<Victim>();
    for (int i = 0; i < relayers.size(); i++) {
      var victim = i;
      var mine = schedules.stream().filter(s -> s.victim() == victim).toList();
      victims.add(
          new Victim(
              relayers.get(i),
              i,
              new ArrayDeque<>(
                  mine.stream().filter(s -> !s.isAcceptance()).map(Schedule::point).toList()),
              // What is not committed can be tried again.
              new ArrayDeque<>(
                  mine.stream()
                      .filter(Schedule::isAcceptance)
                      .map(Schedule::point)
                      .sorted(Comparator.comparing(point -> point.startsWith("after-")))
                      .toList())));
    }
    while (!victims.stream().allMatch(Victim::isDone)) {
      once(schedules.getFirst(), victims);
    }
  }

  private void once(Schedule schedule, List<Victim> victims) throws Exception {
    var logs = new ArrayList<Long>();
    for (var victim : victims) {
      logs.add(size(victim.relayer()));
      victim.relayer().start(trap(victim.halting()));
    }
    for (var victim : victims) {
      victim.relayer().awaitReady();
    }
    var home = town.home().chain();
    var first = home.head() + 1;
    var before = clients.accepted().size();
    clients.ask(schedule, orders());
    clients.await();
    var paid = clients.accepted();
    if (!audit.awaitOver(paid.subList(before, paid.size()))) {
      tally.fault("payments do not come to their end before a deep reorg; " + schedule.words());
    }
    tally.trouble("DeepReorg");
    home.ask("anvil_reorg", home.head() - first + 1, List.of());
    Together.each(WHAT, victims, victim -> halt(victim, logs.get(victim.index())));
    clients.ask(schedule, meanwhile());
    clients.await();
    for (var victim : victims) {
      victim.relayer().stop();
    }
    Thread.sleep(FORGOTTEN);
    Together.each(WHAT, victims, this::accept);
  }

  /** One across: two might get each other's number when they are sent again. */
  private List<Order> orders() {
    var orders = new ArrayList<>(meanwhile());
    orders.add(new Order(Kind.ACROSS, 0, 0, 3));
    orders.add(new Order(Kind.RIVAL, 1, 1, 5));
    return orders;
  }

  private List<Order> meanwhile() {
    var orders = new ArrayList<Order>();
    for (int i = 0; i < relayers.size(); i++) orders.add(new Order(Kind.HOME, i, i, 1 + i));
    return orders;
  }

  // ------------------------------------------------------------------ while they stop

  private void halt(Victim victim, long from) throws IOException, InterruptedException {
    var relayer = victim.relayer();
    var log = from;
    while (!victim.halting().isEmpty()) {
      var point = victim.halting().poll();
      var reached = awaitStop(relayer, log);
      relayer.kill();
      tally.killed(reached ? point : "at any moment");
      log = size(relayer);
      relayer.start(trap(victim.halting()));
    }
    var end = System.nanoTime() + MOST.toNanos();
    while (!isHalted(relayer)) {
      if (System.nanoTime() > end) {
        tally.fault(relayer.name() + " goes on signing after a final block went");
        return;
      }
      Thread.sleep(LOOK);
    }
    awaitStored(victim);
  }

  private boolean awaitStop(Service relayer, long from) throws IOException, InterruptedException {
    var end = System.nanoTime() + MOST.toNanos();
    while (System.nanoTime() < end && relayer.isAlive()) {
      if (read(relayer, from).contains("\"stopped dead\"")) return true;
      Thread.sleep(LOOK);
    }
    return false;
  }

  private static boolean isHalted(Service relayer) throws InterruptedException {
    try {
      return relayer.get("/health/ready").body().contains("reorganized a final block");
    } catch (IOException e) {
      return false;
    }
  }

  /** Until it is known how deep it went. */
  private void awaitStored(Victim victim) throws InterruptedException {
    var end = System.nanoTime() + MOST.toNanos();
    while (ancestor(victim) < 0) {
      if (System.nanoTime() > end) {
        tally.fault(victim.relayer().name() + " does not say how deep a reorg went");
        return;
      }
      Thread.sleep(LOOK);
    }
  }

  private long ancestor(Victim victim) {
    try (var connection = town.database().connect("relayer_" + (victim.index() + 1));
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT ancestor FROM deep_reorg WHERE accepted_at IS NULL AND chain_id = "
                    + Town.HOME)) {
      return row.next() ? row.getLong(1) : -1;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  // ------------------------------------------------------------------ while a person accepts it

  private void accept(Victim victim) throws IOException, InterruptedException {
    var relayer = victim.relayer();
    var block = ancestor(victim);
    var accepted = false;
    while (!accepted && !victim.accepting().isEmpty()) {
      var point = victim.accepting().poll();
      var log = size(relayer);
      var command = command(relayer, block, Map.of(Trap.VARIABLE, point));
      var reached = awaitStop(relayer, command, log);
      command.destroyForcibly().waitFor();
      tally.killed(reached ? point : "at any moment");
      accepted = point.startsWith("after-") || !reached;
    }
    var command = command(relayer, block, Map.of());
    if (!command.waitFor(MOST.toSeconds(), TimeUnit.SECONDS)) {
      command.destroyForcibly().waitFor();
    }
    // Who does not know whether it was done says it again, and hears that it was.
    var due = accepted ? REFUSED : 0;
    if (command.exitValue() != due) {
      tally.fault(
          "accept-reorg of %s ended with %d, not %d; see %s"
              .formatted(relayer.name(), command.exitValue(), due, relayer.log()));
    }
  }

  private static Process command(Service relayer, long block, Map<String, String> environment)
      throws IOException {
    return relayer.command(
        environment,
        "accept-reorg",
        List.of("--chain", Long.toString(Town.HOME), "--block", Long.toString(block)));
  }

  private boolean awaitStop(Service relayer, Process command, long from)
      throws IOException, InterruptedException {
    var end = System.nanoTime() + MOST.toNanos();
    while (System.nanoTime() < end && command.isAlive()) {
      if (read(relayer, from).contains("\"stopped dead\"")) return true;
      Thread.sleep(LOOK);
    }
    return false;
  }

  // ------------------------------------------------------------------ helpers

  private static Map<String, String> trap(Deque<String> points) {
    return points.isEmpty() ? Map.of() : Map.of(Trap.VARIABLE, points.peek());
  }

  private static long size(Service relayer) throws IOException {
    return Files.exists(relayer.log()) ? Files.size(relayer.log()) : 0;
  }

  private static String read(Service relayer, long from) throws IOException {
    try (var file = new RandomAccessFile(relayer.log().toFile(), "r")) {
      var rest = new byte[(int) Math.max(0, file.length() - from)];
      file.seek(from);
      file.readFully(rest);
      return new String(rest, StandardCharsets.UTF_8);
    }
  }
}
