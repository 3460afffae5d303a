package org.mandate.cli.bench;

import java.io.IOException;
import java.time.Duration;
import org.mandate.chain.Address;
import org.mandate.cli.local.Ledger;
import org.mandate.relayer.store.Database;

/** Whether the chain used each nonce that a relayer gave out. */
public final class Nonces {
  private static final Duration LOOK = Duration.ofMillis(100);

  private Nonces() {}

  /**
   * How many nonces are between what the relayer stored as its next one and what the chain used;
   * what is published or reported just now is given that long to be mined.
   */
  public static long gaps(Database database, Ledger ledger, Address signer, Duration patience)
      throws IOException, InterruptedException {
    var until = System.nanoTime() + patience.toNanos();
    var gaps = gaps(database, ledger, signer);
    while (gaps > 0 && System.nanoTime() < until) {
      Thread.sleep(LOOK);
      gaps = gaps(database, ledger, signer);
    }
    return gaps;
  }

  private static long gaps(Database database, Ledger ledger, Address signer) throws IOException {
    long used = ledger.chain().count(signer);
    long next =
        database.inTransaction(
            tx ->
                tx.one(
                        "SELECT next FROM signer_nonce WHERE chain_id = ? AND signer = ?",
                        row -> row.number("next"),
                        ledger.chain().chainId(),
                        signer)
                    .orElse(used));
    return Math.abs(next - used);
  }
}
