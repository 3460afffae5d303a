package org.mandate.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;

/** One run of the command in this process: its exit code and what it wrote. */
record Run(int code, String out, String err) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  static Run mandate(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var code =
        Mandate.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Run(code, out.toString(), err.toString());
  }

  /** Standard output, which must be one JSON object and nothing else. */
  JsonNode json() {
    try {
      var json = JSON.readTree(out);
      if (!json.isObject()) {
        throw new AssertionError("not a JSON object: " + out + err);
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new AssertionError("not JSON: " + out + err, e);
    }
  }
}
