package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Duration;
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

  /** So many ranges of newer blocks, and of older ones, are looked through at each look. */
  static final int PARTS = 8;

  /** Blocks of home that are asked for at each look. */
  private static final int MOST_ASKED = 64;

  /**
   * How often a hash may be another one than home's before it makes room for others. It is asked
   * for ever more seldom, at most every 2^8 looks, and never for the last time: the node may have
   * lied.
   */
  private static final int MISSES = 5;

  private static final int MOST_DOUBLINGS = 8;

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
  private long looks;
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
    private long dueAt;
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

  /** Blocks of home's that count here, or did when they were looked at: home's newest first. */
  List<Block> newestFirst() {
    lock.lock();
    try {
      refresh();
      return all.values().stream()
          .filter(post -> post.counts)
          .flatMap(post -> post.block.stream())
          .distinct()
          .sorted(Comparator.comparingLong(Block::number).reversed())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it counts now: guardians may have taken it back. Then it is asked for anew. */
  boolean counts(Block block) {
    boolean counts = stands(block);
    if (!counts) {
      lock.lock();
      try {
        all.values().stream()
            .filter(post -> post.block.filter(block::equals).isPresent())
            .forEach(post -> post.counts = false);
      } finally {
        lock.unlock();
      }
    }
    return counts;
  }

  private boolean stands(Block block) {
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
    if (top >= 0 && head.number() < bottom) {
      // This head or the one that it began at is no head of the chain: the next one shows which.
      top = -1;
      read = System.nanoTime();
      isRead = true;
      return;
    }
    if (top < 0) {
      bottom = head.number() + 1;
      reached = false;
    }
    top = top < 0 ? head.number() : Math.min(top, head.number());
    all.tailMap(new Place(head.number() + 1, -1)).clear();
    readNewer(head);
    read = System.nanoTime();
    isRead = true; // whoever comes next goes on with that, also if the rest fails
    readOlder(head);
    makeRoom();
    ask();
  }

  // Upwards, and no more than a look has room for: the node may tell any head.
  private void readNewer(Block head) {
    // Some blocks again: a reorg may have replaced them.
    long from = Math.max(bottom, Math.max(0, top - Chronicle.KEPT_BLOCKS + 1));
    for (int i = 0; i < PARTS && from <= head.number(); i++) {
      BlockRanges.Part<List<Log>> part = newer.first(from, head.number(), this::logs);
      from = part.to() + 1;
      Map<Place, Post> there = all.subMap(new Place(part.from(), -1), new Place(from, -1));
      Map<Place, Post> before = new TreeMap<>(there);
      there.clear();
      part.content().forEach(log -> keep(log, before));
      top = part.to();
    }
  }

  // What was most often found to be another hash than home's goes first, then what is oldest.
  private void makeRoom() {
    all.entrySet().stream()
        .filter(entry -> entry.getValue().misses >= MISSES)
        .sorted(Comparator.comparingInt(entry -> -entry.getValue().misses))
        .limit(Math.max(0, all.size() - MOST_KEPT))
        .map(Map.Entry::getKey)
        .toList()
        .forEach(all::remove);
    while (all.size() > MOST_KEPT) {
      all.pollFirstEntry();
      reached = true; // what is older has no room
    }
  }

  // A node that keeps no logs that are so old keeps nobody from what is newer.
  private void readOlder(Block head) {
    if (refused && System.nanoTime() - refusedAt < AGAIN.toNanos()) {
      return;
    }
    try {
      for (int i = 0; i < PARTS && !reached && bottom > 0; i++) {
        BlockRanges.Part<List<Log>> part = older.last(0, bottom - 1, this::logs);
        part.content().forEach(log -> keep(log, all));
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

  private List<Log> logs(long from, long to) {
    return chain.logs(from, to, List.of(posted), List.of(Set.of(Topics.HASH_POSTED)));
  }

  private void keep(Log log, Map<Place, Post> before) {
    BigInteger number;
    Hash hash;
    try {
      LogWords words = LogWords.of(log);
      number = words.topicNumber(1);
      hash = words.word(0);
    } catch (IllegalArgumentException e) {
      return; // no event of the contract's: the node made it up
    }
    if (number.bitLength() > BITS_OF_NUMBERS) {
      return;
    }
    Place place = new Place(log.blockNumber(), log.index());
    Post post = new Post(number.longValueExact(), hash);
    Post known = before.get(place);
    boolean same = known != null && known.number == post.number && known.hash.equals(post.hash);
    all.put(place, same ? known : post);
  }

  /** Whether they are home's, and count by now: those first that waited longest for an answer. */
  private void ask() {
    looks++;
    List<Post> open =
        all.descendingMap().values().stream()
            .filter(post -> !post.counts && post.dueAt <= looks)
            .sorted(Comparator.comparingLong(post -> post.asked))
            .limit(MOST_ASKED)
            .toList();
    for (Post post : open) {
      post.asked = ++asked;
      if (post.block.isEmpty()) {
        post.block = home.block(post.number).filter(block -> block.hash().equals(post.hash));
        if (post.block.isEmpty()) {
          post.misses++;
          post.dueAt = looks + (1L << Math.min(post.misses, MOST_DOUBLINGS));
        }
      }
      if (post.block.filter(this::stands).isPresent()) {
        post.counts = true;
        count++;
      }
    }
  }
}
