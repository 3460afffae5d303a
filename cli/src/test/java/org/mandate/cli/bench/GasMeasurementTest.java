package org.mandate.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;

/** What a run of the script leads to; the real one takes minutes and is run by CI. */
class GasMeasurementTest {
  @TempDir private Path home;

  private void script(String body) throws IOException {
    var script = home.resolve("bench/gas/measure");
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/usr/bin/env bash\n" + body);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void shouldSayWhereToRunWhenThereIsNoCheckout() {
    var failure = assertThrows(Failure.class, () -> GasMeasurement.in(home));
    assertEquals(ExitCode.CONFIGURATION, failure.exitCode());
    assertTrue(failure.getMessage().contains("run ./mandate there"), failure.getMessage());
  }

  @Test
  void shouldReadWhatTheScriptMeasured() throws Exception {
    script(
        """
        echo 'Compiling 9 files with Solc'
        echo 'chatter'
        mkdir -p contracts/cache-bench/measured && cd contracts/cache-bench/measured
        echo '{"a": "5"}' >ours.json
        echo '{"b": "7"}' >peers.json
        """);
    var progress = new ArrayList<String>();
    var table = GasMeasurement.in(home).run(progress::add);
    assertEquals(2, table.rows().size());
    assertEquals(List.of("Compiling 9 files with Solc"), progress.subList(1, progress.size()));
    assertTrue(Files.readString(home.resolve("target/bench-gas.log")).contains("chatter"));
  }

  @Test
  void shouldShowTheEndOfTheLogWhenTheScriptFails() throws Exception {
    script("echo start; echo 'x is missing: run scripts/npm-ci' >&2; exit 3");
    var failure = assertThrows(Failure.class, () -> GasMeasurement.in(home).run(line -> {}));
    assertEquals(ExitCode.NO, failure.exitCode());
    assertTrue(failure.getMessage().contains("exit code 3"), failure.getMessage());
    assertTrue(failure.getMessage().contains("x is missing"), failure.getMessage());
  }

  @Test
  void shouldNotTakeAnEarlierRunForThisOne() throws Exception {
    var measured = Files.createDirectories(home.resolve("contracts/cache-bench/measured"));
    Files.writeString(measured.resolve("ours.json"), "{\"a\": \"5\"}");
    Files.writeString(measured.resolve("peers.json"), "{\"b\": \"7\"}");
    script("true # measures nothing, and says that all is well");
    assertThrows(Failure.class, () -> GasMeasurement.in(home).run(line -> {}));
  }
}
