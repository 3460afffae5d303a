package org.mandate.cli.bench;

import java.util.List;

/**
 * How the launcher ({@code mandate}) starts a relayer's JVM, so that measurements are of what an
 * operator runs.
 */
final class RelayerJvm {
  static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "-Xmx256m",
          "-Xss512k",
          "-XX:MaxMetaspaceSize=160m",
          "-XX:ReservedCodeCacheSize=96m",
          "-XX:MaxDirectMemorySize=64m",
          "-XX:+ExitOnOutOfMemoryError");

  private RelayerJvm() {}
}
