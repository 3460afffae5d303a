package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Optional;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.NodeException;
import org.mandate.contracts.DestinationExecutor;

/**
 * Has a contract take no messages from a gateway any more, nor act on those that it took from it
 * and nobody proves. Only governance opens it again.
 */
final class Closing implements Remedy {
  private static final int WORD = 32;

  private final ChainClient chain;
  private final Address at;
  private final Address gateway;
  private final Refusals refusals;

  /** What a contract says of a gateway. */
  enum Status {
    NONE,
    OPEN,
    CLOSED
  }

  /**
   * @param at the executor, or who carries out home's orders: both are asked in the same words
   */
  Closing(ChainClient chain, Address at, Address gateway) {
    this(chain, at, gateway, new Refusals());
  }

  Closing(ChainClient chain, Address at, Address gateway, Refusals refusals) {
    this.refusals = refusals;
    this.chain = chain;
    this.at = at;
    this.gateway = gateway;
  }

  /** Whether the contract takes messages from the gateway. */
  static Status status(ChainClient chain, Address at, Address gateway) {
    byte[] answer =
        chain.call(
            at,
            Abi.call(
                DestinationExecutor.FUNC_GATEWAYSTATUS,
                new org.web3j.abi.datatypes.Address(gateway.hex())));
    BigInteger status =
        answer.length < WORD
            ? BigInteger.TWO.negate()
            : new BigInteger(1, Arrays.copyOf(answer, WORD));
    for (Status one : Status.values()) {
      if (status.equals(BigInteger.valueOf(one.ordinal()))) {
        return one;
      }
    }
    throw new NodeException("gatewayStatus() answered " + answer.length + " bytes, no status");
  }

  /** Whether nothing is taken from it. */
  boolean isDone() {
    return status(chain, at, gateway) != Status.OPEN;
  }

  @Override
  public String what() {
    return "closing of gateway " + gateway;
  }

  @Override
  public Address to() {
    return at;
  }

  @Override
  public Bytes data() {
    return Bytes.of(
        Abi.call(
            DestinationExecutor.FUNC_CLOSEGATEWAY,
            new org.web3j.abi.datatypes.Address(gateway.hex())));
  }

  @Override
  public boolean refused(String reason) {
    if (!reason.startsWith("ExecutorUnauthorized(")
        && !reason.startsWith("AccessManagedUnauthorized(")) {
      refusals.end();
      return false;
    }
    refusals.add();
    return true;
  }

  @Override
  public Optional<Settled> settled() {
    if (isDone()) {
      return Optional.of(new Settled("closed"));
    }
    return refusals.areEnough()
        ? Optional.of(new Settled("not done: no guardian"))
        : Optional.empty();
  }
}
