package org.mandate.relayer.work;

import java.lang.reflect.Proxy;
import java.util.List;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.ChainClient;
import org.mandate.chain.NodeException;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Uint256;

/** A node that knows who attests messages, and nothing else. */
final class QuorumNode {
  private QuorumNode() {}

  static ChainClient of(List<Address> relayers, int threshold) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("call")) return quorum(relayers, threshold);
              throw new NodeException("not asked here: " + method.getName());
            });
  }

  private static byte[] quorum(List<Address> relayers, int threshold) {
    return Abi.encode(
        new DynamicArray<>(
            org.web3j.abi.datatypes.Address.class,
            relayers.stream().map(r -> new org.web3j.abi.datatypes.Address(r.hex())).toList()),
        new Uint256(threshold),
        new Uint256(0));
  }
}
