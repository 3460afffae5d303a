package org.mandate.relayer.store;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.mandate.relayer.Trap;

/**
 * What a database transaction wrote, by the store's methods that did: where a process may be made
 * to stop dead before and after the commit. Notes nothing unless there is a trap.
 */
final class WriteSteps {
  // Not the lock of a row ("FOR UPDATE") and not what an insert does instead ("DO UPDATE").
  private static final Pattern WRITES =
      Pattern.compile(
          "\\bINSERT INTO\\s|\\bDELETE FROM\\s|(?<!\\bFOR )(?<!\\bDO )\\bUPDATE\\s+\\w");
  private static final StackWalker STACK = StackWalker.getInstance();
  private static final String STORE = WriteSteps.class.getPackageName() + ".";
  private static final Set<String> OWN =
      Set.of(STORE + "WriteSteps", STORE + "Tx", STORE + "Database");

  private final Set<String> writers = new LinkedHashSet<>();

  void note(String sql) {
    if (Trap.isSet() && writes(sql)) writers.add(writer());
  }

  static boolean writes(String sql) {
    return WRITES.matcher(sql).find();
  }

  void beforeCommit() {
    if (Trap.isSet()) Trap.stopIfReached();
    for (String writer : writers) Trap.reach("before-commit/" + writer);
  }

  void afterCommit() {
    for (String writer : writers) Trap.reach("after-commit/" + writer);
  }

  private static String writer() {
    return STACK.walk(
        frames ->
            frames
                .filter(f -> f.getClassName().startsWith(STORE) && !OWN.contains(f.getClassName()))
                .findFirst()
                .map(f -> simple(f.getClassName()) + "." + method(f.getMethodName()))
                .orElse("elsewhere"));
  }

  private static String simple(String className) {
    String inner = className.substring(STORE.length());
    return inner.contains("$") ? inner.substring(0, inner.indexOf('$')) : inner;
  }

  // A lambda is a part of the method that it stands in.
  private static String method(String name) {
    return name.startsWith("lambda$") ? name.split("\\$")[1] : name;
  }
}
