package org.mandate.testing;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.mandate.chain.Address;
import org.mandate.chain.Wei;
import org.yaml.snakeyaml.Yaml;

/**
 * The keys of settings, by the kind of section that they stand in: those that are read, and those
 * that a sample shows.
 */
public final class SampleKeys {
  private static final Pattern BEHIND_A_HASH =
      Pattern.compile("^( *)# ( *[a-z][a-z0-9-]*:(?: |$))", Pattern.MULTILINE);

  private SampleKeys() {}

  /** What a program reads. */
  public static Map<String, Set<String>> read(Class<?> settings) {
    Map<String, Set<String>> read = new TreeMap<>();
    read(settings, read);
    return read;
  }

  private static void read(Class<?> type, Map<String, Set<String>> read) {
    for (RecordComponent component : type.getRecordComponents()) {
      read.computeIfAbsent(type.getSimpleName(), t -> new TreeSet<>()).add(key(component));
      section(component).ifPresent(section -> read(section, read));
    }
  }

  /** What the sample shows in any place where such a section may stand, also behind a hash. */
  public static Map<String, Set<String>> shown(Class<?> settings, String sample) {
    String all = BEHIND_A_HASH.matcher(sample).replaceAll("$1$2");
    Map<String, Set<String>> shown = new TreeMap<>();
    shown(settings, new Yaml().load(all), shown);
    return shown;
  }

  private static void shown(Class<?> type, Object value, Map<String, Set<String>> shown) {
    if (value instanceof List<?> several) several.forEach(each -> shown(type, each, shown));
    if (!(value instanceof Map<?, ?> keys)) return;
    Set<String> own = shown.computeIfAbsent(type.getSimpleName(), t -> new TreeSet<>());
    keys.keySet().forEach(key -> own.add(key.toString()));
    for (RecordComponent component : type.getRecordComponents())
      section(component).ifPresent(section -> shown(section, keys.get(key(component)), shown));
  }

  private static String key(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  /** Whose keys stand below that one. */
  private static Optional<Class<?>> section(RecordComponent component) {
    Type type = component.getGenericType();
    while (type instanceof ParameterizedType generic) type = generic.getActualTypeArguments()[0];
    Class<?> plain = (Class<?>) type;
    boolean isSection = plain.isRecord() && !Set.of(Wei.class, Address.class).contains(plain);
    return isSection ? Optional.of(plain) : Optional.empty();
  }
}
