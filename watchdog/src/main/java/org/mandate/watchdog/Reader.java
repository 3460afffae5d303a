package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.QuorumGateway;
import org.mandate.event.ContractEvents;
import org.mandate.event.GatewayEvent;
import org.mandate.intent.IntentDomain;

/** Reads a block's logs of our contracts. */
final class Reader {
  private static final List<Set<Hash>> GOVERNED = List.of(Topics.GOVERNED);

  private final ChainClient chain;
  private final IntentDomain domain;
  private final BigInteger chainId;
  private final Optional<AgentLogs> agents;
  private final Address executor;
  private final Address account;
  private final Address registry;
  private final Address gateway;
  private final Optional<Address> governance;
  private final Optional<Address> posted;
  private final List<Address> system;

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
                new AgentLogs(chain, deployment.registry(), ofAgents(deployment), unread, pause))
            : Optional.empty();
    this.executor = deployment.executor();
    this.account = deployment.account();
    this.registry = deployment.registry();
    this.gateway = deployment.gateway();
    this.governance = deployment.isHome() ? Optional.empty() : deployment.remoteGovernance();
    this.posted = deployment.isHome() ? Optional.empty() : deployment.postedHashes();
    this.system =
        deployment.isHome()
            ? List.of(executor, account, registry, gateway, deployment.address("PriceFeeds"))
            : Stream.of(Stream.of(executor, account, gateway), governance.stream(), posted.stream())
                .flatMap(all -> all)
                .toList();
    this.domain = new IntentDomain(deployment.homeChainId(), executor);
    this.chainId = deployment.chainId();
  }

  /** Where mandates are changed. */
  private static List<Address> ofAgents(Deployment deployment) {
    return List.of(
        deployment.account(),
        deployment.registry(),
        deployment.address("CallRules"),
        deployment.address("Tiers"),
        deployment.address("RuleBook"),
        deployment.address("HoursRule"),
        deployment.address("CategoryRule"),
        deployment.address("ReputationRule"),
        deployment.address("Approvers"));
  }

  /** The page of that block. */
  Page read(Block block) {
    List<Log> governed = chain.logs(block.hash(), system, GOVERNED);
    List<AgentLogs.Placed> all =
        inOrder(governed, agents.map(logs -> logs.of(block, governed)).orElse(List.of()));
    List<Entry> entries = new ArrayList<>();
    all.forEach(placed -> entry(placed.log()).ifPresent(entries::add));
    return new Page(block, entries);
  }

  /**
   * The pages with entries of the blocks {@code from} to {@code to}, which are too old to be
   * reorganised.
   */
  List<Page> read(long from, long to) {
    List<Log> governed = chain.logs(from, to, system, GOVERNED);
    return pages(
        inOrder(governed, agents.map(logs -> logs.of(from, to, governed)).orElse(List.of())));
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
          pages.add(new Page(block, entries));
        });
    return pages;
  }

  private Optional<Entry> entry(Log log) {
    try {
      if (log.address().equals(executor)) {
        if (log.topics().getFirst().equals(Topics.GATEWAY_SET)) {
          return closing(log);
        }
        return ContractEvents.executor(log)
            .<Entry>map(Entry.Step::new)
            .or(() -> ContractEvents.notice(log).map(Entry.Notice::new));
      }
      if (governance.filter(log.address()::equals).isPresent()) {
        return ofGovernance(log);
      }
      if (posted.filter(log.address()::equals).isPresent()) {
        return log.topics().getFirst().equals(Topics.HASH_POSTED)
            ? Optional.of(new Entry.HashPosted(log))
            : Optional.empty();
      }
      if (log.address().equals(registry)) {
        return Optional.of(new Entry.Registry(log));
      }
      if (log.address().equals(gateway)) {
        if (log.topics().getFirst().equals(Topics.RELAYERS_SET)) {
          return Optional.of(
              new Entry.RelayersSet(
                  log,
                  QuorumGateway.getRelayersSetEventFromLog(ContractEvents.web3j(log))
                      .relayers
                      .stream()
                      .map(Address::of)
                      .toList()));
        }
        return ContractEvents.gateway(log)
            .filter(GatewayEvent.MessageDelivered.class::isInstance)
            .map(GatewayEvent.MessageDelivered.class::cast)
            .map(Entry.Delivered::new);
      }
      return log.address().equals(account) ? ofAccount(log) : Optional.of(new Entry.Policy(log));
    } catch (IllegalArgumentException e) {
      return Optional.of(new Entry.Unreadable(log, String.valueOf(e.getMessage())));
    }
  }

  private static Optional<Entry> ofGovernance(Log log) {
    Hash topic = log.topics().getFirst();
    if (topic.equals(Topics.ORDER_RECEIVED)) {
      return Optional.of(new Entry.Order(log));
    }
    if (topic.equals(Topics.ORDER_CONFIRMED)) {
      return Optional.of(new Entry.OrderConfirmed(log));
    }
    if (topic.equals(Topics.ORDER_VETOED)) {
      return Optional.of(new Entry.OrderVetoed(log));
    }
    return topic.equals(Topics.GATEWAY_SET) ? closing(log) : Optional.empty();
  }

  private static Optional<Entry> closing(Log log) {
    BigInteger closed = BigInteger.valueOf(Closing.Status.CLOSED.ordinal());
    return LogWords.of(log).number(0).equals(closed)
        ? Optional.of(new Entry.GatewayClosed(log))
        : Optional.empty();
  }

  private Optional<Entry> ofAccount(Log log) {
    Hash topic = log.topics().getFirst();
    if (ContractEvents.auditLogTopics().contains(topic)) {
      return ContractEvents.auditLog(log).map(Entry.Audit::new);
    }
    if (ContractEvents.paymentTopics().contains(topic)) {
      return ContractEvents.payment(log, domain, chainId).map(Entry.Step::new);
    }
    if (topic.equals(Topics.WITHDRAWN)) {
      LogWords words = LogWords.of(log);
      return Optional.of(new Entry.Withdrawn(log, words.topicAddress(1), words.number(0)));
    }
    return Optional.of(new Entry.Policy(log));
  }
}
