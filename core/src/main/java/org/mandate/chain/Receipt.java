package org.mandate.chain;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * What a mined transaction did. Its absence proves nothing (L10).
 *
 * @param succeeded status 1; false: reverted
 * @param effectiveGasPrice wei
 * @param dataFee wei that a layer 2 took beside the gas for the data on layer 1 ({@code l1Fee} of
 *     OP stack and Scroll); empty where it takes none, or counts it as gas
 * @param to empty when the transaction created a contract
 */
public record Receipt(
    Hash transaction,
    boolean succeeded,
    Hash blockHash,
    long blockNumber,
    long gasUsed,
    BigInteger effectiveGasPrice,
    Optional<BigInteger> dataFee,
    Address from,
    Optional<Address> to,
    Optional<Address> created,
    List<Log> logs) {
  public Receipt {
    logs = List.copyOf(logs);
  }
}
