package org.mandate.cli.local;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A small shell process that outlives us by a moment: it makes our temporary directory, reads the
 * pids of our children from a pipe, and when the pipe closes, however we ended (SIGKILL too), it
 * ends them and removes the directory.
 */
public final class Reaper implements AutoCloseable {
  // Signals from the terminal go to the whole process group: the reaper must survive them to do its
  // work. Each child is asked to end, urged after five seconds, killed after ten. Process numbers
  // are taken out of the list when a child ends on its own, so that a number given to another
  // process meanwhile is never signalled. Databases end after those who use them. In the end it
  // looks for what was started and not announced any more: its command line names our directory.
  private static final String SCRIPT =
      """
      trap '' INT TERM HUP QUIT
      directory=$(mktemp -d "$1/mandate-local-XXXXXXXX") || exit 1
      printf '%s\\n' "$directory"
      remove=yes
      children=' '
      servers=
      while read -r verb pid ask urge; do
        case $verb in
          watch) children="$children$pid:$ask:$urge " ;;
          forget) children=$(printf %s "$children" | sed "s/ $pid:[^ ]* / /") ;;
          postgres) servers="$servers $pid" ;;
          keep) remove= ;;
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
      unannounced() {
        ps -A -ww -o pid= -o args= 2>/dev/null | while read -r pid command; do
          case "$command " in
            *" -D $directory/"* | *" --config $directory/"* | *" --config-out $directory/"*)
              printf '%s:INT:QUIT ' "$pid" ;;
          esac
        done
      }
      end "$children"
      for server in $servers; do
        [ ! -s "$server/postmaster.pid" ] || end "$(head -n 1 "$server/postmaster.pid"):INT:QUIT"
      done
      tries=0
      while [ $tries -lt 20 ]; do
        left=$(unannounced)
        end "$left"
        [ -z "$remove" ] || rm -rf "$directory"
        [ -n "$left" ] || [ -n "$remove" ] && [ -e "$directory" ] || break
        sleep 0.2
        tries=$((tries + 1))
      done
      """;

  private static final Duration STARTING = Duration.ofSeconds(20);
  private static final Duration WORK = Duration.ofSeconds(60);

  /** Starts something that must be gone in the end. */
  public interface Start<T> {
    T start() throws IOException;
  }

  private final Process process;
  private final Path directory;
  private final Writer orders;
  // Starting takes it for reading, closing for writing: nothing is started that is not announced.
  private final ReadWriteLock starting = new ReentrantReadWriteLock();
  private volatile boolean closed;

  private Reaper(Process process, Path directory) {
    this.process = process;
    this.directory = directory;
    this.orders = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
  }

  /**
   * @param parent where it makes the directory, which only this user can enter
   */
  public static Reaper start(Path parent) {
    try {
      var process =
          new ProcessBuilder("sh", "-c", SCRIPT, "mandate-reaper", parent.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      var directory = process.inputReader(StandardCharsets.UTF_8).readLine();
      if (directory == null) {
        throw new IOException("no directory can be made in " + parent);
      }
      return new Reaper(process, Path.of(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot start sh, which cleans up behind us: " + e.getMessage(), e);
    }
  }

  public long pid() {
    return process.pid();
  }

  /** Ours, removed in the end. */
  public Path directory() {
    return directory;
  }

  /** Starts a process and sees to its end. */
  public Process start(ProcessBuilder builder) throws IOException {
    return start(
        () -> {
          var child = builder.start();
          watch(child.pid());
          // However it ends: its number may soon be another process's.
          child.onExit().thenRun(() -> forget(child.pid()));
          return child;
        });
  }

  /**
   * Starts something; its end does not begin in the middle of that.
   *
   * @throws IOException when the end has begun
   */
  public <T> T start(Start<T> what) throws IOException {
    starting.readLock().lock();
    try {
      if (closed) {
        throw new IOException("everything here is being ended");
      }
      return what.start();
    } finally {
      starting.readLock().unlock();
    }
  }

  public void watch(long pid) {
    order("watch " + pid + " TERM KILL");
  }

  /**
   * Watches the PostgreSQL server of a data directory, whether or not it runs already. Its signals
   * mean other things: INT ends it with its clients connected, QUIT ends it and all its processes
   * at once. Killed, it would leave some behind.
   */
  public void watchPostgres(Path dataDirectory) {
    order("postgres " + dataDirectory);
  }

  public void forget(long pid) {
    try {
      order("forget " + pid);
    } catch (UncheckedIOException e) {
      // It is doing its work already, or is gone.
    }
  }

  /** The directory stays: there is something in it to look at. */
  public void keepDirectory() {
    order("keep -");
  }

  private synchronized void order(String line) {
    try {
      orders.write(line + "\n");
      orders.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("the process that cleans up behind us is gone", e);
    }
  }

  /** Lets it do its work now, and waits until it has. */
  @Override
  public void close() {
    try {
      var quiet = starting.writeLock().tryLock(STARTING.toSeconds(), TimeUnit.SECONDS);
      closed = true;
      if (quiet) {
        starting.writeLock().unlock();
      }
      orders.close();
      if (!process.waitFor(WORK.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
