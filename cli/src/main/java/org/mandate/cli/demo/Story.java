package org.mandate.cli.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tells what happens, one line a step, and keeps what each scene read back. */
final class Story {
  /**
   * What came out of a scene.
   *
   * @param ok whether everything read back was as it must be
   * @param facts what was read back, by name
   */
  record Report(String name, boolean ok, Duration took, Map<String, Object> facts) {}

  /** Something read back is not as it must be. */
  static final class Broken extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Broken(String message) {
      super(message);
    }
  }

  /** One act of the play. */
  interface Scene {
    /**
     * @throws Exception ends the scene: it failed
     */
    void play() throws Exception;
  }

  private static final Duration END = Duration.ofMillis(500);

  private final PrintStream out;
  private final long started = System.nanoTime();
  private final List<Report> reports = new ArrayList<>();
  private volatile boolean over;
  private Map<String, Object> facts = new LinkedHashMap<>();

  Story(PrintStream out) {
    this.out = out;
  }

  /** One line of the story, with the seconds since its beginning. */
  synchronized void say(String line, Object... values) {
    if (over) {
      return;
    }
    out.printf(
        Locale.ROOT,
        "%6.1f  %s%n",
        seconds(),
        values.length == 0 ? line : String.format(Locale.ROOT, line, values));
  }

  /**
   * The process is being ended: what breaks from now on is nobody's failure, and nothing more is
   * told.
   */
  void breakOff() {
    over = true;
  }

  boolean isBrokenOff() {
    return over;
  }

  double seconds() {
    return (System.nanoTime() - started) / 1e9;
  }

  /** Keeps something that was read back, for the report. */
  synchronized void fact(String name, Object value) {
    facts.put(name, value);
  }

  /**
   * Something that must be so.
   *
   * @throws Broken when it is not
   */
  void must(boolean holds, String what, Object... values) {
    if (!holds) {
      throw new Broken(String.format(Locale.ROOT, what, values));
    }
  }

  /** Like {@link #must}, for two values. */
  void mustEqual(Object wanted, Object is, String what) {
    must(wanted.equals(is), "%s: must be %s, is %s", what, wanted, is);
  }

  /** Plays a scene; when an earlier one failed it is not played, and counts as failed. */
  void scene(String name, String title, Scene scene) {
    synchronized (this) {
      facts = new LinkedHashMap<>();
    }
    if (!ok()) {
      reports.add(
          new Report(name, false, Duration.ZERO, Map.of("skipped", "an earlier scene failed")));
      return;
    }
    if (!over) {
      out.printf("%n%s%n", title);
    }
    var from = System.nanoTime();
    var ok = false;
    try {
      scene.play();
      ok = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fact("failure", "interrupted");
    } catch (Exception | Error e) {
      awaitEnd();
      // An error, too, ends in a report: whoever reads it has nothing else.
      fact("failure", String.valueOf(e.getMessage()));
      say("FAILED: %s", e.getMessage());
      if (!(e instanceof Broken) && !over) {
        e.printStackTrace(out);
      }
    }
    synchronized (this) {
      reports.add(new Report(name, ok, Duration.ofNanos(System.nanoTime() - from), facts));
    }
  }

  /** Ctrl-C goes to the chains too, and one of them may be gone before we know why. */
  private static void awaitEnd() {
    try {
      Thread.sleep(END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  boolean ok() {
    return reports.stream().allMatch(Report::ok);
  }

  List<Report> reports() {
    return List.copyOf(reports);
  }

  /** The closing table. */
  void summarize() {
    out.printf("%n%-22s %-7s %7s  %s%n", "scene", "outcome", "seconds", "evidence");
    for (var report : reports) {
      out.printf(
          Locale.ROOT,
          "%-22s %-7s %7.1f  %s%n",
          report.name(),
          report.ok() ? "ok" : "FAILED",
          report.took().toMillis() / 1e3,
          report.facts().getOrDefault("evidence", report.facts().getOrDefault("failure", "")));
    }
    out.printf(Locale.ROOT, "%n%s in %.1f s%n", ok() ? "All scenes ok" : "NOT ok", seconds());
  }
}
