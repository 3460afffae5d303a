package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.mandate.chain.AccountProof;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
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

  private final List<ChainClient> nodes;
  private final AtomicInteger preferred = new AtomicInteger();

  /**
   * @param nodes at least one, the preferred one first
   */
  public SeveralNodes(List<? extends ChainClient> nodes) {
    if (nodes.isEmpty()) throw new IllegalArgumentException("a chain needs at least one node");
    this.nodes = List.copyOf(nodes);
  }

  /** Asks every node which block stands at a number. For what one node alone must not decide. */
  public Agreement agreement(long number, Hash hash) {
    return agreement(node -> node.block(number).map(block -> block.hash().equals(hash)));
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
   * How far each node calls the chain final, highest first; without those heights that only half of
   * the nodes, or fewer, have reached.
   */
  public List<Long> finalHeights(Finality finality) {
    List<Long> heights = new ArrayList<>();
    for (ChainClient node : nodes) {
      try {
        finality.highest(node).map(Block::number).ifPresent(heights::add);
      } catch (NodeException e) {
        // It has reached none.
      }
    }
    return heights.stream()
        .sorted(Comparator.reverseOrder())
        .skip(nodes.size() / 2)
        .distinct()
        .toList();
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
    int same = 0;
    int different = 0;
    for (ChainClient node : nodes) {
      try {
        Optional<Boolean> answer = question.apply(node);
        if (answer.isEmpty()) continue;
        if (answer.get()) same++;
        else different++;
      } catch (NodeException e) {
        // Says neither: it counts as a node that did not answer.
      }
    }
    return new Agreement(nodes.size(), same, different);
  }

  /** Asks another node first from now on. */
  public void preferNext() {
    preferred.updateAndGet(i -> Math.floorMod(i + 1, nodes.size()));
  }

  private <T> T ask(Function<ChainClient, T> question) {
    int first = preferred.get();
    NodeException failure = new NodeException("no node was asked");
    for (int i = 0; i < nodes.size(); i++) {
      int index = Math.floorMod(first + i, nodes.size());
      try {
        T answer = question.apply(nodes.get(index));
        if (i > 0) preferred.compareAndSet(first, index);
        return answer;
      } catch (NodeException e) {
        failure = e;
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
    int first = preferred.get();
    for (int i = 0; i < nodes.size(); i++) {
      SendOutcome outcome = nodes.get(Math.floorMod(first + i, nodes.size())).send(raw);
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
    Map<Hash, Receipt> found = new HashMap<>();
    NodeException failure = new NodeException("no node was asked");
    int answered = 0;
    for (ChainClient node : nodes) {
      try {
        node.receipts(transactions).forEach(found::putIfAbsent);
        answered++;
      } catch (NodeException e) {
        failure = e;
      }
      if (found.keySet().containsAll(transactions)) return found;
    }
    if (answered * 2 <= nodes.size()) throw failure;
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
