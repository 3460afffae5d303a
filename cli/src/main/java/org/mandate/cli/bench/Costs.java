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
 * What processes have used so far, as Linux counts it: of PostgreSQL with those that it started, of
 * others alone.
 */
final class Costs {
  private static final long TICK_MICROS = 10_000; // USER_HZ is 100 on every Linux for x86-64

  /**
   * @param cpuMicros processor time of user and system, with that of children that ended
   * @param residentBytes now; of PostgreSQL's processes the memory they share counts once
   */
  record Usage(long cpuMicros, long residentBytes) {}

  private Costs() {}

  /** By name; those that a process started count with it unless they are named themselves. */
  static Map<String, Usage> of(Map<String, Long> processes) {
    Map<String, Usage> usages = new LinkedHashMap<>();
    processes.forEach((name, pid) -> usages.put(name, of(pid, Set.copyOf(processes.values()))));
    return usages;
  }

  /** Of that process alone, now. */
  static long residentBytes(long pid) {
    try {
      return resident(pid);
    } catch (IOException e) {
      return 0;
    }
  }

  private static Usage of(long pid, Set<Long> others) {
    long micros = 0;
    long resident = 0;
    Deque<ProcessHandle> left = new ArrayDeque<>(ProcessHandle.of(pid).stream().toList());
    while (!left.isEmpty()) {
      ProcessHandle process = left.pop();
      process.children().filter(child -> !others.contains(child.pid())).forEach(left::push);
      try {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        // utime, stime, and those of children that ended and were waited for
        for (int i = 11; i <= 14; i++) micros += Long.parseLong(fields[i]) * TICK_MICROS;
        resident += resident(process.pid());
      } catch (IOException e) {
        // ended meanwhile: its parent has its time
      }
    }
    return new Usage(micros, resident);
  }

  private static long resident(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/smaps_rollup"))) {
      if (line.startsWith("Pss:")) return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
    }
    return 0;
  }
}
