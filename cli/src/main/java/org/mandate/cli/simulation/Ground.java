package org.mandate.cli.simulation;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.cli.local.Reaper;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.TestToken;
import org.mandate.contracts.Tiers;
import org.mandate.deploy.AgentSetup;
import org.mandate.deploy.Call;
import org.mandate.deploy.Contracts;
import org.mandate.deploy.Deployer;
import org.mandate.deploy.DeploymentParameters;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.ExistingAuthority;
import org.mandate.deploy.DeploymentParameters.TokenGrant;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.mandate.policy.Thresholds;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.Signer;
import org.mandate.signer.SigningPolicy;
import org.web3j.protocol.Web3j;

/**
 * Two chains with the whole deployment and agents with mandates, as each simulation finds them.
 * Keys follow from names, so that everything is the same each time.
 *
 * @param states of the chains, home first, as Anvil dumps them
 * @param deployments likewise
 * @param agents each with a mandate of its own
 */
record Ground(List<String> states, List<Deployment> deployments, List<BigInteger> agents) {
  static final long HOME = 31337;
  static final long REMOTE = 31338;
  static final List<Long> CHAINS = List.of(HOME, REMOTE);
  static final int RELAYERS = 3;
  static final int AGENTS = 3;
  static final BigInteger MOST = BigInteger.TEN.pow(12);

  /** Above, a payment at home waits for {@link #DELAY}. */
  static final long DELAYED = 1_000;

  /** Above, it needs approvals as well. */
  static final long APPROVED = 10_000;

  static final Duration DELAY = Duration.ofHours(30);
  static final Duration WINDOW = Duration.ofMinutes(30);
  static final Duration RESOLUTION = Duration.ofHours(12);

  private static final BigInteger POCKET_MONEY = BigInteger.TEN.pow(24);
  private static final Address USD = Address.of("0x%040x".formatted(840));

  Ground {
    states = List.copyOf(states);
    deployments = List.copyOf(deployments);
    agents = List.copyOf(agents);
  }

  static PrivateKey key(String name) {
    return new PrivateKey(new BigInteger(1, Hash.keccak("simulation: " + name).bytes()));
  }

  static Signer signer(String name) {
    return new GuardedSigner(key(name), SigningPolicy.ofPerson());
  }

  static Address address(String name) {
    return key(name).address();
  }

  static String relayer(int i) {
    return "relayer " + i;
  }

  static List<String> approvers() {
    return IntStream.range(0, 2)
        .mapToObj(i -> "approver " + i)
        .sorted((a, b) -> address(a).compareTo(address(b)))
        .toList();
  }

  Deployment home() {
    return deployments.getFirst();
  }

  Deployment of(long chainId) {
    return deployments.get(CHAINS.indexOf(chainId));
  }

  Address token() {
    return Contracts.testToken(home()).orElseThrow();
  }

  /** Builds it, which takes some seconds. */
  static Ground build(Path root, Reaper reaper) throws IOException {
    List<String> states = new ArrayList<>();
    List<Deployment> deployments = new ArrayList<>();
    List<BigInteger> agents = new ArrayList<>();
    for (long chainId : CHAINS) {
      try (AnvilProcess anvil = AnvilProcess.start(root, reaper, chainId)) {
        Deployment deployment = new Builder(anvil).build(chainId, agents);
        deployments.add(deployment);
        states.add((String) anvil.ask("anvil_dumpState"));
      }
    }
    return new Ground(states, deployments, agents);
  }

  private static final class Builder {
    private final AnvilProcess anvil;
    private final HandMined service;
    private final Web3j web3j;
    private final Sender authority;

    Builder(AnvilProcess anvil) {
      this.anvil = anvil;
      this.service = new HandMined(anvil.url().toString());
      this.web3j = Web3j.build(service);
      this.authority = new Sender(web3j, signer("authority"));
    }

    Deployment build(long chainId, List<BigInteger> agents) {
      anvil.ask("anvil_setBlockTimestampInterval", 1);
      List<String> payers = new ArrayList<>(List.of("deployer", "authority", "guardian"));
      IntStream.range(0, RELAYERS).forEach(i -> payers.add(relayer(i)));
      for (String payer : payers) {
        anvil.ask("anvil_setBalance", address(payer).hex(), "0x" + POCKET_MONEY.toString(16));
      }
      anvil.ask("anvil_setCode", address("authority").hex(), "0x00"); // passes for a contract
      Deployment deployment =
          new Deployer(
                  new Sender(web3j, signer("deployer")), new StateOverrideCall(service), line -> {})
              .deploy(parameters());
      if (chainId == HOME) {
        AgentSetup setup = new AgentSetup(deployment.registry().hex());
        for (int i = 0; i < AGENTS; i++) {
          BigInteger agent = setup.register(authority, "");
          setup.setWallet(authority, agent, signer("agent " + i));
          mandate(deployment, agent).forEach(authority::send);
          agents.add(agent);
        }
      }
      fund(deployment);
      anvil.ask("anvil_removeBlockTimestampInterval");
      return deployment;
    }

    private DeploymentParameters parameters() {
      return new DeploymentParameters(
          HOME,
          List.of(REMOTE),
          IntStream.range(0, RELAYERS).mapToObj(i -> address(relayer(i)).hex()).toList(),
          2,
          List.of(address("guardian").hex()),
          WINDOW,
          RESOLUTION,
          ExistingAuthority.delayingItself(address("authority").hex()),
          Optional.of(new TokenGrant(address("authority").hex(), MOST.multiply(MOST))),
          AcrossChains.DEFAULT);
    }

    private List<Call> mandate(Deployment deployment, BigInteger agent) {
      String registry = deployment.registry().hex();
      String vault = deployment.account().hex();
      AgentVault engine = AgentVault.load(vault, web3j, authority.reader(), Sender.NO_GAS);
      AgentRegistry book = AgentRegistry.load(registry, web3j, authority.reader(), Sender.NO_GAS);
      List<Call> calls = new ArrayList<>();
      calls.add(Call.of("activate", registry, book.activate(agent, vault, BigInteger.ZERO)));
      calls.add(
          Call.of(
              "terms",
              vault,
              engine.setTerms(
                  agent,
                  new AgentVault.Terms(
                      BigInteger.valueOf(4_000_000_000L),
                      BigInteger.valueOf(3600),
                      BigInteger.valueOf(1000),
                      BigInteger.valueOf(1000),
                      false,
                      false))));
      Address token = Contracts.testToken(deployment).orElseThrow();
      calls.add(
          Call.of(
              "limit",
              vault,
              engine.setLimit(
                  agent,
                  token.hex(),
                  new AgentVault.Limit(
                      MOST, MOST.multiply(BigInteger.TEN), BigInteger.valueOf(3600)))));
      for (long chain : CHAINS) {
        BigInteger id = BigInteger.valueOf(chain);
        calls.add(Call.of("chain", vault, engine.setAssetChain(agent, token.hex(), id, true)));
        calls.add(
            Call.of(
                "recipient", vault, engine.setRecipient(agent, id, address("payee").hex(), true)));
      }
      calls.add(
          waits(
              deployment,
              agent,
              token,
              new Tiers.Thresholds(
                  Thresholds.NEVER,
                  BigInteger.valueOf(DELAYED),
                  BigInteger.valueOf(DELAY.toSeconds()),
                  BigInteger.valueOf(APPROVED))));
      calls.add(
          waits(
              deployment,
              agent,
              USD,
              new Tiers.Thresholds(
                  Thresholds.NEVER, Thresholds.NEVER, BigInteger.ZERO, Thresholds.NEVER)));
      String panel = deployment.address("Approvers").hex();
      calls.add(
          Call.of(
              "approvers",
              panel,
              Approvers.load(panel, web3j, authority.reader(), Sender.NO_GAS)
                  .setApprovers(
                      agent,
                      BigInteger.TWO,
                      approvers().stream().map(name -> address(name).hex()).toList())));
      return calls;
    }

    private Call waits(
        Deployment deployment, BigInteger agent, Address asset, Tiers.Thresholds thresholds) {
      String tiers = deployment.address("Tiers").hex();
      return Call.of(
          "what waits",
          tiers,
          Tiers.load(tiers, web3j, authority.reader(), Sender.NO_GAS)
              .setThresholds(agent, asset.hex(), thresholds));
    }

    private void fund(Deployment deployment) {
      String token = Contracts.testToken(deployment).orElseThrow().hex();
      TestToken dollars = TestToken.load(token, web3j, authority.reader(), Sender.NO_GAS);
      authority.send(
          Call.of(
              "fund",
              token,
              dollars.transfer(deployment.account().hex(), MOST.multiply(MOST.shiftRight(1)))));
    }
  }
}
