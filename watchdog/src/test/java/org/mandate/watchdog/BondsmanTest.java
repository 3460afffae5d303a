package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.SendOutcome;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.signer.PrivateKeySigner;

/** A node that tells of bonds on their way back, whatever is sent about them. */
class BondsmanTest {
  private static final Address RELAYER = Address.of("0x%040x".formatted(5));

  private final AtomicLong mined = new AtomicLong();
  private final AtomicLong answersUntilBack = new AtomicLong(Long.MAX_VALUE);
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Findings findings = new Findings(finding -> {});
  private final ChainClient liar = node(true);
  private final ChainClient honest = node(false);

  @AfterEach
  void close() {
    closed.set(true);
  }

  @Test
  void L7_whatOneNodeTellsOfABondSendsNothing() throws Exception {
    start(liar, honest, honest);
    Thread.sleep(1500);
    assertEquals(0, mined.get(), "transactions");
    assertEquals(List.of(), findings.all());
  }

  @Test
  void L7_transactionsThatChangeNothingAreFewAnHour() throws Exception {
    start(liar);
    World.await(
        "it is told that more are called for",
        Duration.ofSeconds(30),
        () -> findings.all().stream().anyMatch(one -> one.id().startsWith("budget:")));
    Thread.sleep(1500);
    assertEquals(Bondsman.PER_HOUR, mined.get(), "transactions");
    assertTrue(
        findings.all().stream().allMatch(one -> one.status() == Finding.Status.OPEN),
        findings.all().toString());
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 5, 20})
  void L10_whatIsSeenLaterThanItWasMinedIsToldThen(long answers) throws Exception {
    answersUntilBack.set(answers);
    start(liar);
    World.await(
        "it is told that the bond is there again",
        Duration.ofSeconds(30),
        () -> findings.all().stream().anyMatch(one -> one.status() == Finding.Status.STOPPED));
  }

  private void start(ChainClient... nodes) {
    Jury jury =
        new Jury(
            new Jury.Place(
                1,
                List.of(nodes).stream().map(node -> new Jury.Node("node", node)).toList(),
                Address.ZERO,
                Address.ZERO,
                0,
                findings,
                Clock.systemUTC()));
    Predicate<Predicate<ChainClient>> most = jury::most;
    new Bondsman(
            new Bondsman.Place(
                1,
                nodes[0],
                most,
                Address.ZERO,
                Address.ZERO,
                new Budget(Bondsman.PER_HOUR, 1, "bonds", () -> true, findings, Clock.systemUTC()),
                new Enforcer(
                    1,
                    nodes[0],
                    new PrivateKeySigner(BigInteger.TEN),
                    BigInteger.TEN,
                    BigInteger.TEN,
                    Duration.ofMillis(5),
                    trouble -> {}),
                findings,
                Duration.ofMillis(5),
                closed::get,
                Clock.systemUTC()))
        .start();
  }

  /** Mines at once what is sent, and nothing comes of it. */
  private ChainClient node(boolean leaving) {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "call" -> answer(Bytes.of((byte[]) arguments[1]).hex(), leaving);
                  case "head" ->
                      new Block(
                          mined.get(), Hash.keccak("head"), Hash.ZERO, Clock.systemUTC().instant());
                  case "estimateGas" -> new GasEstimate.Estimated(60_000);
                  case "fees" -> new Fees(BigInteger.ONE, BigInteger.ONE, BigInteger.TWO);
                  case "nonce" -> mined.get();
                  case "send" -> {
                    mined.incrementAndGet();
                    yield new SendOutcome.Accepted(Hash.keccak("sent"));
                  }
                  case "receipt" -> java.util.Optional.empty();
                  case "hashCode" -> 1;
                  case "equals" -> proxy == arguments[0];
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private byte[] answer(String data, boolean leaving) {
    String word = "%064x";
    if (data.startsWith(selector(Abi.call(QuorumGateway.FUNC_QUORUM)))) {
      return Bytes.of(
              "0x" + word.formatted(64) + word.formatted(1) + word.formatted(1) + word.formatted(5))
          .bytes();
    }
    if (data.startsWith(selector(Abi.call(QuorumGateway.FUNC_PREVIOUSQUORUM)))) {
      return Bytes.of(
              "0x" + word.formatted(96) + word.formatted(0) + word.formatted(0) + word.formatted(0))
          .bytes();
    }
    org.web3j.abi.datatypes.Address relayer = new org.web3j.abi.datatypes.Address(RELAYER.hex());
    if (data.startsWith(selector(Abi.call(RelayerBonds.FUNC_BONDOF, relayer)))) {
      boolean isBack = mined.get() > 0 && answersUntilBack.getAndDecrement() <= 0;
      return Bytes.of(
              "0x"
                  + word.formatted(9)
                  + word.formatted(leaving && !isBack ? 7 : 0)
                  + word.formatted(0))
          .bytes();
    }
    return Bytes.of("0x" + word.formatted(1)).bytes(); // it is a relayer
  }

  private static String selector(byte[] call) {
    return Bytes.of(call).hex().substring(0, 10);
  }
}
