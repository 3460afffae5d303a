package org.mandate.deploy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mandate.chain.Deployment;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AuditLog;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.PolicyEngine;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.TimelockController;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameter;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.methods.request.EthFilter;
import org.web3j.protocol.core.methods.response.EthLog;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.tx.ReadonlyTransactionManager;
import org.web3j.utils.Numeric;

/**
 * Reads a deployment back: code, settings and every holder of every role, now or at a delay.
 * Holders are found in the contracts' own events, so one that nobody thought of is found too.
 */
public final class DeploymentCheck {
  private static final String ZERO = "0x" + "0".repeat(40);

  private final Web3j web3j;
  private final Deployment deployment;
  private final ReadonlyTransactionManager reader;

  public DeploymentCheck(Web3j web3j, Deployment deployment) {
    this.web3j = web3j;
    this.deployment = deployment;
    this.reader = new ReadonlyTransactionManager(web3j, ZERO);
  }

  /**
   * Everybody who holds a role, or will when a grant's delay is over.
   *
   * @param accessManager holders by role number
   * @param timelock holders by role name; empty when the deployment has no timelock of its own
   */
  public record Holders(Map<Long, Set<String>> accessManager, Map<String, Set<String>> timelock) {}

  /**
   * What differs from the parameters, one sentence each; empty when all is as it must be.
   *
   * @throws DeploymentException when the chain cannot be read
   */
  public List<String> findings(DeploymentParameters parameters) {
    var found = new ArrayList<>(codeFindings());
    var holders = holders();
    var wanted = new TreeMap<Long, Set<String>>();
    wanted.put(0L, Set.of(authority(parameters)));
    wanted.put(1L, new TreeSet<>(parameters.guardians()));
    wanted.put(2L, new TreeSet<>(parameters.relayers()));
    compare(found, "holders of the AccessManager's roles", wanted, holders.accessManager());
    settings(found, parameters);
    switch (parameters.governance()) {
      case ExistingAuthority existing -> delay(found, existing);
      case OwnGovernance own -> governance(found, own, holders);
    }
    return List.copyOf(found);
  }

  private String authority(DeploymentParameters parameters) {
    return switch (parameters.governance()) {
      case ExistingAuthority existing -> existing.authority();
      case OwnGovernance own -> Contracts.timelock(deployment).orElseThrow().hex();
    };
  }

  /** Like {@link #findings}, for those who cannot go on when there is one. */
  public void requireAll(DeploymentParameters parameters) {
    var found = findings(parameters);
    if (!found.isEmpty()) {
      throw new DeploymentException(
          "deployment on chain %s is not as it must be:%n  %s"
              .formatted(deployment.chainId(), String.join(System.lineSeparator() + "  ", found)));
    }
  }

  /**
   * What can be checked without knowing the parameters: code as recorded, the deployer without a
   * role, and every privileged role at the timelock when there is one.
   */
  public List<String> findings() {
    var found = new ArrayList<>(codeFindings());
    var holders = holders();
    Contracts.timelock(deployment)
        .ifPresent(
            timelock ->
                compare(
                    found,
                    "holders of the AccessManager's ADMIN role",
                    Set.of(timelock.hex()),
                    holders.accessManager().getOrDefault(0L, Set.of())));
    var deployer = Contracts.deployer(deployment).hex();
    holders
        .accessManager()
        .forEach(
            (role, accounts) -> {
              if (accounts.contains(deployer)) {
                found.add(
                    "the deployer %s holds role %d of the AccessManager".formatted(deployer, role));
              }
            });
    timelockFindings(found, holders);
    return List.copyOf(found);
  }

  private List<String> codeFindings() {
    var found = new ArrayList<String>();
    deployment
        .contracts()
        .forEach(
            (name, contract) -> {
              var code =
                  Sender.answer(
                          "code of " + name,
                          () ->
                              web3j
                                  .ethGetCode(
                                      contract.address().hex(), DefaultBlockParameterName.LATEST)
                                  .send())
                      .getCode();
              var what = "code hash of %s at %s".formatted(name, contract.address());
              compare(found, what, contract.codeHash().hex(), Deployer.hash(code));
            });
    return found;
  }

  private void settings(List<String> found, DeploymentParameters parameters) {
    var manager =
        AccessManager.load(Contracts.accessManager(deployment).hex(), web3j, reader, Sender.NO_GAS);
    var gateway = QuorumGateway.load(deployment.gateway().hex(), web3j, reader, Sender.NO_GAS);
    var executor =
        CrossChainExecutor.load(deployment.executor().hex(), web3j, reader, Sender.NO_GAS);
    var policy = PolicyEngine.load(deployment.policy().hex(), web3j, reader, Sender.NO_GAS);
    var registry = AgentRegistry.load(deployment.registry().hex(), web3j, reader, Sender.NO_GAS);
    var auditLog = AuditLog.load(deployment.auditLog().hex(), web3j, reader, Sender.NO_GAS);
    var authorities =
        Map.of(
            "QuorumGateway", gateway.authority(),
            "CrossChainExecutor", executor.authority(),
            "PolicyEngine", policy.authority(),
            "AgentRegistry", registry.authority(),
            "AuditLog", auditLog.authority());
    authorities.forEach(
        (name, authority) ->
            compare(
                found,
                "authority of " + name,
                Contracts.accessManager(deployment).hex(),
                Sender.read("authority of " + name, authority::send)));
    var quorum = Sender.read("relayers", () -> gateway.quorum().send());
    compare(
        found,
        "relayers of the gateway",
        parameters.relayers(),
        quorum.component1().stream().map(a -> a.toLowerCase(Locale.ROOT)).toList());
    compare(
        found,
        "threshold of the gateway",
        BigInteger.valueOf(parameters.threshold()),
        quorum.component2());
    compare(
        found,
        "chains of the policy",
        parameters.allChainIds().stream().map(BigInteger::valueOf).toList(),
        Sender.read("chains", () -> policy.chainIds().send()));
    compare(
        found,
        "dispute window",
        BigInteger.valueOf(parameters.disputeWindow().toSeconds()),
        Sender.read("dispute window", () -> executor.disputeWindow().send()));
    compare(
        found,
        "role for AuditLog.publish",
        Deployer.PUBLISHER,
        Sender.read(
            "role for AuditLog.publish",
            () ->
                manager
                    .getTargetFunctionRole(deployment.auditLog().hex(), Deployer.publishSelector())
                    .send()));
  }

  private void delay(List<String> found, ExistingAuthority existing) {
    var manager =
        AccessManager.load(Contracts.accessManager(deployment).hex(), web3j, reader, Sender.NO_GAS);
    var access =
        Sender.read(
            "access of " + existing.authority(),
            () -> manager.getAccess(Deployer.ADMIN, existing.authority()).send());
    compare(
        found,
        "execution delay of the authority in seconds",
        BigInteger.valueOf(existing.delay().toSeconds()),
        access.component2());
  }

  private void governance(List<String> found, OwnGovernance own, Holders holders) {
    timelockFindings(found, holders);
    var timelock =
        TimelockController.load(
            Contracts.timelock(deployment).orElseThrow().hex(), web3j, reader, Sender.NO_GAS);
    var governor =
        MandateGovernor.load(
            Contracts.governor(deployment).orElseThrow().hex(), web3j, reader, Sender.NO_GAS);
    compare(
        found,
        "delay of the timelock",
        BigInteger.valueOf(own.timelockDelay().toSeconds()),
        Sender.read("delay of the timelock", () -> timelock.getMinDelay().send()));
    compare(
        found,
        "timelock of the governor",
        Contracts.timelock(deployment).orElseThrow().hex(),
        Sender.read("timelock of the governor", () -> governor.timelock().send())
            .toLowerCase(Locale.ROOT));
    compare(
        found,
        "voting token of the governor",
        Contracts.votingToken(deployment).orElseThrow().hex(),
        Sender.read("token of the governor", () -> governor.token().send())
            .toLowerCase(Locale.ROOT));
    compare(
        found,
        "voting delay",
        BigInteger.valueOf(own.votingDelay().toSeconds()),
        Sender.read("voting delay", () -> governor.votingDelay().send()));
    compare(
        found,
        "voting period",
        BigInteger.valueOf(own.votingPeriod().toSeconds()),
        Sender.read("voting period", () -> governor.votingPeriod().send()));
    compare(
        found,
        "quorum percent",
        BigInteger.valueOf(own.quorumPercent()),
        Sender.read("quorum", () -> governor.quorumNumerator().send()));
    compare(
        found,
        "proposal threshold",
        own.proposalThreshold(),
        Sender.read("proposal threshold", () -> governor.proposalThreshold().send()));
  }

  private void timelockFindings(List<String> found, Holders holders) {
    Contracts.timelock(deployment)
        .ifPresent(
            address -> {
              var timelock = address.hex();
              var governor = Contracts.governor(deployment).orElseThrow().hex();
              var wanted = new TreeMap<String, Set<String>>();
              wanted.put("ADMIN", Set.of(timelock));
              wanted.put("PROPOSER", Set.of(governor));
              wanted.put("CANCELLER", Set.of(governor));
              // The zero address stands for anyone: what the delay has released needs no gate.
              wanted.put("EXECUTOR", Set.of(ZERO));
              compare(found, "holders of the timelock's roles", wanted, holders.timelock());
            });
  }

  // ------------------------------------------------------------------ holders

  /** Who holds which role, found in the events and read back one by one. */
  public Holders holders() {
    return new Holders(accessManagerHolders(), timelockHolders());
  }

  private Map<Long, Set<String>> accessManagerHolders() {
    var manager =
        AccessManager.load(Contracts.accessManager(deployment).hex(), web3j, reader, Sender.NO_GAS);
    var holders = new TreeMap<Long, Set<String>>();
    for (var log :
        logs(Contracts.accessManager(deployment).hex(), AccessManager.ROLEGRANTED_EVENT)) {
      var role = Numeric.toBigInt(log.getTopics().get(1));
      var account = account(log, 2);
      // `since` is 0 for nobody, and lies ahead while a grant waits: both count as what they will
      // be.
      var since =
          Sender.read("access of " + account, () -> manager.getAccess(role, account).send())
              .component1();
      if (since.signum() > 0) {
        holders.computeIfAbsent(role.longValueExact(), r -> new TreeSet<>()).add(account);
      }
    }
    return holders;
  }

  private Map<String, Set<String>> timelockHolders() {
    var holders = new TreeMap<String, Set<String>>();
    Contracts.timelock(deployment)
        .ifPresent(
            found -> {
              var address = found.hex();
              var timelock = TimelockController.load(address, web3j, reader, Sender.NO_GAS);
              var names =
                  Map.of(
                      Numeric.toHexString(new byte[32]), "ADMIN",
                      role("PROPOSER_ROLE"), "PROPOSER",
                      role("EXECUTOR_ROLE"), "EXECUTOR",
                      role("CANCELLER_ROLE"), "CANCELLER");
              for (var log : logs(address, TimelockController.ROLEGRANTED_EVENT)) {
                var role = log.getTopics().get(1);
                var account = account(log, 2);
                if (Sender.read(
                    "role of " + account,
                    () -> timelock.hasRole(Numeric.hexStringToByteArray(role), account).send())) {
                  holders
                      .computeIfAbsent(names.getOrDefault(role, role), r -> new TreeSet<>())
                      .add(account);
                }
              }
            });
    return holders;
  }

  private static String role(String name) {
    return Numeric.toHexString(Create3.salt(name));
  }

  private static String account(Log log, int topic) {
    return "0x" + log.getTopics().get(topic).substring(26).toLowerCase(Locale.ROOT);
  }

  private List<Log> logs(String address, Event event) {
    var filter =
        new EthFilter(
            DefaultBlockParameter.valueOf(BigInteger.valueOf(deployment.block())),
            DefaultBlockParameterName.LATEST,
            address);
    filter.addSingleTopic(EventEncoder.encode(event));
    var logs = new ArrayList<Log>();
    for (var result :
        Sender.answer("roles of " + address, () -> web3j.ethGetLogs(filter).send()).getLogs()) {
      logs.add(((EthLog.LogObject) result).get());
    }
    return logs;
  }

  private static void compare(List<String> found, String what, Object wanted, Object is) {
    if (!wanted.equals(is)) {
      found.add("%s: must be %s, is %s".formatted(what, wanted, is));
    }
  }
}
