package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.mandate.chain.AccountProof;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallOutcome;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.ContractCall;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.NodeException.Fault;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.chain.Transaction;
import org.mandate.relayer.Journal;

/**
 * A node whose answers are timed and whose failures are counted. What it says of a transaction or
 * of a call is an answer, whatever it says; that it lacks a block is none, and nothing against it.
 */
final class WatchedNode implements ChainClient {
  private final ChainClient node;
  private final Optional<BigInteger> chainId;
  private volatile boolean isIdentified;
  private final int index;
  private final NodeHealth health;
  private final Roster roster;
  private final LongSupplier clock;

  /**
   * @param chainId of which chain it has to be; empty: nobody asks
   * @param index its place among all
   * @param clock nanoseconds, from anywhere
   */
  WatchedNode(
      ChainClient node,
      Optional<BigInteger> chainId,
      int index,
      NodeHealth health,
      Roster roster,
      LongSupplier clock) {
    this.node = node;
    this.chainId = chainId;
    this.index = index;
    this.health = health;
    this.roster = roster;
    this.clock = clock;
  }

  private <T> T watched(Supplier<T> question) {
    long start = clock.getAsLong();
    try {
      identify();
      T answer = question.get();
      answered(start);
      return answer;
    } catch (CallRevertedException e) {
      answered(start);
      throw e;
    } catch (NodeException e) {
      // Who was interrupted was not waited for: its being late is noted where it was.
      if (!Thread.currentThread().isInterrupted())
        failed(e.fault(), e.getMessage(), e.retryAfter());
      throw e;
    } catch (RuntimeException e) { // of one node: the others are heard
      failed(Fault.NONSENSE, e.toString(), Optional.empty());
      throw new NodeException(Fault.NONSENSE, "the answer makes no sense: " + e, e);
    }
  }

  /**
   * Before anything else is asked. One that was down when the relayer was started may be of another
   * chain: what it tells is nothing here, and would count against the majority for ever.
   */
  private void identify() {
    if (isIdentified) return;
    if (chainId.isPresent()) {
      BigInteger told = node.chainId();
      if (!told.equals(chainId.get())) {
        throw new NodeException(
            "the node is of chain %s, configured is %s: correct the chain's rpc-urls"
                .formatted(told, chainId.get()));
      }
    }
    isIdentified = true;
  }

  /**
   * What it answers, as it is read: what cannot be read is no answer, and this node's failure.
   *
   * @param reader may throw what it likes at what makes no sense
   */
  <A, T> T read(Function<ChainClient, A> question, Function<A, T> reader) {
    return watched(() -> readable(question.apply(node), reader));
  }

  private static <A, T> T readable(A answer, Function<A, T> reader) {
    try {
      return reader.apply(answer);
    } catch (NodeException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new NodeException(Fault.NONSENSE, "its answer cannot be read: " + Journal.reason(e), e);
    }
  }

  private void answered(long start) {
    health.answered(clock.getAsLong() - start);
    roster.answered(index);
  }

  private void failed(Fault fault, String words, Optional<Duration> retryAfter) {
    switch (fault) {
      case NONE -> {}
      case BUSY -> {
        health.failed(fault, words);
        roster.busy(index, retryAfter);
      }
      case SILENT, NONSENSE, BROKEN -> roster.failed(index, health.failed(fault, words));
    }
  }

  @Override
  public SendOutcome send(byte[] raw) {
    long start = clock.getAsLong();
    SendOutcome outcome = sent(raw);
    if (outcome instanceof SendOutcome.Unreachable gone && gone.fault() != Fault.NONE)
      failed(gone.fault(), gone.reason(), gone.retryAfter());
    else answered(start);
    return outcome;
  }

  private SendOutcome sent(byte[] raw) {
    try {
      identify();
    } catch (NodeException e) {
      return new SendOutcome.Unreachable(e.getMessage(), e.fault(), e.retryAfter());
    }
    return node.send(raw);
  }

  @Override
  public BigInteger chainId() {
    return watched(node::chainId);
  }

  @Override
  public Block head() {
    Block head = watched(node::head);
    health.isAt(head.number());
    return head;
  }

  @Override
  public Block finalized() {
    return watched(node::finalized);
  }

  @Override
  public Optional<Block> block(long number) {
    return watched(() -> node.block(number));
  }

  @Override
  public Optional<Block> block(Hash hash) {
    return watched(() -> node.block(hash));
  }

  @Override
  public List<Block> blocks(long from, long to) {
    return watched(() -> node.blocks(from, to));
  }

  @Override
  public Optional<Bytes> header(Hash blockHash) {
    return watched(() -> node.header(blockHash));
  }

  @Override
  public AccountProof proof(Address account, Hash slot, Hash blockHash) {
    return watched(() -> node.proof(account, slot, blockHash));
  }

  @Override
  public List<Log> logs(Hash blockHash, Collection<Address> addresses, List<Set<Hash>> topics) {
    return watched(() -> node.logs(blockHash, addresses, topics));
  }

  @Override
  public List<Log> logs(Hash blockHash, Collection<Address> addresses) {
    return watched(() -> node.logs(blockHash, addresses));
  }

  @Override
  public List<Log> logs(long from, long to, Collection<Address> addresses, List<Set<Hash>> topics) {
    return watched(() -> node.logs(from, to, addresses, topics));
  }

  @Override
  public List<Log> logs(long from, long to, Collection<Address> addresses) {
    return watched(() -> node.logs(from, to, addresses));
  }

  @Override
  public byte[] call(Address to, byte[] data) {
    return watched(() -> node.call(to, data));
  }

  @Override
  public List<CallOutcome> calls(List<ContractCall> calls) {
    return watched(() -> node.calls(calls));
  }

  @Override
  public byte[] call(Address to, byte[] data, Hash blockHash) {
    return watched(() -> node.call(to, data, blockHash));
  }

  @Override
  public byte[] call(Address from, Address to, byte[] data, long gas, Hash blockHash) {
    return watched(() -> node.call(from, to, data, gas, blockHash));
  }

  @Override
  public byte[] call(Address from, Address to, byte[] data, long gas, Fees bid, Hash blockHash) {
    return watched(() -> node.call(from, to, data, gas, bid, blockHash));
  }

  @Override
  public Bytes code(Address address) {
    return watched(() -> node.code(address));
  }

  @Override
  public Bytes code(Address address, Hash blockHash) {
    return watched(() -> node.code(address, blockHash));
  }

  @Override
  public BigInteger balance(Address address) {
    return watched(() -> node.balance(address));
  }

  @Override
  public BigInteger balance(Address address, Hash blockHash) {
    return watched(() -> node.balance(address, blockHash));
  }

  @Override
  public long nonce(Address account, BlockTag tag) {
    return watched(() -> node.nonce(account, tag));
  }

  @Override
  public long nonce(Address account, long blockNumber) {
    return watched(() -> node.nonce(account, blockNumber));
  }

  @Override
  public GasEstimate estimateGas(Address from, Address to, BigInteger value, byte[] data) {
    return watched(() -> node.estimateGas(from, to, value, data));
  }

  @Override
  public Fees fees() {
    return watched(node::fees);
  }

  @Override
  public Optional<Receipt> receipt(Hash transaction) {
    return watched(() -> node.receipt(transaction));
  }

  @Override
  public Map<Hash, Receipt> receipts(Collection<Hash> transactions) {
    return watched(() -> node.receipts(transactions));
  }

  @Override
  public Optional<Transaction> transaction(Hash hash) {
    return watched(() -> node.transaction(hash));
  }

  @Override
  public boolean transactionKnown(Hash transaction) {
    return watched(() -> node.transactionKnown(transaction));
  }
}
