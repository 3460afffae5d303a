package org.mandate.deploy;

import java.math.BigInteger;
import org.web3j.protocol.core.RemoteFunctionCall;

/**
 * One call of a contract: what a transaction carries, and what a proposal consists of.
 *
 * @param what the call in words, for errors and for people
 * @param to the contract
 * @param value native coin sent along, wei
 * @param data ABI-encoded call, hex
 */
public record Call(String what, String to, BigInteger value, String data) {
  /** A call through a generated wrapper, without value. */
  public static Call of(String what, String to, RemoteFunctionCall<?> call) {
    return new Call(what, to, BigInteger.ZERO, call.encodeFunctionCall());
  }
}
