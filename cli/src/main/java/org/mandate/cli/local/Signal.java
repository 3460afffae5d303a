package org.mandate.cli.local;

import java.io.IOException;

/** A signal that Java cannot send: to one process, by its number. */
enum Signal {
  STOP,
  CONT,
  KILL;

  /**
   * @throws IOException when there is no such process any more
   */
  void send(long pid) throws IOException, InterruptedException {
    var kill =
        new ProcessBuilder("kill", "-s", name(), Long.toString(pid))
            .redirectErrorStream(true)
            .start();
    kill.getOutputStream().close();
    var said =
        new String(kill.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    if (kill.waitFor() != 0) {
      throw new IOException("no SIG%s to process %d: %s".formatted(name(), pid, said.strip()));
    }
  }
}
