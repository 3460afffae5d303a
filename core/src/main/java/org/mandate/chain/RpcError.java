package org.mandate.chain;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mandate.chain.NodeException.Fault;

/**
 * A node's well-formed "no" (JSON-RPC 2.0 error object).
 *
 * @param data what a call reverted with, where the node tells
 */
record RpcError(int code, String message, Optional<Bytes> data) {
  private static final int MESSAGE_LIMIT = 500;

  /**
   * "Limit exceeded" of EIP-1474, which Besu says of a transaction's gas too; 429 and -32029 of
   * providers.
   */
  private static final Set<Integer> BUSY = Set.of(-32005, 429, -32029);

  /** JSON-RPC 2.0: invalid request, unknown method, internal error; EIP-1474: not supported. */
  private static final Set<Integer> BROKEN = Set.of(-32600, -32601, -32603, -32004, -32002);

  private static final Pattern HEX = Pattern.compile("0x(?:[0-9a-fA-F]{2})*");

  static RpcError of(JsonNode error) {
    String message = error.path("message").asText("no message");
    String shown =
        message.length() <= MESSAGE_LIMIT ? message : message.substring(0, MESSAGE_LIMIT) + "…";
    return new RpcError(
        error.path("code").asInt(0),
        shown.replaceAll("\\p{Cntrl}", " "),
        dataOf(error.path("data")));
  }

  /** A hex string; inside an object (Hardhat); or behind a word (Nethermind: "Reverted 0x…"). */
  private static Optional<Bytes> dataOf(JsonNode data) {
    if (data.isObject()) {
      return dataOf(data.path("data"));
    }
    if (!data.isTextual()) {
      return Optional.empty();
    }
    Matcher hex = HEX.matcher(data.textValue());
    return hex.find() ? Optional.of(Bytes.of(hex.group())) : Optional.empty();
  }

  boolean says(String... phrases) {
    String lower = message.toLowerCase(Locale.ROOT);
    for (String phrase : phrases) {
      if (lower.contains(phrase)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the contract refused, or failed, rather than the node. In the words of geth and its
   * kin, then of revm (reth, anvil).
   */
  boolean isRevert() {
    return code == 3
        || code == -32015
        || says("revert", "invalid opcode", "out of gas", "stack underflow")
        || says("invalid jump destination", "stack limit reached", "return data out of bounds")
        || says("write protection", "gas uint64 overflow")
        || says("invalidjump", "invalidfeopcode", "opcodenotfound", "outofgas", "outofoffset")
        || says("stackunderflow", "stackoverflow");
  }

  /**
   * What it says about the node. That it has had enough questions, or failed itself, is the node's;
   * whatever is said about a transaction, or about how much was asked for, is not.
   */
  Fault fault() {
    boolean isTooMuch =
        says(
            "results", "block range", "blocks range", "response size", "range is too", "range too");
    if (isTooMuch || isRevert()) {
      return Fault.NONE;
    }
    boolean isBusy =
        BUSY.contains(code) && !says("gas limit")
            || says("too many requests", "rate limit", "ratelimit", "request limit", "request rate")
            || says("compute units", "daily request", "quota exceeded");
    if (isBusy) {
      return Fault.BUSY;
    }
    boolean isOfTransaction =
        says("transaction", "nonce", "gas", "fee", "pool", "known", "sender", "signature")
            || says("funds", "balance", "upfront cost", "underpriced", "overdraft", "exists");
    boolean isBroken = BROKEN.contains(code) && !isOfTransaction;
    boolean isMissing = code == -32601;
    return isBroken || isMissing ? Fault.BROKEN : Fault.NONE;
  }

  /** The refusal in words. */
  String reason() {
    return data.filter(d -> !d.isEmpty()).map(d -> RevertReason.decode(d.bytes())).orElse(message);
  }

  @Override
  public String toString() {
    return message + " (code " + code + ")";
  }
}
