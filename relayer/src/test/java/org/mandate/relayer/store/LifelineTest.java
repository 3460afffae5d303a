package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the embedded server when its process is killed. */
class LifelineTest {
  /** The process that is killed. */
  public static final class Owner {
    private Owner() {}

    public static void main(String[] args) throws InterruptedException {
      EmbeddedServer server = EmbeddedServer.start(Path.of(args[0]));
      try (Database database = Database.open(server.jdbcUrl())) {
        database.run(tx -> tx.update("CREATE TABLE kept AS SELECT 1 AS one"));
        System.out.println("READY");
        Thread.sleep(Long.MAX_VALUE);
      }
    }
  }

  @Test
  void L9_shouldEndTheServerWhenItsProcessIsKilled(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("postgres");
    Process owner = owner(data);
    ProcessHandle server = server(data);
    assertTrue(server.isAlive());
    owner.destroyForcibly().waitFor();
    server.onExit().get(60, TimeUnit.SECONDS);
    assertFalse(Files.exists(data.resolve("postmaster.pid")), "it shut down in order");
  }

  @Test
  void L9_shouldTakeOverAtOnceWhenItsProcessIsKilled(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("postgres");
    for (int i = 0; i < 3; i++) {
      Process owner = owner(data);
      owner.destroyForcibly().waitFor();
      // The server before is about to end, or is ending.
      try (EmbeddedServer next = EmbeddedServer.start(data);
          Database database = Database.open(next.jdbcUrl())) {
        assertEquals(
            List.of(1L),
            database.inTransaction(tx -> tx.list("SELECT * FROM kept", r -> r.number("one"))));
        database.run(tx -> tx.update("DROP TABLE kept"));
      }
    }
  }

  @Test
  void shouldLeaveNothingRunningWhenItIsClosed(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("postgres");
    // Only what this start adds: other servers of these tests come and go with processes of theirs.
    Set<ProcessHandle> others = children();
    Set<ProcessHandle> ours;
    ProcessHandle server;
    try (EmbeddedServer started = EmbeddedServer.start(data)) {
      server = server(data);
      ours = children();
      ours.removeAll(others);
      assertTrue(started.jdbcUrl().startsWith("jdbc:"));
      assertFalse(ours.isEmpty(), "the lifeline is one");
    }
    server.onExit().get(60, TimeUnit.SECONDS);
    for (ProcessHandle process : ours) process.onExit().get(60, TimeUnit.SECONDS);
  }

  private static Set<ProcessHandle> children() {
    return ProcessHandle.current().children().collect(Collectors.toSet());
  }

  private static Process owner(Path data) throws Exception {
    Process owner =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Owner.class.getName(),
                data.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(owner.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); !"READY".equals(line); line = out.readLine()) {
      assertTrue(line != null, "the owner ended early");
    }
    return owner;
  }

  private static ProcessHandle server(Path data) throws Exception {
    String pid = Files.readAllLines(data.resolve("postmaster.pid")).getFirst().trim();
    return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
  }
}
