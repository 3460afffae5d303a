package org.mandate.gateway;

import java.util.List;
import org.mandate.chain.Hash;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.contracts.RemoteGovernance;

/** Messages and hashes as the contracts' wrappers take them. */
public final class MessageAbi {
  private MessageAbi() {}

  public static QuorumGateway.Message toGateway(Message m) {
    return new QuorumGateway.Message(
        m.sourceChainId(),
        m.nonce(),
        m.sender().bytes(),
        m.recipient().bytes(),
        m.payload().bytes());
  }

  public static DestinationExecutor.Message toDestination(Message m) {
    return new DestinationExecutor.Message(
        m.sourceChainId(),
        m.nonce(),
        m.sender().bytes(),
        m.recipient().bytes(),
        m.payload().bytes());
  }

  public static RemoteGovernance.Message toRemote(Message m) {
    return new RemoteGovernance.Message(
        m.sourceChainId(),
        m.nonce(),
        m.sender().bytes(),
        m.recipient().bytes(),
        m.payload().bytes());
  }

  public static RelayerBonds.Message toBonds(Message m) {
    return new RelayerBonds.Message(
        m.sourceChainId(),
        m.nonce(),
        m.sender().bytes(),
        m.recipient().bytes(),
        m.payload().bytes());
  }

  /** A way up a {@link MessageTree}. */
  public static List<byte[]> toContract(List<Hash> proof) {
    return proof.stream().map(Hash::bytes).toList();
  }
}
