package org.mandate.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** The known word that somebody who typed another one may have meant. */
final class Nearest {
  private Nearest() {}

  /** Empty: none is near. */
  static Optional<String> to(String typed, Collection<String> known) {
    return within(Math.max(2, typed.length() / 3), typed, known);
  }

  /** Empty: none is reached by so many changes of a letter. */
  static Optional<String> within(int near, String typed, Collection<String> known) {
    if (typed.length() > 100) {
      return Optional.empty();
    }
    return known.stream()
        .min(
            Comparator.<String>comparingInt(word -> distance(typed, word))
                .thenComparing(word -> word))
        .filter(word -> distance(typed, word) <= near);
  }

  /** Levenshtein: how many letters to insert, delete or replace. */
  static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
      }
      previous = row;
    }
    return previous[b.length()];
  }
}
