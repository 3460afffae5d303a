package org.mandate.deploy;

/**
 * Something of a deployment that is not as it must be.
 *
 * @param what it is about, in words
 * @param expected what must be
 * @param found what is
 * @param next what to do about it
 */
public record Deviation(String what, String expected, String found, String next) {
  /** What must be and what is. */
  public String words() {
    return "%s: must be %s, is %s".formatted(what, expected, found);
  }

  @Override
  public String toString() {
    return words() + ": " + next;
  }
}
