package org.mandate.relayer.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A PostgreSQL server of our own in a data directory that outlives the process. The server itself
 * does not: it ends with the process, even one that was killed ({@link Lifeline}). One that is
 * still there at the next start is stopped first; PostgreSQL then recovers by itself.
 *
 * <p>It listens on the loopback interface, which all users of the machine share: a random password,
 * in a file that only this user may read, keeps the others out (SCRAM, RFC 5802).
 */
public final class EmbeddedServer implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(15);

  private static final String HOST = "127.0.0.1";
  private static final int PASSWORD_BYTES = 32;
  private static final int CONNECTIONS = 32;

  private final EmbeddedPostgres server;
  private final Lifeline lifeline;
  private final String password;

  private EmbeddedServer(EmbeddedPostgres server, Lifeline lifeline, String password) {
    this.server = server;
    this.lifeline = lifeline;
    this.password = password;
  }

  /**
   * Starts the server, on a free port of the loopback interface.
   *
   * @throws UncheckedIOException when it does not come up
   * @throws IllegalStateException when the data directory has no password file
   */
  public static EmbeddedServer start(Path dataDirectory) {
    return start(dataDirectory, CONNECTIONS);
  }

  /**
   * As {@link #start(Path)}.
   *
   * @param connections most that there can be at once
   */
  public static EmbeddedServer start(Path dataDirectory, int connections) {
    Path directory = dataDirectory.toAbsolutePath().normalize();
    try (ServerSocket reserved = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
      Files.createDirectories(directory);
      stopLeftover(directory);
      Path passwordFile = directory.resolveSibling(directory.getFileName() + ".password");
      String password = password(passwordFile, directory);
      System.setProperty("ot.epg.working-dir", programs().toString()); // there is no other way
      EmbeddedPostgres server =
          EmbeddedPostgres.builder()
              .setDataDirectory(directory)
              .setCleanDataDirectory(false)
              .setPort(reserved.getLocalPort())
              .setDataDirectoryCustomizer(made -> release(reserved))
              .setRegisterShutdownHook(
                  false) // Relayer.close() stops it, after everything that uses it
              .setPGStartupWait(START)
              // These go to initdb as they are; the later --auth takes the place of the embedding's
              // "trust".
              .setLocaleConfig("auth", "scram-sha-256")
              .setLocaleConfig("pwfile", passwordFile.toString())
              .setConnectConfig("password", password)
              .setServerConfig("unix_socket_directories", "")
              // The embedding turns both off, for tests.
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("listen_addresses", HOST)
              .setServerConfig("max_connections", Integer.toString(connections))
              .setServerConfig("shared_buffers", "32MB")
              .setOutputRedirector(ProcessBuilder.Redirect.DISCARD)
              .setErrorRedirector(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new EmbeddedServer(server, tied(server, directory), password);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "embedded PostgreSQL in %s did not start: %s".formatted(directory, e.getMessage()), e);
    }
  }

  /**
   * The port is held while the database is made, which takes seconds, and let go of right before
   * the server takes it: others cannot be given it meanwhile.
   */
  private static void release(ServerSocket reserved) {
    try {
      reserved.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return server.getPort();
  }

  private static Lifeline tied(EmbeddedPostgres server, Path directory) throws IOException {
    try {
      return Lifeline.tie(directory);
    } catch (IOException e) {
      server.close(); // rather none than one that outlives this process
      throw e;
    }
  }

  /** With the password in it: not for logs. */
  public String jdbcUrl() {
    return jdbcUrl("postgres");
  }

  /** Another database of this server, as its administrator: not for logs either. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://"
        + HOST
        + ":"
        + server.getPort()
        + "/"
        + database
        + "?user=postgres&password="
        + password;
  }

  /**
   * Where the server's programs are unpacked, 60 MB, once for all servers of this user. The
   * embedding's own choice is a folder in the shared temporary directory that everybody may write
   * to, and whoever can replace these programs acts as this user.
   */
  static Path programs() throws IOException {
    Path cache =
        Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
            .map(Path::of)
            .filter(Path::isAbsolute) // XDG Base Directory Specification: others are ignored
            .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"));
    Path ours = cache.resolve("mandate");
    try {
      Files.createDirectories(ours);
      Files.setPosixFilePermissions(ours, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new IOException(
          "%s, for PostgreSQL's programs, cannot be written: set XDG_CACHE_HOME to a directory that can"
              .formatted(ours),
          e);
    }
    return ours.resolve("postgresql");
  }

  /** The password, made before the database is. */
  private static String password(Path file, Path directory) throws IOException {
    if (Files.exists(file)) return Files.readString(file).trim();
    if (Files.exists(directory.resolve("PG_VERSION"))) {
      throw new IllegalStateException(
          "database in %s has no password file %s: bring the file back, or start with an empty data directory"
              .formatted(directory, file));
    }
    byte[] secret = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(secret);
    String password = HexFormat.of().formatHex(secret);
    Path draft = file.resolveSibling(file.getFileName() + ".tmp");
    Files.deleteIfExists(draft);
    Files.createFile(
        draft, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(draft, password);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    return password;
  }

  @Override
  public void close() {
    try (lifeline) {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Stops the server that a killed process left behind, and only that: the pid may belong to
   * somebody else by now.
   */
  private static void stopLeftover(Path directory) throws IOException {
    Path pidFile = directory.resolve("postmaster.pid");
    List<String> lines;
    try {
      lines = Files.readAllLines(pidFile);
    } catch (NoSuchFileException e) {
      return; // none, or it has just ended by itself
    }
    if (lines.isEmpty()) return;
    long pid;
    try {
      pid = Long.parseLong(lines.getFirst().trim());
    } catch (NumberFormatException e) {
      return; // torn by a crash: PostgreSQL judges it itself
    }
    ProcessHandle process = ProcessHandle.of(pid).orElse(null);
    if (process == null || !serves(process, directory)) {
      // A dead server's file. PostgreSQL refuses to start when the pid was taken over by another
      // process.
      Files.deleteIfExists(pidFile);
      return;
    }
    process.destroy();
    if (!gone(process)) {
      process.destroyForcibly();
      if (!gone(process))
        throw new IOException(
            "a server (pid " + pid + ") holds the data directory and does not stop");
    }
    Files.deleteIfExists(pidFile);
  }

  private static boolean serves(ProcessHandle process, Path directory) {
    return process
        .info()
        .commandLine()
        .map(c -> c.contains("postgres") && c.contains(directory.toString()))
        .orElse(false);
  }

  private static boolean gone(ProcessHandle process) {
    try {
      process.onExit().get(STOP.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new CompletionException(e);
    }
  }
}
