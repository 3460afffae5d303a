package org.mandate.cli.bench.reorg;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.LocalChain;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;

/** Takes blocks off a chain, and puts others into their place. */
final class Reorgs {
  /** As deep as any of these goes. */
  static final int DEEPEST = 64;

  /** With 3,000 blocks Anvil (1.7) forgets the whole state in a reorg of more than some ten. */
  private static final long LONGEST = 2_900;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LOOK = Duration.ofMillis(40);

  /** What is not there by then may be at another time. */
  private static final Duration MOST_WAIT = Duration.ofSeconds(5);

  private final Database database;
  private final Findings findings;
  private final Random random;

  Reorgs(Database database, Findings findings, Random random) {
    this.database = database;
    this.findings = findings;
    this.random = random;
  }

  /**
   * Waits a little until so deep a reorg would take a stage of a payment that none has taken yet.
   */
  void awaitSomethingNew(Ledger ledger, int wanted) throws IOException, InterruptedException {
    var chainId = ledger.chain().chainId();
    var missing =
        findings.never().stream()
            .filter(stage -> Stages.isOf(chainId, stage))
            .collect(Collectors.toSet());
    var until = System.nanoTime() + MOST_WAIT.toNanos();
    while (!missing.isEmpty()
        && System.nanoTime() < until
        && Collections.disjoint(missing, Stages.above(database, chainId, common(ledger, wanted)))) {
      Thread.sleep(LOOK);
    }
  }

  /**
   * Less deep than wanted where what is final must stay.
   *
   * @throws IOException also when the chain got too long for it
   */
  void make(Ledger ledger, int wanted) throws IOException {
    var head = ledger.chain().head();
    if (head > LONGEST)
      throw new IOException(
          "Anvil cannot reorganize a chain of %d blocks; try with fewer --reorgs".formatted(head));
    var common = common(ledger, wanted, head);
    var depth = (int) (head - common);
    if (depth < wanted) findings.clipped();
    if (depth < 1) return;
    var stages = Stages.above(database, ledger.chain().chainId(), common);
    var moved = random.nextBoolean() ? moved(ledger, common + 1, head, depth) : List.of();
    ledger.chain().ask("anvil_reorg", depth, moved);
    setClock(ledger.chain());
    findings.reorganized(depth, !moved.isEmpty(), stages);
  }

  private long common(Ledger ledger, int wanted) throws IOException {
    return common(ledger, wanted, ledger.chain().head());
  }

  /** The last block that stays. */
  private long common(Ledger ledger, int wanted, long head) {
    // What was deployed must stay, and so must what this relayer called final.
    var mark = database.inTransaction(tx -> ChainRow.of(tx, ledger.chain().chainId())).finalized();
    return Math.max(head - wanted, mark.orElse(0L) + 2);
  }

  /** The transactions of these blocks, in their order, each some blocks later or earlier. */
  private List<List<Object>> moved(Ledger ledger, long from, long to, int depth)
      throws IOException {
    var raw = new ArrayList<String>();
    for (long number = from; number <= to; number++) {
      var answer =
          JSON.valueToTree(
              ledger.chain().ask("eth_getBlockByNumber", "0x" + Long.toHexString(number), false));
      for (var hash : answer.path("transactions")) {
        raw.add((String) ledger.chain().ask("eth_getRawTransactionByHash", hash.asText()));
      }
    }
    var places = random.ints(raw.size(), 0, depth).sorted().toArray();
    var moved = new ArrayList<List<Object>>();
    for (int i = 0; i < places.length; i++) moved.add(List.of(raw.get(i), places[i]));
    return moved;
  }

  /**
   * Anvil goes on from the time of the last block that stayed, and would be later each time than
   * the clock by which agents and the relayer reckon.
   */
  private static void setClock(LocalChain chain) throws IOException {
    var behind = Instant.now().getEpochSecond() - chain.now();
    if (behind > 1) chain.ask("evm_increaseTime", behind);
  }
}
