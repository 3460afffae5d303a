package org.mandate.cli.local;

import java.time.Duration;
import java.util.List;
import org.mandate.cli.KeyFile;

/**
 * How relayers of a town are to run: as {@code relayer.sample.yaml} explains.
 *
 * @param poll how often each chain's head is asked for
 * @param more lines of YAML at the top level, as they are; may be empty
 * @param chain lines of YAML for each chain, without indentation; may be empty
 * @param jvm options for the JVM
 * @param key how hard the key file is to open
 */
public record RelayerSettings(
    Duration poll,
    Duration publish,
    Duration stagger,
    Duration attestationPatience,
    Duration report,
    String more,
    String chain,
    List<String> jvm,
    KeyFile.Strength key) {
  /** As fast as small chains of half a second need it, in a small JVM. */
  public static final RelayerSettings DEFAULT =
      new RelayerSettings(
          Duration.ofMillis(250),
          Duration.ofMillis(500),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          Duration.ofSeconds(2),
          "",
          "",
          MandateCommand.SMALL,
          KeyFile.Strength.LIGHT);

  public RelayerSettings {
    jvm = List.copyOf(jvm);
  }

  /** With other intervals. */
  public RelayerSettings withIntervals(
      Duration poll, Duration publish, Duration stagger, Duration patience, Duration report) {
    return new RelayerSettings(poll, publish, stagger, patience, report, more, chain, jvm, key);
  }

  /** With these lines of YAML, at the top level and for each chain. */
  public RelayerSettings with(String more, String chain) {
    return new RelayerSettings(
        poll, publish, stagger, attestationPatience, report, more, chain, jvm, key);
  }

  /** In a JVM with these options instead. */
  public RelayerSettings withJvm(String... options) {
    return new RelayerSettings(
        poll, publish, stagger, attestationPatience, report, more, chain, List.of(options), key);
  }

  /** With a key file of that strength. */
  public RelayerSettings withKey(KeyFile.Strength strength) {
    return new RelayerSettings(
        poll, publish, stagger, attestationPatience, report, more, chain, jvm, strength);
  }
}
