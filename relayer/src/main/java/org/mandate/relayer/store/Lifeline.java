package org.mandate.relayer.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Ends a PostgreSQL server when this process ends, however it ends: a shell waits on a pipe from
 * this process, which the operating system closes even after SIGKILL, and then asks the server for
 * a fast shutdown, if it is still the one whose pid the data directory names.
 */
final class Lifeline implements AutoCloseable {
  // What a terminal sends to the whole group must not end it: this process may take a while.
  private static final String SCRIPT =
      """
      trap '' INT HUP TERM
      while read -r _; do :; done
      read -r pid <"$1" && [ "$pid" = "$2" ] && kill -INT "$2"
      """;

  private final Process shell;

  private Lifeline(Process shell) {
    this.shell = shell;
  }

  /**
   * Ties the server that runs in that data directory to this process.
   *
   * @throws IOException when there is none, or no shell
   */
  static Lifeline tie(Path directory) throws IOException {
    Path pidFile = directory.resolve("postmaster.pid");
    String pid = Files.readAllLines(pidFile).getFirst().trim();
    ProcessBuilder builder =
        new ProcessBuilder("/bin/sh", "-c", SCRIPT, "lifeline", pidFile.toString(), pid);
    // Not this process's own pipes: whoever reads them waits until they are closed.
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    return new Lifeline(builder.start());
  }

  /** Lets go, and thereby ends a server that still runs. */
  @Override
  public void close() {
    try {
      shell.getOutputStream().close();
      if (!shell.waitFor(5, TimeUnit.SECONDS)) shell.destroyForcibly();
    } catch (IOException e) {
      shell.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
