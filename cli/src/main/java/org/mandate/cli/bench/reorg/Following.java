package org.mandate.cli.bench.reorg;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import org.mandate.chain.Block;
import org.mandate.chain.JsonRpcClient;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.Service;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;

/** Whether the relayer is on the chain that is. */
final class Following {
  static final Duration MOST_HEAL = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Service relayer;
  private final Database database;

  Following(Service relayer, Database database) {
    this.relayer = relayer;
    this.database = database;
  }

  static JsonRpcClient node(Ledger ledger) {
    return new JsonRpcClient(URI.create(ledger.chain().url()), Duration.ofSeconds(30));
  }

  /** Waits until it has left the branch that is none; answers after how many milliseconds. */
  long heal(Ledger ledger) throws IOException, InterruptedException {
    var node = node(ledger);
    var began = System.nanoTime();
    var goal = ledger.chain().head();
    while (true) {
      var top =
          database.inTransaction(
              tx -> Blocks.atOrBelow(tx, ledger.chain().chainId(), Long.MAX_VALUE));
      if (top.filter(b -> b.number() >= goal && isStanding(node, b)).isPresent()) break;
      if (System.nanoTime() - began > MOST_HEAL.toNanos()) {
        throw new IOException(
            "the relayer does not follow chain %d any more: it is at %s, the chain was at %d and is at %d; see %s"
                .formatted(
                    ledger.chain().chainId(),
                    top.map(Block::number),
                    goal,
                    ledger.chain().head(),
                    relayer.log()));
      }
      Thread.sleep(LOOK);
    }
    return Duration.ofNanos(System.nanoTime() - began).toMillis();
  }

  /** Waits until what is there now is final for it: no reorg goes below that. */
  void awaitFinal(Ledger ledger, long goal) throws IOException, InterruptedException {
    var until = System.nanoTime() + MOST_HEAL.toNanos();
    while (!database.inTransaction(tx -> ChainRow.of(tx, ledger.chain().chainId())).isFinal(goal)) {
      if (System.nanoTime() > until) {
        throw new IOException(
            "block %d of chain %d does not become final for the relayer"
                .formatted(goal, ledger.chain().chainId()));
      }
      Thread.sleep(LOOK);
    }
  }

  private static boolean isStanding(JsonRpcClient node, Block block) {
    return node.block(block.number()).filter(b -> b.hash().equals(block.hash())).isPresent();
  }
}
