package org.mandate.cli.doctor;

/**
 * Something that was looked at.
 *
 * @param about machine, chain 1, relayer http://…
 * @param name what was looked at
 * @param found what is there
 * @param next what to do about it; empty when it is well
 */
record Check(String about, String name, Level level, String found, String next) {
  /** How bad it is. */
  enum Level {
    OK,
    WARN,
    FAIL
  }

  static Check ok(String about, String name, String found) {
    return new Check(about, name, Level.OK, found, "");
  }

  static Check warn(String about, String name, String found, String next) {
    return new Check(about, name, Level.WARN, found, next);
  }

  static Check fail(String about, String name, String found, String next) {
    return new Check(about, name, Level.FAIL, found, next);
  }
}
