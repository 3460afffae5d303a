package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.event.ExecutorEvent.Executed;

/**
 * Every payment of a vault must stand in the same transaction as an executed intent of the same
 * vault, asset, recipient and amount.
 */
final class OutflowExaminer implements Examiner {
  private final long chainId;
  private final Freezer freezer;
  private final Clock clock;

  private record Flow(Address vault, Address asset, Address to, BigInteger amount) {}

  OutflowExaminer(long chainId, Freezer freezer, Clock clock) {
    this.chainId = chainId;
    this.freezer = freezer;
    this.clock = clock;
  }

  @Override
  public void examine(Page page) {
    for (List<Entry> transaction : page.byTransaction().values()) {
      List<Flow> declared = new ArrayList<>();
      for (Entry entry : transaction) {
        if (entry instanceof Entry.Executor(Executed event)) {
          declared.add(
              new Flow(
                  event.intent().account(),
                  event.intent().asset(),
                  event.intent().to(),
                  event.moved()));
        }
      }
      for (Entry entry : transaction) {
        if (entry instanceof Entry.Paid paid
            && !declared.remove(new Flow(paid.vault(), paid.asset(), paid.to(), paid.amount()))) {
          found(paid, page.block());
        }
      }
    }
  }

  // Judges each transaction by itself: there is nothing to forget.
  @Override
  public void reset() {}

  private void found(Entry.Paid paid, Block block) {
    freezer.freezeFor(
        new Finding(
            "outflow:%d:%s:%d".formatted(chainId, paid.log().transaction(), paid.log().index()),
            Check.OUTFLOW,
            Severity.CRITICAL,
            chainId,
            block.number(),
            Optional.of(paid.agentId()),
            Optional.empty(),
            "an IntentExecuted for the same payment in transaction " + paid.log().transaction(),
            "vault %s paid %s of asset %s to %s without one"
                .formatted(paid.vault(), paid.amount(), paid.asset(), paid.to()),
            "Stop the vault (AgentVault.stop) and withdraw its funds; its executor did not account for this payment.",
            clock.instant(),
            Finding.Status.OPEN,
            List.of()),
        paid.agentId(),
        block.timestamp());
  }
}
