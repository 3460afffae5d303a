package org.mandate.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.web3j.abi.TypeReference;
import org.web3j.abi.datatypes.Type;

/**
 * What a revert says, in words: a custom error of our contracts with its values by name, a message,
 * or a panic.
 */
public final class RevertReason {
  private static final int SHOWN = 300;

  private RevertReason() {}

  private record Parameter(String name, String type) {}

  /**
   * @param parameters those of a struct one by one, in its place
   */
  private record CustomError(String name, List<Parameter> parameters) {}

  /** Loaded at the first revert: most processes see none. */
  private static final class Known {
    static final Map<String, CustomError> BY_SELECTOR = load();

    private static Map<String, CustomError> load() {
      try (InputStream in =
          RevertReason.class.getResourceAsStream("/org/mandate/contracts/errors.json")) {
        if (in == null) {
          throw new IllegalStateException(
              "errors.json is not on the class path: build the contracts module");
        }
        Map<String, CustomError> known = new HashMap<>();
        for (JsonNode error : JsonMapper.builder().build().readTree(in)) {
          List<Parameter> parameters = new ArrayList<>();
          error
              .get("inputs")
              .forEach(
                  p ->
                      parameters.add(
                          new Parameter(p.get("name").asText(), p.get("type").asText())));
          CustomError custom = new CustomError(error.get("name").asText(), List.copyOf(parameters));
          known.put(selector(error.get("signature").asText()), custom);
        }
        known.put(
            selector("Error(string)"),
            new CustomError("Error", List.of(new Parameter("", "string"))));
        known.put(
            selector("Panic(uint256)"),
            new CustomError("Panic", List.of(new Parameter("", "uint256"))));
        return Map.copyOf(known);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static String selector(String signature) {
      return Hash.keccak(signature).hex().substring(0, 10);
    }
  }

  /**
   * @param data what the contract reverted with; may be empty or anything
   */
  public static String decode(byte[] data) {
    if (data.length == 0) {
      return "without a reason";
    }
    Bytes all = Bytes.of(data);
    if (data.length < 4) {
      return all.hex();
    }
    return Optional.ofNullable(Known.BY_SELECTOR.get(all.hex().substring(0, 10)))
        .flatMap(
            error ->
                values(error, Arrays.copyOfRange(data, 4, data.length)).map(v -> words(error, v)))
        .orElse(
            "unknown error "
                + (data.length <= SHOWN / 2 ? all.hex() : all.hex().substring(0, SHOWN) + "…"));
  }

  /** Empty: the data is not what the selector promises. */
  private static Optional<List<Object>> values(CustomError error, byte[] data) {
    try {
      TypeReference<?>[] types = new TypeReference<?>[error.parameters().size()];
      for (int i = 0; i < types.length; i++) {
        types[i] = TypeReference.makeTypeReference(error.parameters().get(i).type());
      }
      return Optional.of(Abi.decode(data, types));
    } catch (IllegalArgumentException | ClassNotFoundException e) {
      return Optional.empty();
    }
  }

  private static String words(CustomError error, List<Object> values) {
    if (error.name().equals("Error")) {
      return shown(values.getFirst());
    }
    if (error.name().equals("Panic")) {
      return "panic: " + panic((BigInteger) values.getFirst());
    }
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      parts.add(
          error.parameters().get(i).name().replaceAll("^_+|_+$", "") + " " + shown(values.get(i)));
    }
    return error.name() + "(" + String.join(", ", parts) + ")";
  }

  private static String shown(Object value) {
    String text =
        switch (value) {
          case byte[] bytes -> Bytes.of(bytes).hex();
          case List<?> list -> list.stream().map(RevertReason::shown).toList().toString();
          case Type<?> type -> shown(type.getValue());
          case Object other -> other.toString();
        };
    String printable = text.replaceAll("\\p{Cntrl}", " ");
    return printable.length() <= SHOWN ? printable : printable.substring(0, SHOWN) + "…";
  }

  /** Solidity documentation, "Panic via assert". */
  private static String panic(BigInteger code) {
    return switch (code.bitLength() < 31 ? code.intValue() : -1) {
      case 0x00 -> "compiler-inserted";
      case 0x01 -> "assertion failed";
      case 0x11 -> "arithmetic overflow";
      case 0x12 -> "division by zero";
      case 0x21 -> "no such enum value";
      case 0x22 -> "storage byte array is corrupt";
      case 0x31 -> "pop of an empty array";
      case 0x32 -> "array index out of bounds";
      case 0x41 -> "too much memory";
      case 0x51 -> "call of an uninitialised function";
      default -> "code " + code;
    };
  }
}
