package org.mandate.chain;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Reads what a node answered, believing nothing: every method throws {@link
 * IllegalArgumentException} for what it cannot be.
 */
final class RpcValue {
  /** Seconds; the year 9999, above which {@link Instant} and databases differ. */
  private static final long LATEST_TIMESTAMP = 253_402_300_799L;

  /** More than a block per millisecond since there are blockchains. */
  private static final long HIGHEST_BLOCK = 1L << 40;

  /** Nodes on the way to a key of 64 nibbles. */
  private static final int TRIE_DEPTH = 65;

  /** Bytes: a branch of 16 hashes has 532. */
  private static final int TRIE_NODE = 1024;

  private static final Pattern QUANTITY = Pattern.compile("0x[0-9a-fA-F]{1,64}");

  private RpcValue() {}

  static String text(JsonNode node, String name) {
    if (!node.isTextual()) {
      throw new IllegalArgumentException(name + " is not a string");
    }
    return node.textValue();
  }

  static BigInteger quantity(JsonNode node, String name) {
    String text = text(node, name);
    if (!QUANTITY.matcher(text).matches()) {
      throw new IllegalArgumentException(name + " is not a quantity: " + HexText.shown(text));
    }
    return new BigInteger(text.substring(2), 16);
  }

  /** 0 to 2^63 - 1. */
  static long number(JsonNode node, String name) {
    BigInteger value = quantity(node, name);
    if (value.bitLength() > 63) {
      throw new IllegalArgumentException(name + " is too large: " + value);
    }
    return value.longValue();
  }

  static Hash hash(JsonNode node, String name) {
    return Hash.of(text(node, name));
  }

  /** Lower or mixed case: a node's checksum proves nothing. */
  static Address address(JsonNode node, String name) {
    return Address.of(text(node, name).toLowerCase(java.util.Locale.ROOT));
  }

  static Bytes bytes(JsonNode node, String name) {
    return Bytes.of(text(node, name));
  }

  static Block block(JsonNode node) {
    long timestamp = number(node.path("timestamp"), "timestamp");
    if (timestamp > LATEST_TIMESTAMP) {
      throw new IllegalArgumentException("timestamp is beyond the year 9999: " + timestamp);
    }
    long number = number(node.path("number"), "number");
    if (number > HIGHEST_BLOCK) {
      throw new IllegalArgumentException("no chain has a block " + number);
    }
    return new Block(
        number,
        hash(node.path("hash"), "hash"),
        hash(node.path("parentHash"), "parentHash"),
        Instant.ofEpochSecond(timestamp));
  }

  /** What {@code eth_getProof} answers, for that account and that one slot. */
  static AccountProof proof(JsonNode node, Address account, Hash slot) {
    if (!node.isObject()) {
      throw new IllegalArgumentException("the proof is not an object");
    }
    Address proven = address(node.path("address"), "address");
    if (!proven.equals(account)) {
      throw new IllegalArgumentException("the proof is of " + proven + ", not of " + account);
    }
    JsonNode slots = node.path("storageProof");
    if (!slots.isArray() || slots.size() != 1) {
      throw new IllegalArgumentException("not one slot is proven, as was asked for");
    }
    JsonNode one = slots.get(0);
    // Nodes write the key as a hash or as a quantity.
    BigInteger key = quantity(one.path("key"), "key");
    if (!key.equals(new BigInteger(1, slot.bytes()))) {
      throw new IllegalArgumentException("the proof is of another slot than " + slot);
    }
    return new AccountProof(
        nodes(node.path("accountProof"), "accountProof"), nodes(one.path("proof"), "proof"));
  }

  private static List<Bytes> nodes(JsonNode node, String name) {
    if (!node.isArray() || node.size() > TRIE_DEPTH) {
      throw new IllegalArgumentException(name + " is not a list of up to " + TRIE_DEPTH + " nodes");
    }
    List<Bytes> nodes = new ArrayList<>();
    for (JsonNode one : node) {
      Bytes bytes = bytes(one, name);
      if (bytes.size() > TRIE_NODE) {
        throw new IllegalArgumentException(
            name + " has a node of " + bytes.size() + " bytes; none has over " + TRIE_NODE);
      }
      nodes.add(bytes);
    }
    return nodes;
  }

  static List<Log> logs(JsonNode node) {
    if (!node.isArray()) {
      throw new IllegalArgumentException("logs are not a list");
    }
    List<Log> logs = new ArrayList<>();
    node.forEach(log -> logs.add(log(log)));
    for (int i = 1; i < logs.size(); i++) {
      Log previous = logs.get(i - 1);
      Log next = logs.get(i);
      boolean ordered =
          previous.blockNumber() == next.blockNumber()
              ? previous.index() < next.index()
              : previous.blockNumber() < next.blockNumber();
      if (!ordered) {
        throw new IllegalArgumentException("logs are not in order");
      }
    }
    return logs;
  }

  private static Log log(JsonNode node) {
    if (node.path("removed").asBoolean(false)) {
      throw new IllegalArgumentException("a log of a removed block");
    }
    long index = number(node.path("logIndex"), "logIndex");
    if (index > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("logIndex is too large: " + index);
    }
    List<Hash> topics = new ArrayList<>();
    node.path("topics").forEach(topic -> topics.add(hash(topic, "topic")));
    return new Log(
        hash(node.path("blockHash"), "blockHash"),
        number(node.path("blockNumber"), "blockNumber"),
        hash(node.path("transactionHash"), "transactionHash"),
        (int) index,
        address(node.path("address"), "address"),
        topics,
        bytes(node.path("data"), "data").hex());
  }

  static Transaction transaction(JsonNode node) {
    return new Transaction(
        hash(node.path("hash"), "hash"),
        address(node.path("from"), "from"),
        optionalAddress(node.path("to"), "to"),
        bytes(node.path("input"), "input"));
  }

  static Receipt receipt(JsonNode node) {
    long status = number(node.path("status"), "status");
    if (status > 1) {
      throw new IllegalArgumentException("status is neither 0 nor 1: " + status);
    }
    Hash transaction = hash(node.path("transactionHash"), "transactionHash");
    Hash block = hash(node.path("blockHash"), "blockHash");
    List<Log> logs = logs(node.path("logs"));
    for (Log log : logs) {
      if (!log.transaction().equals(transaction) || !log.blockHash().equals(block)) {
        throw new IllegalArgumentException("a receipt holds a log of another transaction or block");
      }
    }
    return new Receipt(
        transaction,
        status == 1,
        block,
        number(node.path("blockNumber"), "blockNumber"),
        number(node.path("gasUsed"), "gasUsed"),
        quantity(node.path("effectiveGasPrice"), "effectiveGasPrice"),
        optionalQuantity(node.path("l1Fee"), "l1Fee"),
        address(node.path("from"), "from"),
        optionalAddress(node.path("to"), "to"),
        optionalAddress(node.path("contractAddress"), "contractAddress"),
        logs);
  }

  private static Optional<BigInteger> optionalQuantity(JsonNode node, String name) {
    return node.isNull() || node.isMissingNode()
        ? Optional.empty()
        : Optional.of(quantity(node, name));
  }

  private static Optional<Address> optionalAddress(JsonNode node, String name) {
    return node.isNull() || node.isMissingNode()
        ? Optional.empty()
        : Optional.of(address(node, name));
  }
}
