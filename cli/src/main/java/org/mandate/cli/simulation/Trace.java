package org.mandate.cli.simulation;

import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What happened, step by step: all of it as one digest, the last steps in words. */
final class Trace {
  private static final int LAST = 400;

  private final MessageDigest digest;
  private final Deque<String> last = new ArrayDeque<>();
  private long steps;

  Trace() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  void step(long millis, String who, String what, Object... values) {
    String line =
        "%d.%03d %s %s%s"
            .formatted(
                millis / 1000,
                millis % 1000,
                who,
                what,
                Arrays.stream(values).map(v -> " " + shown(v)).collect(Collectors.joining()));
    digest.update(line.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) '\n');
    steps++;
    last.addLast(line.length() > 400 ? line.substring(0, 400) + "…" : line);
    if (last.size() > LAST) last.removeFirst();
  }

  long steps() {
    return steps;
  }

  /** Of all steps so far. */
  String digest() {
    try {
      return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException(e);
    }
  }

  List<String> last() {
    return List.copyOf(last);
  }

  /** The same words for the same value, whatever order its parts have in memory. */
  private static String shown(Object value) {
    return switch (value) {
      case null -> "null";
      case byte[] bytes -> "0x" + HexFormat.of().formatHex(bytes);
      case Object[] array -> shown(Arrays.asList(array));
      case Optional<?> optional -> optional.map(Trace::shown).orElse("none");
      case Set<?> set -> set.stream().map(Trace::shown).sorted().toList().toString();
      case Collection<?> list -> list.stream().map(Trace::shown).toList().toString();
      case Map<?, ?> map -> {
        TreeMap<String, String> sorted = new TreeMap<>();
        map.forEach((k, v) -> sorted.put(shown(k), shown(v)));
        yield sorted.toString();
      }
      case InvocationTargetException thrown -> shown(thrown.getCause());
      case Throwable thrown -> thrown.getClass().getSimpleName();
      default -> value.toString();
    };
  }
}
