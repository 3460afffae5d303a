package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.mandate.chain.AccountProof;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.BlockTag;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.chain.NodeException;
import org.mandate.chain.NodeException.Fault;
import org.mandate.chain.Receipt;
import org.mandate.chain.SendOutcome;
import org.mandate.chain.Transaction;

/**
 * A node whose answers are timed and whose failures are counted. What it says of a transaction or
 * of a call is an answer, whatever it says; that it lacks a block is none, and nothing against it.
 */
final class WatchedNode implements ChainClient {
  private final ChainClient node;
  private final int index;
  private final NodeHealth health;
  private final Roster roster;
  private final LongSupplier clock;

  /**
   * @param index its place among all
   * @param clock nanoseconds, from anywhere
   */
  WatchedNode(ChainClient node, int index, NodeHealth health, Roster roster, LongSupplier clock) {
    this.node = node;
    this.index = index;
    this.health = health;
    this.roster = roster;
    this.clock = clock;
  }

  private <T> T watched(Supplier<T> question) {
    long start = clock.getAsLong();
    try {
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
    SendOutcome outcome = node.send(raw);
    if (outcome instanceof SendOutcome.Unreachable gone && gone.fault() != Fault.NONE)
      failed(gone.fault(), gone.reason(), gone.retryAfter());
    else answered(start);
    return outcome;
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
  public byte[] call(Address to, byte[] data, Hash blockHash) {
    return watched(() -> node.call(to, data, blockHash));
  }

  @Override
  public byte[] call(Address from, Address to, byte[] data, long gas, Hash blockHash) {
    return watched(() -> node.call(from, to, data, gas, blockHash));
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
