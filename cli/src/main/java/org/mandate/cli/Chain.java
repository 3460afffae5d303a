package org.mandate.cli;

import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.JsonRpcClient;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.MandateLens;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.mandate.signer.Signer;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;
import org.web3j.tx.ReadonlyTransactionManager;

/** A chain with our contracts on it, as one node tells it. */
public final class Chain implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final ChainClient client;
  private final HttpService service;
  private final Web3j web3j;
  private final Deployment deployment;
  private final ReadonlyTransactionManager reader;

  private Chain(ChainClient client, URI rpc, Deployment deployment) {
    this.client = client;
    this.service = new HttpService(rpc.toString());
    this.web3j = Web3j.build(service);
    this.deployment = deployment;
    this.reader = new ReadonlyTransactionManager(web3j, Address.ZERO.hex());
  }

  /** The chain that a node serves. */
  public static BigInteger idOf(URI rpc) {
    return new JsonRpcClient(rpc, TIMEOUT).chainId();
  }

  /**
   * Connects.
   *
   * @param file absent: {@code <chain id>.json} in the folder
   * @throws Failure when the file is of another chain
   */
  public static Chain open(URI rpc, Optional<Path> file, Path folder) {
    var client = new JsonRpcClient(rpc, TIMEOUT);
    var id = client.chainId();
    var path = file.orElse(folder.resolve(id + ".json"));
    var deployment = Deployment.read(path);
    if (!deployment.chainId().equals(id)) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          "the node serves chain %s, %s is of chain %s: give the node and the file of one chain"
              .formatted(id, path, deployment.chainId()));
    }
    return new Chain(client, rpc, deployment);
  }

  public ChainClient client() {
    return client;
  }

  public Deployment deployment() {
    return deployment;
  }

  public Web3j web3j() {
    return web3j;
  }

  /** For wrappers that only read or encode. */
  public ReadonlyTransactionManager reader() {
    return reader;
  }

  public StateOverrideCall overrides() {
    return new StateOverrideCall(service);
  }

  /** Sends as that key. */
  public Sender sender(Signer key) {
    return new Sender(web3j, key);
  }

  public AgentRegistry registry() {
    return AgentRegistry.load(deployment.registry().hex(), web3j, reader, Sender.NO_GAS);
  }

  /** Holds the funds, the mandates and the audit chains. */
  public AgentVault account() {
    return AgentVault.load(deployment.account().hex(), web3j, reader, Sender.NO_GAS);
  }

  /** Tells what a mandate leaves. */
  public MandateLens lens() {
    return MandateLens.load(deployment.lens().hex(), web3j, reader, Sender.NO_GAS);
  }

  /** What the executors of all chains have in common. */
  public CrossChainExecutor executor() {
    return CrossChainExecutor.load(deployment.executor().hex(), web3j, reader, Sender.NO_GAS);
  }

  /**
   * The home chain's.
   *
   * @throws Failure on another chain
   */
  public HomeExecutor homeExecutor() {
    if (!deployment.isHome()) {
      throw new Failure(
          ExitCode.USAGE,
          "chain %s is not home: give --rpc of chain %s"
              .formatted(deployment.chainId(), deployment.homeChainId()));
    }
    return HomeExecutor.load(deployment.executor().hex(), web3j, reader, Sender.NO_GAS);
  }

  /**
   * Every other chain's.
   *
   * @throws Failure at home
   */
  public DestinationExecutor destinationExecutor() {
    if (deployment.isHome()) {
      throw new Failure(
          ExitCode.USAGE,
          "chain %s is home, where nothing is delivered: give --rpc of the chain that pays"
              .formatted(deployment.chainId()));
    }
    return DestinationExecutor.load(deployment.executor().hex(), web3j, reader, Sender.NO_GAS);
  }

  public QuorumGateway gateway() {
    return QuorumGateway.load(deployment.gateway().hex(), web3j, reader, Sender.NO_GAS);
  }

  /** Who attests messages now, ascending. */
  public List<Address> relayers() {
    var quorum = Sender.read("relayers", () -> gateway().quorum().send());
    return quorum.component1().stream().map(Address::of).toList();
  }

  /**
   * What relayers lose when they lie; at home.
   *
   * @throws Failure where there are none
   */
  public RelayerBonds relayerBonds() {
    var address =
        deployment
            .relayerBonds()
            .orElseThrow(
                () ->
                    new Failure(
                        ExitCode.CONFIGURATION,
                        "the deployment file of chain %s names no RelayerBonds: use the one that deploy wrote for home"
                            .formatted(deployment.chainId())));
    return RelayerBonds.load(address.hex(), web3j, reader, Sender.NO_GAS);
  }

  @Override
  public void close() {
    web3j.shutdown();
  }
}
