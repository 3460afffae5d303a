package org.mandate.signer;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * EIP-712: hashing of typed data, so that a signature holds for one purpose, chain and contract
 * only.
 */
public final class TypedData {
  private static final Hash DOMAIN_TYPE =
      Hash.keccak(
          "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

  private TypedData() {}

  /**
   * Where a message counts.
   *
   * @param chainId EIP-155
   * @param contract that verifies it
   */
  public record Domain(String name, String version, BigInteger chainId, Address contract) {
    /** Hash over all four. */
    public Hash separator() {
      return Hash.keccak(
          new Words(5)
              .add(DOMAIN_TYPE)
              .add(Hash.keccak(name))
              .add(Hash.keccak(version))
              .add(chainId)
              .add(contract)
              .bytes());
    }

    @Override
    public String toString() {
      return "%s (version %s, chain %s, contract %s)".formatted(name, version, chainId, contract);
    }
  }

  /** A message to sign: it knows of which type it is and where it counts. */
  public static final class Message {
    private final Domain domain;
    private final String type;
    private final Hash struct;

    private Message(Domain domain, String type, Hash struct) {
      this.domain = domain;
      this.type = type;
      this.struct = struct;
    }

    public Domain domain() {
      return domain;
    }

    /** As EIP-712 encodes it, such as {@code Mail(address from,bytes contents)}. */
    public String type() {
      return type;
    }

    /** What is hashed and signed, 66 bytes. */
    byte[] preimage() {
      byte[] input = new byte[66];
      input[0] = 0x19;
      input[1] = 0x01;
      System.arraycopy(domain.separator().bytes(), 0, input, 2, 32);
      System.arraycopy(struct.bytes(), 0, input, 34, 32);
      return input;
    }

    /** The message's hash: what a signature is recovered with. */
    public Hash digest() {
      return Hash.keccak(preimage());
    }

    @Override
    public String toString() {
      return type + " of " + domain;
    }
  }

  /** A struct, built field by field in the order of its type. */
  public static final class Struct {
    private final String type;
    private final Words words;

    private Struct(String type, int fields) {
      this.type = type;
      words = new Words(fields + 1).add(Hash.keccak(type));
    }

    /**
     * @param value 0 to 2^256 - 1
     */
    public Struct uint(BigInteger value) {
      words.add(value);
      return this;
    }

    public Struct address(Address value) {
      words.add(value);
      return this;
    }

    public Struct bytes32(Hash value) {
      words.add(value);
      return this;
    }

    /** Dynamic bytes: their hash stands in the struct. */
    public Struct bytes(Bytes value) {
      words.add(Hash.keccak(value.bytes()));
      return this;
    }

    /** As a message that counts there. */
    public Message in(Domain domain) {
      return new Message(domain, type, Hash.keccak(words.bytes()));
    }
  }

  /**
   * Starts a struct.
   *
   * @param type as EIP-712 encodes it, such as {@code Mail(address from,bytes contents)}
   */
  public static Struct struct(String type) {
    return new Struct(type, (int) type.chars().filter(c -> c == ',').count() + 1);
  }
}
