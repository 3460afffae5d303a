package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.relayer.store.Blocks;
import org.mandate.relayer.store.ChainRow;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.DeepReorg;
import org.mandate.relayer.store.StoredEvent;
import org.mandate.relayer.store.StoredIntent;
import org.mandate.relayer.store.Task;
import org.mandate.relayer.store.Tx;

/**
 * The way out after a chain reorganized blocks that were declared final, once a person says that it
 * really did. Goes back to the last common block in one transaction. Nothing that was accepted or
 * signed is lost: intents stay, transactions that ended in blocks that are gone are open again with
 * the same bytes and nonces, and all work that may have to be done again is open.
 */
public final class ReorgAcceptance {
  /**
   * What was done.
   *
   * @param blocks how many were undone
   * @param transactions how many are open now
   */
  public record Accepted(long chainId, Block ancestor, long blocks, int transactions) {}

  private final Map<Long, FollowedChain> chains;
  private final Database database;
  private final Duration reportInterval;
  private final Clock clock;

  /**
   * @param chains all that the relayer works on
   */
  public ReorgAcceptance(
      Map<Long, FollowedChain> chains, Database database, Duration reportInterval, Clock clock) {
    this.chains = Map.copyOf(chains);
    this.database = database;
    this.reportInterval = reportInterval;
    this.clock = clock;
  }

  /**
   * Accepts it.
   *
   * @param block number of the last block that is common, as the person read it in the alarm
   * @throws IllegalArgumentException in words when that chain is not halted, or most of its nodes
   *     say that another block is the last common one
   * @throws org.mandate.chain.NodeException when not enough nodes answer
   */
  public Accepted accept(long chainId, long block) {
    FollowedChain chain = chains.get(chainId);
    if (chain == null)
      throw new IllegalArgumentException("chain " + chainId + " is not configured");
    ChainRow row = database.inTransaction(tx -> ChainRow.of(tx, chainId));
    if (row.halted().isEmpty())
      throw new IllegalArgumentException(
          "chain %d is not halted: there is nothing to accept".formatted(chainId));
    Block ancestor = ancestor(chain, row);
    if (ancestor.number() != block) {
      throw new IllegalArgumentException(
          "most nodes of chain %d have block %d %s as the last of those that are stored, not block %d: look again, and name that one"
              .formatted(chainId, ancestor.number(), ancestor.hash(), block));
    }
    return database.inTransaction(tx -> accept(tx, chain, ancestor));
  }

  private Block ancestor(FollowedChain chain, ChainRow row) {
    long mark = row.finalized().orElse(Ancestry.anchor(chain));
    Block last = database.inTransaction(tx -> Blocks.atOrBelow(tx, chain.id(), mark)).orElseThrow();
    if (Ancestry.isStanding(chain, last)) return last; // it was gone for a while only
    return Ancestry.below(chain, database, mark)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "chain %d has none of the blocks that are stored: it is another chain; correct its rpc-urls, or use an empty database"
                        .formatted(chain.id())));
  }

  private Accepted accept(Tx tx, FollowedChain chain, Block ancestor) {
    Instant now = clock.instant();
    DeepReorg.accept(tx, chain.id(), now); // first: what others are writing is read below
    long above = ancestor.number();
    long top = Blocks.atOrBelow(tx, chain.id(), Long.MAX_VALUE).orElseThrow().number();
    Set<Hash> subjects = new HashSet<>(DeepReorg.subjects(tx, chain.id(), above));
    Set<BigInteger> agents = DeepReorg.agents(tx, chain.id(), above);
    int transactions = DeepReorg.undo(tx, chain.id(), ancestor, now);
    if (chain.isHome()) {
      subjects.addAll(StoredIntent.unsupersede(tx, subjects));
      subjects.addAll(StoredIntent.unlapse(tx, ancestor.timestamp()));
    }
    subjects.forEach(subject -> reopen(tx, subject, chain.homeId(), now));
    agents.forEach(
        agent ->
            Task.ensure(tx, Task.Kind.PUBLISH, chain.id(), Follower.agentSubject(agent), now, now));
    return new Accepted(chain.id(), ancestor, top - above, transactions);
  }

  /** Whatever was over because of what is gone: what is left says what may have to be done. */
  private void reopen(Tx tx, Hash subject, long home, Instant now) {
    chains.forEach(
        (id, chain) -> {
          Consequences consequences = new Consequences(chain, chains.keySet(), reportInterval, now);
          StoredEvent.about(tx, subject).stream()
              .filter(event -> event.chainId() == id)
              .forEach(event -> consequences.add(event.log()));
          consequences.openWork(tx);
        });
    boolean isOurs = StoredIntent.of(tx, subject).flatMap(StoredIntent::signature).isPresent();
    if (isOurs && StoredEvent.progress(tx, subject, home).isEmpty())
      StoredIntent.reopen(tx, home, subject, now);
  }
}
