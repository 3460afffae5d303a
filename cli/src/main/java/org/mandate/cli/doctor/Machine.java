package org.mandate.cli.doctor;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Whether this machine can build and run everything. */
final class Machine {
  private static final String HERE = "machine";
  private static final long GIB = 1L << 30;
  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.\\d+)?");
  private static final int TOOL_SECONDS = 20;

  private Machine() {}

  /**
   * Looks.
   *
   * @param project folder of the project, when it is known
   */
  static List<Check> examine(Optional<Path> project) {
    var checks = new ArrayList<Check>();
    checks.add(java());
    checks.add(tool("Maven", 3, 8, "mvn", "-v"));
    checks.add(tool("Node.js", 20, 0, "node", "--version"));
    checks.add(tool("npm", 1, 0, "npm", "--version"));
    checks.add(tool("git", 2, 0, "git", "--version"));
    checks.add(disk(project.orElse(Path.of("").toAbsolutePath())));
    checks.add(memory());
    project.ifPresent(folder -> checks.add(packages(folder)));
    checks.add(ports());
    return checks;
  }

  private static Check java() {
    var feature = Runtime.version().feature();
    var found = Runtime.version() + " at " + System.getProperty("java.home");
    var compiler = Path.of(System.getProperty("java.home"), "bin", "javac");
    if (feature < 21) {
      return Check.fail(
          HERE, "JDK", found, "install a JDK >= 21; mandate finds it by itself, or by JAVA_HOME");
    }
    return Files.isExecutable(compiler)
        ? Check.ok(HERE, "JDK", found)
        : Check.warn(
            HERE,
            "JDK",
            found + ", without a compiler",
            "to build, install a JDK >= 21, not only a JRE");
  }

  private static Check tool(String name, int major, int minor, String... command) {
    var wanted =
        "install %s >= %d%s and put it on the PATH"
            .formatted(name, major, minor > 0 ? "." + minor : "");
    try {
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      if (!process.waitFor(TOOL_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return Check.warn(
            HERE, name, "does not answer within %d s".formatted(TOOL_SECONDS), wanted);
      }
      var output = new String(process.getInputStream().readNBytes(4096), StandardCharsets.UTF_8);
      var version = VERSION.matcher(output);
      if (!version.find()) {
        return Check.warn(HERE, name, "says no version", wanted);
      }
      var found = List.of(Integer.parseInt(version.group(1)), Integer.parseInt(version.group(2)));
      var enough = found.get(0) > major || found.get(0) == major && found.get(1) >= minor;
      return enough
          ? Check.ok(HERE, name, version.group())
          : Check.fail(HERE, name, version.group(), wanted);
    } catch (IOException e) {
      return Check.fail(HERE, name, "is not on the PATH", wanted);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Check.fail(HERE, name, "was not waited for", wanted);
    }
  }

  private static Check disk(Path folder) {
    try {
      var free = Files.getFileStore(folder).getUsableSpace();
      var found = "%.1f GiB free at %s".formatted((double) free / GIB, folder);
      return free >= 2 * GIB
          ? Check.ok(HERE, "disk", found)
          : free >= GIB / 2
              ? Check.warn(HERE, "disk", found, "a build needs about 2 GiB: make room")
              : Check.fail(HERE, "disk", found, "databases stop when the disk is full: make room");
    } catch (IOException e) {
      return Check.warn(HERE, "disk", "unknown: " + e.getMessage(), "look at it yourself");
    }
  }

  private static Check memory() {
    if (!(ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system)) {
      return Check.warn(HERE, "memory", "unknown", "look at it yourself: 4 GiB are enough");
    }
    var total = system.getTotalMemorySize();
    var found = "%.1f GiB".formatted((double) total / GIB);
    return total >= 7 * GIB / 2
        ? Check.ok(HERE, "memory", found)
        : Check.warn(HERE, "memory", found, "the demo with all its processes needs about 4 GiB");
  }

  private static Check packages(Path project) {
    var anvil = project.resolve("node_modules/.bin/anvil");
    return Files.isExecutable(anvil)
        ? Check.ok(HERE, "npm packages", "installed (Foundry, Solidity compiler, OpenZeppelin)")
        : Check.warn(
            HERE,
            "npm packages",
            "not installed in " + project,
            "run ./mandate test or ./mandate demo once: they install them");
  }

  private static Check ports() {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return Check.ok(HERE, "free ports", "can listen, for example on " + socket.getLocalPort());
    } catch (IOException e) {
      return Check.fail(
          HERE,
          "free ports",
          "cannot listen: " + e.getMessage(),
          "let processes listen on the loopback address");
    }
  }
}
