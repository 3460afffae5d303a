package org.mandate.chain;

import java.math.BigInteger;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A chain, as its nodes tell it. Calls block: use virtual threads.
 *
 * <p>Every method but {@link #send} throws {@link NodeException} when the node does not answer
 * sensibly.
 */
public interface ChainClient {
  /** EIP-155. */
  BigInteger chainId();

  Block head();

  /** The block that the chain itself calls finalized. */
  Block finalized();

  /** Empty: the node does not have it (yet). */
  Optional<Block> block(long number);

  Optional<Block> block(Hash hash);

  /**
   * The blocks {@code from} to {@code to}, both included, as far as the node has them: ends early
   * at the first that is missing. Their parent hashes are not compared: the chain may have changed
   * between two answers.
   */
  List<Block> blocks(long from, long to);

  /**
   * A block's header in RLP, of which the block's hash is the Keccak-256. Empty: the node does not
   * have the block (yet).
   *
   * @throws NodeException also when what the node tells of the block does not make its hash
   */
  Optional<Bytes> header(Hash blockHash);

  /**
   * A slot of a contract's storage, as it was at the end of that block, with the way there from the
   * block's state root. Not verified: {@code org.mandate.proof} does.
   *
   * @throws NodeException also when the node keeps no state that old
   */
  AccountProof proof(Address account, Hash slot, Hash blockHash);

  /**
   * The logs of one block, in order.
   *
   * @param addresses whose; empty: everyone's
   * @param topics what each position may hold; an empty set, or no set: anything
   * @throws NodeException also when the node does not know the block: an unknown block has no "no
   *     logs"
   */
  List<Log> logs(Hash blockHash, Collection<Address> addresses, List<Set<Hash>> topics);

  /** As {@link #logs(Hash, Collection, List)}, of any topics. */
  default List<Log> logs(Hash blockHash, Collection<Address> addresses) {
    return logs(blockHash, addresses, List.of());
  }

  /**
   * The logs of the blocks {@code from} to {@code to}, both included, in order. For blocks too old
   * to be reorganised: nothing says which chain they are of.
   *
   * @param addresses whose; empty: everyone's
   * @param topics what each position may hold; an empty set, or no set: anything
   * @throws NodeException also when there are more than the node wants to give: ask for fewer
   *     blocks; and when the node does not have them all
   */
  List<Log> logs(long from, long to, Collection<Address> addresses, List<Set<Hash>> topics);

  /** As {@link #logs(long, long, Collection, List)}, of any topics. */
  default List<Log> logs(long from, long to, Collection<Address> addresses) {
    return logs(from, to, addresses, List.of());
  }

  /**
   * Reads from a contract at the latest block.
   *
   * @throws CallRevertedException if the contract refuses
   */
  byte[] call(Address to, byte[] data);

  /**
   * Reads from contracts at the latest block, each as {@link #call(Address, byte[])} does, in one
   * request where the node can. One that reverts says so and leaves the others alone.
   *
   * @return of each, in their order
   */
  default List<CallOutcome> calls(List<ContractCall> calls) {
    return calls.stream().map(this::outcome).toList();
  }

  private CallOutcome outcome(ContractCall call) {
    try {
      return new CallOutcome.Returned(Bytes.of(call(call.to(), call.data().bytes())));
    } catch (CallRevertedException e) {
      return new CallOutcome.Reverted(e);
    }
  }

  /** Reads from a contract as it was at the end of that block. */
  byte[] call(Address to, byte[] data, Hash blockHash);

  /**
   * As {@link #call(Address, byte[], Hash)}, by {@code from}, with so much gas and no more.
   *
   * @param gas also what the call itself costs, beside what the contract may use
   */
  byte[] call(Address from, Address to, byte[] data, long gas, Hash blockHash);

  /**
   * As {@link #call(Address, Address, byte[], long, Hash)}, with what a transaction bids: the
   * contract sees the price of gas that it would see then, and {@code from} must be able to pay it.
   *
   * @param bid within the base fee of that block; its own base fee is not looked at
   */
  byte[] call(Address from, Address to, byte[] data, long gas, Fees bid, Hash blockHash);

  /** Empty bytes: no contract there. */
  Bytes code(Address address);

  /** As it was at the end of that block. */
  Bytes code(Address address, Hash blockHash);

  /** Wei, at the latest block. */
  BigInteger balance(Address address);

  /** Wei, at the end of that block. */
  BigInteger balance(Address address, Hash blockHash);

  /** How many transactions the account sent: the nonce of its next one. */
  long nonce(Address account, BlockTag tag);

  /** As it was at the end of that block. */
  long nonce(Address account, long blockNumber);

  /**
   * @param value wei
   */
  GasEstimate estimateGas(Address from, Address to, BigInteger value, byte[] data);

  /** From the last blocks' fees (eth_feeHistory). */
  Fees fees();

  /**
   * @param raw a signed transaction
   */
  SendOutcome send(byte[] raw);

  /** Empty: this node knows no receipt now; nothing follows from that (L10). */
  Optional<Receipt> receipt(Hash transaction);

  /** The receipts that the node has, in one request. */
  Map<Hash, Receipt> receipts(Collection<Hash> transactions);

  /** What a transaction called; empty: the node does not have it, mined or waiting. */
  Optional<Transaction> transaction(Hash hash);

  /** Whether the node has the transaction, mined or waiting. */
  boolean transactionKnown(Hash transaction);
}
