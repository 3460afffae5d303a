package org.mandate.cli.demo;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A small shell process that outlives us by a moment: it reads the pids of our children from a pipe, and when the pipe
 * closes, however we ended (SIGKILL too), it ends them and removes our temporary directory.
 */
final class Reaper implements AutoCloseable {
  // Signals from the terminal go to the whole process group: the reaper must survive them to do its work. A child that
  // does not end in five seconds is killed. Process numbers are taken out of the list when a child ends on its own,
  // so that a number given to another process meanwhile is never signalled.
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      directory=$1
      pids=' '
      while read -r verb pid; do
        case $verb in
          watch) pids="$pids$pid " ;;
          forget) pids=$(printf %s "$pids" | sed "s/ $pid / /") ;;
          keep) directory= ;;
        esac
      done
      for pid in $pids; do kill "$pid" 2>/dev/null; done
      n=0
      while [ $n -lt 50 ]; do
        alive=
        for pid in $pids; do kill -0 "$pid" 2>/dev/null && alive=yes; done
        [ -n "$alive" ] || break
        sleep 0.1
        n=$((n + 1))
      done
      for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
      [ -z "$directory" ] || rm -rf "$directory"
      """;

  private final Process process;
  private final Writer orders;

  private Reaper(Process process) {
    this.process = process;
    this.orders = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
  }

  /**
   * @param directory removed in the end
   */
  static Reaper start(Path directory) {
    try {
      return new Reaper(
          new ProcessBuilder("sh", "-c", SCRIPT, "mandate-demo-reaper", directory.toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start sh, which cleans up behind the demo", e);
    }
  }

  void watch(long pid) {
    order("watch " + pid);
  }

  void forget(long pid) {
    order("forget " + pid);
  }

  /** The directory stays: there is something in it to look at. */
  void keepDirectory() {
    order("keep -");
  }

  private synchronized void order(String line) {
    try {
      orders.write(line + "\n");
      orders.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the process that cleans up behind the demo is gone", e);
    }
  }

  /** Lets it do its work now, and waits until it has. */
  @Override
  public void close() {
    try {
      orders.close();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
