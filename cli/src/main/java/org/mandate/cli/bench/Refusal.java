package org.mandate.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Why a relayer did not take what it was asked for. */
public final class Refusal {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Refusal() {}

  /**
   * Which rule refused, in capitals, such as {@code NONCE}; empty where the answer names none.
   *
   * @param body of the relayer's answer
   */
  public static String rule(String body) {
    try {
      return JSON.readTree(body).path("error").path("rule").asText();
    } catch (JsonProcessingException e) {
      return "";
    }
  }
}
