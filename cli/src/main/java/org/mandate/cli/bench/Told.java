package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import org.mandate.chain.Hash;
import org.mandate.intent.IntentState;

/** What a relayer says became of a payment, against what the chains say. */
public final class Told {
  private static final String SUPERSEDED = "SUPERSEDED";

  private Told() {}

  /**
   * What is wrong with a relayer's word when all is over, in words; empty: nothing.
   *
   * @param view what it answers about the payment
   * @param end as the chain says; {@link IntentState#NONE}: it never came there, and never will
   * @param usedBy the other intent that is executed under its nonce
   */
  public static Optional<String> wrong(JsonNode view, IntentState end, Optional<Hash> usedBy) {
    var state = view.path("state").asText();
    if (!view.path("final").asBoolean())
      return Optional.of("the relayer says %s, not final; the chain %s".formatted(state, end));
    if (!state.equals(due(end, usedBy)))
      return Optional.of("the relayer says %s, final; the chain %s".formatted(state, end));
    if (!state.equals(SUPERSEDED)) return Optional.empty();
    var by = view.path("supersededBy").asText();
    var rival = usedBy.orElseThrow().hex();
    if (!by.equals(rival))
      return Optional.of("the relayer says superseded by %s, not by %s".formatted(by, rival));
    return Optional.empty();
  }

  /** What never came to the chain was overtaken by a rival, or by its deadline. */
  private static String due(IntentState end, Optional<Hash> usedBy) {
    if (end != IntentState.NONE) return end.name();
    return usedBy.isPresent() ? SUPERSEDED : IntentState.EXPIRED.name();
  }
}
