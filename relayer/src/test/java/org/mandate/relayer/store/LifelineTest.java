package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
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
    Set<ProcessHandle> ours;
    try (EmbeddedServer started = EmbeddedServer.start(data)) {
      assertTrue(started.jdbcUrl().startsWith("jdbc:"));
      ours = naming(data);
      assertTrue(ours.contains(server(data)), "the server is one");
      assertTrue(ours.size() > 1, "the lifeline is one");
    }
    for (ProcessHandle process : ours) process.onExit().get(60, TimeUnit.SECONDS);
    // What they started while they ended may end after them.
    Set<ProcessHandle> left = naming(data);
    for (Instant end = Instant.now().plusSeconds(60);
        !left.isEmpty() && Instant.now().isBefore(end);
        left = naming(data)) {
      Thread.sleep(50);
    }
    assertEquals(Set.of(), left);
  }

  /** Not every child of this process: classes that run beside this one start chains and servers. */
  private static Set<ProcessHandle> naming(Path directory) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.info().commandLine().orElse("").contains(directory.toString()))
        .collect(Collectors.toSet());
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
