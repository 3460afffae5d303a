package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
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
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
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
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.chain.Transaction;

/**
 * Several nodes of one chain behind one client. A node that fails is left for the next one; what a
 * node says about a transaction is never its failure. One node suffices to know that a transaction
 * was mined; that none knows it proves nothing (L10). Which block is final is for the majority to
 * say, each node by its own account: signatures hang on it.
 *
 * <p>What all are asked, they are asked at the same time. More than half of all nodes that are
 * configured decide, whoever is left out: a node that did not answer in time rests, for 15 seconds
 * at first and 5 minutes at most, and is then asked only where the others' answers do not decide
 * ({@link Poll}). Leaving it out never makes the number smaller that is needed, so it can put a
 * decision off and never bring one about.
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

  private final List<ChainClient> nodes;
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
    if (nodes.isEmpty()) throw new IllegalArgumentException("a chain needs at least one node");
    this.nodes = List.copyOf(nodes);
    this.roster = new Roster(nodes.size(), clock);
    this.threads = threads;
    this.clock = clock;
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
   * preferred stays so while it is at most two blocks behind; a node that stands still while others
   * go on is passed over until it has caught up. Who is doubted is believed only when fewer than
   * half of all nodes answer that are not. That blocks follow from each other is for the caller to
   * see, who says so by {@link #trust} or {@link #doubt}.
   */
  public Head newest() {
    Poll.Answers<Block> heads =
        new Poll<Block>(
                nodes, roster, this::head, known -> !known.isEmpty(), PATIENCE, threads, clock)
            .whereLateCounts()
            .take();
    if (heads.byNode().isEmpty()) throw heads.failure();
    List<Integer> among = roster.credible(heads.byNode().keySet());
    long newest = among.stream().mapToLong(i -> heads.byNode().get(i).number()).max().orElseThrow();
    int first = roster.preferred();
    boolean stays = among.contains(first) && heads.byNode().get(first).number() >= newest - LAG;
    int chosen =
        stays
            ? first
            : among.stream()
                .filter(i -> heads.byNode().get(i).number() == newest)
                .findFirst()
                .orElseThrow();
    roster.prefer(chosen);
    Block head = heads.byNode().get(chosen);
    return new Head(head, chosen, Math.min(head.number(), limit()));
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
    return agreement(node -> node.block(number).map(block -> block.hash().equals(hash)));
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
        new Poll<Map<Long, Hash>>(
                nodes,
                roster,
                (i, node) ->
                    node.blocks(from, to).stream()
                        .collect(Collectors.toMap(Block::number, Block::hash)),
                known -> blocks.stream().allMatch(block -> isDecided(agreement(block, known))),
                PATIENCE,
                threads,
                clock)
            .take();
    return blocks.stream().map(block -> agreement(block, answers.byNode().values())).toList();
  }

  private Agreement agreement(Block block, Collection<Map<Long, Hash>> told) {
    return agreement(
        told.stream()
            .map(hashes -> Optional.ofNullable(hashes.get(block.number())))
            .map(hash -> hash.map(block.hash()::equals))
            .toList());
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
    new Poll<Boolean>(
            nodes,
            roster,
            (i, node) -> {
              finality.highest(node).ifPresent(block -> finalHeights.put(i, block.number()));
              return true;
            },
            known -> known.size() * 2 > nodes.size(),
            PATIENCE,
            threads,
            clock)
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

    private int by(Log log) {
      return logs.getOrDefault(log, 0);
    }
  }

  /**
   * Asks every node for the logs of the blocks {@code from} to {@code to}. Who has another block at
   * the end of them has not answered.
   */
  public Told told(long from, Block to, Collection<Address> addresses) {
    Poll.Answers<Set<Log>> answers =
        new Poll<Set<Log>>(
                nodes,
                roster,
                (i, node) -> logs(node, from, to, addresses),
                known -> known.size() * 2 > nodes.size(),
                LONG_PATIENCE,
                threads,
                clock)
            .take();
    Map<Log, Integer> counts =
        answers.byNode().values().stream()
            .flatMap(Set::stream)
            .collect(Collectors.toMap(log -> log, log -> 1, Integer::sum));
    return new Told(nodes.size(), answers.byNode().size(), counts);
  }

  private static Set<Log> logs(
      ChainClient node, long from, Block to, Collection<Address> addresses) {
    if (node.block(to.number()).filter(b -> b.hash().equals(to.hash())).isEmpty())
      throw new NodeException("a node does not have block " + to.hash());
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
        node -> {
          Optional<Block> block = node.block(log.blockNumber());
          if (block.isEmpty()) return Optional.empty();
          boolean same =
              block.get().hash().equals(log.blockHash())
                  && node.logs(log.blockHash(), List.of(log.address())).contains(log);
          return Optional.of(same);
        });
  }

  private Agreement agreement(Function<ChainClient, Optional<Boolean>> question) {
    Poll.Answers<Optional<Boolean>> answers =
        new Poll<Optional<Boolean>>(
                nodes,
                roster,
                (i, node) -> question.apply(node),
                known -> isDecided(agreement(known)),
                PATIENCE,
                threads,
                clock)
            .take();
    return agreement(answers.byNode().values());
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

  /**
   * What more than half of all nodes answer to a call at that block.
   *
   * @throws NodeException when no answer is that of more than half of them
   */
  public byte[] callOfMost(Address to, byte[] data, Hash blockHash) {
    Poll.Answers<Bytes> answers =
        new Poll<Bytes>(
                nodes,
                roster,
                (i, node) -> called(node, to, data, blockHash),
                known -> ofMost(known).isPresent(),
                PATIENCE,
                threads,
                clock)
            .take();
    if (answers.byNode().isEmpty()) throw answers.failure();
    return ofMost(answers.byNode().values())
        .orElseThrow(
            () ->
                new NodeException(
                    "no answer of a call to " + to + " is that of more than half of the nodes"))
        .bytes();
  }

  /** That it reverts is one node's word as well, and no answer. */
  private static Bytes called(ChainClient node, Address to, byte[] data, Hash blockHash) {
    try {
      return Bytes.of(node.call(to, data, blockHash));
    } catch (CallRevertedException e) {
      throw new NodeException(e.getMessage(), e);
    }
  }

  private Optional<Bytes> ofMost(Collection<Bytes> answers) {
    return answers.stream()
        .filter(one -> Collections.frequency(answers, one) * 2 > nodes.size())
        .findFirst();
  }

  /** The node that told of the head: only its own blocks show whether it leads to it. */
  public ChainClient teller(Head head) {
    return nodes.get(head.node());
  }

  /** What the node said that told of the head did not hold: others come before it for a while. */
  public void doubt(Head head) {
    roster.doubt(head.node());
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

  private <T> T ask(Function<ChainClient, T> question) {
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
  public Bytes code(Address address) {
    return ask(n -> n.code(address));
  }

  @Override
  public Bytes code(Address address, Hash blockHash) {
    return ask(n -> n.code(address, blockHash));
  }

  @Override
  public BigInteger balance(Address address) {
    return ask(n -> n.balance(address));
  }

  @Override
  public BigInteger balance(Address address, Hash blockHash) {
    return ask(n -> n.balance(address, blockHash));
  }

  @Override
  public long nonce(Address account, BlockTag tag) {
    return ask(n -> n.nonce(account, tag));
  }

  @Override
  public long nonce(Address account, long blockNumber) {
    return ask(n -> n.nonce(account, blockNumber));
  }

  @Override
  public GasEstimate estimateGas(Address from, Address to, BigInteger value, byte[] data) {
    return ask(n -> n.estimateGas(from, to, value, data));
  }

  @Override
  public Fees fees() {
    return ask(ChainClient::fees);
  }

  /**
   * To the preferred node; to the next ones as long as one is unreachable or refuses: refused is
   * what none takes.
   */
  @Override
  public SendOutcome send(byte[] raw) {
    SendOutcome refused = new SendOutcome.Unreachable("no node was asked");
    boolean someUnreachable = false;
    for (int index : roster.order()) {
      SendOutcome outcome = nodes.get(index).send(raw);
      switch (outcome) {
        case SendOutcome.Unreachable gone -> {
          someUnreachable = true;
          if (refused instanceof SendOutcome.Unreachable) refused = gone;
        }
        case SendOutcome.Refused no -> refused = no;
        case SendOutcome.Accepted yes -> {
          return yes;
        }
        case SendOutcome.AlreadyKnown known -> {
          return known;
        }
        case SendOutcome.NonceTooLow low -> {
          return low;
        }
        case SendOutcome.Underpriced underpriced -> {
          return underpriced;
        }
        case SendOutcome.InsufficientFunds poor -> {
          return poor;
        }
      }
    }
    return someUnreachable && refused instanceof SendOutcome.Refused no
        ? new SendOutcome.Unreachable("refused by some (" + no.reason() + "), others do not answer")
        : refused;
  }

  /**
   * To every node at the same time, for what one of them may have taken and dropped. The best of
   * the answers, by what it says about the transaction; who is slow is told too.
   */
  public SendOutcome sendToAll(byte[] raw) {
    Poll.Answers<SendOutcome> told =
        new Poll<SendOutcome>(
                nodes,
                roster,
                (index, node) -> node.send(raw),
                known -> !known.isEmpty(),
                PATIENCE,
                threads,
                clock)
            .whereLateCounts()
            .take();
    SendOutcome best =
        told.byNode().values().stream()
            .min(Comparator.comparingInt(SeveralNodes::weight))
            .orElseGet(() -> new SendOutcome.Unreachable(told.failure().getMessage()));
    boolean others = told.byNode().size() < nodes.size();
    return others && best instanceof SendOutcome.Refused no
        ? new SendOutcome.Unreachable("refused by some (" + no.reason() + "), others do not answer")
        : best;
  }

  private static int weight(SendOutcome outcome) {
    return switch (outcome) {
      case SendOutcome.Accepted yes -> 0;
      case SendOutcome.AlreadyKnown known -> 1;
      case SendOutcome.NonceTooLow low -> 2;
      case SendOutcome.Underpriced underpriced -> 3;
      case SendOutcome.InsufficientFunds poor -> 4;
      case SendOutcome.Unreachable gone -> 5; // it may be on its way: not refused by all
      case SendOutcome.Refused no -> 6;
    };
  }

  /** From any node that has it. */
  @Override
  public Optional<Receipt> receipt(Hash transaction) {
    return Optional.ofNullable(receipts(List.of(transaction)).get(transaction));
  }

  /**
   * From any node that has them. What none has is only said to be missing when more than half of
   * the nodes answered.
   */
  @Override
  public Map<Hash, Receipt> receipts(Collection<Hash> transactions) {
    Poll.Answers<Map<Hash, Receipt>> answers =
        new Poll<Map<Hash, Receipt>>(
                nodes,
                roster,
                (i, node) -> node.receipts(transactions),
                known ->
                    known.size() * 2 > nodes.size()
                        || merged(known).keySet().containsAll(transactions),
                PATIENCE,
                threads,
                clock)
            .take();
    Map<Hash, Receipt> found = merged(answers.byNode().values());
    if (answers.byNode().size() * 2 <= nodes.size() && !found.keySet().containsAll(transactions))
      throw answers.failure();
    return found;
  }

  private static Map<Hash, Receipt> merged(Collection<Map<Hash, Receipt>> answers) {
    Map<Hash, Receipt> found = new HashMap<>();
    answers.forEach(answer -> answer.forEach(found::putIfAbsent));
    return found;
  }

  /** Whether every node answered, and none has a receipt of any of them. */
  public boolean noneHasReceipt(Collection<Hash> transactions) {
    for (ChainClient node : nodes) {
      try {
        if (!node.receipts(transactions).isEmpty()) return false;
      } catch (NodeException e) {
        return false;
      }
    }
    return true;
  }

  @Override
  public Optional<Transaction> transaction(Hash hash) {
    return ask(n -> n.transaction(hash));
  }

  @Override
  public boolean transactionKnown(Hash transaction) {
    return ask(n -> n.transactionKnown(transaction));
  }
}
