package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.PostedHashes;
import org.mandate.gateway.Message;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * Home's storage, as far as it can be shown at a destination: by the block hashes that are posted
 * there. Whoever posts them is trusted for nothing: a hash that is not home's shows nothing.
 */
final class HomeStorage {
  /** Blocks of the destination in which a posted hash is looked for. */
  private static final long REACH = 50_000;

  /** The contracts want a younger block for what home has not sent: clocks differ. */
  private static final Duration SKEW = Duration.ofHours(1);

  private final long homeId;
  private final ChainClient home;
  private final ChainClient chain;
  private final Address gateway;
  private final Address posted;
  private final BlockRanges ranges;

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
    this.homeId = homeId;
    this.home = home;
    this.chain = chain;
    this.gateway = gateway;
    this.posted = posted;
    this.ranges = new BlockRanges(chain);
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

  /** By the newest block that answers. */
  Optional<Proof> shown(Address at, Question question) {
    Optional<Block> block = posted(at, one -> question.ask(one).isPresent());
    return block.flatMap(one -> question.ask(one).map(shown -> new Proof(one, shown)));
  }

  /** Empty: nothing stands there. */
  Optional<Prover.Shown> prove(Address account, Hash slot, Block block) {
    return Optional.of(new Prover(home).prove(account, slot, block.hash()))
        .filter(shown -> !shown.proven().absent());
  }

  /** The newest block of home's that counts here, is home's, and does. */
  private Optional<Block> posted(Address at, Predicate<Block> does) {
    byte[] proofs = chain.call(at, Abi.call(DestinationExecutor.FUNC_STATEPROOFS));
    if (new BigInteger(1, proofs).signum() == 0) {
      return Optional.empty();
    }
    long head = chain.head().number();
    long bottom = Math.max(0, head - REACH);
    for (long to = head; to >= bottom; ) {
      BlockRanges.Part<List<Log>> part =
          ranges.last(
              bottom,
              to,
              (first, last) ->
                  chain.logs(first, last, List.of(posted), List.of(Set.of(Topics.HASH_POSTED))));
      for (Log log : part.content().reversed()) {
        Optional<Block> block = counts(LogWords.of(log).topicNumber(1)).filter(does);
        if (block.isPresent()) {
          return block;
        }
      }
      to = part.from() - 1;
    }
    return Optional.empty();
  }

  private Optional<Block> counts(BigInteger number) {
    if (number.bitLength() > 62) {
      return Optional.empty();
    }
    byte[] hash =
        chain.call(
            posted, Abi.call(PostedHashes.FUNC_HASHOF, new Uint256(homeId), new Uint256(number)));
    // Another chain's block shows nothing of home.
    return home.block(number.longValueExact())
        .filter(block -> hash.length == 32 && block.hash().equals(Hash.of(Bytes.of(hash).hex())));
  }
}
