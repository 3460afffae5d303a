package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is recorded of a start saves time where it fits, and elsewhere is as if it were not there.
 */
class RecordedStartTest {
  private static final Path SCRIPT = Home.directory().resolve("scripts/record-start");
  private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));
  private static final String WORDS = "does its work";

  @TempDir private static Path directory;
  private static Path jar;
  private static Path record;

  private record Ran(int exitCode, String output, String errors) {}

  @BeforeAll
  static void record() throws Exception {
    jar = program(WORDS);
    var recorded = run("bash", SCRIPT.toString(), stem("start"), jar.toString(), "Program");
    assertEquals(0, recorded.exitCode(), recorded.errors());
    try (var files = Files.list(directory)) {
      record = files.filter(f -> f.toString().matches(".*/start[.](aot|jsa)")).findAny().get();
    }
  }

  private static Path program(String words) throws Exception {
    var source = directory.resolve("Program.java");
    Files.writeString(
        source,
        """
        public class Program {
          public static void main(String[] arguments) {
            System.out.println("%s");
          }
        }
        """
            .formatted(words));
    var compiler = ToolProvider.getSystemJavaCompiler();
    assertEquals(0, compiler.run(null, null, null, "-d", directory + "", source + ""));
    var made = directory.resolve("program.jar");
    try (var out = new JarOutputStream(Files.newOutputStream(made))) {
      out.putNextEntry(new JarEntry("Program.class"));
      Files.copy(directory.resolve("Program.class"), out);
      out.closeEntry();
    }
    return made;
  }

  private static String stem(String name) {
    return directory.resolve(name).toString();
  }

  private static Ran run(String... command) throws Exception {
    var out = Files.createTempFile(directory, "run", ".out");
    var err = Files.createTempFile(directory, "run", ".err");
    var builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("JAVA_HOME", JAVA_HOME.toString());
    var process = builder.start();
    process.getOutputStream().close();
    return new Ran(process.waitFor(), Files.readString(out), Files.readString(err));
  }

  /** Starts the program as the launcher would, and says whether the record was of use. */
  private static boolean helps(String name) throws Exception {
    return start(name, WORDS);
  }

  private static boolean start(String name, String words) throws Exception {
    var told = run("bash", SCRIPT.toString(), "--options", stem(name), jar.toString());
    assertEquals(0, told.exitCode(), told.errors());
    var loaded = directory.resolve(name + ".loaded");
    var command = new ArrayList<>(List.of(JAVA_HOME.resolve("bin/java").toString()));
    command.addAll(List.of("-XX:+UseSerialGC", "-Xlog:class+load:file=" + loaded));
    command.addAll(told.output().lines().toList());
    command.addAll(List.of("-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", jar.toString(), "Program"));
    assertEquals(
        new Ran(0, words + System.lineSeparator(), ""), run(command.toArray(String[]::new)));
    return Files.readAllLines(loaded).stream()
        .anyMatch(line -> line.matches(".*\\bProgram source: shared objects file.*"));
  }

  /** A copy of the record under another name. */
  private static Path copy(String name) throws Exception {
    Files.copy(
        directory.resolve("start.jars"),
        directory.resolve(name + ".jars"),
        StandardCopyOption.REPLACE_EXISTING);
    var suffix = record.getFileName().toString().replaceFirst("^start", "");
    return Files.copy(
        record, directory.resolve(name + suffix), StandardCopyOption.REPLACE_EXISTING);
  }

  @Test
  void shouldStartFromTheRecord() throws Exception {
    copy("whole");
    assertTrue(helps("whole"));
  }

  @Test
  void shouldStartWithoutARecord() throws Exception {
    assertFalse(helps("missing"));
    Files.write(copy("empty"), new byte[0]);
    assertFalse(helps("empty"));
  }

  @Test
  void shouldStartWithARecordThatIsSomethingElse() throws Exception {
    var garbage = new byte[1 << 20];
    new Random(1).nextBytes(garbage);
    Files.write(copy("garbage"), garbage);
    assertFalse(helps("garbage"));
  }

  @Test
  void shouldStartWithARecordThatIsCutShort() throws Exception {
    var bytes = Files.readAllBytes(record);
    for (var length : List.of(1, 100, 5000, bytes.length / 2, bytes.length * 9 / 10)) {
      Files.write(copy("short"), Arrays.copyOf(bytes, length));
      assertFalse(helps("short"), length + " bytes");
    }
  }

  @Test
  void shouldStartWithARecordThatIsDamaged() throws Exception {
    var random = new Random(2);
    for (int i = 0; i < 20; i++) {
      var bytes = Files.readAllBytes(record);
      for (int at = random.nextInt(4096); at < bytes.length; at += 1 + random.nextInt(1 << 20)) {
        bytes[at] ^= (byte) (1 + random.nextInt(255));
      }
      Files.write(copy("damaged"), bytes);
      assertFalse(helps("damaged"), "time " + i);
    }
  }

  @Test
  void shouldRunWhatIsInTheJarsAndNotWhatWasRecorded() throws Exception {
    copy("stale");
    var before = Files.move(jar, directory.resolve("before.jar"));
    try {
      program("does better work"); // JDK 25 does not look by itself
      assertFalse(start("stale", "does better work"));
    } finally {
      Files.move(before, jar, StandardCopyOption.REPLACE_EXISTING);
    }
    assertTrue(helps("stale"));
  }
}
