package org.mandate.relayer.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.mandate.relayer.Failpoint;
import org.mandate.relayer.Trap;

/** No write to the database and no question to a node is without a failpoint (L9). */
class FailpointCatalogueTest {
  private static final Path SOURCES = Path.of(System.getProperty("mandate.root", ".."));
  private static final Path STORE =
      SOURCES.resolve("relayer/src/main/java/org/mandate/relayer/store");
  private static final Path CLIENT =
      SOURCES.resolve("core/src/main/java/org/mandate/chain/JsonRpcClient.java");

  /** By a relayer; others do. */
  private static final Set<String> NOT_ASKED = Set.of("eth_getProof");

  private static final Pattern METHOD =
      Pattern.compile("^  (?=[a-zA-Z<])(?!return |throw )[^=;(]*?\\b(\\w+)\\(", Pattern.MULTILINE);
  private static final Pattern STATEMENT = Pattern.compile("\\btx\\s*\\.\\w+\\(");
  private static final Pattern QUESTION = Pattern.compile("\"(eth_\\w+)\"");

  @Test
  void L9_shouldNameEveryWriteOfTheStore() throws IOException {
    assertEquals(
        writers(), named("commit/"), "failpoints.txt: before-commit/ and after-commit/ of each");
  }

  @Test
  void L9_shouldNameEveryQuestionToANode() throws IOException {
    Set<String> asked = new TreeSet<>();
    Matcher questions = QUESTION.matcher(Files.readString(CLIENT));
    while (questions.find()) asked.add(questions.group(1));
    assertTrue(asked.containsAll(named("rpc/")), asked + " has not all of " + named("rpc/"));
    asked.removeAll(NOT_ASKED);
    assertEquals(asked, named("rpc/"));
  }

  @Test
  void L9_shouldNameThePointsOfAPaymentsWay() {
    List<String> all = Trap.all();
    assertTrue(all.containsAll(Stream.of(Failpoint.values()).map(Failpoint::label).toList()));
    assertEquals(all.size(), Set.copyOf(all).size(), "each once");
  }

  @Test
  void shouldTellWritesFromLocksAndReads() {
    assertTrue(WriteSteps.writes("UPDATE task SET x = 1"));
    assertTrue(WriteSteps.writes("WITH due AS (SELECT 1) UPDATE task t SET x = 1 RETURNING t.*"));
    assertTrue(WriteSteps.writes("INSERT INTO task (kind) VALUES (?)"));
    assertTrue(WriteSteps.writes("DELETE FROM task"));
    assertFalse(WriteSteps.writes("SELECT next FROM signer_nonce FOR UPDATE"));
    assertFalse(WriteSteps.writes("SELECT 1 FROM task FOR UPDATE SKIP LOCKED LIMIT 1"));
  }

  /** {@code before} and {@code after} go together. */
  private static Set<String> named(String kind) {
    Set<String> before = names("before-" + kind);
    assertEquals(before, names("after-" + kind));
    return before;
  }

  private static Set<String> names(String prefix) {
    return Trap.all().stream()
        .filter(point -> point.startsWith(prefix))
        .map(point -> point.substring(prefix.length()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Class and method of everything in the store that writes, read from the sources. */
  private static Set<String> writers() throws IOException {
    Set<String> writers = new TreeSet<>();
    List<Path> files;
    try (Stream<Path> all = Files.list(STORE)) {
      files = all.filter(f -> f.toString().endsWith(".java")).toList();
    }
    for (Path file : files) {
      String name = file.getFileName().toString().replace(".java", "");
      if (List.of("Tx", "Database", "WriteSteps").contains(name)) continue;
      String text = Files.readString(file);
      Matcher statements = STATEMENT.matcher(text);
      while (statements.find()) {
        String arguments = arguments(text, statements.end());
        if (WriteSteps.writes(arguments))
          writers.add(name + "." + method(text, statements.start()));
      }
    }
    return writers;
  }

  private static String method(String text, int at) {
    Matcher methods = METHOD.matcher(text.substring(0, at));
    String last = "";
    while (methods.find()) last = methods.group(1);
    return last;
  }

  /** From there to the closing parenthesis; those in the SQL are balanced. */
  private static String arguments(String text, int from) {
    int open = 1;
    int at = from;
    while (open > 0) {
      char c = text.charAt(at++);
      if (c == '(') open++;
      if (c == ')') open--;
    }
    return text.substring(from, at);
  }
}
