package org.mandate.cli.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The {@code mandate} command as a process of its own, as people and operators start it. */
public final class MandateCommand {
  /** A JVM for a process that lives for seconds or minutes beside many others. */
  public static final List<String> SMALL =
      List.of("-Xmx192m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

  /**
   * Options, one a line, with which the launcher started this process, since a start is recorded;
   * absent where it is not ({@code scripts/record-start}).
   */
  private static final List<String> RECORDED =
      System.getProperty("mandate.start", "").lines().toList();

  private static final long MOST_SECONDS = 60;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Reaper reaper;

  public MandateCommand(Reaper reaper) {
    this.reaper = reaper;
  }

  /** Such a process, not yet started; it inherits no setting of ours. */
  ProcessBuilder process(List<String> jvm, List<String> arguments) throws IOException {
    // What a killed process leaves there goes with the rest.
    var temporary = Files.createDirectories(reaper.directory().resolve("tmp"));
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.addAll(RECORDED);
    command.addAll(
        List.of(
            "-XX:-UsePerfData",
            "-Djava.io.tmpdir=" + temporary,
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            "org.mandate.cli.Mandate"));
    command.addAll(arguments);
    var builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(k -> k.startsWith("MANDATE_"));
    return builder;
  }

  /**
   * What somebody typed came to.
   *
   * @param answer what it printed with {@code --json}
   * @param errors what it printed on standard error
   */
  public record Outcome(int exitCode, JsonNode answer, String errors) {}

  /** Runs {@code mandate} with these arguments and {@code --json}, and waits until it ends. */
  public Outcome run(List<String> arguments) throws IOException, InterruptedException {
    return start(arguments).enter("");
  }

  /**
   * Starts {@code mandate} with these arguments and {@code --json}: with {@code --passphrase-file
   * /dev/stdin} it goes no further than to its key before somebody enters the passphrase.
   */
  public Started start(List<String> arguments) throws IOException {
    var all = new ArrayList<>(arguments);
    all.add("--json");
    var errors = Files.createTempFile(reaper.directory(), "mandate", ".err");
    var process = reaper.start(process(SMALL, all).redirectError(errors.toFile()));
    return new Started(String.join(" ", arguments), process, errors);
  }

  /** A command that somebody typed. */
  public final class Started {
    private final String words;
    private final Process process;
    private final Path errors;

    private Started(String words, Process process, Path errors) {
      this.words = words;
      this.process = process;
      this.errors = errors;
    }

    /** Enters something on its standard input, and waits until it ends. */
    public Outcome enter(String input) throws IOException, InterruptedException {
      try (var in = process.getOutputStream()) {
        in.write(input.getBytes(StandardCharsets.UTF_8));
      } catch (IOException e) {
        // It ended before that; its outcome says why.
      }
      String printed;
      try (var out = process.getInputStream()) {
        printed = new String(out.readAllBytes(), StandardCharsets.UTF_8);
      }
      if (!process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("mandate " + words + " does not end");
      }
      reaper.forget(process.pid());
      return new Outcome(
          process.exitValue(), JSON.readTree(printed), Files.readString(errors).strip());
    }
  }
}
