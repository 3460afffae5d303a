package org.mandate.intent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Intents as JSON: an object whose nine fields are all strings, numbers in decimal. */
public final class IntentJson {
  private IntentJson() {}

  public static ObjectNode write(Intent intent) {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads an intent strictly.
   *
   * @throws IllegalArgumentException naming every field that is missing, unknown or wrong
   */
  public static Intent read(JsonNode json) {
    throw new UnsupportedOperationException();
  }
}
