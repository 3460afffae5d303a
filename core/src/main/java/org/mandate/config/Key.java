package org.mandate.config;

import java.util.Locale;

/**
 * A setting's name in its three spellings: {@code pollInterval}, {@code poll-interval}, {@code
 * MANDATE_POLL_INTERVAL}.
 */
final class Key {
  private Key() {}

  /** {@code pollInterval} to {@code poll-interval}. */
  static String kebab(String component) {
    StringBuilder out = new StringBuilder();
    for (char c : component.toCharArray()) {
      if (Character.isUpperCase(c)) {
        out.append('-').append(Character.toLowerCase(c));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** {@code home.rpc-url} to {@code MANDATE_HOME_RPC_URL}. */
  static String environment(String path) {
    return Config.ENVIRONMENT_PREFIX
        + path.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }
}
