package org.mandate.chain;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Block headers in RLP, from what nodes tell of blocks. The node's every field is bound by the
 * block's hash, so a wrong one, or a field that is not known here, shows.
 */
final class HeaderJson {
  /** Bytes of {@code extraData}: proof-of-authority chains write their signers there. */
  private static final int EXTRA_LIMIT = 8192;

  private static final int BLOOM = 256;

  private enum Kind {
    HASH,
    ADDRESS,
    BLOOM,
    QUANTITY,
    EXTRA,
    NONCE
  }

  private record Field(String name, Kind kind) {}

  /** Every header has them, in this order. */
  private static final List<Field> ALWAYS =
      List.of(
          new Field("parentHash", Kind.HASH),
          new Field("sha3Uncles", Kind.HASH),
          new Field("miner", Kind.ADDRESS),
          new Field("stateRoot", Kind.HASH),
          new Field("transactionsRoot", Kind.HASH),
          new Field("receiptsRoot", Kind.HASH),
          new Field("logsBloom", Kind.BLOOM),
          new Field("difficulty", Kind.QUANTITY),
          new Field("number", Kind.QUANTITY),
          new Field("gasLimit", Kind.QUANTITY),
          new Field("gasUsed", Kind.QUANTITY),
          new Field("timestamp", Kind.QUANTITY),
          new Field("extraData", Kind.EXTRA),
          new Field("mixHash", Kind.HASH),
          new Field("nonce", Kind.NONCE));

  /** What later forks appended: a header has the first few of them. */
  private static final List<Field> FORKS =
      List.of(
          new Field("baseFeePerGas", Kind.QUANTITY), // London
          new Field("withdrawalsRoot", Kind.HASH), // Shanghai
          new Field("blobGasUsed", Kind.QUANTITY), // Cancun
          new Field("excessBlobGas", Kind.QUANTITY),
          new Field("parentBeaconBlockRoot", Kind.HASH),
          new Field("requestsHash", Kind.HASH), // Prague
          new Field("blockAccessListHash", Kind.HASH), // Amsterdam
          new Field("slotNumber", Kind.QUANTITY));

  private HeaderJson() {}

  /**
   * @throws IllegalArgumentException if the block has not that hash
   */
  static Bytes header(JsonNode block, Hash hash) {
    List<byte[]> fields = new ArrayList<>();
    ALWAYS.forEach(field -> fields.add(encoded(block, field)));
    // Some nodes tell fields that their chain's headers do not have yet: the hash decides.
    FORKS.stream()
        .filter(field -> block.hasNonNull(field.name()))
        .forEach(field -> fields.add(encoded(block, field)));
    for (int count = fields.size(); count >= ALWAYS.size(); count--) {
      byte[] header = Rlp.list(fields.subList(0, count));
      if (Hash.keccak(header).equals(hash)) {
        return Bytes.of(header);
      }
    }
    throw new IllegalArgumentException(
        "the block's fields make no header of hash "
            + hash
            + ": one is wrong, or the chain's headers have fields that are not known here");
  }

  private static byte[] encoded(JsonNode block, Field field) {
    JsonNode value = block.path(field.name());
    String name = field.name();
    return switch (field.kind()) {
      case HASH -> Rlp.encode(RpcValue.hash(value, name).bytes());
      case ADDRESS -> Rlp.encode(RpcValue.address(value, name).bytes());
      case QUANTITY -> Rlp.encode(RpcValue.quantity(value, name));
      case BLOOM -> Rlp.encode(sized(RpcValue.bytes(value, name), name, BLOOM, BLOOM));
      case EXTRA -> Rlp.encode(sized(RpcValue.bytes(value, name), name, 0, EXTRA_LIMIT));
      case NONCE -> Rlp.encode(sized(RpcValue.bytes(value, name), name, 8, 8));
    };
  }

  private static byte[] sized(Bytes value, String name, int least, int most) {
    if (value.size() < least || value.size() > most) {
      throw new IllegalArgumentException(
          name + " has " + value.size() + " bytes, which no header's has");
    }
    return value.bytes();
  }
}
