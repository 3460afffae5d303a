package org.mandate.chain;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where the contracts stand on one chain: the file {@code deployments/<chain id>.json}.
 *
 * @param homeChainId the chain of registry, policy and accounting
 * @param block of the first of them: events are read from there on
 * @param contracts by the Solidity contract's name
 */
public record Deployment(
    BigInteger chainId, BigInteger homeChainId, long block, Map<String, Contract> contracts) {
  /**
   * One contract.
   *
   * @param codeHash Keccak-256 of the code at the address
   * @param arguments of the constructor, ABI-encoded
   */
  public record Contract(Address address, Hash codeHash, Bytes arguments) {}

  public Deployment {
    if (block < 0) {
      throw new IllegalArgumentException("block " + block + " is negative, or not a number");
    }
    contracts = Map.copyOf(new TreeMap<>(contracts));
  }

  public boolean isHome() {
    return chainId.equals(homeChainId);
  }

  /**
   * @throws IllegalArgumentException if the deployment has no such contract
   */
  public Address address(String contract) {
    Contract found = contracts.get(contract);
    if (found == null) {
      throw new IllegalArgumentException(
          "deployment on chain "
              + chainId
              + " has no "
              + contract
              + "; it has "
              + new TreeMap<>(contracts).keySet());
    }
    return found.address();
  }

  /** Of this chain's kind; at the same address on every chain. */
  public Address executor() {
    return address(executorName());
  }

  /** What stands at {@link #executor}: home's contract is not the other chains'. */
  public String executorName() {
    return isHome() ? "HomeExecutor" : "DestinationExecutor";
  }

  public Address registry() {
    return address("AgentRegistry");
  }

  /** Holds the funds, the mandates and the audit chains of all agents. */
  public Address account() {
    return address("AgentVault");
  }

  /** Tells what a mandate leaves, for reading only. */
  public Address lens() {
    return address("MandateLens");
  }

  public Address gateway() {
    return address("QuorumGateway");
  }

  /** What relayers lose when they lie; at home only. */
  public Optional<Address> relayerBonds() {
    return find("RelayerBonds");
  }

  /** Shows home's storage; on other chains only, and not on all. */
  public Optional<Address> stateProofs() {
    return find("StateProofs");
  }

  /** Who is believed about home's blocks, where there is {@link #stateProofs}. */
  public Optional<Address> postedHashes() {
    return find("PostedHashes");
  }

  /** Carries home's decisions to the other chains; at the same address on all of them. */
  public Optional<Address> remoteGovernance() {
    return find("RemoteGovernance");
  }

  private Optional<Address> find(String contract) {
    return Optional.ofNullable(contracts.get(contract)).map(Contract::address);
  }

  /**
   * Reads a deployment file strictly.
   *
   * @throws IllegalArgumentException naming the file and what is wrong
   */
  public static Deployment read(Path file) {
    return DeploymentJson.read(file);
  }

  /** Writes the file at once or not at all; its folder is made. */
  public void write(Path file) {
    DeploymentJson.write(this, file);
  }
}
