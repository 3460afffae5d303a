package org.mandate.relayer;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.web3j.crypto.Wallet;

/** A relayer in a process of its own, with a key file and a YAML file, as an operator runs it. */
final class RelayerProcess implements AutoCloseable {
  private static final Duration MOST = Duration.ofSeconds(300);
  private static final String SOON = "poll-interval: 250ms";
  private static final String PASSPHRASE = "correct horse battery staple";

  private final Process process;
  private final Path own;
  private final Path log;
  private final Path ready;

  private RelayerProcess(Process process, Path own, Path log, Path ready) {
    this.process = process;
    this.own = own;
    this.log = log;
    this.ready = ready;
  }

  /** What runs in the child. */
  public static void main(String[] args) {
    Relayer.run(Path.of(args[0]), Map.of());
  }

  /** Starts the i-th relayer of the town; what it stored before is there. */
  static RelayerProcess start(Town town, int i, List<URI> peers, Optional<String> failpoint)
      throws Exception {
    return start(town, i, town.directory.resolve("process-" + i), SOON, "", peers, failpoint);
  }

  /**
   * As {@link #start(Town, int, List, Optional)}, where {@link #holdAt} holds it.
   *
   * @param name of its directory
   * @param home a setting of home's, as in YAML
   */
  static RelayerProcess held(Town town, int i, String name, String home, String failpoint)
      throws Exception {
    Path own = town.directory.resolve(name);
    Files.createDirectories(own);
    Files.deleteIfExists(own.resolve("relayer.yaml"));
    hold(own, failpoint);
    return start(town, i, own, home, "", List.of(), Optional.of("@" + gate(own)));
  }

  /**
   * Starts one instance of the i-th relayer of the town.
   *
   * @param database which all its instances share
   */
  static RelayerProcess instance(Town town, int i, String name, URI database) throws Exception {
    Path shared = town.directory.resolve("shared-" + i);
    String more =
        """
        database-url: "%s"
        blob-directory: %s
        """
            .formatted(database, shared.resolve("blobs"));
    Path own = shared.resolve(name);
    return start(town, i, own, SOON, more, List.of(), Optional.of("@" + gate(own)));
  }

  private static RelayerProcess start(
      Town town,
      int i,
      Path own,
      String home,
      String more,
      List<URI> peers,
      Optional<String> failpoint)
      throws Exception {
    Path config = own.resolve("relayer.yaml");
    Path ready = own.resolve("ready.json");
    Path log = own.resolve("log-" + Instant.now().toEpochMilli() + ".jsonl");
    Files.createDirectories(own);
    Files.deleteIfExists(ready);
    if (!Files.exists(config)) write(town, i, peers, own, config, home, more);
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                RelayerProcess.class.getName(),
                config.toString())
            .redirectError(log.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("TEST_PASSPHRASE", PASSPHRASE);
    failpoint.ifPresent(point -> builder.environment().put(Trap.VARIABLE, point));
    return new RelayerProcess(builder.start(), own, log, ready);
  }

  private static void write(
      Town town, int i, List<URI> peers, Path own, Path config, String home, String more)
      throws Exception {
    Path key = own.resolve("key.json");
    new ObjectMapper()
        .writeValue(
            key.toFile(), Wallet.createLight(PASSPHRASE, Town.credentials(3 + i).getEcKeyPair()));
    Files.writeString(
        config,
        """
        chains:
          - id: %d
            rpc-urls: [%s]
            deployment: %s/%d.json
            %s
          - id: %d
            rpc-urls: [%s]
            deployment: %s/%d.json
            poll-interval: 250ms
        key:
          file: key.json
          address: "%s"
          passphrase-variable: TEST_PASSPHRASE
        data-directory: data
        http:
          ready-file: ready.json
        peers: %s
        publish-interval: 1s
        stagger: 2s
        """
                .formatted(
                    Town.HOME,
                    town.home.url(),
                    town.directory.resolve("deployments"),
                    Town.HOME,
                    home,
                    Town.REMOTE,
                    town.remote.url(),
                    town.directory.resolve("deployments"),
                    Town.REMOTE,
                    Town.relayer(i).address(),
                    peers)
            + more);
  }

  /** Its settings, as commands take them. */
  Path config() {
    return own.resolve("relayer.yaml");
  }

  /** Where it keeps its database's files, unless it is an instance of several. */
  Path database() {
    return own.resolve("data/postgres");
  }

  /** The API's port, once it is ready. */
  int port() throws Exception {
    Instant end = Instant.now().plus(MOST);
    while (!Files.exists(ready)) {
      boolean stopped = log().contains("stopped dead");
      if (stopped || !process.isAlive() || Instant.now().isAfter(end))
        throw new AssertionError("not ready:\n" + log());
      Thread.sleep(50);
    }
    return new JsonObject(Files.readString(ready)).getInteger("port");
  }

  void awaitStop(String failpoint) throws Exception {
    awaitStop(failpoint, MOST);
  }

  void awaitStop(String failpoint, Duration most) throws Exception {
    Instant end = Instant.now().plus(most);
    while (!hasStopped(failpoint)) {
      if (!process.isAlive() || Instant.now().isAfter(end))
        throw new AssertionError("not stopped:\n" + log());
      Thread.sleep(50);
    }
  }

  void awaitLog(String text) throws Exception {
    Instant end = Instant.now().plus(MOST);
    while (!log().contains(text)) {
      if (!process.isAlive() || Instant.now().isAfter(end))
        throw new AssertionError("does not say " + text + ":\n" + log());
      Thread.sleep(50);
    }
  }

  boolean hasStopped(String failpoint) {
    return log().contains("\"failpoint\":\"" + failpoint + "\"");
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  /** SIGSTOP and SIGCONT: nothing of it moves in between. */
  void pause(boolean pauses) throws Exception {
    String signal = pauses ? "-STOP" : "-CONT";
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
  }

  private static Path gate(Path own) {
    return own.resolve("gate");
  }

  /** Of an instance: whoever comes to that point waits there until {@link #letGo}. */
  void holdAt(String failpoint) throws IOException {
    hold(own, failpoint);
  }

  private static void hold(Path own, String failpoint) throws IOException {
    Files.deleteIfExists(own.resolve("gate.reached"));
    Path draft = Files.writeString(own.resolve("gate.new"), failpoint);
    Files.move(draft, gate(own), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether somebody waits there. */
  boolean isHeld() {
    return Files.exists(own.resolve("gate.reached"));
  }

  void letGo() throws IOException {
    Files.delete(gate(own));
  }

  /** SIGTERM, and nobody waits. */
  void end() {
    process.destroy();
  }

  void awaitHeld() throws Exception {
    Instant end = Instant.now().plus(MOST);
    while (!isHeld()) {
      if (!process.isAlive() || Instant.now().isAfter(end))
        throw new AssertionError("not held:\n" + log());
      Thread.sleep(50);
    }
  }

  /** SIGTERM; answers the exit code. */
  int stop() throws Exception {
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS))
      throw new AssertionError("does not stop:\n" + log());
    return process.exitValue();
  }

  /** SIGTERM: an orderly end. */
  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().get(20, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      kill();
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
    }
  }
}
