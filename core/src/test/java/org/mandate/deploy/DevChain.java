package org.mandate.deploy;

import java.math.BigInteger;
import java.net.URI;
import org.mandate.chain.Deployment;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.testing.Anvil;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;

/** A real Anvil as web3j and the deployer see it, mining every transaction at once. */
public final class DevChain implements AutoCloseable {
  /** Anvil's first development key, public knowledge. */
  public static final Credentials RICH =
      Credentials.create("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

  private final Anvil anvil;
  private final HttpService service;
  private final Web3j web3j;

  private DevChain(Anvil anvil) {
    this.anvil = anvil;
    this.service = new HttpService(anvil.url().toString(), Anvil.patient());
    this.web3j = Web3j.build(service);
  }

  public static DevChain start(long chainId) {
    return new DevChain(Anvil.start(chainId));
  }

  /** For Anvil's own methods. */
  public Anvil anvil() {
    return anvil;
  }

  /** Where it listens. */
  public URI url() {
    return anvil.url();
  }

  public HttpService service() {
    return service;
  }

  public Web3j web3j() {
    return web3j;
  }

  public Sender sender(Credentials key) {
    return new Sender(web3j, key);
  }

  public Deployer deployer(Credentials key) {
    return new Deployer(sender(key), new StateOverrideCall(service), line -> {});
  }

  /** Puts up one wei for every relayer: the least that is a bond. */
  public void bond(Deployment deployment) throws Exception {
    var sender = sender(RICH);
    var gateway =
        QuorumGateway.load(deployment.gateway().hex(), web3j, sender.reader(), Sender.NO_GAS);
    var address = deployment.relayerBonds().orElseThrow().hex();
    var bonds = RelayerBonds.load(address, web3j, sender.reader(), Sender.NO_GAS);
    for (var relayer : gateway.quorum().send().component1()) {
      var call = bonds.bond(relayer, BigInteger.ONE).encodeFunctionCall();
      sender.send(new Call("bond", address, BigInteger.ONE, call));
    }
  }

  public DeploymentCheck check(Deployment deployment) {
    return new DeploymentCheck(web3j, new StateOverrideCall(service), deployment);
  }

  /**
   * Gives a key code, so that it may be an authority. Anvil lets it send transactions all the same:
   * it stands in for a timelock whose delay a test has no time for.
   */
  public void looksLikeAContract(String key) {
    anvil.rpc("anvil_setCode", key, "0x00");
  }

  @Override
  public void close() {
    web3j.shutdown();
    anvil.close();
  }
}
