package org.mandate.chain;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/**
 * What a mined transaction did. Its absence proves nothing (L10).
 *
 * @param succeeded status 1; false: reverted
 * @param effectiveGasPrice wei
 * @param to empty when the transaction created a contract
 */
public record Receipt(
    Hash transaction,
    boolean succeeded,
    Hash blockHash,
    long blockNumber,
    long gasUsed,
    BigInteger effectiveGasPrice,
    Address from,
    Optional<Address> to,
    Optional<Address> created,
    List<Log> logs) {
  public Receipt {
    logs = List.copyOf(logs);
  }
}
