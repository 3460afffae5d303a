package org.mandate.cli.local;

import java.io.IOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.Approvers;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.contracts.MandateLens;
import org.mandate.contracts.RelayerBonds;
import org.mandate.contracts.TestToken;
import org.mandate.deploy.Contracts;
import org.mandate.deploy.Sender;
import org.mandate.event.ContractEvents;
import org.mandate.intent.IntentState;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.Event;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.core.DefaultBlockParameter;
import org.web3j.protocol.core.DefaultBlockParameterName;
import org.web3j.protocol.core.methods.request.EthFilter;
import org.web3j.protocol.core.methods.response.EthLog;
import org.web3j.protocol.core.methods.response.Log;
import org.web3j.protocol.core.methods.response.Transaction;
import org.web3j.tx.ReadonlyTransactionManager;
import org.web3j.utils.Numeric;

/** What one chain says: every outcome is read here, never in a process's answer. */
public final class Ledger {
  private final LocalChain chain;
  private final Deployment deployment;
  private final Web3j web3j;
  private final ReadonlyTransactionManager reader;

  public Ledger(LocalChain chain, Deployment deployment) {
    this.chain = chain;
    this.deployment = deployment;
    this.web3j = chain.web3j();
    this.reader = new ReadonlyTransactionManager(web3j, Address.ZERO.hex());
  }

  public LocalChain chain() {
    return chain;
  }

  public Deployment deployment() {
    return deployment;
  }

  /** Holds the funds of all agents. */
  public Address vault() {
    return deployment.account();
  }

  public Address token() {
    return Contracts.testToken(deployment).orElseThrow();
  }

  /** For wrappers that only read or encode. */
  public ReadonlyTransactionManager reader() {
    return reader;
  }

  public CrossChainExecutor executor() {
    return CrossChainExecutor.load(deployment.executor().hex(), web3j, reader, Sender.NO_GAS);
  }

  /** The home chain's. */
  public HomeExecutor homeExecutor() {
    return HomeExecutor.load(deployment.executor().hex(), web3j, reader, Sender.NO_GAS);
  }

  /** Every other chain's. */
  public DestinationExecutor destinationExecutor() {
    return DestinationExecutor.load(deployment.executor().hex(), web3j, reader, Sender.NO_GAS);
  }

  public RelayerBonds bonds() {
    return RelayerBonds.load(
        deployment.relayerBonds().orElseThrow().hex(), web3j, reader, Sender.NO_GAS);
  }

  /** What a relayer has bonded, and did not withdraw, wei. */
  public BigInteger bond(Address relayer) throws Exception {
    var bond = bonds().bondOf(relayer.hex()).send();
    return bond.component1().add(bond.component2());
  }

  public AgentVault account() {
    return AgentVault.load(deployment.account().hex(), web3j, reader, Sender.NO_GAS);
  }

  public Approvers approvers() {
    return Approvers.load(deployment.address("Approvers").hex(), web3j, reader, Sender.NO_GAS);
  }

  public MandateLens lens() {
    return MandateLens.load(deployment.lens().hex(), web3j, reader, Sender.NO_GAS);
  }

  public AgentRegistry registry() {
    return AgentRegistry.load(deployment.registry().hex(), web3j, reader, Sender.NO_GAS);
  }

  /**
   * How far an intent is.
   *
   * @throws IOException when the chain answers nothing, as Anvil may while it is reorganized
   */
  public IntentState state(Hash intentId) throws Exception {
    try {
      return IntentState.of(
          executor().progress(intentId.bytes()).send().component1().intValueExact());
    } catch (IndexOutOfBoundsException e) { // web3j's, of an answer without a value
      throw new IOException(
          "chain %d answers nothing about intent %s".formatted(chain.chainId(), intentId), e);
    }
  }

  /** Native coin, wei. */
  public BigInteger coin(Address account) throws IOException {
    return chain.balance(account.hex());
  }

  /** Test dollars, millionths. */
  public BigInteger dollars(Address account) throws Exception {
    return TestToken.load(token().hex(), web3j, reader, Sender.NO_GAS)
        .balanceOf(account.hex())
        .send();
  }

  /** The agent's records on this chain. */
  public record Records(long count, long published) {}

  public Records records(long agentId) throws Exception {
    var chain = account().chain(BigInteger.valueOf(agentId)).send();
    return new Records(chain.component2().longValueExact(), chain.component3().longValueExact());
  }

  /** The executor's events of one kind for one intent. */
  public List<Log> events(Event event, Hash intentId) {
    var filter = filter(deployment.executor());
    filter.addSingleTopic(EventEncoder.encode(event));
    filter.addSingleTopic(intentId.hex());
    return logs(filter);
  }

  /** Bonds that were taken for vouching for that message. */
  public List<Log> slashed(Hash messageId) {
    var filter = filter(deployment.relayerBonds().orElseThrow());
    filter.addSingleTopic(EventEncoder.encode(RelayerBonds.SLASHED_EVENT));
    filter.addNullTopic();
    filter.addSingleTopic(messageId.hex());
    return logs(filter);
  }

  /** A transaction that this chain has, mined or waiting. */
  public Optional<Transaction> transaction(Hash hash) {
    return Sender.read("transaction", () -> web3j.ethGetTransactionByHash(hash.hex()).send())
        .getTransaction();
  }

  /**
   * All steps in the lives of this agent's intents that the executor tells, in order; what it says
   * beside them is no action.
   */
  public List<Log> events(long agentId) {
    var filter = filter(deployment.executor());
    filter.addOptionalTopics(
        ContractEvents.executorTopics().stream().map(Hash::hex).toArray(String[]::new));
    filter.addNullTopic();
    filter.addSingleTopic(topic(agentId));
    return logs(filter);
  }

  /** The agent's links in the audit chain, in order. */
  public List<Log> appended(long agentId) {
    var filter = filter(deployment.account());
    filter.addSingleTopic(EventEncoder.encode(AgentVault.APPENDED_EVENT));
    filter.addSingleTopic(topic(agentId));
    return logs(filter);
  }

  /** The agent's published batches, in order. */
  public List<Log> published(long agentId) {
    var filter = filter(deployment.account());
    filter.addSingleTopic(EventEncoder.encode(AgentVault.PUBLISHED_EVENT));
    filter.addSingleTopic(topic(agentId));
    return logs(filter);
  }

  private static String topic(long agentId) {
    return Numeric.toHexString(Numeric.toBytesPadded(BigInteger.valueOf(agentId), 32));
  }

  /** Seconds of the block that a log stands in. */
  public long time(Log log) throws IOException {
    return web3j
        .ethGetBlockByHash(log.getBlockHash(), false)
        .send()
        .getBlock()
        .getTimestamp()
        .longValueExact();
  }

  private EthFilter filter(Address contract) {
    return new EthFilter(
        DefaultBlockParameter.valueOf(BigInteger.valueOf(deployment.block())),
        DefaultBlockParameterName.LATEST,
        contract.hex());
  }

  private List<Log> logs(EthFilter filter) {
    var logs = new ArrayList<Log>();
    for (var result : Sender.read("events", () -> web3j.ethGetLogs(filter).send()).getLogs()) {
      logs.add(((EthLog.LogObject) result).get());
    }
    return logs;
  }
}
