package org.mandate.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * Strict reading of a JSON object: a field is there, of its type, in its only spelling; {@link
 * #end} refuses what nobody asked for. Every refusal names the field's path.
 */
final class Fields {
  private static final long MAX_SAFE_INTEGER = (1L << 53) - 1;

  private final ObjectNode object;
  private final String path;
  private final Set<String> read = new HashSet<>();

  Fields(ObjectNode object) {
    this(object, "");
  }

  private Fields(ObjectNode object, String path) {
    this.object = object;
    this.path = path;
  }

  boolean has(String name) {
    return object.has(name);
  }

  String text(String name) {
    JsonNode node = node(name);
    if (!node.isTextual()) {
      throw wrong(name, "is not a string");
    }
    return node.textValue();
  }

  /** A field that has exactly this value. */
  void constant(String name, String value) {
    if (!text(name).equals(value)) {
      throw wrong(name, "is not \"" + value + "\"");
    }
  }

  boolean flag(String name) {
    JsonNode node = node(name);
    if (!node.isBoolean()) {
      throw wrong(name, "is neither true nor false");
    }
    return node.booleanValue();
  }

  /** A JSON number, 0 to 2^53-1. */
  long number(String name) {
    JsonNode node = node(name);
    if (!node.isIntegralNumber()
        || !node.canConvertToLong()
        || node.longValue() < 0
        || node.longValue() > MAX_SAFE_INTEGER) {
      throw wrong(name, "is not a whole number from 0 to 2^53-1");
    }
    return node.longValue();
  }

  /** A decimal string without leading zeros, of at most {@code bits} bits. */
  BigInteger decimal(String name, int bits) {
    return decimal(name, node(name), bits);
  }

  private BigInteger decimal(String name, JsonNode node, int bits) {
    String text = node.isTextual() ? node.textValue() : "";
    if (text.length() <= 78 && text.matches("0|[1-9][0-9]*")) {
      BigInteger value = new BigInteger(text);
      if (value.bitLength() <= bits) {
        return value;
      }
    }
    throw wrong(name, "is not a decimal string below 2^" + bits);
  }

  /** A decimal string, 0 to 2^63-1. */
  long decimalLong(String name) {
    return decimal(name, 63).longValueExact();
  }

  Hash hash(String name) {
    return spelled(name, Hash::new, "32 bytes of lower-case 0x hex");
  }

  Address address(String name) {
    return spelled(name, Address::new, "an address in lower-case 0x hex");
  }

  Bytes bytes(String name) {
    return spelled(name, Bytes::new, "lower-case 0x hex");
  }

  Cid cid(String name) {
    return spelled(name, Cid::parse, "a raw CIDv1");
  }

  <E extends Enum<E>> E constant(String name, Class<E> type) {
    return spelled(
        name,
        text -> Enum.valueOf(type, text),
        "one of " + String.join(", ", Stream.of(type.getEnumConstants()).map(Enum::name).toList()));
  }

  /** Whatever {@code read} makes of the field. */
  <T> T json(String name, Function<JsonNode, T> read) {
    try {
      return read.apply(node(name));
    } catch (IllegalArgumentException e) {
      throw wrong(name, "is wrong: " + e.getMessage());
    }
  }

  Fields object(String name) {
    if (!(node(name) instanceof ObjectNode child)) {
      throw wrong(name, "is not an object");
    }
    return new Fields(child, path + name + ".");
  }

  /** The objects of an array. */
  List<Fields> objects(String name, int most) {
    JsonNode node = node(name);
    if (!node.isArray() || node.size() > most) {
      throw wrong(name, "is not an array of at most " + most);
    }
    List<Fields> all = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      if (!(node.get(i) instanceof ObjectNode child)) {
        throw wrong(name + "[" + i + "]", "is not an object");
      }
      all.add(new Fields(child, path + name + "[" + i + "]."));
    }
    return all;
  }

  /** The decimal strings of an array, each of at most {@code bits} bits. */
  List<BigInteger> decimals(String name, int bits, int most) {
    JsonNode node = node(name);
    if (!node.isArray() || node.size() > most) {
      throw wrong(name, "is not an array of at most " + most);
    }
    List<BigInteger> all = new ArrayList<>();
    for (JsonNode item : node) {
      all.add(decimal(name + "[" + all.size() + "]", item, bits));
    }
    return all;
  }

  /** The whole object as canonical JSON; all of its fields count as read. */
  byte[] canonical() {
    object.fieldNames().forEachRemaining(read::add);
    return CanonicalJson.bytes(object);
  }

  /** Refuses fields that were not read. */
  void end() {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!read.contains(name)) {
                throw wrong(name, "is unknown");
              }
            });
  }

  MalformedBlobException wrong(String name, String why) {
    String shown = name.length() > 80 ? name.substring(0, 80) + "…" : name;
    return new MalformedBlobException("field " + path + shown + " " + why);
  }

  private <T> T spelled(String name, Function<String, T> parse, String what) {
    String text = text(name);
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw wrong(name, "is not " + what);
    }
  }

  private JsonNode node(String name) {
    JsonNode node = object.get(name);
    if (node == null) {
      throw wrong(name, "is missing");
    }
    read.add(name);
    return node;
  }
}
