package org.mandate.cli.bench.reorg;

import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.util.OptionalLong;
import org.mandate.chain.Address;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.SendOutcome;
import org.mandate.cli.local.Ledger;
import org.mandate.signer.Signer;
import org.mandate.signer.Transactions;

/**
 * A key on one chain that hands one transaction at a time to the node, and waits for none: a reorg
 * may drop it, so whoever wants something looks at the chain again, and asks again.
 */
final class Person {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** What is not mined by then was dropped, or stays behind a gap that a reorg left. */
  private static final Duration LOST = Duration.ofSeconds(2);

  /** So often the bid is doubled that replaces what the node kept from before a reorg. */
  private static final int MOST_RAISES = 6;

  private final JsonRpcClient node;
  private final BigInteger chainId;
  private final Signer key;
  private long last = -1;
  private long sentAt;
  private int raises;

  Person(Ledger ledger, Signer key) {
    this.node = new JsonRpcClient(URI.create(ledger.chain().url()), TIMEOUT);
    this.chainId = BigInteger.valueOf(ledger.chain().chainId());
    this.key = key;
  }

  /** Whether a contract would take the call as things stand. */
  boolean mayCall(Address contract, String data) {
    return estimate(contract, data).isPresent();
  }

  /**
   * Calls a contract. Answers whether the node took it: not where it would revert, since somebody
   * else was first, nor while the one before is on its way.
   */
  boolean calls(Address contract, String data) {
    var gas = estimate(contract, data);
    // A quarter more: what the call touches may change before it is mined.
    return gas.isPresent() && calls(contract, data, gas.getAsLong() + gas.getAsLong() / 4);
  }

  /** As {@link #calls(Address, String)}, with that much gas, whatever comes of it. */
  boolean calls(Address contract, String data, long gas) {
    // What a reorg took back is free again: only what is mined counts.
    var nonce = node.nonce(key.address(), BlockTag.LATEST);
    if (nonce == last && System.nanoTime() - sentAt < LOST.toNanos()) return false;
    var signed =
        key.sign(
            new Transactions.Request(
                chainId, nonce, bid(), gas, contract, BigInteger.ZERO, Bytes.of(data)));
    return switch (node.send(signed.raw().bytes())) {
      case SendOutcome.Accepted accepted -> sent(nonce);
      case SendOutcome.AlreadyKnown known -> sent(nonce);
      case SendOutcome.Underpriced tooLittle -> {
        raises = Math.min(raises + 1, MOST_RAISES);
        yield false;
      }
      case SendOutcome.NonceTooLow low -> false;
      case SendOutcome.InsufficientFunds poor -> false;
      case SendOutcome.Refused refused -> false;
      case SendOutcome.Unreachable silent -> false;
    };
  }

  private boolean sent(long nonce) {
    last = nonce;
    sentAt = System.nanoTime();
    raises = 0;
    return true;
  }

  private OptionalLong estimate(Address contract, String data) {
    var bytes = Bytes.of(data).bytes();
    return switch (node.estimateGas(key.address(), contract, BigInteger.ZERO, bytes)) {
      case GasEstimate.Estimated estimated -> OptionalLong.of(estimated.gas());
      case GasEstimate.Reverted reverted -> OptionalLong.empty();
    };
  }

  private Fees bid() {
    var fees = node.fees();
    return new Fees(
        fees.baseFee(),
        fees.maxPriorityFee().max(BigInteger.ONE).shiftLeft(raises),
        fees.maxFee().max(BigInteger.ONE).shiftLeft(raises));
  }
}
