package org.mandate.relayer;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mandate.chain.RpcSteps;

/**
 * Where a process stops dead. A test, measurement or demonstration names a point in {@code
 * MANDATE_FAILPOINT}, {@code name} or {@code name:n} for the n-th time that it is reached; the
 * process then stops there, says so in its log, and waits to be killed. Without that variable there
 * is no trap, and nothing looks for one. With {@code @FILE} nobody stops for good: as long as that
 * file names a point, whoever comes to it waits there, and {@code FILE.reached} appears.
 *
 * <p>The points: those of {@link Failpoint}; {@code before-commit/X} and {@code after-commit/X} of
 * every database transaction in which X wrote, X being the class and method of the store; {@code
 * before-rpc/M} and {@code after-rpc/M} of every question to a node, M being the method (of a batch
 * each). {@code failpoints.txt} lists those that {@link Failpoint} does not.
 */
public final class Trap {
  public static final String VARIABLE = "MANDATE_FAILPOINT";
  private static final Pattern FORM = Pattern.compile("(.+?)(?::([1-9][0-9]{0,8}))?");

  private static final Journal LOG = Journal.of("failpoint");
  private static final AtomicBoolean REACHED = new AtomicBoolean();
  private static final AtomicInteger PASSED = new AtomicInteger();
  private static final Optional<String> SET = Optional.ofNullable(System.getenv(VARIABLE));
  private static final Optional<Path> GATE =
      SET.filter(text -> text.startsWith("@")).map(text -> Path.of(text.substring(1)));
  private static final Optional<Armed> ARMED =
      SET.filter(text -> !text.startsWith("@")).map(Trap::parse);

  private Trap() {}

  /**
   * @param time which time of being reached, from 1
   */
  record Armed(String point, int time) {}

  /** Whether there is one at all. */
  public static boolean isSet() {
    return SET.isPresent();
  }

  /** Stops everything for good when this is the armed point, and the time. */
  public static void reach(String point) {
    GATE.ifPresent(gate -> await(gate, point));
    if (ARMED.isEmpty() || !ARMED.get().point().equals(point)) return;
    if (PASSED.incrementAndGet() < ARMED.get().time()) return;
    if (REACHED.compareAndSet(false, true)) LOG.alarm("stopped dead", "failpoint", point);
    stop();
  }

  private static void await(Path gate, String point) {
    try {
      if (!names(gate, point)) return;
      LOG.info("waits", "failpoint", point);
      Files.writeString(gate.resolveSibling(gate.getFileName() + ".reached"), point);
      while (names(gate, point)) Thread.sleep(10);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean names(Path gate, String point) throws IOException {
    try {
      return Files.readString(gate).equals(point);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Before anything that others can see: once a point is reached, nothing moves any more. */
  public static void stopIfReached() {
    if (REACHED.get()) stop();
  }

  /** Before and after each question to a node. */
  public static final RpcSteps RPC =
      new RpcSteps() {
        @Override
        public void before(String method) {
          stopIfReached();
          reach("before-rpc/" + method);
        }

        @Override
        public void after(String method) {
          reach("after-rpc/" + method);
        }
      };

  private static void stop() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** All points that there are, by name. */
  public static List<String> all() {
    try (InputStream in = Trap.class.getResourceAsStream("/failpoints.txt")) {
      if (in == null) throw new IllegalStateException("failpoints.txt is not in the program");
      Stream<String> named = Stream.of(Failpoint.values()).map(Failpoint::label);
      Stream<String> others =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank() && !line.startsWith("#"));
      return Stream.concat(named, others).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * @throws IllegalArgumentException when it is none
   */
  static Armed parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches() || !all().contains(matcher.group(1))) {
      throw new IllegalArgumentException(
          VARIABLE + "=" + text + " is none of " + String.join(", ", all()) + ", or one with :n");
    }
    int time = matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2));
    return new Armed(matcher.group(1), time);
  }
}
