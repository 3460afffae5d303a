package org.mandate.cli.bench;

import java.util.List;

/** How the launcher starts a relayer's JVM, so that measurements are of what an operator runs. */
final class RelayerJvm {
  static final List<String> OPTIONS =
      List.of("-Xmx256m", "-Xss512k", "-XX:+UseSerialGC", "-XX:MaxMetaspaceSize=160m");

  private RelayerJvm() {}
}
