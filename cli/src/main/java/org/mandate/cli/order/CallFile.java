package org.mandate.cli.order;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.contracts.RemoteGovernance;

/**
 * Calls in a JSON file: {@code {"calls": [{"to", "value", "data"}]}}, or what a proposing command
 * answered with {@code --json}.
 */
final class CallFile {
  private static final long MOST_BYTES = 1 << 20;
  private static final int MOST_CALLS = 64;
  private static final ObjectMapper JSON = new ObjectMapper();

  private CallFile() {}

  /**
   * @throws Failure naming the file and what is wrong with it
   */
  static List<RemoteGovernance.Call> read(Path file) {
    JsonNode json;
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw wrong(file, "it is larger than %d bytes".formatted(MOST_BYTES));
      }
      json = JSON.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw wrong(file, "it cannot be read as JSON (%s)".formatted(e.getClass().getSimpleName()));
    }
    var list = json.has("proposal") ? json.path("proposal").path("calls") : json.path("calls");
    if (!list.isArray() || list.isEmpty() || list.size() > MOST_CALLS) {
      throw wrong(file, "it has no calls, or more than %d".formatted(MOST_CALLS));
    }
    var calls = new ArrayList<RemoteGovernance.Call>();
    for (var one : list) {
      try {
        calls.add(
            new RemoteGovernance.Call(
                Address.of(text(one, "to")).hex(),
                value(one),
                Bytes.of(text(one, "data")).bytes()));
      } catch (IllegalArgumentException e) {
        throw wrong(file, "call %d: %s".formatted(calls.size() + 1, e.getMessage()));
      }
    }
    return List.copyOf(calls);
  }

  private static String text(JsonNode call, String field) {
    if (!call.path(field).isTextual()) {
      throw new IllegalArgumentException("\"" + field + "\" is missing, or no text");
    }
    return call.path(field).asText();
  }

  private static BigInteger value(JsonNode call) {
    if (!call.has("value")) {
      return BigInteger.ZERO;
    }
    var digits = text(call, "value");
    if (!digits.matches("[0-9]{1,78}")) {
      throw new IllegalArgumentException("\"value\" is no number of wei in digits");
    }
    return new BigInteger(digits);
  }

  private static Failure wrong(Path file, String what) {
    return new Failure(ExitCode.CONFIGURATION, "calls file %s: %s".formatted(file, what));
  }
}
