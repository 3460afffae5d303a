package org.mandate.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * How a command answers: for people, or with {@code --json} one JSON object and nothing else on
 * standard output. What is not the answer (progress, warnings) goes to standard error in both
 * cases.
 */
public final class Output {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--json", description = "Answer with one JSON object on standard output.")
  private boolean asJson;

  public boolean isJson() {
    return asJson;
  }

  /** The answer for machines; nothing without {@code --json}. */
  public void json(JsonNode answer) {
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
  public void line(String line, Object... values) {
    if (!asJson) {
      out().println(values.length == 0 ? line : String.format(Locale.ROOT, line, values));
      out().flush();
    }
  }

  /** A text file out of the program itself: as it is, or as the JSON object's {@code document}. */
  public void document(String name, Class<?> beside) {
    try (var in = beside.getResourceAsStream("/" + name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the program: build it again");
      }
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      if (asJson) {
        json(JSON.createObjectNode().put("name", name).put("document", text));
      } else {
        out().print(text);
        out().flush();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An empty answer to fill. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** A line beside the answer. */
  public void progress(String line, Object... values) {
    var err = command.commandLine().getErr();
    err.println(values.length == 0 ? line : String.format(Locale.ROOT, line, values));
    err.flush();
  }

  private PrintWriter out() {
    return command.commandLine().getOut();
  }
}
