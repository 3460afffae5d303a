package org.mandate.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.AgentRegistry;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.PolicyEngine;
import org.mandate.intent.IntentDomain;
import org.web3j.abi.EventEncoder;
import org.web3j.abi.datatypes.generated.Uint256;

/** Nodes that no real one can be made to be: one that lies about its height, one that is picky. */
class EvidenceReaderTest {
  private final AtomicInteger pages = new AtomicInteger();

  @Test
  void shouldGiveUpWhenANodeClaimsMoreBlocksThanCanBeRead() {
    NodeException refused =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () ->
                assertThrows(
                    NodeException.class,
                    () -> reader(1L << 39, Duration.ofMillis(300)).read(BigInteger.ONE)));
    assertTrue(refused.getMessage().contains("549755813888"), refused.getMessage());
  }

  @Test
  void shouldAskForLongRangesAgainWhenOnlyTheFirstBlocksAreRefused() {
    reader(1_000_000, Duration.ofMinutes(1)).read(BigInteger.ONE);
    // Two kinds of logs, at most 5,000 blocks each time.
    assertTrue(pages.get() < 2 * 400, pages + " pages");
  }

  @Test
  void shouldReadUpToTheFinalBlock() {
    assertEquals(77, reader(77, Duration.ofMinutes(1)).read(BigInteger.ONE).block().number());
  }

  @Test
  void L7_shouldReadOfADestinationWhichGatewaysWereClosed() {
    Address own = new Address("0x" + "0".repeat(38) + "07");
    Address guardian = new Address("0x" + "0".repeat(38) + "02");
    ChainClient home = node(77);
    ChainClient there =
        (ChainClient)
            Proxy.newProxyInstance(
                ChainClient.class.getClassLoader(),
                new Class<?>[] {ChainClient.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "chainId" -> BigInteger.TWO;
                      case "call" ->
                          Arrays.equals(
                                  (byte[]) arguments[1], Abi.call(CrossChainExecutor.FUNC_GATEWAY))
                              ? AbiWords.encode(AbiWords.of(BigInteger.valueOf(7)))
                              : answer((byte[]) arguments[1]);
                      case "logs" ->
                          ((List<?>) arguments[3]).size() == 1 && (long) arguments[0] == 0
                              ? List.of(
                                  gatewaySet(own, guardian, 2, 5), gatewaySet(own, guardian, 1, 9))
                              : List.of();
                      default -> method.invoke(home, arguments);
                    });
    ChainEvidence read =
        new EvidenceReader(
                new AuditedChain(
                    there,
                    Finality.of("finalized"),
                    new IntentDomain(BigInteger.ONE, Address.ZERO),
                    Address.ZERO,
                    0),
                Duration.ofMinutes(1))
            .read(BigInteger.ONE);
    assertEquals(
        Optional.of(
            new Gateways(
                own,
                List.of(
                    new Gateways.Change(own, false, 5, 3), new Gateways.Change(own, true, 9, 3)))),
        read.gateways());
  }

  private static Log gatewaySet(Address gateway, Address by, int status, long block) {
    Hash any = Hash.keccak("any");
    return new Log(
        any,
        block,
        any,
        3,
        Address.ZERO,
        List.of(
            Hash.of(EventEncoder.encode(CrossChainExecutor.GATEWAYSET_EVENT)),
            AbiWords.of(gateway),
            AbiWords.of(by)),
        AbiWords.of(status).hex());
  }

  private EvidenceReader reader(long height, Duration limit) {
    return new EvidenceReader(
        new AuditedChain(
            node(height),
            Finality.of("finalized"),
            new IntentDomain(BigInteger.ONE, Address.ZERO),
            Address.ZERO,
            0),
        limit);
  }

  private ChainClient node(long height) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "chainId" -> BigInteger.ONE;
                  case "finalized", "head" -> block(height);
                  case "block" -> Optional.of(block(height));
                  case "call" -> answer((byte[]) arguments[1]);
                  case "logs" -> {
                    pages.incrementAndGet();
                    if ((long) arguments[0] < 10 && (long) arguments[1] >= 10) {
                      throw new NodeException("too many");
                    }
                    yield List.of();
                  }
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** The registry knows no account of the agent, and home alone is registered. */
  private static byte[] answer(byte[] question) {
    if (Arrays.equals(question, Abi.call(PolicyEngine.FUNC_CHAINIDS))) {
      return AbiWords.encode(AbiWords.of(32), AbiWords.of(1), AbiWords.of(1));
    }
    byte[] accountOf = Abi.call(AgentRegistry.FUNC_ACCOUNTOF, new Uint256(BigInteger.ONE));
    return new byte[question.length == 36 && !Arrays.equals(question, accountOf) ? 96 : 32];
  }

  private static Block block(long number) {
    Hash hash = Hash.keccak("any");
    return new Block(number, hash, hash, Instant.EPOCH);
  }
}
