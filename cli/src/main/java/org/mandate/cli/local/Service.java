package org.mandate.cli.local;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A relayer or a watchdog: a process of its own, started like an operator starts it. */
public final class Service {
  private static final Duration START = Duration.ofMinutes(5);
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private final String name;
  private final String kind;
  private final Path config;
  private final Path log;
  private final URI url;
  private final Reaper reaper;
  private final List<String> jvm;
  private final MandateCommand command;
  private Process process;

  /**
   * @param kind subcommand: {@code relayer} or {@code watchdog}
   * @param url where its HTTP server listens, as the configuration says
   * @param log gets its standard error, one JSON object a line
   */
  public Service(String name, String kind, Path config, URI url, Path log, Reaper reaper) {
    this(name, kind, config, url, log, reaper, MandateCommand.SMALL);
  }

  /**
   * As above.
   *
   * @param jvm options for its JVM
   */
  public Service(
      String name, String kind, Path config, URI url, Path log, Reaper reaper, List<String> jvm) {
    this.jvm = List.copyOf(jvm);
    this.name = name;
    this.kind = kind;
    this.config = config;
    this.url = url;
    this.log = log;
    this.reaper = reaper;
    this.command = new MandateCommand(reaper);
  }

  public String name() {
    return name;
  }

  public URI url() {
    return url;
  }

  public Path log() {
    return log;
  }

  public long pid() {
    return process.pid();
  }

  /** Whether its process runs; one that is paused does. */
  public boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Starts the process and returns at once. */
  public void start(Map<String, String> environment) throws IOException {
    var builder = command.process(jvm, List.of(kind, "run", "--config", config.toString()));
    builder.environment().putAll(environment);
    var output = ProcessBuilder.Redirect.appendTo(log.toFile());
    process = reaper.start(builder.redirectOutput(output).redirectError(output));
    process.getOutputStream().close();
  }

  /**
   * Starts another command of its kind with its settings, such as {@code accept-reorg}; what it
   * prints goes to the same log. Whoever starts it waits for its end.
   */
  public Process command(Map<String, String> environment, String name, List<String> more)
      throws IOException {
    var arguments = new ArrayList<>(List.of(kind, name, "--config", config.toString()));
    arguments.addAll(more);
    var builder = command.process(MandateCommand.SMALL, arguments);
    builder.environment().putAll(environment);
    var output = ProcessBuilder.Redirect.appendTo(log.toFile());
    var started = reaper.start(builder.redirectOutput(output).redirectError(output));
    started.getOutputStream().close();
    return started;
  }

  /** Waits until the process says that it does its work. */
  public void awaitReady() throws IOException, InterruptedException {
    var end = System.nanoTime() + START.toNanos();
    while (true) {
      if (!process.isAlive()) {
        throw new IOException(
            "%s ended with %d; the end of its log:%n%s"
                .formatted(name, process.exitValue(), tail()));
      }
      if (isReady()) {
        return;
      }
      if (System.nanoTime() > end) {
        throw new IOException(
            "%s is not ready after %s; the end of its log:%n%s".formatted(name, START, tail()));
      }
      Thread.sleep(100);
    }
  }

  /** Whether it says that it does its work. */
  public boolean isReady() throws InterruptedException {
    try {
      return get("/health/ready").statusCode() == 200;
    } catch (IOException e) {
      return false; // does not listen yet
    }
  }

  public HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(url.resolve(path)).timeout(Duration.ofSeconds(5)).GET().build(),
        HttpResponse.BodyHandlers.ofString());
  }

  public HttpResponse<String> post(String path, String json)
      throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(url.resolve(path))
            .timeout(Duration.ofSeconds(20))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** SIGKILL: no goodbye, nothing flushed. */
  public void kill() throws IOException, InterruptedException {
    process.destroyForcibly();
    ended();
  }

  /** SIGSTOP: it does nothing until {@link #resume}, as a machine that hangs. */
  public void pause() throws IOException, InterruptedException {
    Signal.STOP.send(process.pid());
  }

  /** SIGCONT. */
  public void resume() throws IOException, InterruptedException {
    Signal.CONT.send(process.pid());
  }

  /** SIGTERM, as an operator stops it. */
  public void stop() throws IOException, InterruptedException {
    process.destroy();
    ended();
  }

  private void ended() throws IOException, InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IOException(name + " does not end");
    }
    reaper.forget(process.pid());
  }

  private String tail() throws IOException {
    var lines = Files.readAllLines(log);
    return String.join(
        System.lineSeparator(), lines.subList(Math.max(0, lines.size() - 15), lines.size()));
  }

  /** A port that was free a moment ago. */
  public static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
