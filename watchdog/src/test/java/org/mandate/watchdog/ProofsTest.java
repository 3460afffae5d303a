package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;
import org.mandate.deploy.DeploymentParameters.AcrossChains;
import org.mandate.deploy.DeploymentParameters.HashOracle;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** Chains to which home's block hashes are posted. */
class ProofsTest {
  private static final BigInteger AMOUNT = BigInteger.TEN;
  private static final AcrossChains PROVEN =
      new AcrossChains(
          AcrossChains.DEFAULT.pause(),
          AcrossChains.DEFAULT.unbonding(),
          BigInteger.ZERO,
          List.of(),
          Optional.empty(),
          Optional.of(new HashOracle(List.of(World.oracle()), Duration.ZERO)));

  private static final Hash LIE = Hash.keccak("no block of home's");

  @TempDir Path directory;

  @Test
  void L7_whatIsForgedIsRefutedAndWhatIsHonestConfirmedByHomesStorage() throws Exception {
    try (World world = World.start(directory, PROVEN);
        Watchdog watchdog = world.watchdog(0)) {
      // Under the number of a message that home sent: home's storage shows the other one.
      Intent genuine = world.payment(World.REMOTE, AMOUNT);
      Message sent = world.sent(world.submit(genuine));
      Intent forged = world.payment(World.REMOTE, AMOUNT);
      Message like = world.forged(forged);
      world.deliver(
          new Message(
              like.sourceChainId(), sent.nonce(), like.sender(), like.recipient(), like.payload()));
      World.await(
          "it is disputed", World.PATIENCE, () -> world.state(forged) == IntentState.DISPUTED);

      world.deliver(world.sent(world.resend(genuine)));
      Thread.sleep(3000);
      world.disputeBySecond(genuine);
      assertEquals(IntentState.DISPUTED, world.state(genuine));
      Thread.sleep(3000);
      assertEquals(IntentState.DISPUTED, world.state(genuine), "nothing shows anything yet");

      world.postHash();
      World.await("it is refuted", World.PATIENCE, () -> world.state(forged) == IntentState.NONE);
      World.await(
          "it is confirmed", World.PATIENCE, () -> world.state(genuine) == IntentState.QUEUED);
      world.execute(genuine);
      assertEquals(AMOUNT, world.received());
      World.await(
          "both is told",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                  .filter(found -> found.status() == Finding.Status.STOPPED)
                  .flatMap(found -> found.deeds().stream())
                  .map(Deed::what)
                  .toList()
                  .containsAll(List.of("dispute", "refute", "confirm")));
    }
  }

  @Test
  void L7_whatIsNotHomesIsTakenBackBeforeItCountsAndWhatIsStays() throws Exception {
    Duration wait = Duration.ofMinutes(30);
    AcrossChains waiting =
        new AcrossChains(
            PROVEN.pause(),
            PROVEN.unbonding(),
            BigInteger.ZERO,
            List.of(),
            Optional.empty(),
            Optional.of(new HashOracle(List.of(World.oracle()), wait)));
    try (World world = World.start(directory, waiting)) {
      Block honest = world.home.client.finalized();
      Block other = world.home.client.block(honest.number() - 1).orElseThrow();
      long ahead = honest.number() + 1_000_000;
      try (Watchdog watchdog = world.watchdog(0)) {
        world.postHash(honest.number(), honest.hash());
        world.postHash(other.number(), LIE);
        world.postHash(ahead, LIE);
        for (long number : new long[] {other.number(), ahead}) {
          World.await(
              "it is suspended",
              World.PATIENCE,
              () ->
                  countsFrom(world, number)
                      .isAfter(world.remote.client.head().timestamp().plus(Duration.ofDays(6))));
          World.await(
              "it is told, and that one guardian is not enough",
              World.PATIENCE,
              () ->
                  hash(watchdog, number, LIE)
                      .filter(found -> found.status() == Finding.Status.OPEN)
                      .filter(
                          found ->
                              found.deeds().stream()
                                  .anyMatch(deed -> deed.outcome().contains("another guardian")))
                      .isPresent());
        }
        try (Watchdog second = world.watchdog(1)) {
          for (long number : new long[] {other.number(), ahead}) {
            World.await(
                "it is taken back for good",
                World.PATIENCE,
                () -> countsFrom(world, number).equals(Instant.EPOCH));
            World.await(
                "both say so",
                World.PATIENCE,
                () ->
                    List.of(watchdog, second).stream()
                        .allMatch(
                            one ->
                                hash(one, number, LIE)
                                    .filter(found -> found.status() == Finding.Status.STOPPED)
                                    .isPresent()));
          }
          assertEquals(
              2, watchdog.findings().stream().filter(f -> f.check() == Check.HASH).count());
          Instant counts = countsFrom(world, honest.number());
          assertTrue(
              counts.isBefore(world.remote.client.head().timestamp().plus(wait)),
              "what is home's counts when it did");
        }
      }
    }
  }

  @Test
  void L7_moreFalseHashesThanAnHourHasRetractionsAreTakenBackBeforeOneCounts() throws Exception {
    Duration wait = Duration.ofSeconds(100);
    int many = HashExaminer.MOST_RETRACTIONS + 12;
    AcrossChains waiting =
        new AcrossChains(
            PROVEN.pause(),
            PROVEN.unbonding(),
            BigInteger.ZERO,
            List.of(),
            Optional.empty(),
            Optional.of(new HashOracle(List.of(World.oracle()), wait)));
    try (World world = World.start(directory, waiting);
        Watchdog watchdog = world.watchdog(0)) {
      long first = world.home.client.head().number() + 1_000_000;
      world.remote.stopMining();
      for (int i = 0; i < many; i++) {
        world.remote.rpc(
            "eth_sendTransaction",
            Map.of(
                "from",
                World.oracle(),
                "to",
                world.remoteDeployment.postedHashes().orElseThrow().hex(),
                "gas",
                "0x30d40",
                "data",
                world
                    .postedHashes()
                    .post(BigInteger.valueOf(first + i), LIE.bytes())
                    .encodeFunctionCall()));
      }
      world.remote.rpc("evm_mine");
      world.remote.mineEverySecond();
      Instant posted = world.remote.client.head().timestamp();
      World.await("all are suspended", wait, () -> suspended(world) == many);
      Instant done = world.remote.client.head().timestamp();
      assertTrue(done.isBefore(posted.plus(wait)), "before one counts: " + done);
      assertTrue(
          watchdog.findings().stream().anyMatch(found -> found.id().startsWith("budget:")),
          "people are told");
    }
  }

  private static int suspended(World world) {
    Hash topic = Hash.keccak("HashSuspended(uint256,bytes32,uint64,address)");
    return world
        .remote
        .client
        .logs(
            0,
            world.remote.client.head().number(),
            List.of(world.remoteDeployment.postedHashes().orElseThrow()),
            List.of(Set.of(topic)))
        .size();
  }

  private static Instant countsFrom(World world, long number) {
    try {
      return Instant.ofEpochSecond(
          world
              .postedHashes()
              .known(BigInteger.valueOf(number))
              .send()
              .component2()
              .longValueExact());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Optional<Finding> hash(Watchdog watchdog, long number, Hash hash) {
    String id = "hash:%d:%d:%s".formatted(World.REMOTE, number, hash);
    return watchdog.findings().stream().filter(found -> found.id().equals(id)).findFirst();
  }

  @Test
  void L7_whatAClosingEndedIsNotRefutedAsWell() throws Exception {
    try (World world = World.start(directory, PROVEN);
        Watchdog watchdog = world.watchdog(0)) {
      List<Intent> forged =
          Stream.generate(() -> world.payment(World.REMOTE, AMOUNT, Duration.ofHours(5)))
              .limit(Disputes.PER_HOUR + 4)
              .toList();
      world.deliverMany(forged.stream().map(world::forged).toList(), 0, 1, 2);
      World.await(
          "each is disputed, or its gateway is closed",
          World.PATIENCE,
          () ->
              forged.stream()
                  .allMatch(
                      intent ->
                          world.state(intent) == IntentState.DISPUTED || world.isEnded(intent)));
      Thread.sleep(3000); // disputes on their way
      List<Intent> ended = forged.stream().filter(world::isEnded).toList();
      assertTrue(ended.size() >= 4, ended.size() + " ended");
      world.home.rpc("evm_increaseTime", Duration.ofMinutes(61).toSeconds());
      Thread.sleep(2000);
      world.postHash();
      World.await(
          "what is disputed is refuted",
          World.PATIENCE,
          () -> forged.stream().noneMatch(one -> world.state(one) == IntentState.DISPUTED));
      Thread.sleep(8000);
      assertTrue(
          ended.stream().allMatch(one -> world.state(one) == IntentState.QUEUED),
          "each would be a transaction for nothing");
      assertTrue(watchdog.findings().stream().noneMatch(one -> one.check() == Check.SELF));
    }
  }

  @Test
  void L7_aNumberThatHomeHasNotComeToIsRefutedByAYoungerBlock() throws Exception {
    try (World world = World.start(directory, PROVEN);
        Watchdog watchdog = world.watchdog(0)) {
      Intent forged = world.payment(World.REMOTE, AMOUNT, Duration.ofHours(5));
      world.deliver(world.forged(forged));
      World.await(
          "it is disputed", World.PATIENCE, () -> world.state(forged) == IntentState.DISPUTED);
      world.postHash();
      Thread.sleep(5000);
      assertEquals(IntentState.DISPUTED, world.state(forged), "home may send it still");
      world.home.rpc("evm_increaseTime", Duration.ofMinutes(61).toSeconds());
      Thread.sleep(2000);
      world.postHash();
      World.await("it is refuted", World.PATIENCE, () -> world.state(forged) == IntentState.NONE);
      World.await(
          "it is told",
          World.PATIENCE,
          () ->
              watchdog.findings().stream()
                  .flatMap(found -> found.deeds().stream())
                  .anyMatch(deed -> deed.what().equals("refute")));
    }
  }
}
