package org.mandate.cli.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReaperTest {
  private static final ProcessBuilder SLEEP = new ProcessBuilder("sleep", "600");

  @TempDir private Path parent;

  @Test
  void shouldEndWhatItStartedAndRemoveItsDirectory() throws Exception {
    Process child;
    Path directory;
    try (var reaper = Reaper.start(parent)) {
      directory = reaper.directory();
      assertEquals(
          "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)));
      Files.writeString(directory.resolve("file"), "x");
      child = reaper.start(SLEEP);
    }
    assertTrue(child.waitFor(10, TimeUnit.SECONDS));
    assertFalse(Files.exists(directory));
  }

  @Test
  void shouldKillAChildThatIgnoresTheRequest() throws Exception {
    Process child;
    try (var reaper = Reaper.start(parent)) {
      child =
          reaper.start(new ProcessBuilder("sh", "-c", "trap '' TERM; while :; do sleep 1; done"));
    }
    assertTrue(child.waitFor(15, TimeUnit.SECONDS));
  }

  @Test
  void shouldEndWhatNobodyAnnouncedWhenItNamesTheDirectory() throws Exception {
    Process child;
    try (var reaper = Reaper.start(parent)) {
      var config = reaper.directory().resolve("relayer.yaml");
      child = new ProcessBuilder("sh", "-c", "sleep 600; :", "sh", "--config", "" + config).start();
    }
    assertTrue(child.waitFor(10, TimeUnit.SECONDS));
  }

  @Test
  void shouldStartNothingWhenItsEndHasBegun() {
    var reaper = Reaper.start(parent);
    reaper.close();
    assertThrows(IOException.class, () -> reaper.start(SLEEP));
  }

  @Test
  void shouldSurviveTheSignalsOfATerminal() throws Exception {
    for (var signal : new String[] {"INT", "TERM", "HUP", "QUIT"}) {
      var reaper = Reaper.start(parent);
      new ProcessBuilder("kill", "-s", signal, Long.toString(reaper.pid())).start().waitFor();
      reaper.close();
      assertFalse(Files.exists(reaper.directory()), signal);
    }
  }

  @Test
  void shouldLeaveAloneWhatWasForgotten() throws Exception {
    try (var other = new Ended(SLEEP.start())) {
      try (var reaper = Reaper.start(parent)) {
        reaper.watch(other.process().pid());
        reaper.forget(other.process().pid());
      }
      assertTrue(other.process().isAlive());
    }
  }

  @Test
  void shouldKeepTheDirectoryWhenThereIsSomethingToLookAt() {
    var reaper = Reaper.start(parent);
    reaper.keepDirectory();
    reaper.close();
    assertTrue(Files.exists(reaper.directory()));
  }

  private record Ended(Process process) implements AutoCloseable {
    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
