package org.mandate.proof;

import java.util.List;
import org.mandate.chain.Bytes;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.contracts.StateProofs;

/** State proofs as the contracts' wrappers take them. */
public final class ProofAbi {
  private ProofAbi() {}

  public static StateProofs.StateProof toContract(StateProof proof) {
    return new StateProofs.StateProof(
        proof.header().bytes(), nodes(proof.accountProof()), nodes(proof.storageProof()));
  }

  public static DestinationExecutor.StateProof toDestination(StateProof proof) {
    return new DestinationExecutor.StateProof(
        proof.header().bytes(), nodes(proof.accountProof()), nodes(proof.storageProof()));
  }

  public static RemoteGovernance.StateProof toRemote(StateProof proof) {
    return new RemoteGovernance.StateProof(
        proof.header().bytes(), nodes(proof.accountProof()), nodes(proof.storageProof()));
  }

  private static List<byte[]> nodes(List<Bytes> nodes) {
    return nodes.stream().map(Bytes::bytes).toList();
  }
}
