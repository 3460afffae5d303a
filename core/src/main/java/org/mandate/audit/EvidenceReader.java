package org.mandate.audit;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mandate.audit.ChainEvidence.FinalBlock;
import org.mandate.audit.ChainEvidence.Link;
import org.mandate.audit.ChainEvidence.Publication;
import org.mandate.audit.ChainEvidence.Resend;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.PolicyEngine;
import org.mandate.event.AuditEvent;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.event.IntentNotice;
import org.mandate.intent.Intent;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.generated.Uint256;

/** Reads from a chain all that it says about an agent. */
final class EvidenceReader {
  private static final byte[] CHAIN_SELECTOR =
      Arrays.copyOf(Hash.keccak("chain(uint256)").bytes(), 4);

  private static final Hash GATEWAY_SET =
      Hash.of(EventEncoder.encode(CrossChainExecutor.GATEWAYSET_EVENT));

  /** Of the contract's {@code GatewayStatus}: what is not open takes nothing. */
  private static final BigInteger OPEN = BigInteger.ONE;

  private static final Set<Hash> ACCOUNT_TOPICS =
      Stream.of(ContractEvents.auditLogTopics(), ContractEvents.paymentTopics())
          .flatMap(Set::stream)
          .collect(Collectors.toSet());

  /** A node may claim any height; an honest chain is read long before. */
  private static final Duration TIME_LIMIT = Duration.ofHours(1);

  private final AuditedChain chain;
  private final Duration timeLimit;
  private final ChainClient client;
  private final BlockRanges ranges;

  EvidenceReader(AuditedChain chain) {
    this(chain, TIME_LIMIT);
  }

  /**
   * @param timeLimit of the whole reading
   */
  EvidenceReader(AuditedChain chain, Duration timeLimit) {
    this.chain = chain;
    this.timeLimit = timeLimit;
    this.client = chain.client();
    this.ranges = new BlockRanges(client);
  }

  /**
   * @throws NodeException when the node does not answer, answers nonsense, or has no final block
   *     yet
   */
  ChainEvidence read(BigInteger agentId) {
    try {
      return readAll(agentId);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new NodeException(
          "chain " + client.chainId() + ": the node's answer makes no sense: " + e.getMessage(), e);
    }
  }

  private ChainEvidence readAll(BigInteger agentId) {
    long start = System.nanoTime();
    Block last =
        chain
            .finality()
            .highest(client)
            .orElseThrow(
                () -> new NodeException("chain " + client.chainId() + " has no final block yet"));
    Hash agent = AbiWords.of(agentId);
    List<Log> executorLogs =
        logs(chain.domain().executor(), List.of(Set.of(), Set.of(), Set.of(agent)), last, start);
    List<Log> accountLogs =
        logs(chain.account(), List.of(ACCOUNT_TOPICS, Set.of(agent)), last, start);
    List<Link> links = new ArrayList<>();
    List<Publication> publications = new ArrayList<>();
    for (Log log : accountLogs) {
      ContractEvents.auditLog(log)
          .ifPresent(
              event -> {
                switch (event) {
                  case AuditEvent.Appended e -> links.add(link(e));
                  case AuditEvent.Published e -> publications.add(publication(e));
                }
              });
    }
    State state = state(agent, last);
    return new ChainEvidence(
        client.chainId(),
        agentId,
        chain.domain(),
        chain.account(),
        FinalBlock.of(last),
        state.chain(),
        state.published(),
        records(Stream.concat(executorLogs.stream(), accountLogs.stream())),
        links,
        publications,
        resends(executorLogs),
        registeredChains(agentId, last),
        gateways(last, start));
  }

  /** Whatever came to home is forged, by whichever gateway. */
  private Optional<Gateways> gateways(Block last, long start) {
    if (chain.isHome()) {
      return Optional.empty();
    }
    Address own =
        address(chain.domain().executor(), Abi.call(CrossChainExecutor.FUNC_GATEWAY), last);
    return Optional.of(
        new Gateways(
            own,
            logs(chain.domain().executor(), List.of(Set.of(GATEWAY_SET)), last, start).stream()
                .map(EvidenceReader::change)
                .toList()));
  }

  private static Gateways.Change change(Log log) {
    var event = CrossChainExecutor.getGatewaySetEventFromLog(ContractEvents.web3j(log));
    return new Gateways.Change(
        Address.of(event.gateway), event.status.equals(OPEN), log.blockNumber(), log.index());
  }

  /** Only home's executor tells of any. */
  private static List<Resend> resends(List<Log> executorLogs) {
    List<Resend> resends = new ArrayList<>();
    for (Log log : executorLogs) {
      if (ContractEvents.notice(log).orElse(null) instanceof IntentNotice.Resent e) {
        resends.add(new Resend(e.intentId(), e.messageId()));
      }
    }
    return resends;
  }

  private List<BigInteger> registeredChains(BigInteger agentId, Block last) {
    if (!client.chainId().equals(chain.domain().homeChainId())) {
      return List.of();
    }
    requireAccount(agentId, last);
    byte[] chains = client.call(chain.account(), Abi.call(PolicyEngine.FUNC_CHAINIDS), last.hash());
    List<?> ids =
        (List<?>) Abi.decode(chains, new TypeReference<DynamicArray<Uint256>>() {}).getFirst();
    return ids.stream().map(id -> ((Uint256) id).getValue()).toList();
  }

  /** The agent's account is the one that the executor's registry names, whatever a file says. */
  private void requireAccount(BigInteger agentId, Block last) {
    Address registry =
        address(chain.domain().executor(), Abi.call(CrossChainExecutor.FUNC_REGISTRY), last);
    Address account =
        address(registry, Abi.call(AgentRegistry.FUNC_ACCOUNTOF, new Uint256(agentId)), last);
    if (!account.equals(Address.ZERO) && !account.equals(chain.account())) {
      throw new NodeException(
          "chain %s: the mandate of agent %s is at account %s, this audit was told %s: audit that one"
              .formatted(client.chainId(), agentId, account, chain.account()));
    }
  }

  private Address address(Address contract, byte[] question, Block last) {
    byte[] answer = client.call(contract, question, last.hash());
    return Address.of(
        (String)
            Abi.decode(answer, new TypeReference<org.web3j.abi.datatypes.Address>() {}).getFirst());
  }

  /** The records in the order of their events, which is that of the audit chain. */
  private List<AuditRecord> records(Stream<Log> logs) {
    List<AuditRecord> records = new ArrayList<>();
    Map<Hash, Intent> seen = new HashMap<>();
    Map<Hash, Block> blocks = new HashMap<>();
    for (Log log :
        logs.sorted(Comparator.comparingLong(Log::blockNumber).thenComparingInt(Log::index))
            .toList()) {
      Optional<IntentEvent> event = event(log);
      if (event.isPresent()) {
        Block block = blocks.computeIfAbsent(log.blockHash(), this::block);
        Hash intentId = event.get().intentId();
        AuditRecord.shownBy(event.get()).ifPresent(intent -> seen.put(intentId, intent));
        records.add(
            AuditRecord.of(
                client.chainId(),
                event.get(),
                records.size(),
                Optional.ofNullable(seen.get(intentId)),
                block));
      }
    }
    return records;
  }

  private Optional<IntentEvent> event(Log log) {
    return log.address().equals(chain.account())
        ? ContractEvents.payment(log, chain.domain(), client.chainId())
        : ContractEvents.executor(log);
  }

  private record State(HashChain chain, long published) {}

  private State state(Hash agent, Block last) {
    byte[] question = Arrays.copyOf(CHAIN_SELECTOR, 36);
    System.arraycopy(agent.bytes(), 0, question, 4, 32);
    byte[] answer = client.call(chain.account(), question, last.hash());
    if (answer.length != 96) {
      throw new NodeException(
          "chain(uint256) of the account "
              + chain.account()
              + " answered "
              + answer.length
              + " bytes instead of 96: is it deployed there?");
    }
    String head = "0x" + HexFormat.of().formatHex(answer, 0, HashChain.HEAD_BYTES);
    return new State(
        new HashChain(head, new BigInteger(1, answer, 32, 32).longValueExact()),
        new BigInteger(1, answer, 64, 32).longValueExact());
  }

  private List<Log> logs(Address address, List<Set<Hash>> topics, Block last, long start) {
    List<Log> all = new ArrayList<>();
    for (long from = chain.fromBlock(); from <= last.number(); ) {
      if (System.nanoTime() - start > timeLimit.toNanos()) {
        throw new NodeException(
            "chain %s: block %d of %d was reached in %s; if the chain is not that long the node lies, else ask one that gives the logs of more blocks at once"
                .formatted(client.chainId(), from, last.number(), timeLimit));
      }
      BlockRanges.Part<List<Log>> part =
          ranges.first(
              from, last.number(), (first, to) -> client.logs(first, to, Set.of(address), topics));
      all.addAll(part.content());
      from = part.to() + 1;
    }
    return all;
  }

  private Block block(Hash hash) {
    return client
        .block(hash)
        .orElseThrow(
            () ->
                new NodeException(
                    "chain "
                        + client.chainId()
                        + ": the node sent a log of block "
                        + hash
                        + " and does not know that block"));
  }

  private static Link link(AuditEvent.Appended event) {
    Action[] actions = Action.values();
    if (event.action() < 1 || event.action() >= actions.length) {
      throw new IllegalArgumentException(
          "action " + event.action() + " of " + event.log().transaction());
    }
    return new Link(
        actions[event.action()],
        event.intentId(),
        event.recordHash(),
        new HashChain(event.head().hex(), event.index().longValueExact() + 1));
  }

  private static Publication publication(AuditEvent.Published event) {
    return new Publication(
        event.from().longValueExact(),
        event.to().longValueExact(),
        event.root(),
        new Cid(event.manifestDigest()));
  }
}
