package org.mandate.deploy;

import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.CallGuard;
import org.mandate.contracts.CallRules;
import org.mandate.contracts.CategoryRule;
import org.mandate.contracts.Create3Factory;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.HoursRule;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.MandateLens;
import org.mandate.contracts.MandateRules;
import org.mandate.contracts.MandateToken;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.PriceFeeds;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.contracts.ReputationRule;
import org.mandate.contracts.RuleBook;
import org.mandate.contracts.StateProofs;
import org.mandate.contracts.TestToken;
import org.mandate.contracts.Tiers;
import org.mandate.contracts.TimelockController;

/** What a deployment may have beside the contracts that every deployment has. */
public final class Contracts {
  private static final Map<String, String> BINARIES =
      Map.ofEntries(
          Map.entry("AccessManager", AccessManager.BINARY),
          Map.entry("AgentRegistry", AgentRegistry.BINARY),
          Map.entry("AgentVault", AgentVault.BINARY),
          Map.entry("Approvers", Approvers.BINARY),
          Map.entry("CallGuard", CallGuard.BINARY),
          Map.entry("CallRules", CallRules.BINARY),
          Map.entry("CategoryRule", CategoryRule.BINARY),
          Map.entry("Create3Factory", Create3Factory.BINARY),
          Map.entry("DestinationExecutor", DestinationExecutor.BINARY),
          Map.entry("HomeExecutor", HomeExecutor.BINARY),
          Map.entry("HoursRule", HoursRule.BINARY),
          Map.entry("MandateGovernor", MandateGovernor.BINARY),
          Map.entry("MandateLens", MandateLens.BINARY),
          Map.entry("MandateRules", MandateRules.BINARY),
          Map.entry("MandateToken", MandateToken.BINARY),
          Map.entry("PostedHashes", PostedHashes.BINARY),
          Map.entry("PriceFeeds", PriceFeeds.BINARY),
          Map.entry("QuorumGateway", QuorumGateway.BINARY),
          Map.entry("RelayerBonds", RelayerBonds.BINARY),
          Map.entry("RemoteGovernance", RemoteGovernance.BINARY),
          Map.entry("ReputationRule", ReputationRule.BINARY),
          Map.entry("RuleBook", RuleBook.BINARY),
          Map.entry("StateProofs", StateProofs.BINARY),
          Map.entry("TestToken", TestToken.BINARY),
          Map.entry("Tiers", Tiers.BINARY),
          Map.entry("TimelockController", TimelockController.BINARY));

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

  /**
   * Whose key deployed; addresses depend on it. It was the AccessManager's first admin, its
   * constructor's argument.
   *
   * @throws IllegalArgumentException when the file has no AccessManager, or no such argument
   */
  public static Address deployer(Deployment deployment) {
    deployment.address("AccessManager");
    var arguments = deployment.contracts().get("AccessManager").arguments().hex();
    if (!arguments.matches("0x0{24}[0-9a-f]{40}")) {
      throw new IllegalArgumentException(
          "deployment on chain %s: the arguments of the AccessManager are not one address: use the file that deploy wrote"
              .formatted(deployment.chainId()));
    }
    return Address.of("0x" + arguments.substring(arguments.length() - 40));
  }

  /** What this build creates under that name: init code without arguments; empty for a stranger. */
  static Optional<String> binary(String name) {
    return Optional.ofNullable(BINARIES.get(name));
  }

  private static Optional<Address> find(Deployment deployment, String name) {
    return Optional.ofNullable(deployment.contracts().get(name)).map(Deployment.Contract::address);
  }
}
