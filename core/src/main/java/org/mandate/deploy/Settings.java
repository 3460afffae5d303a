package org.mandate.deploy;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.mandate.chain.Abi;
import org.mandate.chain.Deployment;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.Remote;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Address;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint32;
import org.web3j.abi.datatypes.generated.Uint48;
import org.web3j.abi.datatypes.generated.Uint64;

/**
 * What constructors were told and the contracts' code does not show. Durations in seconds.
 *
 * @param disputeWindow of the executor
 * @param governance empty when the authority existed before
 */
record Settings(
    List<String> relayers,
    BigInteger threshold,
    BigInteger disputeWindow,
    Optional<Governance> governance,
    Optional<TokenGrant> testToken) {

  /**
   * Of a DAO of its own.
   *
   * @param votes who got the whole supply of the voting token
   */
  record Governance(
      BigInteger timelockDelay,
      BigInteger votingDelay,
      BigInteger votingPeriod,
      BigInteger proposalThreshold,
      BigInteger quorumPercent,
      TokenGrant votes) {}

  /** As they were asked for on that chain. */
  static Settings of(DeploymentParameters parameters, long chainId) {
    return new Settings(
        parameters.relayers(),
        BigInteger.valueOf(parameters.threshold()),
        seconds(parameters.disputeWindow()),
        parameters.governance() instanceof OwnGovernance own
                && parameters.remoteOn(chainId).isEmpty()
            ? Optional.of(
                new Governance(
                    seconds(own.timelockDelay()),
                    seconds(own.votingDelay()),
                    seconds(own.votingPeriod()),
                    own.proposalThreshold(),
                    BigInteger.valueOf(own.quorumPercent()),
                    own.votes()))
            : Optional.empty(),
        parameters.testToken());
  }

  /**
   * As the deployment's arguments have them.
   *
   * @throws IllegalArgumentException naming the contract that is missing or whose arguments are not
   *     its constructor's
   */
  static Settings of(Deployment deployment) {
    var gateway =
        decode(
            deployment,
            "QuorumGateway",
            new TypeReference<Address>() {},
            new TypeReference<Uint256>() {},
            new TypeReference<DynamicArray<Address>>() {},
            new TypeReference<Uint256>() {});
    var address = new TypeReference<Address>() {};
    var uint = new TypeReference<Uint256>() {};
    var addresses = new TypeReference<DynamicArray<Address>>() {};
    var seconds = new TypeReference<Uint64>() {};
    var disputeWindow =
        deployment.isHome()
            ? decode(
                    deployment,
                    "HomeExecutor",
                    address,
                    uint,
                    address,
                    address,
                    address,
                    address,
                    addresses,
                    seconds,
                    seconds)
                .get(7)
            : decode(
                    deployment,
                    "DestinationExecutor",
                    address,
                    uint,
                    address,
                    address,
                    addresses,
                    seconds,
                    seconds,
                    seconds,
                    address)
                .get(5);
    return new Settings(
        ((List<?>) gateway.get(2))
            .stream().map(one -> ((Address) one).getValue().toLowerCase(Locale.ROOT)).toList(),
        (BigInteger) gateway.get(3),
        (BigInteger) disputeWindow,
        Contracts.timelock(deployment).map(timelock -> governance(deployment)),
        Contracts.testToken(deployment).map(token -> grant(deployment, "TestToken")));
  }

  /** How home governs, as the deployment's arguments have it. Fails as {@link #of(Deployment)}. */
  static Remote remote(Deployment deployment) {
    var address = new TypeReference<Address>() {};
    var given =
        decode(
            deployment,
            "RemoteGovernance",
            address,
            new TypeReference<Uint256>() {},
            address,
            new TypeReference<Uint64>() {},
            address);
    var recovery = ((String) given.get(4)).toLowerCase(Locale.ROOT);
    return new Remote(
        Duration.ofSeconds(((BigInteger) given.get(3)).longValueExact()),
        recovery.matches("0x0{40}") ? Optional.empty() : Optional.of(recovery));
  }

  private static Governance governance(Deployment deployment) {
    var address = new TypeReference<Address>() {};
    var addresses = new TypeReference<DynamicArray<Address>>() {};
    var timelock =
        decode(
            deployment,
            "TimelockController",
            new TypeReference<Uint256>() {},
            addresses,
            addresses,
            address);
    var governor =
        decode(
            deployment,
            "MandateGovernor",
            address,
            address,
            new TypeReference<Uint48>() {},
            new TypeReference<Uint32>() {},
            new TypeReference<Uint256>() {},
            new TypeReference<Uint256>() {});
    return new Governance(
        (BigInteger) timelock.get(0),
        (BigInteger) governor.get(2),
        (BigInteger) governor.get(3),
        (BigInteger) governor.get(4),
        (BigInteger) governor.get(5),
        grant(deployment, "MandateToken"));
  }

  private static TokenGrant grant(Deployment deployment, String token) {
    var given =
        decode(deployment, token, new TypeReference<Address>() {}, new TypeReference<Uint256>() {});
    return new TokenGrant((String) given.get(0), (BigInteger) given.get(1));
  }

  private static List<Object> decode(
      Deployment deployment, String name, TypeReference<?>... types) {
    deployment.address(name);
    try {
      return Abi.decode(deployment.contracts().get(name).arguments().bytes(), types);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "deployment on chain %s: the arguments of %s are not its constructor's (%s): use the file that deploy wrote"
              .formatted(deployment.chainId(), name, e.getMessage()),
          e);
    }
  }

  private static BigInteger seconds(Duration duration) {
    return BigInteger.valueOf(duration.toSeconds());
  }
}
