package org.mandate.deploy;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.web3j.abi.FunctionEncoder;
import org.web3j.abi.datatypes.Address;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.Type;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint32;
import org.web3j.abi.datatypes.generated.Uint48;
import org.web3j.abi.datatypes.generated.Uint64;
import org.web3j.utils.Numeric;

/**
 * What one deployer creates on a chain for given parameters: names, addresses and constructor
 * arguments, without a chain. Addresses are predicted, so that contracts can refer to each other
 * whatever the order they are created in.
 *
 * @param authority who ends up with the AccessManager's admin role
 * @param authorityDelay its execution delay there: 0 for who delays by itself, as our timelock does
 * @param contracts in an order in which no constructor calls a contract that does not exist yet
 */
record Plan(String authority, Duration authorityDelay, List<Creation> contracts) {
  /** The executors of all chains stand at one address, and are not one contract. */
  private static final String EXECUTOR = "CrossChainExecutor";

  /** Their constructors take the manager and the registry. */
  static final List<String> PER_AGENT =
      List.of("Approvers", "CallRules", "CategoryRule", "HoursRule", "ReputationRule", "RuleBook");

  /**
   * One contract to create.
   *
   * @param arguments ABI-encoded constructor arguments, hex without prefix
   * @param after true when its constructor calls an earlier contract of the plan
   */
  record Creation(String name, String address, String binary, String arguments, boolean after) {
    String initCode() {
      return binary + arguments;
    }

    private Creation later() {
      return new Creation(name, address, binary, arguments, true);
    }
  }

  /** What a contract's salt is made of. */
  static String salt(String name) {
    return name.equals("HomeExecutor") || name.equals("DestinationExecutor") ? EXECUTOR : name;
  }

  /** Where the contract stands, or will, on every chain that has one. */
  static String at(String deployer, String name) {
    return Create3.addressOf(deployer, salt(name));
  }

  static Plan of(String deployer, DeploymentParameters parameters, long chainId) {
    var atHome = chainId == parameters.homeChainId();
    var all = new ArrayList<Creation>();
    var home = BigInteger.valueOf(parameters.homeChainId());
    var manager = Create3.addressOf(deployer, "AccessManager");
    var registry = Create3.addressOf(deployer, "AgentRegistry");
    var vault = Create3.addressOf(deployer, "AgentVault");
    var gateway = Create3.addressOf(deployer, "QuorumGateway");
    var executor = Create3.addressOf(deployer, EXECUTOR);
    var calls = Create3.addressOf(deployer, "CallRules");
    var guard = Create3.addressOf(deployer, "CallGuard");
    var rules = Create3.addressOf(deployer, "MandateRules");
    var approvers = Create3.addressOf(deployer, "Approvers");

    var remote = parameters.remoteOn(chainId);
    // Owns the funds, too.
    var authority =
        remote.isPresent()
            ? at(deployer, "RemoteGovernance")
            : switch (parameters.governance()) {
              case ExistingAuthority existing -> existing.authority();
              case OwnGovernance own -> at(deployer, "TimelockController");
            };

    all.add(creation(deployer, "AccessManager", address(deployer)));
    all.add(creation(deployer, "AgentRegistry", address(manager)));
    all.add(
        creation(
            deployer,
            "AgentVault",
            address(manager),
            address(authority),
            address(registry),
            address(executor),
            address(guard),
            new Uint256(home),
            new DynamicArray<>(
                Uint256.class,
                parameters.otherChainIds().stream()
                    .map(id -> new Uint256(BigInteger.valueOf(id)))
                    .toList())));
    all.add(
        creation(
            deployer,
            "QuorumGateway",
            address(manager),
            new Uint256(home),
            new DynamicArray<>(
                Address.class, parameters.relayers().stream().map(Plan::address).toList()),
            new Uint256(parameters.threshold())));
    if (atHome) {
      all.add(
          creation(
              deployer,
              "HomeExecutor",
              address(manager),
              new Uint256(home),
              address(registry),
              address(gateway),
              address(rules),
              address(approvers),
              new DynamicArray<>(Address.class, address(vault)),
              new Uint64(seconds(parameters.disputeWindow())),
              new Uint64(seconds(parameters.acrossChains().pause()))));
      all.add(
          creation(
              deployer,
              "RelayerBonds",
              address(gateway),
              address(authority),
              new Uint64(seconds(parameters.acrossChains().unbonding()))));
    } else {
      all.add(
          creation(
              deployer,
              "DestinationExecutor",
              address(manager),
              new Uint256(home),
              address(registry),
              address(gateway),
              new DynamicArray<>(Address.class, address(vault)),
              new Uint64(seconds(parameters.disputeWindow())),
              new Uint64(seconds(parameters.resolutionWindow())),
              new Uint64(seconds(parameters.acrossChains().pause())),
              address(authority)));
      parameters.acrossChains().proofs().ifPresent(proofs -> proofs(deployer, home, proofs, all));
    }
    parameters
        .acrossChains()
        .remote()
        .ifPresent(
            control ->
                all.add(
                    creation(
                        deployer,
                        "RemoteGovernance",
                        address(manager),
                        new Uint256(home),
                        address(gateway),
                        new Uint64(seconds(control.delay())),
                        control.recovery().map(Plan::address).orElse(Address.DEFAULT))));
    rules(deployer, manager, registry, all);
    // The constructor asks the executor for its registry.
    all.add(creation(deployer, "MandateLens", address(executor)).later());
    parameters
        .testToken()
        .ifPresent(
            grant ->
                all.add(
                    creation(
                        deployer,
                        "TestToken",
                        address(grant.holder()),
                        new Uint256(grant.supply()))));
    if (remote.isPresent()) {
      // It delays itself.
      return new Plan(authority, Duration.ZERO, List.copyOf(all));
    }
    return switch (parameters.governance()) {
      case ExistingAuthority existing -> new Plan(authority, existing.delay(), List.copyOf(all));
      case OwnGovernance own -> {
        governance(deployer, own, authority, all);
        yield new Plan(authority, Duration.ZERO, List.copyOf(all));
      }
    };
  }

  /** Who shows home's storage here, and whom it believes. */
  private static void proofs(
      String deployer, BigInteger home, HashOracle oracle, List<Creation> all) {
    all.add(
        creation(
            deployer,
            "PostedHashes",
            address(at(deployer, "AccessManager")),
            new Uint256(home),
            new Uint64(seconds(oracle.delay()))));
    all.add(creation(deployer, "StateProofs", address(at(deployer, "PostedHashes"))));
  }

  private static void governance(
      String deployer, OwnGovernance own, String timelock, List<Creation> all) {
    var token = Create3.addressOf(deployer, "MandateToken");
    var governor = Create3.addressOf(deployer, "MandateGovernor");
    all.add(
        creation(
            deployer,
            "TimelockController",
            new Uint256(seconds(own.timelockDelay())),
            new DynamicArray<>(Address.class, address(governor)),
            // Anyone may execute what the delay has released.
            new DynamicArray<>(Address.class, Address.DEFAULT),
            // No admin beside the timelock itself.
            Address.DEFAULT));
    all.add(
        creation(
            deployer,
            "MandateToken",
            address(own.votes().holder()),
            new Uint256(own.votes().supply())));
    // The constructor asks the token for its clock.
    all.add(
        creation(
                deployer,
                "MandateGovernor",
                address(token),
                address(timelock),
                new Uint48(seconds(own.votingDelay())),
                new Uint32(seconds(own.votingPeriod())),
                new Uint256(own.proposalThreshold()),
                new Uint256(own.quorumPercent()))
            .later());
  }

  /** What mandates that are not basic ask, and the rules that their books may name. */
  private static void rules(String deployer, String manager, String registry, List<Creation> all) {
    var calls = Create3.addressOf(deployer, "CallRules");
    var prices = Create3.addressOf(deployer, "PriceFeeds");
    for (var name : PER_AGENT) {
      all.add(creation(deployer, name, address(manager), address(registry)));
    }
    all.add(creation(deployer, "PriceFeeds", address(manager)));
    all.add(creation(deployer, "Tiers", address(manager), address(registry), address(prices)));
    all.add(creation(deployer, "CallGuard", address(manager), address(calls)));
    all.add(
        creation(
            deployer,
            "MandateRules",
            address(calls),
            address(Create3.addressOf(deployer, "RuleBook")),
            address(Create3.addressOf(deployer, "Tiers"))));
  }

  @SuppressWarnings("rawtypes")
  private static Creation creation(String deployer, String name, Type... arguments) {
    var encoded = FunctionEncoder.encodeConstructor(List.<Type>of(arguments));
    return new Creation(
        name,
        at(deployer, name),
        Contracts.binary(name).orElseThrow(),
        Numeric.cleanHexPrefix(encoded),
        false);
  }

  private static Address address(String value) {
    return new Address(160, value);
  }

  private static BigInteger seconds(Duration duration) {
    return BigInteger.valueOf(duration.toSeconds());
  }
}
