package org.mandate.proof;

import java.util.Optional;
import org.mandate.chain.AccountProof;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;

/** Fetches state proofs from nodes, and hands on only what it has verified. */
public final class Prover {
  private final ChainClient chain;

  public Prover(ChainClient chain) {
    this.chain = chain;
  }

  /**
   * A proof and what it shows.
   *
   * @param proof for the contracts
   */
  public record Shown(StateProof proof, StateProof.Proven proven) {}

  /**
   * Proves a slot of a contract's storage as it was at the end of that block.
   *
   * @throws NodeException when the node does not have the block or its state, or its proof shows
   *     nothing: another node may do better
   */
  public Shown prove(Address account, Hash slot, Hash blockHash) {
    Optional<Bytes> header = chain.header(blockHash);
    if (header.isEmpty()) {
      throw new NodeException("eth_getBlockByHash: block " + blockHash + " is not known");
    }
    AccountProof answer = chain.proof(account, slot, blockHash);
    StateProof proof = new StateProof(header.get(), answer.account(), answer.storage());
    try {
      return new Shown(proof, proof.verify(blockHash, account, slot));
    } catch (IllegalArgumentException e) {
      throw new NodeException(
          "eth_getProof: the proof of slot " + slot + " of " + account + " does not hold", e);
    }
  }
}
