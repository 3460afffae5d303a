package org.mandate.proof;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Rlp;

/**
 * What stood in a slot of a contract's storage at the end of a block, shown to whoever knows the
 * block's hash: the contracts' struct {@code StateProof}.
 *
 * @param header of the block, in RLP
 * @param accountProof nodes from the block's state root to the account
 * @param storageProof nodes from the account's storage root to the slot
 */
public record StateProof(Bytes header, List<Bytes> accountProof, List<Bytes> storageProof) {
  public StateProof {
    accountProof = List.copyOf(accountProof);
    storageProof = List.copyOf(storageProof);
  }

  /**
   * What is shown.
   *
   * @param value the slot's 32 bytes; zero also when it was never written, or no such account is
   *     there. The contracts read nothing that is absent, so they refuse a proof of that
   * @param absent nothing stands there
   */
  public record Proven(BlockHeader block, Hash value, boolean absent) {}

  /**
   * Verifies the proof, whoever made it.
   *
   * @param blockHash of the block, known from elsewhere
   * @throws IllegalArgumentException telling what is wrong with it
   */
  public Proven verify(Hash blockHash, Address account, Hash slot) {
    BlockHeader block = BlockHeader.decode(header);
    if (!block.hash().equals(blockHash)) {
      throw new IllegalArgumentException(
          "the proof is of block " + block.hash() + ", not of " + blockHash);
    }
    Optional<Bytes> found =
        storageRoot(block.stateRoot(), account)
            .flatMap(
                root -> PatriciaTrie.get(root, Hash.keccak(slot.bytes()).bytes(), storageProof));
    return new Proven(block, found.map(StateProof::word).orElse(Hash.ZERO), found.isEmpty());
  }

  private Optional<Hash> storageRoot(Hash stateRoot, Address account) {
    Optional<Bytes> found =
        PatriciaTrie.get(stateRoot, Hash.keccak(account.bytes()).bytes(), accountProof);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    List<Rlp.Item> fields = Rlp.decode(found.get().bytes()).items();
    if (fields.size() != 4) {
      throw new IllegalArgumentException(
          "an account has " + fields.size() + " fields; nonce, balance, storage and code are 4");
    }
    return Optional.of(Hash.of(fields.get(2).bytes()));
  }

  private static Hash word(Bytes stored) {
    BigInteger value = Rlp.number(Rlp.decode(stored.bytes()));
    byte[] magnitude = value.toByteArray();
    byte[] word = new byte[32];
    int length = Math.min(32, magnitude.length); // without BigInteger's sign byte
    System.arraycopy(magnitude, magnitude.length - length, word, 32 - length, length);
    return Hash.of(word);
  }

  /**
   * The slot of a mapping's entry, as Solidity lays it out.
   *
   * @param key 32 bytes
   * @param mapping the mapping's own slot
   */
  public static Hash slot(Hash key, Hash mapping) {
    byte[] input = Arrays.copyOf(key.bytes(), 64);
    System.arraycopy(mapping.bytes(), 0, input, 32, 32);
    return Hash.keccak(input);
  }
}
