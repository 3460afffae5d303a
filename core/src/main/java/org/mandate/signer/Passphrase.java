package org.mandate.signer;

import java.nio.file.Path;
import java.util.Map;

/** Where a passphrase is: in a file or an environment variable, never on a command line, which every process can read. */
public sealed interface Passphrase {
  /** The file's first line. */
  record InFile(Path file) implements Passphrase {}

  /** @param environment the process's own */
  record InEnvironment(String variable, Map<String, String> environment) implements Passphrase {
    /** Never the value. */
    @Override
    public String toString() {
      return "environment variable " + variable;
    }
  }

  /** A fresh array that the caller wipes. */
  default char[] read() {
    throw new UnsupportedOperationException();
  }
}
