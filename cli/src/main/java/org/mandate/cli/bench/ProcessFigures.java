package org.mandate.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** What a process on Linux used, as /proc tells it; elsewhere nothing. */
final class ProcessFigures {
  /** Of the times in /proc/PID/stat: fixed on every Linux that runs Java. */
  private static final int TICK_MILLIS = 10;

  private static final int UTIME = 11; // after the name, which may hold anything
  private static final int STIME = 12;

  private ProcessFigures() {}

  /** Milliseconds of processor time so far, its threads' included. */
  static OptionalLong cpuMillis(long pid) {
    try {
      var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return OptionalLong.of(
          (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) * TICK_MILLIS);
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** Most memory that it ever held, in bytes. */
  static OptionalLong peakBytes(long pid) {
    return bytes(pid, "VmHWM:");
  }

  /** Memory that it holds now, shared pages in full, in bytes. */
  static OptionalLong residentBytes(long pid) {
    return bytes(pid, "VmRSS:");
  }

  private static OptionalLong bytes(long pid, String name) {
    try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith(name))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }
}
