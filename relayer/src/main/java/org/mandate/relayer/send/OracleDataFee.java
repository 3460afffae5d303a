package org.mandate.relayer.send;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.chain.Receipt;
import org.mandate.relayer.follow.SeveralNodes;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicBytes;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * As a contract on the chain tells it: {@code getL1Fee(bytes)} of OP stack's {@code GasPriceOracle}
 * (specification "Predeploys"), which Scroll's {@code L1GasPriceOracle} has too, and, where the
 * chain has an operator fee (OP stack, Isthmus), {@code getOperatorFee(uint256)}. What more than
 * half of all nodes say counts.
 */
final class OracleDataFee implements DataFee {
  static final Address OP_STACK = new Address("0x420000000000000000000000000000000000000f");
  static final Address SCROLL = new Address("0x5300000000000000000000000000000000000002");

  /**
   * Stands for all of a transaction but its call data, which take no more: bytes that no
   * compression makes smaller.
   */
  private static final byte[] ENVELOPE = noise(160);

  private final SeveralNodes chain;
  private final Address oracle;

  OracleDataFee(SeveralNodes chain, Address oracle) {
    this.chain = chain;
    this.oracle = oracle;
  }

  @Override
  public BigInteger most(Bytes data, long gas) {
    byte[] transaction = Arrays.copyOf(ENVELOPE, ENVELOPE.length + data.size());
    System.arraycopy(data.bytes(), 0, transaction, ENVELOPE.length, data.size());
    BigInteger now =
        ask(Abi.call("getL1Fee", new DynamicBytes(transaction)))
            .orElseThrow(() -> new NodeException("no oracle answers at " + oracle));
    // Half more: layer 1's base fee may rise by an eighth a block, and fall behind for a few
    // blocks.
    return now.add(now.shiftRight(1)).add(operatorFee(gas));
  }

  /** Of the operator's fee, which grows with the gas, each counts as much as the dearest one. */
  @Override
  public Map<Hash, BigInteger> paid(Collection<Receipt> receipts) {
    long most = receipts.stream().mapToLong(Receipt::gasUsed).max().orElse(0);
    BigInteger operators = operatorFee(most);
    return receipts.stream()
        .collect(
            Collectors.toMap(
                Receipt::transaction,
                receipt -> receipt.dataFee().orElse(BigInteger.ZERO).add(operators)));
  }

  private BigInteger operatorFee(long gas) {
    // Before Isthmus there is none.
    return ask(Abi.call("getOperatorFee", new Uint256(gas))).orElse(BigInteger.ZERO);
  }

  /** Whether it tells what data cost. */
  boolean isThere() {
    return ask(Abi.call("getL1Fee", new DynamicBytes(ENVELOPE))).isPresent();
  }

  /** Budgets hang on it: one node that says less, or more, must not be the one that is heard. */
  private Optional<BigInteger> ask(byte[] call) {
    return chain.numberOfMost(
        oracle,
        call,
        answer -> (BigInteger) Abi.decode(answer, new TypeReference<Uint256>() {}).getFirst());
  }

  private static byte[] noise(int length) {
    byte[] noise = new byte[length];
    for (int i = 0; i < length; i += 32) {
      byte[] part = Hash.keccak("envelope " + i).bytes();
      System.arraycopy(part, 0, noise, i, Math.min(32, length - i));
    }
    return noise;
  }
}
