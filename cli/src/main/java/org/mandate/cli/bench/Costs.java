package org.mandate.cli.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * How much processor time, of user and system, processes have used so far, as Linux counts it: of
 * PostgreSQL with those that it started, of others alone.
 */
final class Costs {
  private static final long TICK_MICROS = 10_000; // USER_HZ is 100 on every Linux for x86-64

  private Costs() {}

  /** In microseconds, by name; those that a process started count with it unless they are named. */
  static Map<String, Long> micros(Map<String, Long> processes) {
    Map<String, Long> micros = new LinkedHashMap<>();
    processes.forEach((name, pid) -> micros.put(name, micros(pid, Set.copyOf(processes.values()))));
    return micros;
  }

  private static long micros(long pid, Set<Long> others) {
    long micros = 0;
    Deque<ProcessHandle> left = new ArrayDeque<>(ProcessHandle.of(pid).stream().toList());
    while (!left.isEmpty()) {
      ProcessHandle process = left.pop();
      process.children().filter(child -> !others.contains(child.pid())).forEach(left::push);
      try {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        // utime, stime, and those of children that ended and were waited for
        for (int i = 11; i <= 14; i++) micros += Long.parseLong(fields[i]) * TICK_MICROS;
      } catch (IOException e) {
        // ended meanwhile: its parent has its time
      }
    }
    return micros;
  }
}
