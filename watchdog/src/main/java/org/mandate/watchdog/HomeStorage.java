package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.gateway.Message;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;

/**
 * Home's storage, as far as it can be shown at a destination: by the block hashes that are posted
 * there. Whoever posts them is trusted for nothing: a hash that is not home's shows nothing.
 */
final class HomeStorage {
  /** The contracts want a younger block for what home has not sent: clocks differ. */
  private static final Duration SKEW = Duration.ofHours(1);

  /**
   * What home's gateway sent stays, and so does what number came next: what the newest block does
   * not show, no older one does. A few, since one may be of a node that lied, or is not shown now.
   */
  private static final int MOST_ASKED = 3;

  private static final int MOST_BLANKS = 1 << 15;

  private final ChainClient home;
  private final ChainClient chain;
  private final Address gateway;
  private final Posts posts;

  /** What a block is known not to show: that does not change. */
  private final Set<Blank> blanks = Collections.newSetFromMap(new LinkedHashMap<>());

  private record Blank(Address account, Hash slot, Hash block) {}

  /**
   * A proof and the block that it is of.
   *
   * @param shown what stands there
   */
  record Proof(Block block, Prover.Shown shown) {}

  /**
   * @param gateway at home, and at the destination
   * @param posted who is believed about home's blocks there
   */
  HomeStorage(long homeId, ChainClient home, ChainClient chain, Address gateway, Address posted) {
    this.home = home;
    this.chain = chain;
    this.gateway = gateway;
    this.posts = new Posts(homeId, home, chain, posted);
  }

  /**
   * Shows that home's gateway never sent the message. Empty: nothing shows it yet, or it did.
   *
   * @param id the message's
   * @param arrivedAt when it came to the destination
   * @param at the contract that wants the proof
   */
  Optional<Proof> notSent(Message message, Hash id, Instant arrivedAt, Address at) {
    Hash slot = Slots.sent(message.nonce());
    Optional<Block> block =
        posted(
            at,
            one ->
                prove(gateway, slot, one).isPresent()
                    || !one.timestamp().isBefore(arrivedAt.plus(SKEW)));
    if (block.isEmpty()) {
      return Optional.empty();
    }
    return prove(gateway, slot, block.get())
        .or(() -> prove(gateway, Slots.NEXT_NONCE, block.get()))
        .filter(shown -> !shown.proven().value().equals(id))
        .map(shown -> new Proof(block.get(), shown));
  }

  /** Shows that home's gateway sent the message. Empty: nothing shows it yet. */
  Optional<Proof> sent(Message message, Hash id, Address at) {
    return shown(
        at,
        block ->
            prove(gateway, Slots.sent(message.nonce()), block)
                .filter(shown -> shown.proven().value().equals(id)));
  }

  /** A question to one block. */
  @FunctionalInterface
  interface Question {
    Optional<Prover.Shown> ask(Block block);
  }

  /** By the newest block that answers, of the few newest that count. */
  Optional<Proof> shown(Address at, Question question) {
    Optional<Block> block = posted(at, one -> question.ask(one).isPresent());
    return block.flatMap(one -> question.ask(one).map(shown -> new Proof(one, shown)));
  }

  /** Empty: nothing stands there. */
  Optional<Prover.Shown> prove(Address account, Hash slot, Block block) {
    Blank blank = new Blank(account, slot, block.hash());
    synchronized (blanks) {
      if (blanks.contains(blank)) {
        return Optional.empty();
      }
    }
    Optional<Prover.Shown> shown =
        Optional.of(new Prover(home).prove(account, slot, block.hash()))
            .filter(one -> !one.proven().absent());
    if (shown.isEmpty()) {
      synchronized (blanks) {
        blanks.add(blank);
        if (blanks.size() > MOST_BLANKS) {
          blanks.remove(blanks.iterator().next());
        }
      }
    }
    return shown;
  }

  /** Grows with each hash that is new: before it does, nothing is shown that was not. */
  long posts() {
    return posts.count();
  }

  /** The newest block of home's that counts here, is home's, and does. */
  private Optional<Block> posted(Address at, Predicate<Block> does) {
    byte[] proofs = chain.call(at, Abi.call(DestinationExecutor.FUNC_STATEPROOFS));
    if (new BigInteger(1, proofs).signum() == 0) {
      return Optional.empty();
    }
    Optional<NodeException> silence = Optional.empty();
    int asked = 0;
    for (Block block : posts.newestFirst()) {
      if (asked == MOST_ASKED) {
        break;
      }
      if (!posts.counts(block)) {
        continue; // it is not handed out again before it does
      }
      asked++;
      try {
        if (does.test(block)) {
          return Optional.of(block);
        }
      } catch (NodeException e) {
        silence = Optional.of(e);
      }
    }
    if (silence.isPresent()) {
      throw silence.get();
    }
    return Optional.empty();
  }
}
