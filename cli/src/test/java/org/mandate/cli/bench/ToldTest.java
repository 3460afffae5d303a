package org.mandate.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.cli.Output;
import org.mandate.intent.IntentState;

/** A relayer's word passes only where the chain says the same. */
class ToldTest {
  private static final Optional<Hash> NOBODY = Optional.empty();
  private static final Optional<Hash> RIVAL = Optional.of(hash(1));

  @Test
  void shouldTakeWhatTheChainSays() {
    assertEquals(Optional.empty(), Told.wrong(view("EXECUTED"), IntentState.EXECUTED, NOBODY));
    assertEquals(Optional.empty(), Told.wrong(view("EXPIRED"), IntentState.EXPIRED, NOBODY));
    assertEquals(Optional.empty(), Told.wrong(view("EXPIRED"), IntentState.NONE, NOBODY));
  }

  @Test
  void shouldTellWhatTheChainDoesNotSay() {
    assertTrue(Told.wrong(view("EXPIRED"), IntentState.EXECUTED, NOBODY).isPresent());
    assertTrue(Told.wrong(view("SUPERSEDED"), IntentState.EXECUTED, NOBODY).isPresent());
    assertTrue(Told.wrong(view("EXECUTED"), IntentState.NONE, NOBODY).isPresent());
    assertTrue(Told.wrong(view("EXPIRED"), IntentState.NONE, RIVAL).isPresent());
  }

  @Test
  void shouldTellWhatIsNotFinal() {
    var view = view("EXECUTED").put("final", false);
    assertTrue(Told.wrong(view, IntentState.EXECUTED, NOBODY).isPresent());
  }

  @Test
  void shouldBeSupersededOnlyByWhatUsedTheNonce() {
    var view = view("SUPERSEDED");
    view.put("supersededBy", hash(1).hex());
    assertEquals(Optional.empty(), Told.wrong(view, IntentState.NONE, RIVAL));
    view.put("supersededBy", hash(2).hex());
    assertTrue(Told.wrong(view, IntentState.NONE, RIVAL).isPresent());
    assertTrue(Told.wrong(view, IntentState.NONE, NOBODY).isPresent());
  }

  private static ObjectNode view(String state) {
    return Output.object().put("state", state).put("final", true);
  }

  private static Hash hash(int number) {
    return Hash.of("0x%064x".formatted(number));
  }
}
