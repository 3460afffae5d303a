package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.PostedHashes;
import org.mandate.watchdog.WatchdogConfig.WhenHomeIsSilent;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.generated.Bytes32;
import org.web3j.abi.datatypes.generated.Uint256;
import org.web3j.abi.datatypes.generated.Uint64;

/**
 * At a destination: what is posted there as the hash of a block of home's must be it. A false one
 * would prove anything, also that home dispatched what is disputed: it is taken back before it
 * counts, as far as one guardian can.
 */
final class HashExaminer implements Examiner {
  private static final int SELDOM = 10;
  private static final int BITS_OF_NUMBERS = 62;

  /**
   * Transactions within an hour for what does not count soon: who posts pays for gas alone, and so
   * would the guardian.
   */
  static final int MOST_RETRACTIONS = 60;

  private static final Duration DOUBT = Duration.ofMinutes(1);

  /** It is another guardian's turn, by what one node says: then it is seen whether that is so. */
  private static final Duration TURN = Duration.ofHours(1);

  /** One that nothing comes of is looked at ever more seldom: whoever posts may post thousands. */
  private static final Duration MOST_REST = Duration.ofMinutes(5);

  private final Court court;
  private final Set<Place> begun = ConcurrentHashMap.newKeySet();

  private record Place(Block block, int logIndex) {}

  /**
   * What all checks of one chain share.
   *
   * @param posted where home's hashes are posted
   * @param stands whether a block of this chain is still in it
   * @param jury asked before one is taken back
   * @param budget of transactions for that: whoever posts pays for nothing but gas
   * @param whenHomeIsSilent what to do about a hash that home says nothing of until it counts
   */
  record Court(
      long chainId,
      ChainClient chain,
      Finality finality,
      Address posted,
      ChainClient home,
      Finality homeFinality,
      Jury jury,
      Budget budget,
      Predicate<Block> stands,
      Enforcer enforcer,
      Findings findings,
      Duration safetyMargin,
      WhenHomeIsSilent whenHomeIsSilent,
      Duration poll,
      Clock clock) {}

  /** What the contract knows of a block; the zero hash: nothing. */
  private record Known(Hash hash, Instant countsFrom) {}

  private sealed interface Judgement {
    record Honest() implements Judgement {}

    record Open(String reason) implements Judgement {}

    record False(String expected) implements Judgement {}
  }

  HashExaminer(Court court) {
    this.court = court;
  }

  @Override
  public void examine(Page page) {
    for (Entry entry : page.entries()) {
      if (entry instanceof Entry.HashPosted(Log log)
          && begun.add(new Place(page.block(), log.index()))) {
        LogWords words = LogWords.of(log);
        Post post =
            new Post(
                words.topicNumber(1),
                words.word(0),
                instant(words.number(1)),
                log.transaction(),
                page.block());
        Errand.start("hash-" + post.number, court.poll().multipliedBy(SELDOM), post::round);
      }
    }
  }

  @Override
  public void reset() {
    // What runs for a block that does not stand ends by itself.
    begun.removeIf(place -> !court.stands().test(place.block()));
  }

  private Known known(BigInteger number) {
    List<Object> answer =
        Abi.decode(
            court
                .chain()
                .call(court.posted(), Abi.call(PostedHashes.FUNC_KNOWN, new Uint256(number))),
            new TypeReference<Bytes32>() {},
            new TypeReference<Uint64>() {});
    BigInteger from = (BigInteger) answer.get(1);
    return new Known(Hash.of((byte[]) answer.get(0)), instant(from));
  }

  private static Instant instant(BigInteger seconds) {
    return Instant.ofEpochSecond(
        seconds.min(BigInteger.valueOf(Integer.MAX_VALUE * 2L)).longValue());
  }

  /** One hash, until it is found to be home's, or is taken back. */
  private final class Post {
    private final BigInteger number;
    private final Hash hash;

    /** From when on it counts, if no guardian suspends it. */
    private final Instant posted;

    private final Hash transaction;
    private final Block block;
    private final LastingState ended = new LastingState(court.chain(), court.finality());
    private boolean told;

    /** Nothing is done about it until then, unless what the contract knows of it changes. */
    private Instant doubtedUntil = Instant.MIN;

    private Instant doubted = Instant.MIN;

    private Duration rest;
    private Instant restsUntil = Instant.MIN;

    private Post(BigInteger number, Hash hash, Instant posted, Hash transaction, Block block) {
      this.number = number;
      this.hash = hash;
      this.posted = posted;
      this.transaction = transaction;
      this.block = block;
      this.rest = court.poll().multipliedBy(SELDOM);
    }

    /**
     * @return whether it is over
     */
    private boolean round() {
      if (!court.stands().test(block)) {
        status(Finding.Status.WITHDRAWN);
        return true;
      }
      if (court.clock().instant().isBefore(restsUntil)) {
        return false;
      }
      Known known = known(number);
      if (!known.hash().equals(hash)) {
        if (ended.look(() -> !known(number).hash().equals(hash)) != LastingState.Look.FINAL) {
          return false;
        }
        status(Finding.Status.STOPPED);
        return true;
      }
      boolean late = isLate(known);
      switch (judge()) {
        case Judgement.Honest honest -> {
          status(Finding.Status.WITHDRAWN);
          return true;
        }
        case Judgement.False(String expected) -> {
          report(expected, "%s was posted".formatted(hash));
          retract(known, late);
        }
        case Judgement.Open(String reason) -> {
          if (late) {
            report("home can be asked about a posted block before it counts", reason);
            if (court.whenHomeIsSilent() == WhenHomeIsSilent.DISPUTE) {
              retract(known, true);
            }
          }
        }
      }
      rest(known);
      return false;
    }

    // Until it cannot wait, then not at all until it counts.
    private void rest(Known known) {
      Instant now = now();
      Instant late = lateFrom(known);
      Duration most = MOST_REST;
      if (now.isBefore(late)) {
        Duration half = Duration.between(now, late).dividedBy(2);
        most = half.compareTo(most) < 0 ? half : most;
      } else if (now.isBefore(known.countsFrom())) {
        most = Duration.ZERO;
      }
      restsUntil = court.clock().instant().plus(rest.compareTo(most) < 0 ? rest : most);
      rest = rest.compareTo(MOST_REST) < 0 ? rest.multipliedBy(2) : MOST_REST;
    }

    private Instant now() {
      Instant now = court.clock().instant();
      Instant head = court.chain().head().timestamp();
      return head.isAfter(now) ? head : now;
    }

    /** Whether it counts soon, or does already. */
    private boolean isLate(Known known) {
      return !now().isBefore(lateFrom(known));
    }

    private Judgement judge() {
      if (number.bitLength() > BITS_OF_NUMBERS) {
        return new Judgement.False("a number that a block of home can have");
      }
      try {
        long height = number.longValueExact();
        Optional<Block> last = court.homeFinality().highest(court.home());
        if (last.filter(highest -> highest.number() >= height).isPresent()) {
          Block there =
              court
                  .home()
                  .block(height)
                  .orElseThrow(() -> new NodeException("home's node has no block " + height));
          if (!there.hash().equals(hash)) {
            return new Judgement.False("home's block %d, %s".formatted(height, there.hash()));
          }
          // Who is acquitted is not looked at again: not by one node's word.
          return court.jury().bearsOutBlock(height, hash)
              ? new Judgement.Honest()
              : new Judgement.Open("one node of home's shows it, and the others do not");
        }
        Block head = court.home().head();
        // What was posted was final.
        return head.number() < height && !head.timestamp().isBefore(block.timestamp())
            ? new Judgement.False(
                "a block that home had come to; its head %d is of %s"
                    .formatted(head.number(), head.timestamp()))
            : new Judgement.Open("block " + height + " is not final at home");
      } catch (NodeException e) {
        return new Judgement.Open("home's node does not answer: " + e.getMessage());
      }
    }

    // A hash that counts at once comes from who proves it: then nobody is to be faster.
    private Instant lateFrom(Known known) {
      Duration wait = Duration.between(block.timestamp(), known.countsFrom());
      if (wait.isZero() || wait.isNegative()) {
        return Instant.MAX;
      }
      Duration half = wait.dividedBy(2);
      Duration margin = half.compareTo(court.safetyMargin()) < 0 ? half : court.safetyMargin();
      return known.countsFrom().minus(margin);
    }

    private void retract(Known known, boolean late) {
      if (doubted.equals(known.countsFrom()) && court.clock().instant().isBefore(doubtedUntil)) {
        return;
      }
      Retraction retraction = new Retraction(this);
      if (!retraction.ration.isTaken(late)) {
        return; // people are told; later there is some again, and more when it cannot wait
      }
      Optional<Enforcer.Done> end;
      try (retraction.ration) {
        if (number.bitLength() <= BITS_OF_NUMBERS
            && court.jury().showsBlock(number.longValueExact(), hash)) {
          doubt(known, DOUBT); // a node of home's shows it
          return;
        }
        end = court.enforcer().bringAbout(retraction);
      }
      if (end.isPresent() && retraction.isRefused()) {
        doubt(known, DOUBT); // as far as the node knows: see later
        return;
      }
      doubt(known(number), TURN);
      end.filter(one -> one.transaction().isPresent())
          .ifPresent(
              one ->
                  court
                      .findings()
                      .update(
                          findingId(),
                          found ->
                              found.with(
                                  new Deed(
                                      "retract",
                                      court.chainId(),
                                      one.transaction(),
                                      one.settled().outcome(),
                                      court.clock().instant()))));
    }

    private void doubt(Known known, Duration time) {
      doubted = known.countsFrom();
      doubtedUntil = court.clock().instant().plus(time);
    }

    private void status(Finding.Status status) {
      if (told) {
        court
            .findings()
            .update(
                findingId(),
                found -> found.status() == Finding.Status.OPEN ? found.with(status) : found);
      }
    }

    private String findingId() {
      return "hash:%d:%s:%s".formatted(court.chainId(), number, hash);
    }

    private void report(String expected, String seen) {
      told = true;
      court
          .findings()
          .report(
              new Finding(
                  findingId(),
                  Check.HASH,
                  Severity.CRITICAL,
                  court.chainId(),
                  block.number(),
                  Optional.empty(),
                  Optional.empty(),
                  expected,
                  seen + " as home's block " + number,
                  "One guardian suspends it for seven days, a second one takes it back for good"
                      + " (PostedHashes.retract): see that one does. Take the role from who posted"
                      + " it (transaction "
                      + transaction
                      + "), and uphold and execute nothing that was proved by it.",
                  court.clock().instant(),
                  Finding.Status.OPEN,
                  List.of()));
    }
  }

  private final class Retraction implements Remedy {
    private final Post post;
    private final Refusals refusals = new Refusals();
    private final Ration ration = new Ration(court.budget());
    private Optional<String> end = Optional.empty();

    private Retraction(Post post) {
      this.post = post;
    }

    @Override
    public String what() {
      return "retraction of block " + post.number;
    }

    @Override
    public Address to() {
      return court.posted();
    }

    @Override
    public Bytes data() {
      return Bytes.of(Abi.call(PostedHashes.FUNC_RETRACT, new Uint256(post.number)));
    }

    @Override
    public boolean ready() {
      return ration.isTaken(post.isLate(known(post.number)));
    }

    @Override
    public void sent() {
      ration.spend();
    }

    @Override
    public boolean refused(String reason) {
      boolean isSaid = reason.startsWith("PostedSuspended(");
      if (isSaid) {
        Instant counts = known(post.number).countsFrom();
        if (counts.isAfter(post.posted)) {
          end =
              Optional.of(
                  "suspended until %s; another guardian takes it back for good".formatted(counts));
          return true;
        }
      }
      if (isSaid || reason.startsWith("AccessManagedUnauthorized(")) {
        refusals.add();
        return true;
      }
      refusals.end();
      return false;
    }

    private boolean isRefused() {
      return end.isEmpty() && refusals.areEnough();
    }

    @Override
    public Optional<Settled> settled() {
      return known(post.number).hash().equals(post.hash)
          ? end.or(() -> isRefused() ? Optional.of("not done: refused") : Optional.empty())
              .map(Settled::new)
          : Optional.of(new Settled("taken back"));
    }
  }
}
