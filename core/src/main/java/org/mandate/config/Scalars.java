package org.mandate.config;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigInteger;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One word or number of a configuration as a value. Every refusal says what would do. */
final class Scalars {
  private static final Pattern NUMBER = Pattern.compile("-?[0-9]{1,78}");
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");

  private Scalars() {}

  /**
   * Parses.
   *
   * @param folder what relative paths count from
   * @throws IllegalArgumentException if the text is no such value
   */
  static Object parse(Class<?> type, String text, Path folder) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("is empty");
    }
    if (type == String.class) {
      return text;
    }
    if (type == int.class || type == Integer.class) {
      return (int) integer(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    if (type == long.class || type == Long.class) {
      return integer(text, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    if (type == BigInteger.class) {
      return number(text);
    }
    if (type == boolean.class || type == Boolean.class) {
      return bool(text);
    }
    if (type == Duration.class) {
      return duration(text);
    }
    if (type == URI.class) {
      return uri(text);
    }
    if (type == Path.class) {
      return path(text, folder);
    }
    if (type.isEnum()) {
      return constant(type, text);
    }
    return domainValue(type, text);
  }

  private static long integer(String text, long least, long most) {
    BigInteger value = number(text);
    if (value.compareTo(BigInteger.valueOf(least)) < 0
        || value.compareTo(BigInteger.valueOf(most)) > 0) {
      throw new IllegalArgumentException(text + " is not from " + least + " to " + most);
    }
    return value.longValue();
  }

  private static BigInteger number(String text) {
    if (!NUMBER.matcher(text).matches()) {
      throw new IllegalArgumentException("\"" + shown(text) + "\" is not a whole number");
    }
    return new BigInteger(text);
  }

  private static boolean bool(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException("\"" + shown(text) + "\" is neither true nor false");
    };
  }

  private static Duration duration(String text) {
    Matcher parts = DURATION.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "\"" + shown(text) + "\" is not a duration such as 250ms, 5s, 2m, 1h or 1d");
    }
    long count = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }

  /** Never shows the text: URLs hold passwords and access keys. */
  private static URI uri(String text) {
    try {
      URI uri = new URI(text);
      if (uri.getScheme() != null && uri.getHost() != null) {
        return uri;
      }
    } catch (URISyntaxException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "is not a URL with scheme and host, such as http://127.0.0.1:8545");
  }

  private static Path path(String text, Path folder) {
    try {
      return folder.resolve(text).normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("\"" + shown(text) + "\" is not a path");
    }
  }

  private static Object constant(Class<?> type, String text) {
    for (Object constant : type.getEnumConstants()) {
      if (word(constant).equals(text)) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        "\""
            + shown(text)
            + "\" is none of "
            + Arrays.stream(type.getEnumConstants())
                .map(Scalars::word)
                .collect(Collectors.joining(", ")));
  }

  private static String word(Object constant) {
    return ((Enum<?>) constant).name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Domain values read themselves: {@code static T of(String)}, as Address, Hash and Finality do.
   */
  private static Object domainValue(Class<?> type, String text) {
    try {
      Method of = type.getMethod("of", String.class);
      if (Modifier.isStatic(of.getModifiers()) && type.isAssignableFrom(of.getReturnType())) {
        return of.invoke(null, text);
      }
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        throw refused;
      }
      throw new IllegalStateException(e);
    } catch (ReflectiveOperationException e) {
      // said below
    }
    throw new IllegalStateException("no configuration value can be a " + type.getName());
  }

  private static String shown(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
