package org.mandate.cli.demo;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReaperTest {
  @Test
  void shouldEndWhatIsWatchedAndRemoveTheDirectory(@TempDir Path parent) throws Exception {
    var directory = Files.createDirectory(parent.resolve("stage"));
    Files.writeString(directory.resolve("file"), "x");
    var child = new ProcessBuilder("sleep", "600").start();
    try (var reaper = Reaper.start(directory)) {
      reaper.watch(child.pid());
    }
    assertTrue(child.waitFor(10, TimeUnit.SECONDS));
    assertFalse(Files.exists(directory));
  }

  @Test
  void shouldKillAChildThatIgnoresTheRequest(@TempDir Path directory) throws Exception {
    var child = new ProcessBuilder("sh", "-c", "trap '' TERM; while :; do sleep 1; done").start();
    try (var reaper = Reaper.start(directory.resolve("none"))) {
      reaper.watch(child.pid());
    }
    assertTrue(child.waitFor(15, TimeUnit.SECONDS));
  }

  @Test
  void shouldLeaveAloneWhatWasForgotten(@TempDir Path directory) throws Exception {
    var other = new ProcessBuilder("sleep", "600").start();
    try {
      try (var reaper = Reaper.start(directory.resolve("none"))) {
        reaper.watch(other.pid());
        reaper.forget(other.pid());
      }
      assertTrue(other.isAlive());
    } finally {
      other.destroyForcibly();
    }
  }

  @Test
  void shouldKeepTheDirectoryWhenThereIsSomethingToLookAt(@TempDir Path directory) {
    try (var reaper = Reaper.start(directory)) {
      reaper.keepDirectory();
    }
    assertTrue(Files.exists(directory));
  }
}
