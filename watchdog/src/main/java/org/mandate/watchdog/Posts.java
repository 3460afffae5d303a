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
import java.util.concurrent.locks.ReentrantLock;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.contracts.PostedHashes;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * The hashes of home's blocks that are posted at a destination, read once for all who look for a
 * proof: what is new at the head at each look, and some of what is older, as far back as a proof
 * may still be called for. Whoever posts may post a great many: the newest are kept.
 */
final class Posts {
  /**
   * {@code MAX_DISPUTE_WINDOW} and {@code MAX_RESOLUTION_WINDOW} of the executor, and the wait of
   * orders, together: what came before that is decided. In days, whatever a chain's blocks take.
   */
  static final Duration REACH = Duration.ofDays(3 + 30);

  /** How long what was read is not read again. */
  private static final Duration FRESH = Duration.ofSeconds(2);

  /** After a node refused older blocks. */
  private static final Duration AGAIN = Duration.ofMinutes(1);

  /** So many ranges of older blocks are looked through at each look. */
  private static final int PARTS = 8;

  /** Blocks of home that are asked for at each look. */
  private static final int MOST_ASKED = 64;

  /** How often a hash may be another one than home's before it is taken for false. */
  private static final int MISSES = 5;

  private static final int MOST_KEPT = 4096;
  private static final int BITS_OF_NUMBERS = 62;

  private final long homeId;
  private final ChainClient home;
  private final ChainClient chain;
  private final Address posted;
  private final BlockRanges newer;
  private final BlockRanges older;
  private final Duration fresh;

  private final ReentrantLock lock = new ReentrantLock();
  private final TreeMap<Place, Post> all = new TreeMap<>();

  private long count;
  private long asked;
  private long top = -1;
  private long bottom;
  private boolean reached;
  private long read;
  private boolean isRead;
  private boolean refused;
  private long refusedAt;

  /** Of an event. */
  private record Place(long block, int index) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int blocks = Long.compare(block, other.block);
      return blocks != 0 ? blocks : Integer.compare(index, other.index);
    }
  }

  /** What was posted, and what is known of it. */
  private static final class Post {
    private final long number;
    private final Hash hash;

    /** Home's block, once it was seen to be it. */
    private Optional<Block> block = Optional.empty();

    private boolean counts;
    private int misses;
    private long asked;

    private Post(long number, Hash hash) {
      this.number = number;
      this.hash = hash;
    }
  }

  /**
   * @param posted who is believed about home's blocks there
   */
  Posts(long homeId, ChainClient home, ChainClient chain, Address posted) {
    this(homeId, home, chain, posted, FRESH);
  }

  /**
   * As above.
   *
   * @param fresh how long what was read is not read again
   */
  Posts(long homeId, ChainClient home, ChainClient chain, Address posted, Duration fresh) {
    this.fresh = fresh;
    this.homeId = homeId;
    this.home = home;
    this.chain = chain;
    this.posted = posted;
    this.newer = new BlockRanges(chain);
    this.older = new BlockRanges(chain);
  }

  /** How many were found to count since the start. */
  long count() {
    lock.lock();
    try {
      refresh();
      return count;
    } finally {
      lock.unlock();
    }
  }

  /** Blocks of home's that count here, or did when they were looked at. */
  List<Block> newestFirst() {
    lock.lock();
    try {
      refresh();
      return all.descendingMap().values().stream()
          .filter(post -> post.counts)
          .flatMap(post -> post.block.stream())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it counts now: guardians may have taken it back. */
  boolean counts(Block block) {
    byte[] hash =
        chain.call(
            posted,
            Abi.call(PostedHashes.FUNC_HASHOF, new Uint256(homeId), new Uint256(block.number())));
    return hash.length == 32 && Hash.of(hash).equals(block.hash());
  }

  private void refresh() {
    if (isRead && System.nanoTime() - read < fresh.toNanos()) {
      return;
    }
    Block head = chain.head();
    if (top < 0) {
      bottom = head.number() + 1;
      top = head.number();
    }
    // Some blocks again: a reorg may have replaced them.
    long again = Math.max(bottom, Math.max(0, top - Chronicle.KEPT_BLOCKS + 1));
    List<Log> found = new ArrayList<>();
    for (long to = head.number(); to >= again; ) {
      BlockRanges.Part<List<Log>> part = look(newer, again, to);
      found.addAll(part.content());
      to = part.from() - 1;
    }
    Map<Place, Post> before = new TreeMap<>(all.tailMap(new Place(again, -1)));
    all.tailMap(new Place(again, -1)).clear();
    found.forEach(log -> keep(log, before));
    top = head.number();
    read = System.nanoTime();
    isRead = true; // whoever comes next goes on with that, also if the rest fails
    readOlder(head);
    if (all.size() > MOST_KEPT) {
      all.values().removeIf(post -> post.misses >= MISSES);
    }
    while (all.size() > MOST_KEPT) {
      all.pollFirstEntry();
      reached = true; // what is older has no room
    }
    ask();
  }

  // A node that keeps no logs that are so old keeps nobody from what is newer.
  private void readOlder(Block head) {
    if (refused && System.nanoTime() - refusedAt < AGAIN.toNanos()) {
      return;
    }
    try {
      for (int i = 0; i < PARTS && !reached && bottom > 0; i++) {
        BlockRanges.Part<List<Log>> part = look(older, 0, bottom - 1);
        part.content().forEach(log -> keep(log, Map.of()));
        bottom = part.from();
        reached =
            chain
                .block(bottom)
                .filter(block -> block.timestamp().isBefore(head.timestamp().minus(REACH)))
                .isPresent();
      }
      refused = false;
    } catch (NodeException e) {
      refused = true;
      refusedAt = System.nanoTime();
    }
  }

  private BlockRanges.Part<List<Log>> look(BlockRanges ranges, long from, long to) {
    return ranges.last(
        from,
        to,
        (first, last) ->
            chain.logs(first, last, List.of(posted), List.of(Set.of(Topics.HASH_POSTED))));
  }

  private void keep(Log log, Map<Place, Post> before) {
    LogWords words = LogWords.of(log);
    BigInteger number = words.topicNumber(1);
    if (number.bitLength() > BITS_OF_NUMBERS) {
      return;
    }
    Place place = new Place(log.blockNumber(), log.index());
    Post post = new Post(number.longValueExact(), words.word(0));
    Post known = before.get(place);
    boolean same = known != null && known.number == post.number && known.hash.equals(post.hash);
    all.put(place, same ? known : post);
  }

  /** Whether they are home's, and count by now: those first that waited longest for an answer. */
  private void ask() {
    List<Post> open =
        all.descendingMap().values().stream()
            .filter(post -> !post.counts && post.misses < MISSES)
            .sorted(Comparator.comparingLong(post -> post.asked))
            .limit(MOST_ASKED)
            .toList();
    for (Post post : open) {
      post.asked = ++asked;
      if (post.block.isEmpty()) {
        Optional<Block> there = home.block(post.number);
        post.block = there.filter(block -> block.hash().equals(post.hash));
        if (there.isPresent() && post.block.isEmpty()) {
          post.misses++;
        }
      }
      if (post.block.filter(this::counts).isPresent()) {
        post.counts = true;
        count++;
      }
    }
  }
}
