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

  /** A struct's hash, built field by field in the order of its type. */
  public static final class Struct {
    private final Words words;

    private Struct(Hash type, int fields) {
      words = new Words(fields + 1).add(type);
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

    public Hash hash() {
      return Hash.keccak(words.bytes());
    }
  }

  /**
   * Starts a struct.
   *
   * @param type as EIP-712 encodes it, such as {@code Mail(address from,bytes contents)}
   */
  public static Struct struct(String type) {
    return new Struct(Hash.keccak(type), (int) type.chars().filter(c -> c == ',').count() + 1);
  }

  /** The domain separator over name, version, chain and contract. */
  public static Hash domain(String name, String version, BigInteger chainId, Address contract) {
    return Hash.keccak(
        new Words(5)
            .add(DOMAIN_TYPE)
            .add(Hash.keccak(name))
            .add(Hash.keccak(version))
            .add(chainId)
            .add(contract)
            .bytes());
  }

  /** What is signed. */
  public static Hash digest(Hash domain, Hash struct) {
    byte[] input = new byte[66];
    input[0] = 0x19;
    input[1] = 0x01;
    System.arraycopy(domain.bytes(), 0, input, 2, 32);
    System.arraycopy(struct.bytes(), 0, input, 34, 32);
    return Hash.keccak(input);
  }
}
