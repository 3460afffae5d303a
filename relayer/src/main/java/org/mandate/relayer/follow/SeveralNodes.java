package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mandate.chain.AccountProof;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockRanges;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallOutcome;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.ContractCall;
import org.mandate.chain.Fees;
import org.mandate.chain.Finality;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.NodeException.Fault;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.chain.Transaction;

/**
 * Several nodes of one chain behind one client. A node that fails is left for the next one; what a
 * node says about a transaction is never its failure. How a transaction ended, and which block is
 * final, is for the majority to say, each node by its own account: signatures hang on it, and what
 * is final stays so; that no node knows a transaction proves nothing (L10). What is sent goes to
 * all. How each serves, and who contradicts most others, is told ({@link NodeReport}).
 *
 * <p>What all are asked, they are asked at the same time. More than half of all nodes that are
 * configured decide, whoever is left out: a node that did not answer in time rests, for 15 seconds
 * at first and 5 minutes at most, and is then asked only where the others' answers do not decide
 * ({@link Poll}). Leaving it out never makes the number smaller that is needed, so it can put a
 * decision off and never bring one about.
 *
 * <p>What a contract answers is read inside the question: an answer that makes no sense is that
 * node's failure, and the next one is asked.
 */
public final class SeveralNodes implements ChainClient {
  /**
   * What all nodes say about one thing.
   *
   * @param nodes how many there are
   * @param same how many say that it is so
   * @param different how many say that it is otherwise; the rest does not answer, or does not know
   *     yet
   */
  public record Agreement(int nodes, int same, int different) {
    /** More than half of all nodes, those that do not answer included, say so. */
    public boolean isConfirmed() {
      return same * 2 > nodes;
    }

    /** More than half of all nodes say otherwise. */
    public boolean isContradicted() {
      return different * 2 > nodes;
    }
  }

  /** How many blocks further one node is followed than any other said to be. */
  private static final long AHEAD = 200;

  /** Characters of logs that one node tells at once: what one answer can hold, of one block. */
  private static final long MOST_TOLD = 32 << 20;

  /** How many blocks a node may be behind the newest one before another is preferred. */
  private static final long LAG = 2;

  /** How long others are waited for when the answers that are there decide. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  /** The same, where one answer may be large. */
  private static final Duration LONG_PATIENCE = Duration.ofSeconds(8);

  /** How long others are waited for when one node took a transaction, or two count differently. */
  private static final Duration SHORT_PATIENCE = Duration.ofMillis(250);

  /** So much faster another node must be, by factor and by time, before it is preferred. */
  private static final double FASTER = 2;

  private static final double FASTER_BY = 100e6; // nanoseconds

  private final List<WatchedNode> nodes;
  private final List<NodeHealth> health;
  private final Roster roster;
  private final Executor threads;
  private final LongSupplier clock;

  /** How far each was when it last said so. */
  private final Map<Integer, Long> heights = new ConcurrentHashMap<>();

  /** How far each called the chain final when it last said so: what to ask all about. */
  private final Map<Integer, Long> finalHeights = new ConcurrentHashMap<>();

  /**
   * @param nodes at least one, the preferred one first
   */
  public SeveralNodes(List<? extends ChainClient> nodes) {
    this(nodes, System::nanoTime, Thread::startVirtualThread);
  }

  /**
   * @param clock nanoseconds, from anywhere
   */
  SeveralNodes(List<? extends ChainClient> nodes, LongSupplier clock) {
    this(nodes, clock, Thread::startVirtualThread);
  }

  /**
   * @param clock nanoseconds, from anywhere
   * @param threads carries out what all nodes are asked at the same time, each question by itself
   */
  public SeveralNodes(List<? extends ChainClient> nodes, LongSupplier clock, Executor threads) {
    this(
        Optional.empty(),
        IntStream.rangeClosed(1, nodes.size()).mapToObj(i -> "node " + i).toList(),
        nodes,
        clock,
        threads);
  }

  /**
   * @param chainId of which each of them must be: one that says otherwise is not heard
   * @param names of the nodes as people may see them, without credentials
   * @param nodes as many, the preferred one first
   */
  public SeveralNodes(long chainId, List<String> names, List<? extends ChainClient> nodes) {
    this(Optional.of(chainId), names, nodes, System::nanoTime, Thread::startVirtualThread);
  }

  private SeveralNodes(
      Optional<Long> chainId,
      List<String> names,
      List<? extends ChainClient> nodes,
      LongSupplier clock,
      Executor threads) {
    if (nodes.isEmpty()) throw new IllegalArgumentException("a chain needs at least one node");
    this.roster = new Roster(nodes.size(), clock);
    this.threads = threads;
    this.clock = clock;
    this.health =
        names.stream()
            .map(name -> new NodeHealth(chainId.orElse(0L), name, Clock.systemUTC()))
            .toList();
    this.nodes =
        IntStream.range(0, nodes.size())
            .mapToObj(
                i ->
                    new WatchedNode(
                        nodes.get(i),
                        chainId.map(BigInteger::valueOf),
                        i,
                        health.get(i),
                        roster,
                        clock))
            .toList();
  }

  private <T> Poll<T> poll(
      Poll.Question<T> question, Predicate<Collection<T>> enough, Duration patience) {
    return new Poll<>(nodes, roster, question, enough, patience, threads, clock);
  }

  /** How each node serves, in the order in which they are configured. */
  public List<NodeReport> reports() {
    long newest = health.stream().mapToLong(NodeHealth::height).max().orElse(-1);
    return IntStream.range(0, nodes.size())
        .mapToObj(i -> health.get(i).report(newest, roster.leftOut(i)))
        .toList();
  }

  /** Carries out what is asked while something else is done. */
  Executor threads() {
    return threads;
  }

  /** Whether there is a second one to compare with. */
  public boolean areSeveral() {
    return nodes.size() > 1;
  }

  /**
   * A head and who told of it.
   *
   * @param node its place among all
   * @param last number of the last block to follow it to: the head's own, or less when no other
   *     node is nearly as far
   */
  public record Head(Block block, int node, long last) {}

  /**
   * The newest head that a node tells of, which is preferred from then on. The one that was
   * preferred stays so while it is at most two blocks behind and no other one is much quicker; a
   * node that stands still while others go on is passed over until it has caught up. Who is doubted
   * is believed only when fewer than half of all nodes answer that are not. That blocks follow from
   * each other is for the caller to see, who says so by {@link #trust} or {@link #doubt}.
   */
  public Head newest() {
    Poll.Answers<Block> heads =
        this.<Block>poll(this::head, known -> !known.isEmpty(), PATIENCE).whereLateCounts().take();
    if (heads.byNode().isEmpty()) throw heads.failure();
    List<Integer> among = roster.credible(heads.byNode().keySet());
    long newest = among.stream().mapToLong(i -> heads.byNode().get(i).number()).max().orElseThrow();
    int first = roster.preferred();
    boolean stays = among.contains(first) && heads.byNode().get(first).number() >= newest - LAG;
    int chosen =
        stays
            ? faster(
                first, among.stream().filter(i -> heads.byNode().get(i).number() >= newest - LAG))
            : among.stream()
                .filter(i -> heads.byNode().get(i).number() == newest)
                .findFirst()
                .orElseThrow();
    roster.prefer(chosen);
    Block head = heads.byNode().get(chosen);
    return new Head(head, chosen, Math.min(head.number(), limit()));
  }

  /** One of those that answers much faster than the preferred one, if there is any. */
  private int faster(int preferred, Stream<Integer> others) {
    Optional<Double> own = health.get(preferred).pace();
    return others
        .filter(
            i ->
                own.isPresent()
                    && health
                        .get(i)
                        .pace()
                        .filter(p -> p * FASTER < own.get() && p + FASTER_BY < own.get())
                        .isPresent())
        .min(Comparator.comparingDouble(i -> health.get(i).pace().orElse(Double.MAX_VALUE)))
        .orElse(preferred);
  }

  private Block head(int index, ChainClient node) {
    Block head = node.head();
    heights.put(index, head.number());
    return head;
  }

  /** Far above the second-highest node nobody leads: there one node alone could make up blocks. */
  private long limit() {
    return heights.values().stream()
        .sorted(Comparator.reverseOrder())
        .skip(1)
        .map(second -> second + AHEAD)
        .findFirst()
        .orElse(Long.MAX_VALUE); // only one ever answered
  }

  /** Asks every node which block stands at a number. For what one node alone must not decide. */
  public Agreement agreement(long number, Hash hash) {
    return agreement(
        Disagreement.BLOCK,
        "block " + number,
        node -> node.block(number).map(block -> block.hash().equals(hash)));
  }

  /**
   * Asks every node once which of those blocks stand at their numbers.
   *
   * @param blocks ascending
   * @return of each block, in that order
   */
  public List<Agreement> agreements(List<Block> blocks) {
    if (blocks.isEmpty()) return List.of();
    long from = blocks.getFirst().number();
    long to = blocks.getLast().number();
    Poll.Answers<Map<Long, Hash>> answers =
        this.<Map<Long, Hash>>poll(
                (i, node) ->
                    node.blocks(from, to).stream()
                        .collect(Collectors.toMap(Block::number, Block::hash)),
                known -> blocks.stream().allMatch(block -> isDecided(agreement(block, known))),
                PATIENCE)
            .take();
    return blocks.stream()
        .map(
            block -> {
              Map<Integer, Optional<Boolean>> words = new HashMap<>();
              answers.byNode().forEach((node, hashes) -> words.put(node, isSame(block, hashes)));
              return agreement(Disagreement.BLOCK, "block " + block.number(), words);
            })
        .toList();
  }

  private static Optional<Boolean> isSame(Block block, Map<Long, Hash> told) {
    return Optional.ofNullable(told.get(block.number())).map(block.hash()::equals);
  }

  private Agreement agreement(Block block, Collection<Map<Long, Hash>> told) {
    return agreement(told.stream().map(hashes -> isSame(block, hashes)).toList());
  }

  private static boolean isDecided(Agreement agreement) {
    return agreement.isConfirmed() || agreement.isContradicted();
  }

  /**
   * Asks every node whether that block stands at its number and is final: a node that has it and
   * does not call it final yet says neither.
   */
  public Agreement agreement(Finality finality, long number, Hash hash) {
    return agreement(
        Disagreement.BLOCK,
        "block " + number,
        node -> {
          Optional<Block> block = node.block(number);
          if (block.isEmpty()) return Optional.empty();
          if (!block.get().hash().equals(hash)) return Optional.of(false);
          boolean isFinal =
              finality.highest(node).filter(highest -> highest.number() >= number).isPresent();
          return isFinal ? Optional.of(true) : Optional.empty();
        });
  }

  /**
   * How far each node called the chain final when it last said so, highest first; without those
   * heights that only half of the nodes, or fewer, have reached. These are only what to ask all
   * about: each says again whether it is so in {@link #agreement(Finality, long, Hash)}.
   */
  public List<Long> finalHeights(Finality finality) {
    this.<Boolean>poll(
            (i, node) -> {
              finality.highest(node).ifPresent(block -> finalHeights.put(i, block.number()));
              return true;
            },
            known -> known.size() * 2 > nodes.size(),
            PATIENCE)
        .whereLateCounts()
        .take();
    return finalHeights.values().stream()
        .sorted(Comparator.reverseOrder())
        .skip(nodes.size() / 2)
        .distinct()
        .toList();
  }

  /**
   * What nodes tell of blocks.
   *
   * @param nodes how many there are
   * @param answered how many answered
   * @param logs each with how many tell of it
   */
  public record Told(int nodes, int answered, Map<Log, Integer> logs) {
    /** Whether more than half of all nodes answered: what none of them tells of is not there. */
    public boolean isComplete() {
      return answered * 2 > nodes;
    }

    /** What the node tells of, more than half of all nodes that answered say is not so. */
    boolean isContradicted(Log log) {
      return (answered - by(log)) * 2 > nodes;
    }

    /** More than half of all nodes tell of it. */
    boolean isConfirmed(Log log) {
      return by(log) * 2 > nodes;
    }

    /** Whether no other answer is needed: more than half say of each log whether it is there. */
    boolean isDecided() {
      return isComplete()
          && logs.keySet().stream().allMatch(log -> isConfirmed(log) || isContradicted(log));
    }

    private int by(Log log) {
      return logs.getOrDefault(log, 0);
    }
  }

  /**
   * Asks every node for the logs of the blocks {@code from} to {@code to}, also those that rest
   * where the others do not decide about each log. Who has another block at the end of them has not
   * answered.
   */
  public Told told(long from, Block to, Collection<Address> addresses) {
    Poll.Answers<Set<Log>> answers =
        this.<Set<Log>>poll(
                (i, node) -> logs(node, from, to, addresses),
                known -> told(known).isDecided(),
                LONG_PATIENCE)
            .take();
    Told told = told(answers.byNode().values());
    answers.byNode().forEach((node, own) -> compare(node, own, told));
    return told;
  }

  private Told told(Collection<Set<Log>> answers) {
    Map<Log, Integer> counts =
        answers.stream()
            .flatMap(Set::stream)
            .collect(Collectors.toMap(log -> log, log -> 1, Integer::sum));
    return new Told(nodes.size(), answers.size(), counts);
  }

  private void compare(int node, Set<Log> own, Told told) {
    told.logs().keySet().stream()
        .filter(log -> own.contains(log) ? told.isContradicted(log) : told.isConfirmed(log))
        .findFirst()
        .ifPresent(log -> dissented(node, Disagreement.LOGS, about(log)));
  }

  private static String about(Log log) {
    return "log %d of block %d".formatted(log.index(), log.blockNumber());
  }

  private static Set<Log> logs(
      ChainClient node, long from, Block to, Collection<Address> addresses) {
    if (node.block(to.number()).filter(b -> b.hash().equals(to.hash())).isEmpty())
      throw new NodeException(Fault.NONE, "a node does not have block " + to.hash(), null);
    BlockRanges ranges = new BlockRanges(node);
    Set<Log> all = new HashSet<>();
    long told = 0;
    for (long next = from; next <= to.number(); ) {
      BlockRanges.Part<List<Log>> part =
          ranges.first(next, to.number(), (f, t) -> node.logs(f, t, addresses));
      for (Log log : part.content()) told += size(log);
      if (told > MOST_TOLD)
        throw new NodeException(
            "a node tells of %d characters of logs in the blocks %d to %d, of at most %d at once"
                .formatted(told, from, part.to(), MOST_TOLD));
      all.addAll(part.content());
      next = part.to() + 1;
    }
    return all;
  }

  /** Characters of its hashes and data, which an answer needs, too. */
  static long size(Log log) {
    return log.data().length() + 66L * (log.topics().size() + 2);
  }

  /** Asks every node whether that block stands at its number and holds that log. */
  public Agreement agreement(Log log) {
    return agreement(
        Disagreement.LOGS,
        about(log),
        node -> {
          Optional<Block> block = node.block(log.blockNumber());
          if (block.isEmpty()) return Optional.empty();
          boolean same =
              block.get().hash().equals(log.blockHash())
                  && node.logs(log.blockHash(), List.of(log.address())).contains(log);
          return Optional.of(same);
        });
  }

  private Agreement agreement(
      Disagreement kind, String about, Function<ChainClient, Optional<Boolean>> question) {
    Poll.Answers<Optional<Boolean>> answers =
        this.<Optional<Boolean>>poll(
                (i, node) -> question.apply(node), known -> isDecided(agreement(known)), PATIENCE)
            .take();
    return agreement(kind, about, answers.byNode());
  }

  /** Counts against each node what most others say otherwise. */
  private Agreement agreement(
      Disagreement kind, String about, Map<Integer, Optional<Boolean>> answers) {
    Agreement agreement = agreement(answers.values());
    answers.forEach(
        (node, word) -> {
          boolean dissents =
              agreement.isConfirmed()
                  ? !word.orElse(true)
                  : agreement.isContradicted() && word.orElse(false);
          if (dissents) dissented(node, kind, about);
        });
    return agreement;
  }

  /** A node that does not answer says neither, and counts all the same. */
  private Agreement agreement(Collection<Optional<Boolean>> answers) {
    long same = answers.stream().filter(a -> a.orElse(false)).count();
    long different = answers.stream().filter(a -> !a.orElse(true)).count();
    return new Agreement(nodes.size(), (int) same, (int) different);
  }

  /**
   * A transaction's call data as nodes show it.
   *
   * @param inputs each that was shown
   * @param isAgreed whether two nodes show the same, or there is only one and it does
   */
  public record Shown(Set<Bytes> inputs, boolean isAgreed) {}

  /** Asks node after node for that transaction until two show the same call data. */
  public Shown shown(Hash transaction) {
    Set<Bytes> inputs = new LinkedHashSet<>();
    for (int index : roster.order()) {
      try {
        Optional<Bytes> input = nodes.get(index).transaction(transaction).map(Transaction::input);
        if (input.isPresent() && (!inputs.add(input.get()) || !areSeveral()))
          return new Shown(inputs, true);
      } catch (NodeException e) {
        // the next one is asked
      }
    }
    return new Shown(inputs, false);
  }

  // ------------------------------------------------------------------ what contracts answer

  /**
   * What the first node answers of whom it can be read, as it is read. A node that keeps few states
   * may lose the newest one between two steps of its own: where none can answer, those of whom that
   * may be so are asked once more.
   *
   * @param reader may throw what it likes at what makes no sense
   */
  public <A, T> T read(Function<ChainClient, A> question, Function<A, T> reader) {
    List<Integer> lost = new ArrayList<>();
    try {
      return ask(node -> node.read(question, reader), lost);
    } catch (NodeException e) {
      for (int index : lost) {
        try {
          return nodes.get(index).read(question, reader);
        } catch (NodeException again) {
          e.addSuppressed(again);
        }
      }
      throw e;
    }
  }

  /**
   * What a node answers to a call.
   *
   * @param data what it answers; empty: it reverts
   * @param reason why it reverts
   */
  private record Word(Optional<Bytes> data, String reason) {}

  /**
   * What more than half of all nodes answer to a call at the latest block, as it is read. A node
   * that is a block behind may answer something else: nothing is held against it.
   *
   * @throws CallRevertedException when more than half of all nodes say that it reverts
   * @throws NodeException when they say neither
   */
  public <T> T callOfMost(Address to, byte[] data, Function<byte[], T> reader) {
    Map<Integer, Word> words = words(node -> node.call(to, data), reader);
    return agreed(to, words, reader);
  }

  /** As {@link #callOfMost(Address, byte[], Function)}, at the end of that block. */
  public <T> T callOfMost(Address to, byte[] data, Hash blockHash, Function<byte[], T> reader) {
    Map<Integer, Word> words = words(node -> node.call(to, data, blockHash), reader);
    Most.same(words.values(), nodes.size())
        .ifPresent(word -> dissent(Disagreement.CALL, "a call to " + to, words, word));
    return agreed(to, words, reader);
  }

  /**
   * As {@link #callOfMost(Address, byte[], Function)}, of calls that each node answers together, so
   * that what is read of them is of one moment.
   *
   * @throws NodeException when not more than half of all nodes are read alike
   */
  public <T> T callsOfMost(List<ContractCall> calls, Function<List<CallOutcome>, T> reader) {
    return ofMost(
        "calls of " + calls.getFirst().to(),
        (i, node) -> nodes.get(i).read(n -> n.calls(calls), reader));
  }

  private <T> Map<Integer, Word> words(
      Function<ChainClient, byte[]> call, Function<byte[], T> reader) {
    Poll.Answers<Word> answers =
        this.<Word>poll(
                (i, node) -> word(nodes.get(i), call, reader),
                known -> Most.same(known, nodes.size()).isPresent(),
                PATIENCE)
            .take();
    if (answers.byNode().isEmpty()) throw answers.failure();
    return answers.byNode();
  }

  private static <T> Word word(
      WatchedNode node, Function<ChainClient, byte[]> call, Function<byte[], T> reader) {
    try {
      return node.read(
          call,
          answer -> {
            reader.apply(answer);
            return new Word(Optional.of(Bytes.of(answer)), "");
          });
    } catch (CallRevertedException e) {
      return new Word(Optional.empty(), e.reason());
    }
  }

  private <T> T agreed(Address to, Map<Integer, Word> words, Function<byte[], T> reader) {
    Optional<Word> agreed = Most.same(words.values(), nodes.size());
    if (agreed.isPresent()) {
      Word word = agreed.get();
      if (word.data().isEmpty()) throw new CallRevertedException(to, word.reason());
      return reader.apply(word.data().get().bytes());
    }
    // Each node's program may have its own words for it.
    if (Most.are(words.values(), word -> word.data().isEmpty(), nodes.size()))
      throw new CallRevertedException(to, "nodes do not say alike why");
    throw new NodeException(
        "no answer of a call to " + to + " is that of more than half of the nodes");
  }

  /**
   * What more than half of all nodes say.
   *
   * @param about in words
   * @throws NodeException when no answer is that of more than half of them
   */
  private <T> T ofMost(String about, Function<ChainClient, T> question) {
    return ofMost(about, (i, node) -> question.apply(node));
  }

  private <T> T ofMost(String about, BiFunction<Integer, ChainClient, T> question) {
    Poll.Answers<T> answers =
        this.<T>poll(question::apply, known -> Most.same(known, nodes.size()).isPresent(), PATIENCE)
            .take();
    if (answers.byNode().isEmpty()) throw answers.failure();
    return Most.same(answers.byNode().values(), nodes.size())
        .orElseThrow(
            () -> new NodeException("more than half of the nodes do not agree about " + about));
  }

  /**
   * As more than half of all nodes have it.
   *
   * @throws NodeException when they do not agree
   */
  public Bytes codeOfMost(Address address) {
    return ofMost("the code at " + address, node -> node.code(address));
  }

  /**
   * As more than half of all nodes have it; empty: that many do not have it (yet).
   *
   * @throws NodeException when they do not agree
   */
  public Optional<Block> blockOfMost(long number) {
    return ofMost("block " + number, node -> node.block(number));
  }

  /**
   * The highest number that the answers of more than half of all nodes reach, however far the
   * others are above or below; empty: more than half answer with none, or revert.
   *
   * @throws NodeException when neither is so
   */
  public Optional<BigInteger> numberOfMost(
      Address to, byte[] data, Function<byte[], BigInteger> reader) {
    Poll.Answers<Optional<BigInteger>> answers =
        this.<Optional<BigInteger>>poll(
                (i, node) -> number(node, to, data, reader),
                known -> number(known).isPresent() || isNone(known),
                SHORT_PATIENCE)
            .whereOthersGoOn(known -> Most.same(known, nodes.size()).isPresent())
            .take();
    Optional<BigInteger> number = number(answers.byNode().values());
    if (number.isEmpty() && !isNone(answers.byNode().values())) {
      if (answers.byNode().size() * 2 <= nodes.size()) throw answers.failure();
      throw new NodeException(
          "more than half of the nodes do not agree whether " + to + " answers with a number");
    }
    return number;
  }

  private Optional<BigInteger> number(Collection<Optional<BigInteger>> told) {
    return Most.reached(told.stream().flatMap(Optional::stream).toList(), nodes.size());
  }

  private boolean isNone(Collection<Optional<BigInteger>> told) {
    return Most.are(told, Optional::isEmpty, nodes.size());
  }

  private static Optional<BigInteger> number(
      ChainClient node, Address to, byte[] data, Function<byte[], BigInteger> reader) {
    try {
      return Optional.of(reader.apply(node.call(to, data)));
    } catch (CallRevertedException | IllegalArgumentException e) {
      return Optional.empty(); // of a contract that is something else, or of none
    }
  }

  private <T> void dissent(Disagreement kind, String about, Map<Integer, T> answers, T agreed) {
    answers.forEach(
        (node, own) -> {
          if (!own.equals(agreed)) dissented(node, kind, about);
        });
  }

  /**
   * More than half of all nodes say otherwise. Who tells wrongly of what was logged comes behind
   * the others, as who tells of a false head does: what it says next is as likely to be wrong.
   */
  private void dissented(int node, Disagreement kind, String about) {
    health.get(node).dissented(kind, about);
    if (kind == Disagreement.LOGS) roster.suspect(node);
  }

  /** The node that told of the head: only its own blocks show whether it leads to it. */
  public ChainClient teller(Head head) {
    return nodes.get(head.node());
  }

  /** What the node said that told of the head did not hold: others come before it for a while. */
  public void doubt(Head head) {
    roster.doubt(head.node());
  }

  /**
   * What most others deny that node told of, or left out, in a block that it led to: it is named,
   * and others come before it for a while.
   *
   * @param node its place among all
   */
  public void doubt(int node, Log log) {
    dissented(node, Disagreement.LOGS, about(log));
  }

  /**
   * Blocks that it told of were undone again and again: others come before it for a while.
   *
   * @param node its place among all
   */
  public void doubt(int node) {
    roster.doubt(node);
  }

  /** What the node said that told of the head held: a doubt ends. */
  public void trust(Head head) {
    roster.trust(head.node());
  }

  /**
   * What a node told is final: doubts about it are forgotten.
   *
   * @param node its place among all
   */
  public void vindicate(int node) {
    roster.clear(node);
  }

  private <T> T ask(Function<WatchedNode, T> question) {
    return ask(question, new ArrayList<>());
  }

  /**
   * @param lost gets the places of those that did not have what they were asked for
   */
  private <T> T ask(Function<WatchedNode, T> question, List<Integer> lost) {
    NodeException failure = new NodeException("no node was asked");
    boolean failed = false;
    for (int index : roster.order()) {
      long start = clock.getAsLong();
      try {
        T answer = question.apply(nodes.get(index));
        if (failed) roster.prefer(index);
        return answer;
      } catch (NodeException e) {
        failure = e;
        failed = true;
        if (e.fault() == Fault.NONE) lost.add(index);
        if (clock.getAsLong() - start >= PATIENCE.toNanos()) roster.late(index);
      }
    }
    throw failure;
  }

  @Override
  public BigInteger chainId() {
    return ask(ChainClient::chainId);
  }

  @Override
  public Block head() {
    return ask(ChainClient::head);
  }

  @Override
  public Block finalized() {
    return ask(ChainClient::finalized);
  }

  @Override
  public Optional<Block> block(long number) {
    return ask(n -> n.block(number));
  }

  @Override
  public Optional<Block> block(Hash hash) {
    return ask(n -> n.block(hash));
  }

  @Override
  public List<Block> blocks(long from, long to) {
    return ask(n -> n.blocks(from, to));
  }

  @Override
  public Optional<Bytes> header(Hash blockHash) {
    return ask(n -> n.header(blockHash));
  }

  @Override
  public AccountProof proof(Address account, Hash slot, Hash blockHash) {
    return ask(n -> n.proof(account, slot, blockHash));
  }

  @Override
  public List<Log> logs(Hash blockHash, Collection<Address> addresses, List<Set<Hash>> topics) {
    return ask(n -> n.logs(blockHash, addresses, topics));
  }

  @Override
  public List<Log> logs(long from, long to, Collection<Address> addresses, List<Set<Hash>> topics) {
    return ask(n -> n.logs(from, to, addresses, topics));
  }

  @Override
  public byte[] call(Address to, byte[] data) {
    return ask(n -> n.call(to, data));
  }

  @Override
  public List<CallOutcome> calls(List<ContractCall> calls) {
    return ask(n -> n.calls(calls));
  }

  @Override
  public byte[] call(Address to, byte[] data, Hash blockHash) {
    return ask(n -> n.call(to, data, blockHash));
  }

  @Override
  public byte[] call(Address from, Address to, byte[] data, long gas, Hash blockHash) {
    return ask(n -> n.call(from, to, data, gas, blockHash));
  }

  @Override
  public byte[] call(Address from, Address to, byte[] data, long gas, Fees bid, Hash blockHash) {
    return ask(n -> n.call(from, to, data, gas, bid, blockHash));
  }

  /**
   * What a call reverts with, in words, as a transaction with that bid would, where more than half
   * of all nodes say that it does: each on its own newest block.
   *
   * @return empty when they do not say so
   */
  public Optional<String> revertOfMost(Address from, Address to, byte[] data, long gas, Fees bid) {
    Poll.Answers<Optional<String>> answers =
        this.<Optional<String>>poll(
                (i, node) -> revert(node, from, to, data, gas, bid),
                known ->
                    Most.are(known, Optional::isPresent, nodes.size())
                        || Most.are(known, Optional::isEmpty, nodes.size()),
                SHORT_PATIENCE)
            .whereOthersGoOn(known -> true)
            .take();
    if (!Most.are(answers.byNode().values(), Optional::isPresent, nodes.size()))
      return Optional.empty();
    return answers.byNode().values().stream().flatMap(Optional::stream).findFirst();
  }

  private static Optional<String> revert(
      ChainClient node, Address from, Address to, byte[] data, long gas, Fees bid) {
    try {
      node.call(from, to, data, gas, bid, node.head().hash());
      return Optional.empty();
    } catch (CallRevertedException e) {
      return Optional.of(e.reason());
    }
  }

  @Override
  public Bytes code(Address address) {
    return ask(n -> n.code(address));
  }

  @Override
  public Bytes code(Address address, Hash blockHash) {
    return ask(n -> n.code(address, blockHash));
  }

  /** What more than half of all nodes say it reaches. */
  @Override
  public BigInteger balance(Address address) {
    return reached(node -> node.balance(address));
  }

  @Override
  public BigInteger balance(Address address, Hash blockHash) {
    return ask(n -> n.balance(address, blockHash));
  }

  /** How many more than half of all nodes know of. */
  @Override
  public long nonce(Address account, BlockTag tag) {
    return reached(node -> node.nonce(account, tag));
  }

  /** How many more than half of all nodes know of. */
  @Override
  public long nonce(Address account, long blockNumber) {
    Poll.Answers<Long> answers =
        this.<Long>poll(
                (i, node) -> node.nonce(account, blockNumber),
                known -> Most.same(known, nodes.size()).isPresent(),
                PATIENCE)
            .take();
    Optional<Long> agreed = Most.same(answers.byNode().values(), nodes.size());
    agreed.ifPresent(
        count ->
            dissent(
                Disagreement.NONCE,
                "nonce of %s at block %d".formatted(account, blockNumber),
                answers.byNode(),
                count));
    return Most.reached(answers.byNode().values(), nodes.size()).orElseThrow(answers::failure);
  }

  /** Number of the newest block that more than half of all nodes have. */
  public long height() {
    return reached(node -> node.head().number());
  }

  /**
   * Where two nodes differ, the others are waited for, for a moment: one that says too little must
   * not be the one that decides.
   */
  private <T extends Comparable<T>> T reached(Function<ChainClient, T> question) {
    Poll.Answers<T> answers =
        this.<T>poll(
                (i, node) -> question.apply(node),
                known -> Most.reached(known, nodes.size()).isPresent(),
                SHORT_PATIENCE)
            .whereOthersGoOn(known -> Most.same(known, nodes.size()).isPresent())
            .take();
    return Most.reached(answers.byNode().values(), nodes.size()).orElseThrow(answers::failure);
  }

  /**
   * As more than half of all nodes estimate it; where they do not, as the one that comes first
   * among those that answer.
   */
  @Override
  public GasEstimate estimateGas(Address from, Address to, BigInteger value, byte[] data) {
    Poll.Answers<GasEstimate> answers =
        this.<GasEstimate>poll(
                (i, node) -> node.estimateGas(from, to, value, data),
                known -> Most.estimate(known, nodes.size()).isPresent(),
                Duration.ZERO)
            .whereOthersGoOn(known -> true)
            .take();
    return Most.estimate(answers.byNode().values(), nodes.size())
        .or(
            () ->
                roster.order().stream()
                    .filter(answers.byNode()::containsKey)
                    .map(answers.byNode()::get)
                    .findFirst())
        .orElseThrow(answers::failure);
  }

  /** Each part as more than half of all nodes reach it: one that calls gas dear stops nothing. */
  @Override
  public Fees fees() {
    Poll.Answers<Fees> answers =
        this.<Fees>poll(
                (i, node) -> node.fees(),
                known -> Most.fees(known, nodes.size()).isPresent(),
                SHORT_PATIENCE)
            .whereOthersGoOn(known -> Most.same(known, nodes.size()).isPresent())
            .take();
    return Most.fees(answers.byNode().values(), nodes.size()).orElseThrow(answers::failure);
  }

  /**
   * To all nodes: one that takes it and drops it harms nothing. Nobody is waited for long once one
   * took it, but the others get it all the same.
   */
  @Override
  public SendOutcome send(byte[] raw) {
    Poll.Answers<SendOutcome> outcomes =
        this.<SendOutcome>poll(
                (i, node) -> node.send(raw),
                known ->
                    known.stream().anyMatch(Sends::isTaken) || Sends.isSure(known, nodes.size()),
                SHORT_PATIENCE)
            .whereOthersGoOn(known -> Sends.isSure(known, nodes.size()))
            .take();
    return Sends.of(outcomes.byNode().values(), nodes.size());
  }

  /** As more than half of all nodes tell it. */
  @Override
  public Optional<Receipt> receipt(Hash transaction) {
    return Optional.ofNullable(receipts(List.of(transaction)).get(transaction));
  }

  /**
   * Those that more than half of all nodes tell alike: how a transaction ended is not one node's to
   * say. That one is missing proves nothing; it is only said when more than half answered.
   */
  @Override
  public Map<Hash, Receipt> receipts(Collection<Hash> transactions) {
    Poll.Answers<Map<Hash, Receipt>> answers =
        this.<Map<Hash, Receipt>>poll(
                (i, node) -> node.receipts(transactions),
                known -> transactions.stream().allMatch(hash -> isDecided(hash, known)),
                PATIENCE)
            .take();
    Map<Hash, Receipt> found = new HashMap<>();
    for (Hash hash : transactions) {
      Optional<Receipt> agreed = agreed(hash, answers.byNode().values());
      agreed.ifPresent(receipt -> found.put(hash, receipt));
      compare(hash, agreed, answers.byNode());
    }
    if (answers.byNode().size() * 2 <= nodes.size()) throw answers.failure();
    return found;
  }

  /** Whether more than half of all nodes tell the same of it, or have nothing to tell. */
  private boolean isDecided(Hash hash, Collection<Map<Hash, Receipt>> told) {
    return agreed(hash, told).isPresent()
        || Most.are(told, receipts -> !receipts.containsKey(hash), nodes.size());
  }

  private Optional<Receipt> agreed(Hash hash, Collection<Map<Hash, Receipt>> told) {
    return Most.receipt(
        told.stream().flatMap(own -> Optional.ofNullable(own.get(hash)).stream()).toList(),
        nodes.size());
  }

  /** A node that lacks what it must have by now, or tells another end, contradicts the others. */
  private void compare(
      Hash hash, Optional<Receipt> agreed, Map<Integer, Map<Hash, Receipt>> answers) {
    agreed.ifPresent(
        receipt ->
            answers.forEach(
                (node, own) -> {
                  Receipt told = own.get(hash);
                  boolean same =
                      told == null
                          ? health.get(node).height() < receipt.blockNumber() + LAG
                          : Most.Ending.of(told).equals(Most.Ending.of(receipt));
                  if (!same)
                    health.get(node).dissented(Disagreement.RECEIPT, "transaction " + hash);
                }));
    if (agreed.isEmpty()) unsettled(hash, answers);
  }

  /**
   * Two ends that are told of one transaction, neither by most: who is wrong is not known, and that
   * somebody is must be. And what one has in a block that most are long past, and have not.
   */
  private void unsettled(Hash hash, Map<Integer, Map<Hash, Receipt>> answers) {
    Map<Integer, Receipt> told = new HashMap<>();
    answers.forEach(
        (node, own) -> Optional.ofNullable(own.get(hash)).ifPresent(r -> told.put(node, r)));
    boolean isDivided = told.values().stream().map(Most.Ending::of).distinct().count() > 1;
    told.forEach(
        (node, receipt) -> {
          long without =
              answers.entrySet().stream()
                  .filter(other -> !other.getValue().containsKey(hash))
                  .filter(
                      other -> health.get(other.getKey()).height() >= receipt.blockNumber() + LAG)
                  .count();
          if (isDivided || without * 2 > nodes.size())
            health.get(node).dissented(Disagreement.RECEIPT, "transaction " + hash);
        });
  }

  /**
   * Whether more than half of all nodes say, each by its own account, that the account's nonce is
   * used at that block by none of these transactions: a node that has the block, counts beyond the
   * nonce there, and has no receipt of any. One that is behind, silent, or tells of a receipt says
   * nothing of the kind, so two different halves do not add up to it.
   */
  public boolean isDisplacedForMost(
      Address account, long nonce, long number, Hash block, Collection<Hash> transactions) {
    return isSoForMost(
        node ->
            node.block(number).filter(b -> b.hash().equals(block)).isPresent()
                && node.nonce(account, number) > nonce
                && node.receipts(transactions).isEmpty());
  }

  private boolean isSoForMost(Predicate<ChainClient> question) {
    Poll.Answers<Boolean> answers =
        this.<Boolean>poll(
                (i, node) -> question.test(node),
                known ->
                    Most.are(known, so -> so, nodes.size())
                        || Most.are(known, so -> !so, nodes.size()),
                PATIENCE)
            .take();
    return Most.are(answers.byNode().values(), so -> so, nodes.size());
  }

  /**
   * Whether every node answered, and none has a receipt of any of them. One that is slow is not
   * waited for long: it did not answer.
   */
  public boolean noneHasReceipt(Collection<Hash> transactions) {
    Poll.Answers<Boolean> answers =
        this.<Boolean>poll(
                (i, node) -> node.receipts(transactions).isEmpty(),
                known -> known.contains(false) || known.size() * 2 > nodes.size(),
                PATIENCE)
            .take();
    return answers.byNode().size() == nodes.size() && !answers.byNode().containsValue(false);
  }

  @Override
  public Optional<Transaction> transaction(Hash hash) {
    return ask(n -> n.transaction(hash));
  }

  /**
   * Whether more than half of all nodes say, each by its own account, that they have none of them,
   * neither waiting nor mined. A silent one says nothing of the kind.
   */
  public boolean areUnknownToMost(Collection<Hash> transactions) {
    return isSoForMost(node -> transactions.stream().noneMatch(node::transactionKnown));
  }

  /** Whether any node has it. */
  @Override
  public boolean transactionKnown(Hash transaction) {
    Poll.Answers<Boolean> answers =
        this.<Boolean>poll(
                (i, node) -> node.transactionKnown(transaction),
                known -> known.contains(true) || known.size() * 2 > nodes.size(),
                Duration.ZERO)
            .whereOthersGoOn(known -> true)
            .take();
    if (answers.byNode().isEmpty()) throw answers.failure();
    return answers.byNode().containsValue(true);
  }
}
