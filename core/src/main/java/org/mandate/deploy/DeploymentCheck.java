package org.mandate.deploy;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mandate.chain.Deployment;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.CallGuard;
import org.mandate.contracts.Create3Factory;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.MandateGovernor;
import org.mandate.contracts.MandateLens;
import org.mandate.contracts.MandateRules;
import org.mandate.contracts.PostedHashes;
import org.mandate.contracts.PriceFeeds;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.contracts.RemoteGovernance;
import org.mandate.contracts.StateProofs;
import org.mandate.contracts.Tiers;
import org.mandate.contracts.TimelockController;
import org.mandate.deploy.DeploymentParameters.AssetWindows;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.OwnGovernance;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.gateway.WindowTable;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameter;
import org.web3j.protocol.core.RemoteFunctionCall;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.tx.Contract;
import org.web3j.tx.TransactionManager;
import org.web3j.tx.gas.ContractGasProvider;
import org.web3j.utils.Numeric;

/**
 * Reads a deployment back, all at one block: code, who holds which role with which delay, what each
 * role may call, what the contracts say of each other, and the settings. What was ever touched is
 * found in the contracts' own events, so what nobody thought of is found too.
 */
public final class DeploymentCheck {
  private static final String ZERO = "0x" + "0".repeat(40);
  private static final String FILE =
      "use this chain's own deployment file; if it is, stop: something else stands there";
  private static final String ACCESS =
      "stop and find out who did it; governance takes it back at the AccessManager (%s)";
  private static final String SETTING =
      "have governance set it back; if governance decided it, put it into the deployment's"
          + " settings";

  private static final String CHANGED =
      "governance may have changed it since it was deployed, or a guardian (tighter relayers, a"
          + " longer dispute window): find the transaction that did; when nobody meant it, have"
          + " governance set it back";
  private static final String GIVEN =
      "use the parameters of then: a constructor ran once; or deploy with another key";
  private static final String BUILD =
      "look with the build that deployed it; if this is the one, stop, pay nothing to it and take"
          + " out what is in it: it is not what it seems";

  private final Web3j web3j;
  private final StateOverrideCall overrides;
  private final Deployment deployment;

  /**
   * @param overrides runs constructors on the same node
   */
  public DeploymentCheck(Web3j web3j, StateOverrideCall overrides, Deployment deployment) {
    this.web3j = web3j;
    this.overrides = overrides;
    this.deployment = deployment;
  }

  /**
   * Everybody who holds a role, or will when a grant's delay is over.
   *
   * @param accessManager holders by role number (see {@link Role})
   * @param timelock holders by role name; empty when the deployment has no timelock of its own
   */
  public record Holders(
      SortedMap<BigInteger, Set<String>> accessManager, Map<String, Set<String>> timelock) {}

  /** Who holds which role, found in the events and read back one by one. */
  public Holders holders() {
    var chain = Snapshot.latest(web3j);
    return new Holders(names(book(chain).members()), timelockHolders(chain));
  }

  /**
   * What differs from the parameters; empty when all is as it must be.
   *
   * @throws DeploymentException when the chain cannot be read
   */
  public List<Deviation> findings(DeploymentParameters parameters) {
    var look = new Look(Snapshot.latest(web3j));
    var chainId = deployment.chainId().longValueExact();
    var authority =
        remoteAuthority()
            .filter(remote -> parameters.remoteOn(chainId).isPresent())
            .orElseGet(
                () ->
                    switch (parameters.governance()) {
                      case ExistingAuthority existing ->
                          new AccessBook.Admin(existing.authority(), seconds(existing.delay()));
                      case OwnGovernance own -> ownTimelock();
                    });
    look.code(authority.account());
    var others = new TreeMap<BigInteger, Set<String>>();
    others.put(Role.GUARDIAN, new TreeSet<>(parameters.guardians()));
    others.put(Role.PUBLISHER, new TreeSet<>(parameters.relayers()));
    parameters
        .acrossChains()
        .proofs()
        .filter(proofs -> !deployment.isHome())
        .ifPresent(proofs -> others.put(Role.ORACLE, new TreeSet<>(proofs.oracles())));
    look.access(authority, others);
    look.references();
    look.vault(authority.account());
    look.fixed(parameters);
    var settings = Settings.of(parameters, chainId);
    look.settings(settings, Deviation.Weight.WRONG, SETTING);
    look.across(look.asked(parameters), Deviation.Weight.WRONG, SETTING);
    look.grants(settings);
    look.timelock();
    return List.copyOf(look.found);
  }

  /** Like {@link #findings}, for those who cannot go on when there is one. */
  public void requireAll(DeploymentParameters parameters) {
    var found = findings(parameters);
    if (!found.isEmpty()) {
      throw new DeploymentException(
          "deployment on chain %s is not as it must be:%n  %s"
              .formatted(
                  deployment.chainId(),
                  String.join(
                      System.lineSeparator() + "  ",
                      found.stream().map(Deviation::toString).toList())));
    }
  }

  /**
   * What can be checked without knowing the parameters: guardians and relayers may be anybody but
   * the deployer, the admin is the deployment's timelock or whoever was made admin when it was
   * deployed, and the settings are those of then; what those entitled may have changed since is
   * {@link Deviation.Weight#CHANGED}.
   *
   * @throws IllegalArgumentException when the deployment lacks a contract, or arguments are not the
   *     constructor's
   */
  public List<Deviation> findings() {
    var look = new Look(Snapshot.latest(web3j));
    var authority =
        Contracts.timelock(deployment)
            .map(timelock -> ownTimelock())
            .or(this::remoteAuthority)
            .or(() -> look.book.handedTo())
            .orElse(new AccessBook.Admin(ZERO, BigInteger.ZERO));
    look.code(authority.account());
    var others = new TreeMap<BigInteger, Set<String>>();
    others.put(Role.GUARDIAN, look.othersThanDeployer(Role.GUARDIAN));
    others.put(Role.PUBLISHER, look.othersThanDeployer(Role.PUBLISHER));
    if (deployment.postedHashes().isPresent()) {
      others.put(Role.ORACLE, look.othersThanDeployer(Role.ORACLE));
    }
    look.access(authority, others);
    look.references();
    look.vault(authority.account());
    look.settings(Settings.of(deployment), Deviation.Weight.CHANGED, CHANGED);
    look.across(look.handedOver(), Deviation.Weight.CHANGED, CHANGED);
    look.lanes();
    look.bonds();
    look.timelock();
    return List.copyOf(look.found);
  }

  private AccessBook.Admin ownTimelock() {
    return new AccessBook.Admin(
        Contracts.timelock(deployment).orElseThrow().hex(), BigInteger.ZERO);
  }

  /** On other chains than home, where home's governance governs; it delays itself. */
  private Optional<AccessBook.Admin> remoteAuthority() {
    return deployment
        .remoteGovernance()
        .filter(remote -> !deployment.isHome())
        .map(remote -> new AccessBook.Admin(remote.hex(), BigInteger.ZERO));
  }

  private AccessBook book(Snapshot chain) {
    return AccessBook.read(
        chain,
        Contracts.accessManager(deployment).hex(),
        deployment.block(),
        Contracts.deployer(deployment).hex());
  }

  /** How the wrappers load a contract. */
  private interface Loading<C> {
    C load(String address, Web3j web3j, TransactionManager manager, ContractGasProvider gas);
  }

  /** One look at the chain, and what it found. */
  private final class Look {
    private final List<Deviation> found = new ArrayList<>();
    private final Snapshot chain;
    private final AccessBook book;

    Look(Snapshot chain) {
      this.chain = chain;
      this.book = book(chain);
    }

    Set<String> othersThanDeployer(BigInteger role) {
      var members = new TreeSet<>(book.members().getOrDefault(role, new TreeMap<>()).keySet());
      members.remove(Contracts.deployer(deployment).hex());
      return members;
    }

    void code(String authority) {
      var created =
          Origin.byAddress(
              chain.logs(
                  deployment.block(), Create3.factory(), List.of(Create3Factory.CREATED_EVENT)));
      new TreeMap<>(deployment.contracts())
          .forEach(
              (name, contract) -> {
                var code = chain.code(contract.address().hex());
                compare(
                    "code hash of %s at %s".formatted(name, contract.address()),
                    contract.codeHash().hex(),
                    Deployer.hash(code),
                    FILE);
                built(name, contract, code);
                created(name, contract, Optional.ofNullable(created.get(contract.address().hex())));
              });
      var code = chain.code(authority);
      compare(
          "authority " + authority,
          "a contract",
          code.equals("0x")
              ? "none"
              : code.startsWith(Deployer.DELEGATED_KEY) ? "a key that delegates" : "a contract",
          "hand the ADMIN role to a contract that delays or is delayed");
    }

    /** The file says which code stands there; this build says which code should. */
    private void built(String name, Deployment.Contract contract, String code) {
      var what = "code of " + name;
      var binary = Contracts.binary(name);
      if (binary.isEmpty()) {
        compare(what, "of a contract that this build knows", "of a stranger", BUILD);
        return;
      }
      var initCode = binary.get() + Numeric.cleanHexPrefix(contract.arguments().hex());
      compare(
          what,
          Deployer.hash(
              overrides.construct(
                  contract.address().hex(),
                  initCode,
                  DefaultBlockParameter.valueOf(chain.block()))),
          Deployer.hash(code),
          BUILD);
    }

    /** What left that code behind was this build's constructor with these arguments. */
    private void created(String name, Deployment.Contract contract, Optional<Log> event) {
      var address = contract.address().hex();
      // CREATE2 binds the factory's address to its init code.
      if (address.equals(Create3.factory()) && name.equals("Create3Factory")) {
        return;
      }
      var must = "by the factory, from this build's code and the recorded arguments";
      var is =
          event
              .map(log -> Origin.of(web3j, log))
              .map(
                  origin ->
                      Contracts.binary(name)
                          .flatMap(binary -> origin.arguments(name, address, binary))
                          .map(
                              arguments ->
                                  contract.arguments().hex().equals("0x" + arguments)
                                      ? must
                                      : "with the arguments 0x" + arguments)
                          .orElse("otherwise, in transaction " + origin.transaction()))
              .orElse("not by the factory since block " + deployment.block());
      compare("creation of " + name, must, is, BUILD);
    }

    // ---------------------------------------------------------------- who may do what

    void access(AccessBook.Admin authority, Map<BigInteger, Set<String>> others) {
      var wanted = new TreeMap<BigInteger, Set<String>>(others);
      wanted.put(Role.ADMIN, Set.of(authority.account()));
      var roles = new TreeSet<>(wanted.keySet());
      roles.addAll(book.members().keySet());
      for (var role : roles) {
        var members = book.members().getOrDefault(role, new TreeMap<>());
        var expected = wanted.getOrDefault(role, Set.of());
        compare(
            "holders of role %s of the AccessManager".formatted(Role.name(role)),
            new TreeSet<>(expected),
            new TreeSet<>(members.keySet()),
            ACCESS.formatted("grantRole, revokeRole"));
        members.forEach(
            (account, delay) -> {
              // Contracts ask guardians directly and refuse one with a delay.
              var must = role.signum() == 0 ? authority.delay() : BigInteger.ZERO;
              if (expected.contains(account)) {
                compare(
                    "execution delay of %s as %s".formatted(account, Role.name(role)),
                    AccessBook.Delay.of(must),
                    delay,
                    ACCESS.formatted("grantRole with that delay"));
              }
            });
      }
      functions();
      untouched("role that grants and revokes %s", "setRoleAdmin", book.admins());
      untouched("role that cancels what %s scheduled", "setRoleGuardian", book.guardians());
      book.grantDelays()
          .forEach(
              (role, delay) ->
                  compare(
                      "delay of a grant of role " + Role.name(role),
                      AccessBook.Delay.of(BigInteger.ZERO),
                      delay,
                      ACCESS.formatted("setGrantDelay")));
      book.closed()
          .forEach(
              (target, closed) ->
                  compare(
                      "calls of %s that need a role".formatted(named(target)),
                      "open",
                      closed ? "closed" : "open",
                      ACCESS.formatted("setTargetClosed")));
      book.targetDelays()
          .forEach(
              (target, delay) ->
                  compare(
                      "delay of changes to the settings of " + named(target),
                      AccessBook.Delay.of(BigInteger.ZERO),
                      delay,
                      ACCESS.formatted("setTargetAdminDelay")));
    }

    /** Only {@code publish} and {@code post} are given to roles; all else is the admin's. */
    private void functions() {
      var given = new TreeMap<AccessBook.Function, BigInteger>();
      var names = new TreeMap<AccessBook.Function, String>();
      var publish =
          new AccessBook.Function(
              deployment.account().hex(), Numeric.toHexString(Deployer.publishSelector()));
      given.put(publish, Role.PUBLISHER);
      names.put(publish, "publish");
      deployment
          .postedHashes()
          .ifPresent(
              hashes -> {
                var post =
                    new AccessBook.Function(
                        hashes.hex(), Numeric.toHexString(Deployer.postSelector()));
                given.put(post, Role.ORACLE);
                names.put(post, "post");
              });
      var roles = new TreeMap<>(book.functions());
      given.keySet().forEach(function -> roles.putIfAbsent(function, Role.ADMIN));
      roles.forEach(
          (function, role) ->
              compare(
                  "role for function %s of %s"
                      .formatted(
                          names.getOrDefault(function, function.selector()),
                          named(function.target())),
                  Role.name(given.getOrDefault(function, Role.ADMIN)),
                  Role.name(role),
                  ACCESS.formatted("setTargetFunctionRole")));
    }

    private void untouched(String what, String how, SortedMap<BigInteger, BigInteger> roles) {
      roles.forEach(
          (role, by) ->
              compare(
                  what.formatted(Role.name(role)),
                  Role.name(Role.ADMIN),
                  Role.name(by),
                  ACCESS.formatted(how)));
    }

    private String named(String address) {
      return deployment.contracts().entrySet().stream()
          .filter(one -> one.getValue().address().hex().equals(address))
          .map(one -> one.getKey() + " " + address)
          .findFirst()
          .orElse(address);
    }

    // ---------------------------------------------------------------- what contracts say

    void references() {
      var manager = Contracts.accessManager(deployment).hex();
      var registry = deployment.registry().hex();
      var executor = deployment.executor().hex();
      refers("AgentRegistry", "authority", manager, registry().authority());
      refers("AgentVault", "authority", manager, vault().authority());
      refers("AgentVault", "REGISTRY", registry, vault().REGISTRY());
      refers("AgentVault", "EXECUTOR", executor, vault().EXECUTOR());
      refers("QuorumGateway", "authority", manager, gateway().authority());
      var kind = deployment.executorName();
      refers(kind, "authority", manager, executor().authority());
      refers(kind, "REGISTRY", registry, executor().REGISTRY());
      refers(kind, "GATEWAY", deployment.gateway().hex(), executor().GATEWAY());
      if (deployment.isHome()) {
        refers(kind, "RULES", at("MandateRules"), home().RULES());
        refers(kind, "APPROVERS", at("Approvers"), home().APPROVERS());
        var bonds = load(RelayerBonds::load, "RelayerBonds");
        refers("RelayerBonds", "GATEWAY", deployment.gateway().hex(), bonds.GATEWAY());
      }
      acrossChains(manager);
      refers("AgentVault", "GUARD", at("CallGuard"), vault().GUARD());
      rules(manager, registry);
      var lens = load(MandateLens::load, "MandateLens");
      refers("MandateLens", "EXECUTOR", executor, lens.EXECUTOR());
      refers("MandateLens", "REGISTRY", registry, lens.REGISTRY());
      compare(
          "HOME_CHAIN_ID of " + kind,
          deployment.homeChainId(),
          Sender.read("home chain", () -> executor().HOME_CHAIN_ID().send()),
          FILE);
      compare(
          "HOME_CHAIN_ID of AgentVault",
          deployment.homeChainId(),
          Sender.read("home chain", () -> vault().HOME_CHAIN_ID().send()),
          FILE);
      compare(
          "HOME_CHAIN_ID of QuorumGateway",
          deployment.homeChainId(),
          Sender.read("home chain", () -> gateway().HOME_CHAIN_ID().send()),
          FILE);
    }

    /** What not every deployment has. */
    private void acrossChains(String manager) {
      if (deployment.remoteGovernance().isPresent()) {
        var remote = load(RemoteGovernance::load, "RemoteGovernance");
        refers("RemoteGovernance", "authority", manager, remote.authority());
        refers("RemoteGovernance", "GATEWAY", deployment.gateway().hex(), remote.GATEWAY());
        compare(
            "HOME_CHAIN_ID of RemoteGovernance",
            deployment.homeChainId(),
            Sender.read("home chain", () -> remote.HOME_CHAIN_ID().send()),
            FILE);
      }
      if (deployment.stateProofs().isPresent()) {
        var hashes = load(PostedHashes::load, "PostedHashes");
        refers("PostedHashes", "authority", manager, hashes.authority());
        compare(
            "CHAIN_ID of PostedHashes",
            deployment.homeChainId(),
            Sender.read("chain of the hashes", () -> hashes.CHAIN_ID().send()),
            FILE);
        var proofs = load(StateProofs::load, "StateProofs");
        refers("StateProofs", "HASHES", at("PostedHashes"), proofs.HASHES());
      }
    }

    /** All that a mandate beyond the basic rules asks. */
    private void rules(String manager, String registry) {
      for (var name : Plan.PER_AGENT) {
        // Each of them is an access-managed contract with a registry, which is all that is asked.
        var rule = chain.at(Approvers.load(at(name), web3j, chain.reader(), Sender.NO_GAS));
        refers(name, "authority", manager, rule.authority());
        refers(name, "REGISTRY", registry, rule.REGISTRY());
      }
      refers("PriceFeeds", "authority", manager, load(PriceFeeds::load, "PriceFeeds").authority());
      var tiers = load(Tiers::load, "Tiers");
      refers("Tiers", "authority", manager, tiers.authority());
      refers("Tiers", "REGISTRY", registry, tiers.REGISTRY());
      refers("Tiers", "PRICES", at("PriceFeeds"), tiers.PRICES());
      var guard = load(CallGuard::load, "CallGuard");
      refers("CallGuard", "authority", manager, guard.authority());
      refers("CallGuard", "RULES", at("CallRules"), guard.RULES());
      var asked = load(MandateRules::load, "MandateRules");
      refers("MandateRules", "CALLS", at("CallRules"), asked.CALLS());
      refers("MandateRules", "BOOK", at("RuleBook"), asked.BOOK());
      refers("MandateRules", "TIERS", at("Tiers"), asked.TIERS());
    }

    private String at(String name) {
      return deployment.address(name).hex();
    }

    private <C extends Contract> C load(Loading<C> loading, String name) {
      return chain.at(loading.load(at(name), web3j, chain.reader(), Sender.NO_GAS));
    }

    private void refers(
        String contract, String name, String expected, RemoteFunctionCall<String> call) {
      var what = name + " of " + contract;
      compare(
          what,
          expected,
          Sender.read(what, call::send).toLowerCase(Locale.ROOT),
          name.equals("authority")
              ? "stop: another contract decides who may call it; find out who did it"
              : FILE);
    }

    /** The funds are the authority's, and what liars lose. */
    void vault(String owner) {
      var what = deployment.isHome() ? "TREASURY of RelayerBonds" : "BOND_TREASURY";
      compare(
          what,
          owner,
          lower(
              deployment.isHome()
                  ? Sender.read(
                      what, () -> load(RelayerBonds::load, "RelayerBonds").TREASURY().send())
                  : Sender.read(what, () -> destination().BOND_TREASURY().send())),
          GIVEN);
      compare(
          "OWNER of AgentVault",
          owner,
          lower(Sender.read("owner", () -> vault().OWNER().send())),
          "withdraw what is in it as its owner, and deploy anew with the right authority");
    }

    /** Which accounts intents may name: what governance added holds funds that agents spend. */
    private Set<String> accounts() {
      var named = new TreeSet<String>();
      for (var log :
          chain.logs(
              deployment.block(),
              deployment.executor().hex(),
              List.of(CrossChainExecutor.ACCOUNTSET_EVENT))) {
        named.add(account(log, 1));
      }
      named.removeIf(one -> !Sender.read("account " + one, () -> executor().isAccount(one).send()));
      return named;
    }

    // ---------------------------------------------------------------- settings

    /** What nobody can change. */
    void fixed(DeploymentParameters parameters) {
      compare(
          "chains of AgentVault",
          parameters.allChainIds().stream().map(BigInteger::valueOf).toList(),
          Sender.read("chains", () -> vault().chainIds().send()),
          GIVEN);
      var across = parameters.acrossChains();
      compare(
          "length of a pause",
          seconds(across.pause()),
          Sender.read("length of a pause", () -> executor().PAUSE().send()),
          FILE);
      if (deployment.isHome()) {
        compare(
            "unbonding of relayers' bonds",
            seconds(across.unbonding()),
            Sender.read(
                "unbonding", () -> load(RelayerBonds::load, "RelayerBonds").UNBONDING().send()),
            FILE);
      } else {
        compare(
            "resolution window",
            seconds(parameters.resolutionWindow()),
            Sender.read("resolution window", () -> destination().RESOLUTION_WINDOW().send()),
            FILE);
        compare(
            "proofs of home's storage",
            across.proofs().isPresent(),
            deployment.stateProofs().isPresent(),
            GIVEN);
      }
      if (deployment.stateProofs().isPresent()) {
        across
            .proofs()
            .ifPresent(
                proofs ->
                    compare(
                        "wait of posted block hashes",
                        seconds(proofs.delay()),
                        Sender.read(
                            "wait of posted hashes",
                            () -> load(PostedHashes::load, "PostedHashes").WAIT().send()),
                        FILE));
      }
      compare(
          "governance across chains",
          across.remote().isPresent(),
          deployment.remoteGovernance().isPresent(),
          GIVEN);
    }

    // ---------------------------------------------------------------- across chains

    /** What the hand-over sets on other chains than home, and governance may set anew. */
    private record Across(
        SortedMap<String, WindowTable> windows,
        BigInteger disputeBond,
        Optional<DeploymentParameters.Remote> remote) {}

    /** As the parameters ask. */
    Across asked(DeploymentParameters parameters) {
      var windows = new TreeMap<String, WindowTable>();
      var across = parameters.acrossChains();
      for (var one : across.windows()) {
        var asset =
            one.asset().equals(AssetWindows.TEST_TOKEN)
                ? Contracts.testToken(deployment).map(token -> token.hex()).orElse(one.asset())
                : one.asset();
        windows.put(asset, one.table());
      }
      return new Across(windows, across.disputeBond(), across.remote());
    }

    /** As they were set in the transaction in which the deployer gave its role away. */
    Across handedOver() {
      var windows = new TreeMap<String, WindowTable>();
      var bond = BigInteger.ZERO;
      if (!deployment.isHome()) {
        for (var log :
            told(
                List.of(
                    DestinationExecutor.WINDOWSSET_EVENT,
                    DestinationExecutor.DISPUTEBONDSET_EVENT))) {
          if (!log.getTransactionHash().equals(book.handedIn())) {
            continue;
          }
          if (is(log, DestinationExecutor.WINDOWSSET_EVENT)) {
            var set = DestinationExecutor.getWindowsSetEventFromLog(log);
            windows.put(lower(set.asset), table(set.steps));
          } else {
            bond = DestinationExecutor.getDisputeBondSetEventFromLog(log).bond;
          }
        }
      }
      return new Across(windows, bond, remoteOfThen());
    }

    private Optional<DeploymentParameters.Remote> remoteOfThen() {
      return deployment.remoteGovernance().map(remote -> Settings.remote(deployment));
    }

    /**
     * @param weight as for {@link #settings}
     */
    void across(Across wanted, Deviation.Weight weight, String next) {
      var gateway = deployment.gateway().hex();
      compare("gateways of the executor", Map.of(gateway, "open"), gateways(), next, weight);
      if (deployment.isHome()) {
        compare("routes of messages", Map.of(), routes(gateway), next, weight);
      } else {
        compare(
            "windows of payments",
            wanted.windows(),
            windows(wanted.windows().keySet()),
            next,
            weight);
        compare(
            "least window",
            BigInteger.ZERO,
            Sender.read("least window", () -> destination().floor().send()),
            next,
            weight);
        compare(
            "bond of a dispute",
            wanted.disputeBond(),
            Sender.read("bond of a dispute", () -> destination().disputeBond().send()),
            next,
            weight);
        compare(
            "gateway of results",
            gateway,
            lower(Sender.read("gateway of results", () -> destination().reportGateway().send())),
            next,
            weight);
        compare(
            "proofs that the executor takes",
            deployment.stateProofs().map(proofs -> proofs.hex()).orElse(ZERO),
            lower(Sender.read("state proofs", () -> destination().stateProofs().send())),
            next,
            weight);
        compare(
            "uptime feed",
            ZERO,
            lower(Sender.read("uptime feed", () -> destination().uptimeFeed().send()).component1()),
            next,
            weight);
      }
      if (deployment.remoteGovernance().isPresent()) {
        wanted.remote().ifPresent(remote -> remote(remote, weight, next));
      }
    }

    private void remote(DeploymentParameters.Remote wanted, Deviation.Weight weight, String next) {
      var remote = load(RemoteGovernance::load, "RemoteGovernance");
      compare(
          "delay of home's orders",
          seconds(wanted.delay()),
          Sender.read("delay of orders", () -> remote.delay().send()),
          next,
          weight);
      compare(
          "recovery authority",
          wanted.recovery().orElse(ZERO),
          lower(Sender.read("recovery authority", () -> remote.recovery().send())),
          next,
          weight);
      compare(
          "gateway of orders",
          BigInteger.ONE,
          Sender.read(
              "gateway of orders", () -> remote.gatewayStatus(deployment.gateway().hex()).send()),
          next,
          weight);
      compare(
          "proofs that orders take",
          deployment.stateProofs().map(proofs -> proofs.hex()).orElse(ZERO),
          lower(Sender.read("state proofs of orders", () -> remote.stateProofs().send())),
          next,
          weight);
    }

    /** Of every gateway that the executor ever took messages from. */
    private SortedMap<String, String> gateways() {
      var names = List.of("none", "open", "closed");
      var found = new TreeMap<String, String>();
      for (var log : told(List.of(CrossChainExecutor.GATEWAYSET_EVENT))) {
        var gateway = account(log, 1);
        var status =
            Sender.read("gateway " + gateway, () -> executor().gatewayStatus(gateway).send());
        found.put(gateway, names.get(status.intValueExact()));
      }
      return found;
    }

    /** Where messages do not go by the first gateway. */
    private SortedMap<BigInteger, String> routes(String first) {
      var found = new TreeMap<BigInteger, String>();
      for (var log : told(List.of(HomeExecutor.ROUTESET_EVENT))) {
        var chainId = Numeric.toBigInt(log.getTopics().get(1));
        var gateway = lower(Sender.read("route", () -> home().gatewayTo(chainId).send()));
        if (!gateway.equals(first)) {
          found.put(chainId, gateway);
        }
      }
      return found;
    }

    private SortedMap<String, WindowTable> windows(Set<String> wanted) {
      var assets = new TreeSet<>(wanted);
      told(List.of(DestinationExecutor.WINDOWSSET_EVENT))
          .forEach(log -> assets.add(account(log, 1)));
      var found = new TreeMap<String, WindowTable>();
      for (var asset : assets) {
        List<?> steps =
            Sender.read("windows of " + asset, () -> destination().windows(asset).send());
        if (!steps.isEmpty()) {
          found.put(asset, table(steps));
        }
      }
      return found;
    }

    private static WindowTable table(List<?> steps) {
      return new WindowTable(
          steps.stream()
              .map(DestinationExecutor.Step.class::cast)
              .map(
                  one ->
                      new WindowTable.Step(
                          one.upTo, one.bare.longValueExact(), one.full.longValueExact()))
              .toList());
    }

    /** What guardians paused, and whether they can again. */
    void lanes() {
      var lanes = new TreeSet<BigInteger>();
      told(List.of(CrossChainExecutor.LANEPAUSED_EVENT))
          .forEach(log -> lanes.add(Numeric.toBigInt(log.getTopics().get(1))));
      for (var lane : lanes) {
        var named = lane.signum() == 0 ? "all lanes" : "the lane of chain " + lane;
        var until = Sender.read("pause of " + named, () -> executor().pausedUntil(lane).send());
        compare(
            "pause of " + named,
            "over",
            until.compareTo(chain.timestamp()) > 0 ? "until time " + until : "over",
            "a guardian paused it: find out why; it ends by itself, and governance can end it"
                + " (unpause)",
            Deviation.Weight.CHANGED);
        compare(
            "guardians' next pause of " + named,
            "possible",
            Sender.read("whether it can be paused", () -> executor().armed(lane).send())
                ? "possible"
                : "used up",
            "governance lets guardians pause it again (rearm)",
            Deviation.Weight.CHANGED);
      }
    }

    /** Who attests must have something to lose. */
    void bonds() {
      if (!deployment.isHome()) {
        return;
      }
      var bonds = load(RelayerBonds::load, "RelayerBonds");
      for (var relayer : Sender.read("relayers", () -> gateway().quorum().send()).component1()) {
        var bond = Sender.read("bond", () -> bonds.bondOf(relayer).send());
        var bare = bond.component1().signum() == 0;
        var leaving = bond.component2().signum() > 0;
        compare(
            "bond of relayer " + lower(relayer),
            "above 0 wei",
            !bare
                ? "above 0 wei"
                : leaving
                    ? "0 wei, and %s wei on their way back to it".formatted(bond.component2())
                    : "0 wei",
            leaving
                ? "it lies for nothing once it is taken out: anybody puts that into its bond again"
                    + " (RelayerBonds.rebond), as watchdogs do"
                : "it loses nothing by lying: have it put up a bond (RelayerBonds.bond), or"
                    + " governance replace it",
            Deviation.Weight.CHANGED);
      }
    }

    private List<Log> told(List<Event> events) {
      return chain.logs(deployment.block(), deployment.executor().hex(), events);
    }

    private static boolean is(Log log, Event event) {
      return log.getTopics().getFirst().equals(EventEncoder.encode(event));
    }

    // ---------------------------------------------------------------- tokens

    /** Who got the tokens: their code does not show it, and it is over when they move on. */
    void grants(Settings wanted) {
      var given = Settings.of(deployment);
      grant(
          "voting token",
          wanted.governance().map(Settings.Governance::votes),
          given.governance().map(Settings.Governance::votes));
      grant("test token", wanted.testToken(), given.testToken());
    }

    private void grant(String token, Optional<TokenGrant> wanted, Optional<TokenGrant> given) {
      compare(
          "who got the whole supply of the " + token,
          wanted.map(TokenGrant::holder).orElse("nobody"),
          given.map(TokenGrant::holder).orElse("nobody"),
          GIVEN);
      compare(
          "supply of the " + token,
          wanted.map(TokenGrant::supply).orElse(BigInteger.ZERO),
          given.map(TokenGrant::supply).orElse(BigInteger.ZERO),
          GIVEN);
    }

    /**
     * @param weight of what governance, or a guardian, can change
     */
    void settings(Settings wanted, Deviation.Weight weight, String next) {
      var quorum = Sender.read("relayers", () -> gateway().quorum().send());
      compare(
          "relayers of the gateway",
          wanted.relayers(),
          quorum.component1().stream().map(DeploymentCheck::lower).toList(),
          next,
          weight);
      compare("threshold of the gateway", wanted.threshold(), quorum.component2(), next, weight);
      compare(
          "relayers of the gateway that count for a while longer",
          List.of(),
          Sender.read("relayers of before", () -> gateway().previousQuorum().send()).component1(),
          next,
          weight);
      compare(
          "accounts of the executor", Set.of(deployment.account().hex()), accounts(), next, weight);
      compare(
          "dispute window",
          wanted.disputeWindow(),
          Sender.read("dispute window", () -> executor().disputeWindow().send()),
          next,
          weight);
      wanted.governance().ifPresent(governance -> governance(governance, weight, next));
    }

    private void governance(Settings.Governance wanted, Deviation.Weight weight, String next) {
      var timelock = deployment.address("TimelockController").hex();
      var delays =
          chain.at(TimelockController.load(timelock, web3j, chain.reader(), Sender.NO_GAS));
      var governor =
          chain.at(
              MandateGovernor.load(
                  deployment.address("MandateGovernor").hex(),
                  web3j,
                  chain.reader(),
                  Sender.NO_GAS));
      var delay = Sender.read("delay of the timelock", () -> delays.getMinDelay().send());
      if (delay.signum() == 0) {
        compare(
            "delay of the timelock",
            wanted.timelockDelay(),
            delay,
            "whoever has the votes loosens without any wait: guardians stop what must not happen"
                + " meanwhile, governance sets the delay back (updateDelay)");
      } else {
        compare("delay of the timelock", wanted.timelockDelay(), delay, next, weight);
      }
      compare(
          "timelock of the governor",
          timelock,
          lower(Sender.read("timelock of the governor", () -> governor.timelock().send())),
          next,
          weight);
      compare(
          "voting token of the governor",
          deployment.address("MandateToken").hex(),
          lower(Sender.read("token of the governor", () -> governor.token().send())),
          FILE);
      compare(
          "voting delay",
          wanted.votingDelay(),
          Sender.read("voting delay", () -> governor.votingDelay().send()),
          next,
          weight);
      compare(
          "voting period",
          wanted.votingPeriod(),
          Sender.read("voting period", () -> governor.votingPeriod().send()),
          next,
          weight);
      compare(
          "quorum percent",
          wanted.quorumPercent(),
          Sender.read("quorum", () -> governor.quorumNumerator().send()),
          next,
          weight);
      compare(
          "proposal threshold",
          wanted.proposalThreshold(),
          Sender.read("proposal threshold", () -> governor.proposalThreshold().send()),
          next,
          weight);
    }

    void timelock() {
      Contracts.timelock(deployment)
          .ifPresent(
              address -> {
                var governor = deployment.address("MandateGovernor").hex();
                var wanted = new TreeMap<String, Set<String>>();
                wanted.put("ADMIN", Set.of(address.hex()));
                wanted.put("PROPOSER", Set.of(governor));
                wanted.put("CANCELLER", Set.of(governor));
                // The zero address stands for anyone: what the delay has released needs no gate.
                wanted.put("EXECUTOR", Set.of(ZERO));
                compare(
                    "holders of the timelock's roles",
                    wanted,
                    timelockHolders(chain),
                    "stop and find out who did it; governance takes it back at the timelock"
                        + " (grantRole, revokeRole)");
              });
    }

    // ---------------------------------------------------------------- parts

    private AgentRegistry registry() {
      return chain.at(
          AgentRegistry.load(deployment.registry().hex(), web3j, chain.reader(), Sender.NO_GAS));
    }

    private AgentVault vault() {
      return chain.at(
          AgentVault.load(deployment.account().hex(), web3j, chain.reader(), Sender.NO_GAS));
    }

    private QuorumGateway gateway() {
      return chain.at(
          QuorumGateway.load(deployment.gateway().hex(), web3j, chain.reader(), Sender.NO_GAS));
    }

    /** What the executors of all chains have in common. */
    private CrossChainExecutor executor() {
      return chain.at(
          CrossChainExecutor.load(
              deployment.executor().hex(), web3j, chain.reader(), Sender.NO_GAS));
    }

    private HomeExecutor home() {
      return load(HomeExecutor::load, "HomeExecutor");
    }

    private DestinationExecutor destination() {
      return load(DestinationExecutor::load, "DestinationExecutor");
    }

    private void compare(String what, Object expected, Object is, String next) {
      compare(what, expected, is, next, Deviation.Weight.WRONG);
    }

    private void compare(
        String what, Object expected, Object is, String next, Deviation.Weight weight) {
      if (!expected.equals(is)) {
        found.add(new Deviation(what, expected.toString(), is.toString(), next, weight));
      }
    }
  }

  // ------------------------------------------------------------------ holders

  private static SortedMap<BigInteger, Set<String>> names(
      SortedMap<BigInteger, SortedMap<String, AccessBook.Delay>> members) {
    var names = new TreeMap<BigInteger, Set<String>>();
    members.forEach((role, accounts) -> names.put(role, new TreeSet<>(accounts.keySet())));
    return names;
  }

  private Map<String, Set<String>> timelockHolders(Snapshot chain) {
    var holders = new TreeMap<String, Set<String>>();
    Contracts.timelock(deployment)
        .ifPresent(
            found -> {
              var address = found.hex();
              var timelock =
                  chain.at(TimelockController.load(address, web3j, chain.reader(), Sender.NO_GAS));
              var names =
                  Map.of(
                      Numeric.toHexString(new byte[32]), "ADMIN",
                      role("PROPOSER_ROLE"), "PROPOSER",
                      role("EXECUTOR_ROLE"), "EXECUTOR",
                      role("CANCELLER_ROLE"), "CANCELLER");
              for (var log :
                  chain.logs(
                      deployment.block(), address, List.of(TimelockController.ROLEGRANTED_EVENT))) {
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
    return lower("0x" + log.getTopics().get(topic).substring(26));
  }

  private static String lower(String address) {
    return address.toLowerCase(Locale.ROOT);
  }

  private static BigInteger seconds(Duration duration) {
    return BigInteger.valueOf(duration.toSeconds());
  }
}
