package org.mandate.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs that the tests compare with. */
public final class Tools {
  private Tools() {}

  /** The repository's folder. */
  public static Path root() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("foundry.toml"))) {
        return folder;
      }
    }
    throw new IllegalStateException("no foundry.toml here or above");
  }

  /** The path of {@code anvil}, {@code cast} or {@code forge}. */
  public static String foundry(String program) {
    Path path = root().resolve("node_modules/.bin").resolve(program);
    if (!Files.isExecutable(path)) {
      throw new IllegalStateException("no " + path + ": run scripts/npm-ci");
    }
    return path.toString();
  }

  /** What Foundry's {@code cast} prints: an ABI encoder and hasher that is not ours. */
  public static List<String> cast(String... arguments) {
    List<String> command = new ArrayList<>(List.of(foundry("cast")));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + ": " + output);
      }
      return output.lines().map(String::trim).filter(line -> !line.isEmpty()).toList();
    } catch (IOException e) {
      throw new IllegalStateException("cast does not start", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
