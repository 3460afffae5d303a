package org.mandate.watchdog;

import java.util.function.Function;
import org.mandate.chain.Address;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.NodeException;

/**
 * Tells a contract's failure from a node's. Nodes name failures of a contract in many ways. One
 * that has the same call made to nobody is well, and refuses it to no contract: so it was that.
 */
final class Probe {
  // Without code on every chain: whoever evaluates a call of it has the block's state.
  static final Address NOBODY = Address.of("0x000000000000000000000000000000000000dead");

  private Probe() {}

  /**
   * @param what the call that failed, in words
   * @param call the same, of whomever
   * @throws NodeException if the node doesn't make such a call at all
   */
  static void mustMake(String what, Function<Address, byte[]> call) {
    try {
      call.apply(NOBODY);
    } catch (CallRevertedException | NodeException e) {
      throw new NodeException("the node makes no call %s: %s".formatted(what, e.getMessage()), e);
    }
  }
}
