package org.mandate.watchdog;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A watchdog in a process of its own, configured by a file. */
final class WatchdogProcess {
  private final Process process;
  private final Path log;

  private WatchdogProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  static WatchdogProcess start(World world, Path directory) throws Exception {
    var key = world.config(0, world.home.url, Optional.empty()).key();
    Path file = directory.resolve("watchdog.yaml");
    Files.writeString(
        file,
        """
        chains:
          - id: 31337
            rpc-urls: [%s]
            deployment: 31337.json
            poll-interval: 200ms
          - id: 31338
            rpc-urls: [%s]
            deployment: 31338.json
            poll-interval: 200ms
        key:
          file: %s
          address: "%s"
          passphrase-file: passphrase
        http:
          port: 0
        """
            .formatted(
                world.home.url,
                world.remote.url,
                key.file().orElseThrow().getFileName(),
                key.address()));
    Path log = Files.createTempFile(directory, "watchdog", ".log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                WatchdogMain.class.getName(),
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new WatchdogProcess(process, log);
  }

  void awaitReady() throws InterruptedException {
    World.await("READY", World.PATIENCE, () -> log().contains("READY watchdog"));
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
