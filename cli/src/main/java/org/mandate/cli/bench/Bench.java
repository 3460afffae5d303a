package org.mandate.cli.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Home;
import org.mandate.cli.Output;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * A measurement of running relayers. It answers with a table, or one JSON object: {@code bench},
 * {@code ok}, {@code at}, {@code seconds}, {@code machine}, and its own figures. The exit code is 1
 * when something did not hold that must, and never because something was slow.
 */
public abstract class Bench implements Callable<ExitCode> {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  @Mixin private Output output;

  @Option(
      names = "--save",
      description = "Also write the JSON object to bench/results, where the committed figures are.")
  private boolean save;

  /** As the command is called. */
  protected abstract String name();

  /** The file of its results, without its ending. */
  protected String file() {
    return name();
  }

  /**
   * Measures.
   *
   * @param root the project's folder
   * @throws Exception when it cannot be measured
   */
  protected abstract Figures measure(Path root) throws Exception;

  /** Says how far it is. */
  protected void progress(String line, Object... values) {
    output.progress(line, values);
  }

  @Override
  public final ExitCode call() throws Exception {
    var root = Home.directory();
    var began = Instant.now();
    Figures figures;
    try {
      figures = measure(root);
    } catch (IOException e) {
      throw new Failure(ExitCode.UNREACHABLE, "cannot be measured: " + e.getMessage());
    }
    var answer =
        Output.object()
            .put("bench", name())
            .put("ok", figures.ok())
            .put("at", began.truncatedTo(ChronoUnit.SECONDS).toString())
            .put("seconds", ChronoUnit.SECONDS.between(began, Instant.now()));
    answer.set("machine", Machine.describe(root));
    answer.setAll(figures.values());
    if (save) {
      save(root, answer);
    }
    output.json(answer);
    figures.lines().forEach(line -> output.line("%s", line));
    return figures.ok() ? ExitCode.OK : ExitCode.NO;
  }

  private void save(Path root, ObjectNode answer) {
    var file = root.resolve("bench/results").resolve(file() + ".json");
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(file, JSON.writeValueAsString(answer) + "\n");
      progress("written: %s", file);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new Failure(ExitCode.UNREACHABLE, file + " cannot be written: " + e.getMessage());
    }
  }
}
