package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {
  @TempDir private Path temporary;

  @Test
  void shouldGoThroughAndLeaveNothingBehind() throws Exception {
    Rehearsal.rehearse(Home.directory(), temporary);
    try (var left = Files.list(temporary)) {
      assertEquals(0, left.count());
    }
  }
}
