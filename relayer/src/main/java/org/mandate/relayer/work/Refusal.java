package org.mandate.relayer.work;

import io.vertx.core.json.JsonObject;
import java.util.Optional;

/**
 * A refusal in words (L12).
 *
 * @param rule which rule refused, in capitals
 * @param message the rule, the value and the limit
 * @param limit in the rule's unit, decimal
 * @param left of it, same unit
 * @param availableAt unix seconds when more becomes available
 * @param next what to do
 */
public record Refusal(
    String rule,
    String message,
    Optional<String> limit,
    Optional<String> left,
    Optional<String> availableAt,
    String next) {

  public static Refusal of(String rule, String message, String next) {
    return new Refusal(rule, message, Optional.empty(), Optional.empty(), Optional.empty(), next);
  }

  public JsonObject json() {
    JsonObject json = new JsonObject().put("rule", rule).put("message", storable(message));
    limit.ifPresent(value -> json.put("limit", value));
    left.ifPresent(value -> json.put("left", value));
    availableAt.ifPresent(value -> json.put("availableAt", value));
    return json.put("next", storable(next));
  }

  /** A node's or a contract's words may be in it, and PostgreSQL takes no NUL in any text. */
  private static String storable(String words) {
    return words.replace('\0', ' ');
  }
}
