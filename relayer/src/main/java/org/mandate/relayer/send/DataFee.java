package org.mandate.relayer.send;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Receipt;
import org.mandate.relayer.follow.SeveralNodes;

/**
 * What a layer 2 takes beside the gas for bringing a transaction's data to layer 1. No bid limits
 * it: it is what layer 1 asks when the transaction is mined, so it is reckoned before signing.
 */
public interface DataFee {
  /** How a chain asks for it. */
  enum Kind {
    /** Whatever of the others the chain turns out to be. */
    AUTO,
    /** It takes none, or counts it as gas, as Arbitrum does. */
    NONE,
    /** A predeployed {@code GasPriceOracle} tells it. */
    OP_STACK,
    /** As OP stack, at an address of its own. */
    SCROLL
  }

  /** There is none. */
  DataFee NONE =
      new DataFee() {
        @Override
        public BigInteger most(Bytes data, long gas) {
          return BigInteger.ZERO;
        }

        @Override
        public Map<Hash, BigInteger> paid(Collection<Receipt> receipts) {
          // Whatever a node adds to its receipts.
          return receipts.stream()
              .collect(Collectors.toMap(Receipt::transaction, r -> BigInteger.ZERO));
        }
      };

  /**
   * The most that a transaction with such call data is expected to pay beside its gas, wei, with
   * room for what layer 1 may ask more by the time when it is mined.
   *
   * @param gas its limit
   * @throws org.mandate.chain.NodeException when no node tells
   */
  BigInteger most(Bytes data, long gas);

  /**
   * What each of these mined transactions paid at most beside its gas, wei. One question for all of
   * them: nothing is sent meanwhile.
   *
   * @throws org.mandate.chain.NodeException when no node tells
   */
  Map<Hash, BigInteger> paid(Collection<Receipt> receipts);

  /** Asks the chain when it is first needed. */
  static DataFee of(Kind kind, SeveralNodes chain) {
    return switch (kind) {
      case NONE -> NONE;
      case OP_STACK -> new OracleDataFee(chain, OracleDataFee.OP_STACK);
      case SCROLL -> new OracleDataFee(chain, OracleDataFee.SCROLL);
      case AUTO -> new DetectedDataFee(chain);
    };
  }
}
