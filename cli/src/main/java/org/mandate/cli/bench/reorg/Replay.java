package org.mandate.cli.bench.reorg;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Secrets;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StateHash;

/**
 * Another relayer that starts from nothing, and must hold the same. Its key is nobody's and has no
 * coins: it follows, attests and archives, and sends nothing.
 */
final class Replay {
  private static final Duration LOOK = Duration.ofMillis(500);

  private final Town town;
  private final Database database;
  private final Findings findings;
  private final Consumer<String> progress;

  Replay(Town town, Database database, Findings findings, Consumer<String> progress) {
    this.town = town;
    this.database = database;
    this.findings = findings;
    this.progress = progress;
  }

  /**
   * Compares what both hold.
   *
   * @param name of the other one, and its database
   */
  void compare(String name) throws Exception {
    var fresh =
        town.relayer(
            name, Secrets.key(), name, Service.freePort(), List.of(), RelayerSettings.DEFAULT);
    fresh.start(Map.of());
    awaitAnswer(fresh);
    try (var other = town.database().open(name)) {
      for (var chainId : List.of(Town.HOME, Town.REMOTE)) {
        var to = database.inTransaction(tx -> ChainRow.of(tx, chainId)).finalized().orElseThrow();
        var same = isSame(other, chainId, to);
        findings.compared(same);
        if (!same)
          progress.accept("chain %d differs up to block %d: %s".formatted(chainId, to, name));
      }
    }
    fresh.stop();
  }

  /** Once it answers, its database has its tables. */
  private static void awaitAnswer(Service fresh) throws IOException, InterruptedException {
    var until = System.nanoTime() + Following.MOST_HEAL.toNanos();
    while (true) {
      try {
        fresh.get("/health/ready");
        return;
      } catch (IOException e) {
        if (!fresh.isAlive() || System.nanoTime() > until)
          throw new IOException("the other relayer does not start; see " + fresh.log(), e);
      }
      Thread.sleep(LOOK);
    }
  }

  /** What is followed at once, what is carried once both got there. */
  private boolean isSame(Database other, long chainId, long to) throws InterruptedException {
    var until = System.nanoTime() + Following.MOST_HEAL.toNanos();
    while (true) {
      var isThere =
          other.inTransaction(tx -> ChainRow.of(tx, chainId)).finalized().orElse(-1L) >= to;
      if (isThere) {
        var here = database.inTransaction(tx -> StateHash.of(tx, chainId, to));
        var there = other.inTransaction(tx -> StateHash.of(tx, chainId, to));
        if (here.equals(there)) return true;
        if (!here.followed().equals(there.followed())) return false;
      }
      if (System.nanoTime() > until) return false;
      Thread.sleep(LOOK);
    }
  }
}
