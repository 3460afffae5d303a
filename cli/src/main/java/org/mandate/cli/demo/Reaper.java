package org.mandate.cli.demo;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A small shell process that outlives us by a moment: it reads the pids of our children from a
 * pipe, and when the pipe closes, however we ended (SIGKILL too), it ends them and removes our
 * temporary directory.
 */
final class Reaper implements AutoCloseable {
  // Signals from the terminal go to the whole process group: the reaper must survive them to do its
  // work. Each child is
  // asked to end, urged after five seconds, killed after ten. Process numbers are taken out of the
  // list when a child ends
  // on its own, so that a number given to another process meanwhile is never signalled. Databases
  // end after those who use them.
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      directory=$1
      children=' '
      servers=
      while read -r verb pid ask urge; do
        case $verb in
          watch) children="$children$pid:$ask:$urge " ;;
          forget) children=$(printf %s "$children" | sed "s/ $pid:[^ ]* / /") ;;
          postgres) servers="$servers $pid" ;;
          keep) directory= ;;
        esac
      done
      each() { # each FIELD ENTRIES: signals everything on the list with that field of its entry
        for child in $2; do
          signal=$(printf %s "$child" | cut -d : -f "$1")
          kill -s "${signal:-KILL}" "${child%%:*}" 2>/dev/null
        done
      }
      ended() { # ended ENTRIES: whether all are, within five seconds
        n=0
        while [ $n -lt 50 ]; do
          alive=
          for child in $1; do kill -0 "${child%%:*}" 2>/dev/null && alive=yes; done
          [ -n "$alive" ] || return 0
          sleep 0.1
          n=$((n + 1))
        done
        return 1
      }
      end() { # end ENTRIES
        each 2 "$1"
        ended "$1" || { each 3 "$1"; ended "$1" || each 4 "$1"; }
      }
      end "$children"
      for server in $servers; do
        [ ! -s "$server/postmaster.pid" ] || end "$(head -n 1 "$server/postmaster.pid"):INT:QUIT"
      done
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
    order("watch " + pid + " TERM KILL");
  }

  /**
   * Watches the PostgreSQL server of a data directory, whether or not it runs already. Its signals
   * mean other things: INT ends it with its clients connected, QUIT ends it and all its processes
   * at once. Killed, it would leave some behind.
   */
  void watchPostgres(Path dataDirectory) {
    order("postgres " + dataDirectory);
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
      if (!process.waitFor(40, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
