package org.mandate.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program of others' for Node: a folder of the tests' resources with a package, its lock file and
 * a script, installed below {@code target} when something of it changed.
 */
public final class NodeProgram {
  private final Path folder;
  private final String script;

  /** What a process printed and how it ended. */
  public record Ended(int status, String output) {}

  private NodeProgram(Path folder, String script) {
    this.folder = folder;
    this.script = script;
  }

  /**
   * @param name the folder's
   * @param dependency whose presence says that it is installed
   */
  public static NodeProgram install(String name, String dependency, String script)
      throws IOException, InterruptedException {
    Path folder = Path.of("target", name).toAbsolutePath();
    Files.createDirectories(folder);
    boolean changed = !Files.isDirectory(folder.resolve("node_modules").resolve(dependency));
    for (String part : List.of("package.json", "package-lock.json", script)) {
      try (InputStream in = NodeProgram.class.getResourceAsStream("/" + name + "/" + part)) {
        byte[] content = in.readAllBytes();
        Path file = folder.resolve(part);
        changed |=
            part.startsWith("package")
                && !(Files.exists(file)
                    && new String(content, UTF_8).equals(Files.readString(file)));
        Path draft = Files.write(folder.resolve(part + ".new"), content);
        Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
      }
    }
    NodeProgram program = new NodeProgram(folder, script);
    if (changed) {
      Ended npm =
          program.start(
              "",
              List.of(
                  "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"));
      assertEquals(0, npm.status(), npm.output());
    }
    return program;
  }

  /**
   * Runs the script.
   *
   * @param input what it reads
   */
  public Ended run(String input, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("node", script));
    command.addAll(List.of(arguments));
    return start(input, command);
  }

  private Ended start(String input, List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    try (var in = process.getOutputStream()) {
      in.write(input.getBytes(UTF_8));
    }
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    return new Ended(process.exitValue(), output);
  }
}
