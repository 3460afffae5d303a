package org.mandate.relayer;

import io.vertx.core.json.JsonObject;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * Structured log: one JSON object a line on standard error. Callers pass names and values, never
 * keys or passphrases.
 */
public final class Journal {
  private static final Clock CLOCK = Clock.systemUTC();

  private static final AtomicLong ALARMS = new AtomicLong();

  private final String component;

  private Journal(String component) {
    this.component = component;
  }

  public static Journal of(String component) {
    return new Journal(component);
  }

  public void info(String message, Object... fields) {
    write("info", component, message, fields);
  }

  public void warn(String message, Object... fields) {
    write("warn", component, message, fields);
  }

  /** Something that a person must look at. */
  public void alarm(String message, Object... fields) {
    ALARMS.incrementAndGet();
    write("alarm", component, message, fields);
  }

  /** How many alarms this process raised. */
  public static long alarms() {
    return ALARMS.get();
  }

  /** The reason of a failure on one line: class and message, without a stack. */
  public static String reason(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null && root.getCause() != root) root = root.getCause();
    String own = failure.getClass().getSimpleName() + ": " + failure.getMessage();
    return root == failure
        ? own
        : own + " <- " + root.getClass().getSimpleName() + ": " + root.getMessage();
  }

  /** Sends what libraries log through java.util.logging the same way, warnings and worse. */
  public static void captureLibraries() {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(Level.WARNING);
    root.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            String reason = entry.getThrown() == null ? "" : reason(entry.getThrown());
            write(
                "warn",
                entry.getLoggerName(),
                String.valueOf(entry.getMessage()),
                "reason",
                reason);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }

  private static void write(String level, String component, String message, Object... fields) {
    JsonObject line =
        new JsonObject()
            .put("time", CLOCK.instant().truncatedTo(ChronoUnit.MILLIS).toString())
            .put("level", level)
            .put("component", component)
            .put("message", message);
    for (int i = 0; i + 1 < fields.length; i += 2) {
      Object value = fields[i + 1];
      line.put(
          String.valueOf(fields[i]),
          value instanceof Number || value instanceof Boolean ? value : String.valueOf(value));
    }
    System.err.println(line.encode());
  }
}
