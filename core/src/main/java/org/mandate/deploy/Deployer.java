package org.mandate.deploy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AuditLog;
import org.mandate.contracts.Create3Factory;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.deploy.DeploymentParameters.AssetWindows;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.gateway.WindowTable;
import org.web3j.abi.EventEncoder;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.protocol.core.methods.request.EthFilter;
import org.web3j.protocol.core.methods.response.EthLog;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.tx.TransactionManager;
import org.web3j.utils.Numeric;

/**
 * Deploys everything to one chain, hands all power over and proves that it did. Can be run again at
 * any time: what stands with the expected code is left alone, what is missing is done, anything
 * else is refused.
 *
 * <p>The expected code of a contract is what its constructor returns when a node runs it in place
 * ({@code eth_call} with the init code as the address's code and empty storage), so immutable
 * values are compared too.
 */
public final class Deployer {
  /** How the code of a key begins that delegates to a contract (EIP-7702). */
  static final String DELEGATED_KEY = "0xef0100";

  private final Sender sender;
  private final StateOverrideCall overrides;
  private final Consumer<String> progress;

  /**
   * @param sender the deployer's key on the chain
   * @param overrides runs constructors on the same node
   * @param progress gets one line per step, for people
   */
  public Deployer(Sender sender, StateOverrideCall overrides, Consumer<String> progress) {
    this.sender = sender;
    this.overrides = overrides;
    this.progress = progress;
  }

  /**
   * Deploys what is missing, sets the roles, gives the deployer's away, and checks the whole.
   *
   * @throws DeploymentException when something else stands at an address, a step fails, or the
   *     check does
   */
  public Deployment deploy(DeploymentParameters parameters) {
    if (!parameters.allChainIds().contains(sender.chainId())) {
      throw new DeploymentException(
          "the node serves chain %d, the parameters name %s: use another node or other parameters"
              .formatted(sender.chainId(), parameters.allChainIds()));
    }
    var plan = Plan.of(sender.address(), parameters, sender.chainId());
    if (plan.authority().equals(sender.address())) {
      throw new DeploymentException(
          "the authority is the deployer's own key: name a timelock, a Safe or another DAO");
    }
    if (parameters.guardians().contains(sender.address())
        || parameters.relayers().contains(sender.address())) {
      throw new DeploymentException(
          "the deployer %s is named as guardian or relayer, and keeps no role: use another key for one of them"
              .formatted(sender.address()));
    }
    if (parameters.governance() instanceof ExistingAuthority existing) {
      requireContract(existing.authority());
    }
    createFactory();
    create(plan.contracts().stream().filter(c -> !c.after()).toList());
    create(plan.contracts().stream().filter(Plan.Creation::after).toList());
    handOver(plan, parameters);
    var deployment = describe(plan, parameters);
    new DeploymentCheck(sender.web3j(), overrides, deployment).requireAll(parameters);
    progress.accept(
        "every privileged role is held by " + plan.authority() + ", none by the deployer");
    return deployment;
  }

  /**
   * Power goes to a contract only: a plain key, or one that EIP-7702 lets speak for a contract, is
   * one key, and an address where nothing stands is nobody for ever.
   */
  private void requireContract(String authority) {
    var code = codeAt(authority);
    if (code.isEmpty() || code.startsWith(DELEGATED_KEY)) {
      throw new DeploymentException(
          "the authority %s is %s on chain %d: name a contract that stands there (a Safe, a timelock, another DAO)"
              .formatted(
                  authority,
                  code.isEmpty() ? "no contract" : "a key that delegates to a contract",
                  sender.chainId()));
    }
  }

  // ------------------------------------------------------------------ creating

  private void createFactory() {
    if (!codeAt(Create3.factory()).isEmpty()) {
      return;
    }
    if (codeAt(Create3.CANONICAL_DEPLOYER).isEmpty()) {
      throw new DeploymentException(
          "chain %d has no CREATE2 deployer at %s: create it there first (a keyless transaction does)"
              .formatted(sender.chainId(), Create3.CANONICAL_DEPLOYER));
    }
    sender.send(
        new Call(
            "create Create3Factory",
            Create3.CANONICAL_DEPLOYER,
            BigInteger.ZERO,
            Create3.factoryCreation()));
    if (codeAt(Create3.factory()).isEmpty()) {
      throw new DeploymentException(
          "the factory does not stand at " + Create3.factory() + " after its creation");
    }
    progress.accept("Create3Factory at " + Create3.factory());
  }

  private void create(List<Plan.Creation> wanted) {
    var factory =
        Create3Factory.load(Create3.factory(), sender.web3j(), sender.reader(), Sender.NO_GAS);
    var expected = new HashMap<String, String>();
    var missing = new ArrayList<Plan.Creation>();
    for (var creation : wanted) {
      expected.put(
          creation.name(),
          overrides.construct(
              creation.address(), creation.initCode(), DefaultBlockParameterName.LATEST));
      var code = codeAt(creation.address());
      if (code.isEmpty()) {
        missing.add(creation);
      } else {
        requireCode(creation, expected.get(creation.name()), code);
        progress.accept("%s already stands at %s".formatted(creation.name(), creation.address()));
      }
    }
    if (missing.isEmpty()) {
      return;
    }
    sender.sendAll(
        missing.stream()
            .map(
                creation ->
                    Call.of(
                        "create " + creation.name(),
                        Create3.factory(),
                        factory.create(
                            Create3.salt(Plan.salt(creation.name())),
                            Numeric.hexStringToByteArray(creation.initCode()))))
            .toList());
    for (var creation : missing) {
      requireCode(creation, expected.get(creation.name()), codeAt(creation.address()));
      progress.accept("%s at %s".formatted(creation.name(), creation.address()));
    }
  }

  private void requireCode(Plan.Creation creation, String expected, String code) {
    if (!code.equals(expected)) {
      throw new DeploymentException(
          ("%s at %s on chain %d has code %s, these sources and parameters give %s: "
                  + "use the parameters of then, or another key")
              .formatted(
                  creation.name(),
                  creation.address(),
                  sender.chainId(),
                  hash(code),
                  hash(expected)));
    }
  }

  // ------------------------------------------------------------------ handing over

  /** One transaction sets every role and gives the deployer's away: there is no half of it. */
  private void handOver(Plan plan, DeploymentParameters parameters) {
    var address = Create3.addressOf(sender.address(), "AccessManager");
    var manager = AccessManager.load(address, sender.web3j(), sender.reader(), Sender.NO_GAS);
    var admin =
        Sender.read("deployer's role", () -> manager.hasRole(Role.ADMIN, sender.address()).send());
    if (!admin.component1()) {
      return;
    }
    var calls = new ArrayList<String>();
    calls.add(manager.labelRole(Role.GUARDIAN, "GUARDIAN").encodeFunctionCall());
    calls.add(manager.labelRole(Role.PUBLISHER, "PUBLISHER").encodeFunctionCall());
    for (var guardian : parameters.guardians()) {
      calls.add(manager.grantRole(Role.GUARDIAN, guardian, BigInteger.ZERO).encodeFunctionCall());
    }
    for (var relayer : parameters.relayers()) {
      calls.add(manager.grantRole(Role.PUBLISHER, relayer, BigInteger.ZERO).encodeFunctionCall());
    }
    calls.add(
        manager
            .setTargetFunctionRole(
                Create3.addressOf(sender.address(), "AgentVault"),
                List.of(publishSelector()),
                Role.PUBLISHER)
            .encodeFunctionCall());
    if (sender.chainId() != parameters.homeChainId()) {
      awayFromHome(manager, parameters, calls);
    }
    calls.add(
        manager
            .grantRole(
                Role.ADMIN, plan.authority(), BigInteger.valueOf(plan.authorityDelay().toSeconds()))
            .encodeFunctionCall());
    calls.add(manager.renounceRole(Role.ADMIN, sender.address()).encodeFunctionCall());
    sender.send(
        Call.of(
            "set roles and renounce the deployer's",
            address,
            manager.multicall(calls.stream().map(Numeric::hexStringToByteArray).toList())));
  }

  /** What only a destination has: how long payments wait, bonds of disputes, proofs of home. */
  private void awayFromHome(
      AccessManager manager, DeploymentParameters parameters, List<String> calls) {
    var executor = Plan.at(sender.address(), "DestinationExecutor");
    var settings =
        DestinationExecutor.load(executor, sender.web3j(), sender.reader(), Sender.NO_GAS);
    var across = parameters.acrossChains();
    for (var windows : across.windows()) {
      calls.add(
          call(
              manager,
              executor,
              settings.setWindows(
                  asset(windows.asset()),
                  windows.table().steps().stream().map(Deployer::step).toList(),
                  BigInteger.ZERO)));
    }
    if (across.disputeBond().signum() > 0) {
      calls.add(call(manager, executor, settings.setDisputeBond(across.disputeBond())));
    }
    across
        .proofs()
        .ifPresent(
            proofs -> {
              calls.add(manager.labelRole(Role.ORACLE, "ORACLE").encodeFunctionCall());
              for (var oracle : proofs.oracles()) {
                calls.add(
                    manager.grantRole(Role.ORACLE, oracle, BigInteger.ZERO).encodeFunctionCall());
              }
              calls.add(
                  manager
                      .setTargetFunctionRole(
                          Plan.at(sender.address(), "PostedHashes"),
                          List.of(postSelector()),
                          Role.ORACLE)
                      .encodeFunctionCall());
              var shown = Plan.at(sender.address(), "StateProofs");
              calls.add(call(manager, executor, settings.setStateProofs(shown)));
              if (across.remote().isPresent()) {
                var governance = Plan.at(sender.address(), "RemoteGovernance");
                calls.add(
                    call(
                        manager,
                        governance,
                        RemoteGovernance.load(
                                governance, sender.web3j(), sender.reader(), Sender.NO_GAS)
                            .setStateProofs(shown)));
              }
            });
  }

  /** A call that the AccessManager makes for its admin. */
  private static String call(AccessManager manager, String target, RemoteFunctionCall<?> call) {
    return manager
        .execute(target, Numeric.hexStringToByteArray(call.encodeFunctionCall()), BigInteger.ZERO)
        .encodeFunctionCall();
  }

  private String asset(String name) {
    return name.equals(AssetWindows.TEST_TOKEN) ? Plan.at(sender.address(), name) : name;
  }

  private static DestinationExecutor.Step step(WindowTable.Step step) {
    return new DestinationExecutor.Step(
        step.upTo(), BigInteger.valueOf(step.bare()), BigInteger.valueOf(step.full()));
  }

  /** Selector of {@code PostedHashes.post}. */
  static byte[] postSelector() {
    var call =
        PostedHashes.load(
                Create3.CANONICAL_DEPLOYER, null, (TransactionManager) null, Sender.NO_GAS)
            .post(BigInteger.ZERO, new byte[32])
            .encodeFunctionCall();
    return Numeric.hexStringToByteArray(call.substring(0, 10));
  }

  /** Selector of {@code AuditLog.publish}. */
  static byte[] publishSelector() {
    var call =
        AuditLog.load(Create3.CANONICAL_DEPLOYER, null, (TransactionManager) null, Sender.NO_GAS)
            .publish(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO, new byte[32], new byte[32])
            .encodeFunctionCall();
    return Numeric.hexStringToByteArray(call.substring(0, 10));
  }

  // ------------------------------------------------------------------ describing

  private Deployment describe(Plan plan, DeploymentParameters parameters) {
    var contracts = new TreeMap<String, Deployment.Contract>();
    var first = Long.MAX_VALUE;
    var created = creations();
    for (var creation : plan.contracts()) {
      var event = eventOf(creation, created);
      contracts.put(creation.name(), contract(creation, argumentsOf(creation, event)));
      first = Math.min(first, event.getBlockNumber().longValueExact());
    }
    var factory = Create3.factory();
    contracts.put(
        "Create3Factory",
        new Deployment.Contract(Address.of(factory), Hash.of(hash(codeAt(factory))), Bytes.EMPTY));
    return new Deployment(
        BigInteger.valueOf(sender.chainId()),
        BigInteger.valueOf(parameters.homeChainId()),
        first,
        contracts);
  }

  private Deployment.Contract contract(Plan.Creation creation, String arguments) {
    return new Deployment.Contract(
        Address.of(creation.address()),
        Hash.of(hash(codeAt(creation.address()))),
        Bytes.of("0x" + arguments));
  }

  private static Log eventOf(Plan.Creation creation, Map<String, Log> created) {
    var event = created.get(creation.address());
    if (event == null) {
      throw new DeploymentException(
          "%s stands at %s, but the node shows no event of its creation: use a node with full logs"
              .formatted(creation.name(), creation.address()));
    }
    return event;
  }

  /**
   * What the constructor was given when it ran, which not all of its code shows: the parameters of
   * today may say something else.
   */
  private String argumentsOf(Plan.Creation creation, Log event) {
    var origin = Origin.of(sender.web3j(), event);
    return origin
        .arguments(creation.name(), creation.address(), creation.binary())
        .orElseThrow(
            () ->
                new DeploymentException(
                    ("%s at %s was not created by these sources, but by something that leaves the same code behind"
                            + " (transaction %s): do not use it, deploy with another key")
                        .formatted(creation.name(), creation.address(), origin.transaction())));
  }

  /** The events in which the factory told of this deployer's contracts, by address. */
  private Map<String, Log> creations() {
    var filter =
        new EthFilter(
            DefaultBlockParameterName.EARLIEST,
            DefaultBlockParameterName.LATEST,
            Create3.factory());
    filter.addSingleTopic(EventEncoder.encode(Create3Factory.CREATED_EVENT));
    filter.addSingleTopic("0x" + "0".repeat(24) + Numeric.cleanHexPrefix(sender.address()));
    return Origin.byAddress(
        Sender.answer("logs of the factory", () -> sender.web3j().ethGetLogs(filter).send())
            .getLogs()
            .stream()
            .map(result -> ((EthLog.LogObject) result).get())
            .toList());
  }

  private String codeAt(String address) {
    var code =
        Sender.answer(
                "code of " + address,
                () -> sender.web3j().ethGetCode(address, DefaultBlockParameterName.LATEST).send())
            .getCode();
    return code.equals("0x") ? "" : code;
  }

  static String hash(String code) {
    return org.web3j.crypto.Hash.sha3(code);
  }
}
