package org.mandate.deploy;

import java.math.BigInteger;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;

/** What a deployment may have beside the contracts that every deployment has. */
public final class Contracts {
  private static final String VAULT = "AgentVault-";

  private Contracts() {}

  /** The DAO's own Governor; empty when the authority existed before. */
  public static Optional<Address> governor(Deployment deployment) {
    return find(deployment, "MandateGovernor");
  }

  public static Optional<Address> timelock(Deployment deployment) {
    return find(deployment, "TimelockController");
  }

  public static Optional<Address> votingToken(Deployment deployment) {
    return find(deployment, "MandateToken");
  }

  /** A worthless ERC-20, on development chains. */
  public static Optional<Address> testToken(Deployment deployment) {
    return find(deployment, "TestToken");
  }

  public static Address accessManager(Deployment deployment) {
    return deployment.address("AccessManager");
  }

  /** The vault of an agent, when {@link Deployer#deployVault} made it. */
  public static Optional<Address> vault(Deployment deployment, long agentId) {
    return find(deployment, vaultName(agentId));
  }

  /**
   * Where the deployer puts that agent's vault, on every chain, whether or not it already did:
   * nobody else can put anything there.
   *
   * @param agentId 0 to 2^63-1
   */
  public static Address vaultAddress(Deployment deployment, long agentId) {
    return Address.of(Create3.addressOf(deployer(deployment).hex(), vaultName(agentId)));
  }

  /**
   * Whose key deployed; addresses depend on it. It was the AccessManager's first admin, its
   * constructor's argument.
   */
  public static Address deployer(Deployment deployment) {
    var arguments = deployment.contracts().get("AccessManager").arguments().hex();
    return Address.of("0x" + arguments.substring(arguments.length() - 40));
  }

  static String vaultName(long agentId) {
    return VAULT + agentId;
  }

  /** Whose vault it is; empty when the name is of another contract. */
  static Optional<BigInteger> agentOf(String name) {
    return name.matches(VAULT + "[1-9][0-9]{0,18}")
        ? Optional.of(new BigInteger(name.substring(VAULT.length())))
        : Optional.empty();
  }

  private static Optional<Address> find(Deployment deployment, String name) {
    return Optional.ofNullable(deployment.contracts().get(name)).map(Deployment.Contract::address);
  }
}
