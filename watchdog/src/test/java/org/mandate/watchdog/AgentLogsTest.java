package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;

/** A home whose node hands out so many logs and no more, and strangers who make more. */
class AgentLogsTest {
  private static final int MOST = 20;
  private static final long AGENT = 1;
  private static final long STRANGER = 2;
  private static final Address POLICY = contract(3).address();
  private static final Address REGISTRY = contract(4).address();

  private final List<Log> chain = new ArrayList<>();
  private final List<String> unread = new ArrayList<>();
  private final Reader reader = new Reader(node(), deployment(), unread::add, Duration.ZERO);

  @Test
  void L7_strangersEventsKeepNobodyFromReadingABlockNorFillMemory() {
    flood(5, STRANGER, Topics.ASSET_CHAIN_SET);
    flood(5, STRANGER, Hash.keccak("ApprovalForAll(address,address,bool)"));
    say(6, REGISTRY, Topics.WALLET_SET, STRANGER);
    assertEquals(List.of(), reader.read(block(5)).entries());
    assertEquals(List.of(), reader.read(block(6)).entries());
    assertEquals(List.of(), unread);
  }

  @Test
  void L7_admittedAgentsEventsAreReadAmongStrangers() {
    admitAmongStrangers();
    assertEquals(List.of(), read(5), "of an agent that was never admitted");
    assertEquals(List.of(), read(6));
    List<String> expected =
        List.of(
            "5 " + Topics.WALLET_SET,
            "5 " + Topics.TERMS_SET,
            "6 " + Topics.LIMIT_SET,
            "7 " + Topics.STATUS_SET,
            "7 " + Topics.TRIPPED);
    assertEquals(expected, read(7), "what came before its admission comes first");
    assertEquals(List.of("8 " + Topics.TERMS_SET), read(8));
    assertEquals(List.of(), unread);
  }

  @Test
  void L7_admittedAgentsEventsAreReadAmongStrangersInARange() {
    admitAmongStrangers();
    List<Page> pages = reader.read(0, 10);
    assertEquals(List.of(7L, 8L), pages.stream().map(page -> page.block().number()).toList());
    assertEquals(5, pages.getFirst().entries().size());
    assertEquals("5 " + Topics.WALLET_SET, words(pages.getFirst()).getFirst());
    assertEquals(List.of("8 " + Topics.TERMS_SET), words(pages.getLast()));
    assertEquals(List.of(), unread);
  }

  @Test
  void L7_whatCameBeforeIsReadAgainWhenAReorgMovesTheAdmission() {
    say(5, POLICY, Topics.TERMS_SET, AGENT);
    say(6, REGISTRY, Topics.STATUS_SET, AGENT);
    read(5);
    assertEquals(2, read(6).size());
    chain.removeIf(log -> log.blockNumber() == 6);
    say(7, REGISTRY, Topics.STATUS_SET, AGENT);
    assertEquals(List.of(), read(6));
    assertEquals(2, read(7).size());
  }

  @Test
  void L7_agentThatFloodsItsOwnMandateBlindsTheWatchdogForItselfOnly() {
    say(5, REGISTRY, Topics.STATUS_SET, AGENT);
    say(5, REGISTRY, Topics.STATUS_SET, 3);
    flood(6, AGENT, Topics.RECIPIENT_SET);
    say(6, POLICY, Topics.TERMS_SET, 3);
    read(5);
    assertEquals(List.of("6 " + Topics.TERMS_SET), read(6));
    assertEquals(1, unread.size());
    assertTrue(unread.getFirst().contains("agent 1 in block 6"), unread.getFirst());
  }

  private void admitAmongStrangers() {
    say(5, REGISTRY, Topics.WALLET_SET, AGENT);
    say(5, POLICY, Topics.TERMS_SET, AGENT);
    say(6, POLICY, Topics.LIMIT_SET, AGENT);
    flood(6, STRANGER, Topics.ASSET_CHAIN_SET);
    say(7, REGISTRY, Topics.STATUS_SET, AGENT);
    say(7, POLICY, Topics.TRIPPED, AGENT);
    flood(8, STRANGER, Topics.WALLET_SET);
    say(8, POLICY, Topics.TERMS_SET, AGENT);
  }

  private List<String> read(long number) {
    return words(reader.read(block(number)));
  }

  private static List<String> words(Page page) {
    return page.entries().stream()
        .map(Entry::log)
        .map(log -> log.blockNumber() + " " + log.topics().getFirst())
        .toList();
  }

  private void flood(long block, long agent, Hash event) {
    Address emitter = event.equals(Topics.WALLET_SET) ? REGISTRY : POLICY;
    for (int i = 0; i <= MOST; i++) {
      say(block, emitter, event, agent);
    }
  }

  private void say(long block, Address contract, Hash event, long agent) {
    chain.add(
        new Log(
            hash(block),
            block,
            hash(99),
            chain.size(),
            contract,
            List.of(event, hash(agent)),
            "0x"));
  }

  private static Deployment deployment() {
    return new Deployment(
        BigInteger.ONE,
        BigInteger.ONE,
        0,
        Map.ofEntries(
            Map.entry("HomeExecutor", contract(1)),
            Map.entry("QuorumGateway", contract(2)),
            Map.entry("AgentVault", contract(3)),
            Map.entry("AgentRegistry", contract(4)),
            Map.entry("CallRules", contract(5)),
            Map.entry("Tiers", contract(6)),
            Map.entry("RuleBook", contract(7)),
            Map.entry("HoursRule", contract(8)),
            Map.entry("CategoryRule", contract(9)),
            Map.entry("ReputationRule", contract(10)),
            Map.entry("Approvers", contract(11)),
            Map.entry("PriceFeeds", contract(12))));
  }

  private static Deployment.Contract contract(int number) {
    return new Deployment.Contract(
        Address.of("0x%040x".formatted(number)), hash(number), Bytes.EMPTY);
  }

  private static Hash hash(long number) {
    return Hash.of("0x%064x".formatted(number));
  }

  private static Block block(long number) {
    return new Block(number, hash(number), hash(number - 1 & 0xffff), Instant.EPOCH);
  }

  private ChainClient node() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "head" -> block(10);
                  case "block" -> Optional.of(block((long) arguments[0]));
                  case "blocks" ->
                      LongStream.rangeClosed((long) arguments[0], (long) arguments[1])
                          .mapToObj(AgentLogsTest::block)
                          .toList();
                  case "logs" -> logs(arguments);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  @SuppressWarnings("unchecked")
  private List<Log> logs(Object[] arguments) {
    int last = arguments.length - 1;
    List<Log> found =
        chain.stream()
            .filter(
                log ->
                    arguments[0] instanceof Hash hash
                        ? log.blockHash().equals(hash)
                        : (long) arguments[0] <= log.blockNumber()
                            && log.blockNumber() <= (long) arguments[1])
            .filter(log -> ((Collection<Address>) arguments[last - 1]).contains(log.address()))
            .filter(log -> log.hasTopics((List<Set<Hash>>) arguments[last]))
            .toList();
    if (found.size() > MOST) {
      throw new NodeException("query returned more than " + MOST + " results");
    }
    return found;
  }
}
