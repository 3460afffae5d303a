package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;

/**
 * A node that hands out everything but the payments in one old block and in one new one: they are
 * too many.
 */
class PaymentsTest {
  private static final long HEAD = 260;
  private static final long OLD = 3; // older than what the chronicle keeps
  private static final long NEW = 100;
  private static final Duration POLL = Duration.ofMillis(1);

  @Test
  void L7_followerReadsOnWhenAVaultsPaymentsCannotBeRead() throws Exception {
    ChainClient chain = chain();
    Set<Long> judged = ConcurrentHashMap.newKeySet();
    List<String> unread = new CopyOnWriteArrayList<>();
    Chronicle chronicle = new Chronicle(0);
    Reader reader = new Reader(chain, deployment());
    Payments payments =
        new Payments(1, chain, reader, chronicle, examiner(judged), unread::add, POLL);
    try (Follower follower =
        new Follower(
            1,
            chain,
            reader,
            chronicle,
            List.of(),
            payments,
            keep -> {},
            POLL,
            Clock.systemUTC())) {
      follower.start();
      World.await("the head is reached", Duration.ofSeconds(5), follower::caughtUp);
      assertEquals(Optional.of(block(HEAD)), chronicle.tip());
      World.await("both blocks are told", Duration.ofSeconds(10), () -> unread.size() >= 2);
      World.await(
          "the others are judged",
          Duration.ofSeconds(5),
          () -> judged.contains(HEAD) && judged.contains(NEW + 1));
    }
    assertEquals(2, unread.size(), unread.toString());
    assertTrue(
        unread.stream().anyMatch(text -> text.contains("block " + OLD + ":")), unread.toString());
    assertTrue(
        unread.stream().anyMatch(text -> text.contains("block " + NEW + ":")), unread.toString());
  }

  private static Examiner examiner(Set<Long> judged) {
    return new Examiner() {
      @Override
      public void examine(Page page) {
        judged.add(page.block().number());
      }

      @Override
      public void reset() {}
    };
  }

  private static Deployment deployment() {
    return new Deployment(
        BigInteger.ONE,
        BigInteger.ONE,
        0,
        Map.of(
            "CrossChainExecutor", contract(1),
            "AuditLog", contract(2),
            "PolicyEngine", contract(3),
            "AgentRegistry", contract(4),
            "AgentVault-1", contract(5)));
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

  private static ChainClient chain() {
    return (ChainClient)
        Proxy.newProxyInstance(
            ChainClient.class.getClassLoader(),
            new Class<?>[] {ChainClient.class},
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "head" -> block(HEAD);
                  case "block" -> Optional.of(block((long) arguments[0]));
                  case "blocks" ->
                      LongStream.rangeClosed((long) arguments[0], (long) arguments[1])
                          .mapToObj(PaymentsTest::block)
                          .toList();
                  case "code" -> Bytes.of("0x00");
                  case "call" -> new byte[32];
                  case "logs" -> logs(arguments);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static List<?> logs(Object[] arguments) {
    boolean ofVaults = Arrays.stream(arguments).anyMatch(argument -> argument instanceof Set);
    boolean tooMany =
        arguments[0] instanceof Hash hash
            ? hash.equals(hash(NEW))
            : (long) arguments[0] <= OLD && OLD <= (long) arguments[1];
    if (ofVaults && tooMany) {
      throw new NodeException("too many logs");
    }
    return List.of();
  }
}
