package org.mandate.gateway;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.signer.TypedData;

/**
 * Where attestations count: the gateways of one home chain. They stand at one address on every
 * chain, and relayers sign under home's id wherever they deliver; a deployment with another home is
 * another domain, also at the same addresses.
 */
public record AttestationDomain(BigInteger homeChainId, Address gateway) {
  public static AttestationDomain of(Deployment deployment) {
    return new AttestationDomain(deployment.homeChainId(), deployment.gateway());
  }

  /** As EIP-712 has it. */
  public TypedData.Domain typedData() {
    return new TypedData.Domain("MandateQuorumGateway", "1", homeChainId, gateway);
  }
}
