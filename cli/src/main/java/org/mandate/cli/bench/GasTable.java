package org.mandate.cli.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Output;

/**
 * What was measured: our paths first, then others', each from cheap to dear.
 *
 * @param rows at least one of ours and one of others'
 */
record GasTable(List<Row> rows) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Comparator<Row> CHEAP_FIRST =
      Comparator.comparingLong(Row::gas).thenComparing(Row::path);

  /**
   * One path.
   *
   * @param gas of the whole transaction
   * @param bound the most that it may be; none for what is not ours to bound
   */
  record Row(String path, long gas, OptionalLong bound) {
    boolean ok() {
      return bound.isEmpty() || gas <= bound.getAsLong();
    }

    private String verdict() {
      if (bound.isEmpty()) {
        return "";
      }
      var left = bound.getAsLong() - gas;
      return ok() ? words("ok, %,d left", left) : words("OVER by %,d", -left);
    }
  }

  /**
   * Reads what the measurement wrote: ours.json, bounds.json (absent when nothing is bounded) and
   * peers.json, each an object path to gas.
   *
   * @throws Failure when it is not whole
   */
  static GasTable read(Path folder) {
    var ours = group(folder.resolve("ours.json"));
    var peers = group(folder.resolve("peers.json"));
    var boundsFile = folder.resolve("bounds.json");
    var bounds = Files.exists(boundsFile) ? group(boundsFile) : Map.<String, Long>of();
    for (var path : bounds.keySet()) {
      if (!ours.containsKey(path)) {
        throw broken(boundsFile, "bounds «" + path + "», which was not measured");
      }
    }
    var rows = new ArrayList<Row>();
    rows(ours, bounds).forEach(rows::add);
    rows(peers, Map.of()).forEach(rows::add);
    return new GasTable(List.copyOf(rows));
  }

  private static Stream<Row> rows(Map<String, Long> gas, Map<String, Long> bounds) {
    return gas.entrySet().stream()
        .map(
            e -> {
              var bound = bounds.get(e.getKey());
              return new Row(
                  e.getKey(),
                  e.getValue(),
                  bound == null ? OptionalLong.empty() : OptionalLong.of(bound));
            })
        .sorted(CHEAP_FIRST);
  }

  private static Map<String, Long> group(Path file) {
    try {
      var group = JSON.readValue(file.toFile(), new TypeReference<Map<String, Long>>() {});
      if (group == null || group.isEmpty()) {
        throw broken(file, "is empty");
      }
      for (var row : group.entrySet()) {
        if (row.getValue() == null || row.getValue() <= 0) {
          throw broken(file, "says " + row.getValue() + " gas for «" + row.getKey() + "»");
        }
      }
      return group;
    } catch (IOException e) {
      throw broken(file, "can't be read: " + e.getMessage());
    }
  }

  private static Failure broken(Path file, String how) {
    return new Failure(
        ExitCode.NO, "the measurement is not whole: " + file + " " + how + "; measure again");
  }

  /** Whether every bound holds. */
  boolean ok() {
    return rows.stream().allMatch(Row::ok);
  }

  ObjectNode toJson() {
    var answer = Output.object().put("ok", ok());
    var array = answer.putArray("rows");
    for (var row : rows) {
      var object = array.addObject().put("path", row.path()).put("gas", row.gas());
      if (row.bound().isPresent()) {
        object.put("bound", row.bound().getAsLong());
      } else {
        object.putNull("bound");
      }
      object.put("ok", row.ok());
    }
    return answer;
  }

  /** For people. */
  List<String> toLines() {
    var width = rows.stream().mapToInt(r -> r.path().length()).max().orElse(0);
    var format = "%-" + width + "s  %9s  %9s  %s";
    var lines = new ArrayList<String>();
    lines.add(words(format, "path", "gas", "at most", "").stripTrailing());
    for (var row : rows) {
      var bound = row.bound().isPresent() ? words("%,d", row.bound().getAsLong()) : "";
      lines.add(
          words(format, row.path(), words("%,d", row.gas()), bound, row.verdict()).stripTrailing());
    }
    return lines;
  }

  private static String words(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
