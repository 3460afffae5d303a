package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.mandate.cli.bench.recovery.Schedule.Order;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.relayer.Trap;

/**
 * One relayer and what happens to it, seed by seed. Between two kills it lives once: started with
 * the next trap, so that a kill costs one start.
 */
final class Lane {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(20);

  /** In which a few more transactions get into blocks that can go. */
  private static final Duration AGAIN = Duration.ofMillis(1500);

  private static final Duration AFTER_TROUBLE = Duration.ofMillis(300);
  private static final int SLOW = 4;

  /** Some things happen to all relayers at once: one at a time. */
  private static final ReentrantLock TROUBLE = new ReentrantLock();

  private final Town town;
  private final Service relayer;
  private final Clients clients;
  private final Tally tally;

  /** What is not reached by then is killed where it is. */
  private final Duration patience;

  Lane(Town town, Service relayer, Clients clients, Tally tally, Duration patience) {
    this.town = town;
    this.relayer = relayer;
    this.clients = clients;
    this.tally = tally;
    this.patience = patience;
  }

  /** Lets it happen. The relayer's process is dead before and after. */
  void run(Schedule schedule) throws IOException, InterruptedException {
    var kills = 0;
    for (int i = 0; i < schedule.blows().size(); i++) {
      var blow = schedule.blows().get(i);
      if (blow instanceof Blow.Away away) {
        Thread.sleep(away.time());
        continue;
      }
      if (!(blow instanceof Blow.Kill kill)) {
        continue; // it happens in the life that ends with the next kill
      }
      var before = i > 0 ? schedule.blows().get(i - 1) : kill;
      var trouble = !(before instanceof Blow.Kill || before instanceof Blow.Away);
      live(schedule, kill, trouble ? before : kill, kills == 0);
      if (++kills > 1) {
        tally.killedAgain();
      }
    }
  }

  private void live(Schedule schedule, Blow.Kill kill, Blow before, boolean first)
      throws IOException, InterruptedException {
    var log = Files.exists(relayer.log()) ? Files.size(relayer.log()) : 0;
    relayer.start(environment(kill));
    var late = first ? schedule.late() : List.<Order>of();
    if (before != kill || !late.isEmpty()) {
      awaitWork();
    }
    if (before != kill) {
      trouble(before);
    }
    clients.ask(schedule, late);
    switch (kill) {
      case Blow.AtPoint point -> {
        var again = Optional.of(before).filter(b -> b != kill && schedule.needsReorgs());
        var reached =
            awaitStop(log, schedule.isSlow() ? patience.multipliedBy(SLOW) : patience, again);
        relayer.kill();
        tally.killed(reached ? point.point() : "at any moment");
      }
      case Blow.AtMoment moment -> {
        Thread.sleep(moment.after());
        relayer.kill();
        tally.killed("at any moment");
      }
    }
  }

  private static Map<String, String> environment(Blow.Kill kill) {
    return switch (kill) {
      case Blow.AtPoint point -> Map.of(Trap.VARIABLE, point.point() + ":" + point.time());
      case Blow.AtMoment moment -> Map.of();
    };
  }

  /** Until it works, or has stopped dead or ended before. */
  private void awaitWork() throws InterruptedException {
    var end = System.nanoTime() + START.toNanos();
    while (System.nanoTime() < end && relayer.isAlive() && !relayer.isReady()) {
      Thread.sleep(LOOK.toMillis() * 5);
    }
    Thread.sleep(AFTER_TROUBLE.toMillis()); // something is on its way by then
  }

  /**
   * Whether it stopped dead where it had to; its time counts from when it works.
   *
   * @param again what happens again and again meanwhile
   */
  private boolean awaitStop(long from, Duration patience, Optional<Blow> again)
      throws IOException, InterruptedException {
    var end = System.nanoTime() + START.toNanos();
    var next = System.nanoTime() + AGAIN.toNanos();
    var works = false;
    while (System.nanoTime() < end) {
      if (works && again.isPresent() && System.nanoTime() > next) {
        trouble(again.get());
        next = System.nanoTime() + AGAIN.toNanos();
      }
      var log = read(from);
      if (log.contains("\"stopped dead\"")) {
        return true;
      }
      if (!works && log.contains("\"ready\"")) {
        works = true;
        end = System.nanoTime() + patience.toNanos();
      }
      if (!relayer.isAlive()) {
        tally.endedByItself();
        return false;
      }
      Thread.sleep(LOOK);
    }
    return false;
  }

  private String read(long from) throws IOException {
    try (var file = new RandomAccessFile(relayer.log().toFile(), "r")) {
      var rest = new byte[(int) Math.max(0, file.length() - from)];
      file.seek(from);
      file.readFully(rest);
      return new String(rest, StandardCharsets.UTF_8);
    }
  }

  private void trouble(Blow blow) throws IOException, InterruptedException {
    TROUBLE.lock();
    try {
      tally.trouble(blow.getClass().getSimpleName());
      switch (blow) {
        case Blow.DatabaseLost lost -> {
          town.database().kill();
          Thread.sleep(lost.away());
          town.database().restart();
        }
        case Blow.NodeHangs hangs -> {
          var chain = town.ledger(hangs.chainId()).chain();
          chain.pause();
          Thread.sleep(hangs.away());
          chain.resume();
        }
        case Blow.Reorg reorg -> town.ledger(reorg.chainId()).chain().reorganize(reorg.depth());
        case Blow.Dear dear -> {
          var chain = town.ledger(dear.chainId()).chain();
          var price = chain.baseFee().multiply(BigInteger.valueOf(dear.times()));
          chain.ask("anvil_setNextBlockBaseFeePerGas", "0x" + price.toString(16));
          Thread.sleep(AFTER_TROUBLE);
          chain.ask("anvil_dropAllTransactions");
        }
        case Blow.Lie lie -> Liars.lie(town, lie.liars());
        case Blow.Away away -> throw new IllegalArgumentException("no trouble: " + away);
        case Blow.Kill kill -> throw new IllegalArgumentException("no trouble: " + kill);
      }
    } finally {
      TROUBLE.unlock();
    }
  }
}
