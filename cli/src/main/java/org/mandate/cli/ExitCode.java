package org.mandate.cli;

/** What the command's exit code says to a script. */
public enum ExitCode {
  OK(0, "done; the answer is yes"),
  NO(1, "the answer is no: verification failed, a check found something, a scene failed"),
  USAGE(2, "the command line is wrong"),
  CONFIGURATION(3, "a file, key or setting is wrong or missing"),
  UNREACHABLE(4, "a node, server or disk did not answer as it must"),
  REFUSED(5, "refused by a contract, a policy or a relayer; the message says by which rule"),
  PARKED(
      6,
      "not done yet: the intent waits for what the message names, and goes on by itself; nothing is wrong with the command"),
  INCOMPLETE(
      7,
      "no verdict: nothing is wrong with what was looked at, but not all that counts was; the message says what is missing");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  public int code() {
    return code;
  }

  public String meaning() {
    return meaning;
  }
}
