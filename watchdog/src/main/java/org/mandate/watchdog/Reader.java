package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.deploy.Contracts;
import org.mandate.event.ContractEvents;
import org.mandate.event.ExecutorEvent;

/**
 * Reads a block's logs of our contracts; and, by separate requests, the payments of the vaults that
 * it knows: those of the deployment, and those that the deployer made later. An intent may name any
 * contract as its account; what a stranger's says is not read.
 */
final class Reader {
  private static final List<Set<Hash>> GOVERNED = List.of(Topics.GOVERNED);
  private static final Hash PAID = Hash.keccak("Paid(address,address,uint256)");
  private static final Hash VAULT_AGENT = Hash.keccak("AGENT_ID()");
  private static final String VAULT_PREFIX = "AgentVault";
  private static final int WORD_CHARACTERS = 2 + 64;

  /**
   * Where the watchdog knows a vault from. Asked for apart: what the deployment file names was
   * looked at by people.
   */
  enum Vaults {
    /** The deployment. */
    DEPLOYED,
    /** An intent that was executed from the address that the deployer has for its agent's vault. */
    MET
  }

  private final ChainClient chain;
  private final Deployment deployment;
  private final Optional<AgentLogs> agents;
  private final Address executor;
  private final Address auditLog;
  private final Address policy;
  private final Address registry;
  private final List<Address> ofDeployment;
  private final AtomicBoolean asked = new AtomicBoolean();
  private final Map<Address, BigInteger> vaults = new ConcurrentHashMap<>();

  /** Of a destination, or of a home where nobody has to know which events could not be read. */
  Reader(ChainClient chain, Deployment deployment) {
    this(chain, deployment, text -> {}, Duration.ZERO);
  }

  /**
   * @param unread is told, in words, which events of an admitted agent could not be read
   * @param pause between two tries to read them
   */
  Reader(ChainClient chain, Deployment deployment, Consumer<String> unread, Duration pause) {
    this.chain = chain;
    this.agents =
        deployment.isHome()
            ? Optional.of(
                new AgentLogs(chain, deployment.policy(), deployment.registry(), unread, pause))
            : Optional.empty();
    this.deployment = deployment;
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

  /**
   * The page of that block, without payments: nobody outside of our contracts decides how much
   * there is to read.
   */
  Page read(Block block) {
    List<Log> governed = chain.logs(block.hash(), system(), GOVERNED);
    List<AgentLogs.Placed> all =
        inOrder(governed, agents.map(logs -> logs.of(block, governed)).orElse(List.of()));
    return page(block, all.stream().map(AgentLogs.Placed::log).toList());
  }

  /**
   * The pages with entries of the blocks {@code from} to {@code to}, which are too old to be
   * reorganised; without payments.
   */
  List<Page> read(long from, long to) {
    List<Log> governed = chain.logs(from, to, system(), GOVERNED);
    return pages(
        inOrder(governed, agents.map(logs -> logs.of(from, to, governed)).orElse(List.of())));
  }

  /** What those vaults paid in that block, and nothing else. */
  Page paid(Block block, Vaults vaults) {
    Set<Address> asked = known(vaults);
    return page(
        block,
        asked.isEmpty() ? List.of() : chain.logs(block.hash(), asked, List.of(Set.of(PAID))));
  }

  /**
   * What those vaults paid in the blocks {@code from} to {@code to}, which are too old to be
   * reorganised.
   */
  List<Page> paid(long from, long to, Vaults vaults) {
    Set<Address> asked = known(vaults);
    return asked.isEmpty()
        ? List.of()
        : pages(inPlace(chain.logs(from, to, asked, List.of(Set.of(PAID)))));
  }

  private Page page(Block block, List<Log> logs) {
    List<Entry> entries = new ArrayList<>();
    for (Log log : logs) {
      entry(log).ifPresent(entries::add);
    }
    meetVaults(entries);
    return new Page(block, entries);
  }

  // What came before an agent's admission, then the block's own logs in their order.
  private static List<AgentLogs.Placed> inOrder(
      List<Log> governed, List<AgentLogs.Placed> ofAgents) {
    List<AgentLogs.Placed> all = new ArrayList<>(inPlace(governed));
    all.addAll(ofAgents);
    all.sort(
        Comparator.comparingLong(AgentLogs.Placed::block)
            .thenComparingLong(placed -> placed.log().blockNumber())
            .thenComparingInt(placed -> placed.log().index()));
    return all;
  }

  private static List<AgentLogs.Placed> inPlace(List<Log> logs) {
    return logs.stream().map(log -> new AgentLogs.Placed(log.blockNumber(), log)).toList();
  }

  private List<Page> pages(List<AgentLogs.Placed> logs) {
    Map<Long, List<Entry>> byBlock = new TreeMap<>();
    for (AgentLogs.Placed placed : logs) {
      entry(placed.log())
          .ifPresent(
              entry -> byBlock.computeIfAbsent(placed.block(), n -> new ArrayList<>()).add(entry));
    }
    List<Page> pages = new ArrayList<>();
    byBlock.forEach(
        (number, entries) -> {
          Block block =
              chain
                  .block(number)
                  .filter(
                      found ->
                          entries.stream()
                              .filter(entry -> entry.log().blockNumber() == found.number())
                              .allMatch(entry -> entry.log().blockHash().equals(found.hash())))
                  .orElseThrow(
                      () -> new NodeException("the node contradicts itself about block " + number));
          meetVaults(entries);
          pages.add(new Page(block, entries));
        });
    return pages;
  }

  private List<Address> system() {
    return agents.isPresent()
        ? List.of(executor, auditLog, policy, registry)
        : List.of(executor, auditLog);
  }

  private Set<Address> known(Vaults which) {
    askVaults();
    Set<Address> all = new HashSet<>(vaults.keySet());
    switch (which) {
      case DEPLOYED -> all.retainAll(ofDeployment);
      case MET -> all.removeAll(ofDeployment);
    }
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

  private void meetVaults(List<Entry> entries) {
    for (Entry entry : entries) {
      if (entry instanceof Entry.Executor(ExecutorEvent.Executed executed)
          && isVault(executed.intent().account(), executed.agentId())) {
        vaults.putIfAbsent(executed.intent().account(), executed.agentId());
      }
    }
  }

  private boolean isVault(Address account, BigInteger agentId) {
    return agentId.bitLength() < Long.SIZE
        && Contracts.vaultAddress(deployment, agentId.longValueExact()).equals(account);
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
    if (log.topics().size() != 3
        || !log.topics().getFirst().equals(PAID)
        || log.data().length() != WORD_CHARACTERS) {
      return Optional.empty();
    }
    BigInteger agentId = vaults.get(log.address());
    if (agentId == null) {
      return Optional.empty();
    }
    return Optional.of(
        new Entry.Paid(
            log,
            agentId,
            address(log.topics().get(1)),
            address(log.topics().get(2)),
            new BigInteger(log.data().substring(2), 16)));
  }

  private static Address address(Hash topic) {
    return Address.of(Arrays.copyOfRange(topic.bytes(), 12, 32));
  }
}
