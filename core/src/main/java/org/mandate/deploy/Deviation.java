package org.mandate.deploy;

/**
 * Something of a deployment that is not as it must be.
 *
 * @param what it is about, in words
 * @param expected what must be
 * @param found what is
 * @param next what to do about it
 * @param weight whether it can be in order all the same
 */
public record Deviation(String what, String expected, String found, String next, Weight weight) {
  /** How bad it is. */
  public enum Weight {
    /** Nobody may have done this. */
    WRONG,
    /**
     * Who is entitled to may have changed it since the deployment; whether they did is the
     * question.
     */
    CHANGED
  }

  /** What must be and what is. */
  public String words() {
    return "%s: must be %s, is %s".formatted(what, expected, found);
  }

  @Override
  public String toString() {
    return words() + ": " + next;
  }
}
