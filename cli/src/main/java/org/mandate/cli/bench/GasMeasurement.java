package org.mandate.cli.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;

/** One run of bench/gas/measure: fetches and compiles what is missing, then lets forge measure. */
final class GasMeasurement {
  private static final String SCRIPT = "bench/gas/measure";
  private static final String TABLES = "contracts/cache-bench/measured";
  private static final String LOG = "target/bench-gas.log";
  private static final int LAST_LINES = 12;

  /** The lines that say how far it is. */
  private static final Pattern PROGRESS =
      Pattern.compile(
          "installing npm packages|Compiling \\d+ files.*|Solc .* finished in .*|Ran \\d+ tests? for .*");

  private final Path home;

  private GasMeasurement(Path home) {
    this.home = home;
  }

  /**
   * @param home the project's folder
   * @throws Failure when there is nothing to measure with
   */
  static GasMeasurement in(Path home) {
    if (!Files.isExecutable(home.resolve(SCRIPT))) {
      throw new Failure(
          ExitCode.CONFIGURATION,
          home.resolve(SCRIPT)
              + " is missing: gas is measured in a checkout of the project, run ./mandate there");
    }
    return new GasMeasurement(home);
  }

  /**
   * Measures.
   *
   * @param progress gets a line now and then
   * @throws Failure when it can't be measured; the message holds the end of the log
   */
  GasTable run(Consumer<String> progress) {
    var log = home.resolve(LOG);
    progress.accept("measuring; the first run compiles for a minute or two (log: " + log + ")");
    var last = new ArrayDeque<String>();
    forgetEarlierRuns();
    var code = measure(log, last, progress);
    if (code != 0) {
      throw new Failure(
          ExitCode.NO,
          "%s failed with exit code %d; the end of %s:%n%s"
              .formatted(SCRIPT, code, log, String.join(System.lineSeparator(), last)));
    }
    return GasTable.read(home.resolve(TABLES));
  }

  private void forgetEarlierRuns() {
    for (var table : List.of("ours.json", "bounds.json", "peers.json")) {
      var file = home.resolve(TABLES).resolve(table);
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new Failure(ExitCode.UNREACHABLE, file + " can't be removed: " + e.getMessage());
      }
    }
  }

  private int measure(Path log, Deque<String> last, Consumer<String> progress) {
    Thread end = null;
    try {
      Files.createDirectories(log.getParent());
      var process =
          new ProcessBuilder("bash", home.resolve(SCRIPT).toString())
              .directory(home.toFile())
              .redirectErrorStream(true)
              .start();
      end = new Thread(() -> stop(process), "bench-cleanup");
      Runtime.getRuntime().addShutdownHook(end);
      process.getOutputStream().close();
      try (var lines = process.inputReader(StandardCharsets.UTF_8);
          var file = Files.newBufferedWriter(log)) {
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
          file.write(line + "\n");
          if (PROGRESS.matcher(line).matches()) {
            progress.accept(line);
          }
          if (!line.isBlank()) {
            last.add(line);
            if (last.size() > LAST_LINES) {
              last.remove();
            }
          }
        }
      }
      return process.waitFor();
    } catch (IOException e) {
      throw new Failure(
          ExitCode.UNREACHABLE, SCRIPT + " can't be run: " + e.getMessage() + "; is there a bash?");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Failure(ExitCode.UNREACHABLE, SCRIPT + " was interrupted");
    } finally {
      if (end != null) {
        forget(end);
      }
    }
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // We are being ended: the hook runs.
    }
  }

  private static void stop(Process process) {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
  }
}
