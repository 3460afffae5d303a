package org.mandate.cli;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.contracts.PostedHashes;
import org.mandate.deploy.Sender;
import org.mandate.proof.Prover;
import org.mandate.proof.Slots;
import org.web3j.abi.EventEncoder;

/**
 * Shows another chain what stands in home's storage, by the block hashes that are posted there. A
 * posted hash that is not home's shows nothing, whoever posted it.
 */
public final class HomeProofs {
  private static final Set<Hash> KNOWN =
      Set.of(
          Hash.of(EventEncoder.encode(PostedHashes.HASHPOSTED_EVENT)),
          Hash.of(EventEncoder.encode(PostedHashes.ANCESTORADDED_EVENT)));

  private final Chain home;
  private final Chain there;
  private final Address posted;

  /**
   * @throws Failure when nobody posts home's hashes there
   */
  public HomeProofs(Chain home, Chain there) {
    this.home = home;
    this.there = there;
    this.posted =
        there
            .deployment()
            .postedHashes()
            .orElseThrow(
                () ->
                    new Failure(
                        ExitCode.REFUSED,
                        "chain %s takes no proofs of home: nobody posts home's block hashes there (across-chains.proofs of the deployment)"
                            .formatted(there.deployment().chainId())));
  }

  /**
   * Something shown of a block of home.
   *
   * @param shown for the contracts
   */
  public record Evidence(Block block, Prover.Shown shown) {}

  /**
   * The newest block of home that counts there and shows something.
   *
   * @param what does: empty for a block that shows nothing
   * @param wanted for the words of a refusal
   * @throws Failure when no block does
   */
  public Evidence newest(String wanted, Function<Block, Optional<Prover.Shown>> what) {
    var ranges = new BlockRanges(there.client());
    var from = there.deployment().block();
    Optional<Block> newest = Optional.empty();
    for (var to = there.client().head().number(); to >= from; ) {
      var part =
          ranges.last(
              from,
              to,
              (first, last) -> there.client().logs(first, last, List.of(posted), List.of(KNOWN)));
      for (Log log : part.content().reversed()) {
        var block = counts(new BigInteger(1, log.topics().get(1).bytes()));
        if (block.isPresent()) {
          newest = newest.or(() -> block);
          var shown = what.apply(block.get());
          if (shown.isPresent()) {
            return new Evidence(block.get(), shown.get());
          }
        }
      }
      to = part.from() - 1;
    }
    throw new Failure(
        ExitCode.REFUSED,
        "chain %s knows no block of home that shows %s: %s"
            .formatted(
                there.deployment().chainId(),
                wanted,
                newest
                    .map(
                        block ->
                            "the newest that counts is %d of %s"
                                .formatted(block.number(), block.timestamp()))
                    .orElse(
                        "none counts that home still has (a posted hash counts after its wait)")));
  }

  /** What stands in a slot at the end of that block; empty: nothing, which no contract reads. */
  public Optional<Prover.Shown> slot(Address account, Hash slot, Block block) {
    return Optional.of(new Prover(home.client()).prove(account, slot, block.hash()))
        .filter(shown -> !shown.proven().absent());
  }

  /**
   * That home's gateway sent the message under that number, or another one.
   *
   * @return empty: under that number it had sent nothing at the end of that block
   */
  public Optional<Prover.Shown> sent(BigInteger nonce, Block block) {
    return slot(home.deployment().gateway(), Slots.sent(nonce), block);
  }

  /** That home's gateway had not come to that number. */
  public Optional<Prover.Shown> notYetSent(BigInteger nonce, Block block) {
    return slot(home.deployment().gateway(), Slots.NEXT_NONCE, block)
        .filter(shown -> nonce.compareTo(new BigInteger(1, shown.proven().value().bytes())) >= 0);
  }

  private Optional<Block> counts(BigInteger number) {
    if (number.bitLength() > 62) {
      return Optional.empty();
    }
    var hashes = PostedHashes.load(posted.hex(), there.web3j(), there.reader(), Sender.NO_GAS);
    var hash =
        Sender.read(
            "hash of home's block " + number,
            () -> hashes.hashOf(there.deployment().homeChainId(), number).send());
    return home.client()
        .block(number.longValueExact())
        .filter(block -> block.hash().equals(Hash.of(hash)));
  }
}
