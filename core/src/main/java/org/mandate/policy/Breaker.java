package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;

/** What a breaker above the agents stops. */
public sealed interface Breaker {
  /** All agents and all that leaves the account. */
  record Everything() implements Breaker {}

  /**
   * What is spent on one chain.
   *
   * @param id EIP-155
   */
  record OfChain(BigInteger id) implements Breaker {}

  /** One asset, on all chains. */
  record OfAsset(Address asset) implements Breaker {}

  /** Number of the contracts' {@code Scope}. */
  default int scope() {
    return switch (this) {
      case Everything all -> 0;
      case OfChain chain -> 1;
      case OfAsset asset -> 2;
    };
  }

  /** Which one of its scope, as the contracts number it. */
  default BigInteger what() {
    return switch (this) {
      case Everything all -> BigInteger.ZERO;
      case OfChain(BigInteger id) -> id;
      case OfAsset(Address asset) -> new BigInteger(asset.hex().substring(2), 16);
    };
  }

  /**
   * The breaker that the contracts' events name.
   *
   * @throws IllegalArgumentException when they can name no such breaker
   */
  static Breaker of(int scope, BigInteger what) {
    if (scope == 0 && what.signum() == 0) {
      return new Everything();
    }
    if (scope == 1) {
      return new OfChain(what);
    }
    if (scope == 2 && what.bitLength() <= 160) {
      return new OfAsset(Address.of("0x%040x".formatted(what)));
    }
    throw new IllegalArgumentException("there is no breaker " + what + " of scope " + scope);
  }
}
