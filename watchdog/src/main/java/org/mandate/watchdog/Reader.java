package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.event.ContractEvents;
import org.mandate.event.ExecutorEvent;

/**
 * Reads a block's logs of our contracts and of the vaults that it knows: those of the deployment, and any account that the
 * executor has paid from.
 */
final class Reader {
  private static final Hash PAID = Hash.keccak("Paid(address,address,uint256)");
  private static final Hash VAULT_AGENT = Hash.keccak("AGENT_ID()");
  private static final String VAULT_PREFIX = "AgentVault";

  private final ChainClient chain;
  private final Address executor;
  private final Address auditLog;
  private final Address policy;
  private final Address registry;
  private final List<Address> ofDeployment;
  private final AtomicBoolean asked = new AtomicBoolean();
  private final Map<Address, BigInteger> vaults = new ConcurrentHashMap<>();

  Reader(ChainClient chain, Deployment deployment) {
    this.chain = chain;
    this.executor = deployment.executor();
    this.auditLog = deployment.auditLog();
    this.policy = deployment.policy();
    this.registry = deployment.registry();
    this.ofDeployment =
        deployment.contracts().entrySet().stream()
            .filter(contract -> contract.getKey().startsWith(VAULT_PREFIX))
            .map(contract -> contract.getValue().address())
            .toList();
  }

  /** The page of that block. */
  Page read(Block block) {
    askVaults();
    List<Log> logs = chain.logs(block.hash(), addresses());
    if (meetVaults(logs)) {
      // A vault that was unknown until this block: its payments are in this block too.
      logs = chain.logs(block.hash(), addresses());
    }
    List<Entry> entries = new ArrayList<>();
    for (Log log : logs) {
      entry(log).ifPresent(entries::add);
    }
    return new Page(block, entries);
  }

  /**
   * The pages with entries of the blocks {@code from} to {@code to}, which are too old to be reorganised.
   */
  List<Page> read(long from, long to) {
    askVaults();
    List<Log> logs = chain.logs(from, to, addresses());
    if (meetVaults(logs)) {
      logs = chain.logs(from, to, addresses());
    }
    Map<Long, List<Entry>> byBlock = new TreeMap<>();
    for (Log log : logs) {
      entry(log).ifPresent(entry -> byBlock.computeIfAbsent(log.blockNumber(), n -> new ArrayList<>()).add(entry));
    }
    List<Page> pages = new ArrayList<>();
    byBlock.forEach(
        (number, entries) -> {
          Block block =
              chain
                  .block(number)
                  .filter(found -> entries.stream().allMatch(entry -> entry.log().blockHash().equals(found.hash())))
                  .orElseThrow(() -> new NodeException("the node contradicts itself about block " + number));
          pages.add(new Page(block, entries));
        });
    return pages;
  }

  private Set<Address> addresses() {
    Set<Address> all = new HashSet<>(vaults.keySet());
    all.addAll(List.of(executor, auditLog, policy, registry));
    return all;
  }

  private void askVaults() {
    if (asked.get()) {
      return;
    }
    for (Address vault : ofDeployment) {
      if (chain.code(vault).isEmpty()) {
        continue;
      }
      byte[] answer = chain.call(vault, Arrays.copyOf(VAULT_AGENT.bytes(), 4));
      vaults.put(vault, new BigInteger(1, answer));
    }
    asked.set(true);
  }

  private boolean meetVaults(List<Log> logs) {
    boolean met = false;
    for (Log log : logs) {
      if (entry(log).orElse(null) instanceof Entry.Executor(ExecutorEvent.Executed executed)) {
        met |= vaults.putIfAbsent(executed.intent().account(), executed.agentId()) == null;
      }
    }
    return met;
  }

  private Optional<Entry> entry(Log log) {
    try {
      if (log.address().equals(executor)) {
        return ContractEvents.executor(log).map(Entry.Executor::new);
      }
      if (log.address().equals(auditLog)) {
        return ContractEvents.auditLog(log).map(Entry.Audit::new);
      }
      if (log.address().equals(policy)) {
        return Optional.of(new Entry.Policy(log));
      }
      if (log.address().equals(registry)) {
        return Optional.of(new Entry.Registry(log));
      }
      return paid(log);
    } catch (IllegalArgumentException e) {
      return Optional.of(new Entry.Unreadable(log, String.valueOf(e.getMessage())));
    }
  }

  private Optional<Entry> paid(Log log) {
    if (log.topics().size() != 3 || !log.topics().getFirst().equals(PAID)) {
      return Optional.empty();
    }
    BigInteger agentId = vaults.get(log.address());
    if (agentId == null) {
      return Optional.empty();
    }
    return Optional.of(
        new Entry.Paid(log, agentId, address(log.topics().get(1)), address(log.topics().get(2)), new BigInteger(log.data().substring(2), 16)));
  }

  private static Address address(Hash topic) {
    return Address.of(Arrays.copyOfRange(topic.bytes(), 12, 32));
  }
}
