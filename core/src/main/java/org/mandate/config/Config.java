package org.mandate.config;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a record from a YAML file, the environment and flags; later ones win.
 *
 * <p>A record component {@code pollInterval} is the key {@code poll-interval} in the file, {@code MANDATE_POLL_INTERVAL} in the
 * environment and {@code poll-interval} among the flags. A component whose type is a record is a section: {@code home.rpc-url},
 * {@code MANDATE_HOME_RPC_URL}. A component is required unless it is {@link Optional}, a list or map (then it may be empty), or has
 * a {@link Default}. The record's own checks, thrown as {@link IllegalArgumentException}, are reported with the rest.
 *
 * <p>Types: String, int, long, boolean, BigInteger, {@link java.time.Duration} ({@code 250ms}, {@code 5s}, {@code 2m}, {@code 1h},
 * {@code 1d}), {@link java.net.URI} (http, https, postgresql and their kin, with a host), {@link org.mandate.chain.Address},
 * {@link Path} (relative paths count from the file's folder), enums, records, {@code Optional}, {@code List} and
 * {@code Map<String, …>} of those. Lists are written with commas in the environment and in flags.
 */
public final class Config {
  /** Of every environment variable that sets something. */
  public static final String ENVIRONMENT_PREFIX = "MANDATE_";

  private Config() {}

  /**
   * Binds.
   *
   * @param file empty: none
   * @param environment all of it; variables without the prefix, and those of other settings, are left alone
   * @param flags by dotted key; only those that were given
   * @throws ConfigException with every problem found
   */
  public static <R extends Record> R load(
      Class<R> type, Optional<Path> file, Map<String, String> environment, Map<String, String> flags) {
    throw new UnsupportedOperationException();
  }
}
