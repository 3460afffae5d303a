package org.mandate.intent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;

/**
 * Intents as JSON: an object whose nine fields are all strings; numbers are decimal, addresses and
 * data hex.
 */
public final class IntentJson {
  /** In the order of the contracts' struct. */
  public static final List<String> FIELDS =
      List.of(
          "agentId", "account", "chainId", "asset", "to", "amount", "data", "nonce", "deadline");

  /** Bytes of call data; what a block could carry is less. */
  private static final int DATA_LIMIT = 128 << 10;

  /** 2^256 has 78 digits. */
  private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,77}");

  private IntentJson() {}

  public static ObjectNode write(Intent intent) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("agentId", intent.agentId().toString())
        .put("account", intent.account().hex())
        .put("chainId", intent.chainId().toString())
        .put("asset", intent.asset().hex())
        .put("to", intent.to().hex())
        .put("amount", intent.amount().toString())
        .put("data", intent.data().hex())
        .put("nonce", intent.nonce().toString())
        .put("deadline", intent.deadline().toString());
  }

  /**
   * Reads an intent strictly.
   *
   * @throws IllegalArgumentException naming every field that is missing, unknown or wrong
   */
  public static Intent read(JsonNode json) {
    if (!json.isObject()) {
      throw new IllegalArgumentException("intent: not a JSON object");
    }
    Reader in = new Reader(json);
    BigInteger agentId = in.number("agentId");
    Address account = in.address("account");
    BigInteger chainId = in.number("chainId");
    Address asset = in.address("asset");
    Address to = in.address("to");
    BigInteger amount = in.number("amount");
    Bytes data = in.field("data", IntentJson::data, Bytes.EMPTY);
    BigInteger nonce = in.number("nonce");
    BigInteger deadline = in.number("deadline");
    in.finish();
    return new Intent(agentId, account, chainId, asset, to, amount, data, nonce, deadline);
  }

  private static BigInteger decimal(String text) {
    if (!DECIMAL.matcher(text).matches()) {
      throw new IllegalArgumentException("not a decimal number of at most 78 digits");
    }
    return new BigInteger(text);
  }

  private static Bytes data(String text) {
    if (text.length() > 2 + 2 * DATA_LIMIT) {
      throw new IllegalArgumentException("longer than " + DATA_LIMIT + " bytes");
    }
    return Bytes.of(text);
  }

  /** Collects every problem before it complains. */
  private static final class Reader {
    private final JsonNode json;
    private final List<String> problems = new ArrayList<>();

    Reader(JsonNode json) {
      this.json = json;
      Set<String> unknown = new LinkedHashSet<>();
      json.fieldNames().forEachRemaining(unknown::add);
      unknown.removeAll(FIELDS);
      unknown.stream()
          .limit(10)
          .forEach(
              name ->
                  problems.add(name.substring(0, Math.min(40, name.length())) + ": no such field"));
    }

    BigInteger number(String name) {
      return field(name, IntentJson::decimal, BigInteger.ZERO);
    }

    Address address(String name) {
      return field(name, Address::of, Address.ZERO);
    }

    <T> T field(String name, Function<String, T> parser, T placeholder) {
      JsonNode value = json.get(name);
      if (value == null) {
        problems.add(name + ": missing");
      } else if (!value.isTextual()) {
        problems.add(name + ": not a string (numbers too are written as strings)");
      } else {
        try {
          return parser.apply(value.textValue());
        } catch (IllegalArgumentException e) {
          problems.add(name + ": " + e.getMessage());
        }
      }
      return placeholder;
    }

    void finish() {
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException("intent: " + String.join("; ", problems));
      }
    }
  }
}
