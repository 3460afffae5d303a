package org.mandate.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mandate.config.Setting.Section;

/**
 * Reads a record from a YAML file, the environment and flags; later ones win.
 *
 * <p>A record component {@code pollInterval} is the key {@code poll-interval} in the file, {@code
 * MANDATE_POLL_INTERVAL} in the environment and {@code poll-interval} among the flags. A component
 * whose type is a record is a section: {@code home.rpc-url}, {@code MANDATE_HOME_RPC_URL}. A
 * component is required unless it is {@link Optional}, a list or map (then it may be empty), or has
 * a {@link Default}. The record's own checks, thrown as {@link IllegalArgumentException}, are
 * reported with the rest.
 *
 * <p>Types: String, int, long, boolean, BigInteger, {@link java.time.Duration} ({@code 250ms},
 * {@code 5s}, {@code 2m}, {@code 1h}, {@code 1d}), {@link java.net.URI} (with scheme and host),
 * {@link Path}, enums ({@code SOME_THING} is {@code some-thing}), whatever has {@code static T
 * of(String)} (Address, Hash, Finality), records, {@code Optional}, {@code List} and {@code
 * Map<String, …>} of those. A relative path counts from the file's folder; in the environment and
 * in flags, from the current one. Lists are written with commas in the environment and in flags;
 * list items are reached as {@code chains.0.rpc-urls}.
 */
public final class Config {
  /** Of every environment variable that sets something. */
  public static final String ENVIRONMENT_PREFIX = "MANDATE_";

  /** Variables of the command and of tests, which are no settings and no misspelt ones. */
  static final Set<String> OTHER_VARIABLES =
      Set.of("MANDATE_HOME", "MANDATE_RPC", "MANDATE_FAILPOINT");

  private Config() {}

  /**
   * Binds.
   *
   * @param file empty: none
   * @param environment all of it; variables without the prefix, and those of other programs, are
   *     left alone, but one that is a slip of the pen away from a setting's is refused
   * @param flags by dotted key; only those that were given. One with a password in it is refused:
   *     every process of the machine reads the arguments of every other
   * @throws ConfigException with every problem found
   */
  public static <R extends Record> R load(
      Class<R> type,
      Optional<Path> file,
      Map<String, String> environment,
      Map<String, String> flags) {
    List<String> problems = new ArrayList<>();
    Optional<Path> absolute = file.map(Path::toAbsolutePath);
    Section settings =
        absolute
            .map(f -> YamlFile.read(f, problems))
            .orElseGet(() -> new Section(Map.of(), "configuration"));
    Path folder = absolute.map(Path::getParent).orElseGet(() -> Path.of("").toAbsolutePath());
    Optional<R> bound = new Binder(folder, environment, flags, problems).bind(type, settings);
    return bound.filter(b -> problems.isEmpty()).orElseThrow(() -> new ConfigException(problems));
  }
}
