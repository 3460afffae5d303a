package org.mandate.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.PrintWriter;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How a command answers: for people, or with {@code --json} one JSON object and nothing else on standard output. What is
 * not the answer (progress, warnings) goes to standard error in both cases.
 */
final class Output {
  private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Answer with one JSON object on standard output.")
  private boolean asJson;

  boolean isJson() {
    return asJson;
  }

  /** The answer for machines; nothing without {@code --json}. */
  void json(JsonNode answer) {
    if (asJson) {
      try {
        out().println(JSON.writeValueAsString(answer));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException(e);
      }
      out().flush();
    }
  }

  /** A line of the answer for people; nothing with {@code --json}. */
  void line(String line, Object... values) {
    if (!asJson) {
      out().println(values.length == 0 ? line : String.format(Locale.ROOT, line, values));
      out().flush();
    }
  }

  /** A line beside the answer. */
  void progress(String line, Object... values) {
    var err = command.commandLine().getErr();
    err.println(values.length == 0 ? line : String.format(Locale.ROOT, line, values));
    err.flush();
  }

  private PrintWriter out() {
    return command.commandLine().getOut();
  }
}
