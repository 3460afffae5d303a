package org.mandate.model;

import java.util.List;
import java.util.Locale;

/** The command: explores scopes and prints what it found. */
public final class Model {
  private Model() {}

  /**
   * @param args names of scopes; none: all
   */
  public static void main(String[] args) {
    var names = List.of(args);
    var scopes =
        Scope.all().stream().filter(s -> names.isEmpty() || names.contains(s.name)).toList();
    if (scopes.isEmpty() || scopes.size() < names.size()) {
      System.err.println(
          "model: a scope is one of " + Scope.all().stream().map(s -> s.name).toList());
      System.exit(2);
    }
    boolean holds = true;
    for (var scope : scopes) {
      long started = System.nanoTime();
      var outcome = Explorer.explore(scope);
      System.out.printf(
          Locale.ROOT,
          "%-11s %,12d states %,13d steps, %3d deep: %s%n",
          scope.name,
          outcome.states(),
          outcome.steps(),
          outcome.depth(),
          outcome.holds() ? "everything holds" : "BROKEN");
      System.err.printf(
          Locale.ROOT, "%s: %.1f s%n", scope.name, (System.nanoTime() - started) / 1e9);
      outcome.counterexample().ifPresent(System.out::println);
      holds &= outcome.holds();
    }
    System.exit(holds ? 0 : 1);
  }
}
