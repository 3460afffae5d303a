package org.mandate.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.mandate.config.Setting.Scalar;
import org.mandate.config.Setting.Section;
import org.mandate.config.Setting.Sequence;

/** Makes records of settings, and collects what is wrong instead of stopping at the first. */
final class Binder {
  private static final Path HERE = Path.of("").toAbsolutePath();

  /** In a URL: before the host, or as a parameter. */
  private static final Pattern PASSWORD =
      Pattern.compile(
          "://[^/?#\\s]*:[^/?#\\s]*@|[?&;](password|secret)=", Pattern.CASE_INSENSITIVE);

  private final Path fileFolder;
  private final Map<String, String> environment;
  private final Map<String, String> flags;
  private final List<String> problems;
  private final Set<String> known = new LinkedHashSet<>();

  Binder(
      Path fileFolder,
      Map<String, String> environment,
      Map<String, String> flags,
      List<String> problems) {
    this.fileFolder = fileFolder;
    this.environment = environment;
    this.flags = flags;
    this.problems = problems;
  }

  /** Empty when there were problems. */
  <R extends Record> Optional<R> bind(Class<R> type, Section file) {
    Optional<R> bound = record(type, "", file).map(type::cast);
    flags.forEach(this::examineFlag);
    environment.keySet().forEach(this::examineVariable);
    return bound;
  }

  private void examineFlag(String flag, String value) {
    if (!known.contains(flag)) {
      problems.add("flag " + flag + ": no such setting" + suggestion(flag, known));
    } else if (PASSWORD.matcher(value).find()) {
      problems.add(
          "flag "
              + flag
              + ": holds a password, which every process of this machine could read: set it in the"
              + " file or by the variable "
              + Key.environment(flag));
    }
  }

  // Others may use the prefix too, but what is nearly a setting was meant to be one.
  private void examineVariable(String variable) {
    List<String> variables = known.stream().map(Key::environment).toList();
    if (variable.startsWith(Config.ENVIRONMENT_PREFIX)
        && !Config.OTHER_VARIABLES.contains(variable)
        && !variables.contains(variable)) {
      Nearest.within(2, variable, variables)
          .ifPresent(
              near ->
                  problems.add(
                      "variable " + variable + ": no such setting; did you mean " + near + "?"));
    }
  }

  private Optional<Object> record(Class<?> type, String path, Section section) {
    RecordComponent[] components = type.getRecordComponents();
    List<String> keys = Arrays.stream(components).map(c -> Key.kebab(c.getName())).toList();
    section
        .settings()
        .forEach(
            (key, setting) -> {
              if (!keys.contains(key)) {
                problems.add(
                    setting.where()
                        + ": "
                        + path
                        + key
                        + ": no such setting"
                        + suggestion(key, keys));
              }
            });
    int before = problems.size();
    Object[] values = new Object[components.length];
    Class<?>[] types = new Class<?>[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      Optional<Setting> setting = Optional.ofNullable(section.settings().get(keys.get(i)));
      values[i] = component(components[i], path + keys.get(i), setting).orElse(null);
    }
    return problems.size() > before
        ? Optional.empty()
        : construct(type, types, values, path, section);
  }

  private Optional<Object> construct(
      Class<?> type, Class<?>[] types, Object[] values, String path, Section section) {
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return Optional.of(constructor.newInstance(values));
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        String what = path.isEmpty() ? "" : path.substring(0, path.length() - 1) + ": ";
        problems.add(section.where() + ": " + what + refused.getMessage());
        return Optional.empty();
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Empty only after a problem. */
  private Optional<Object> component(
      RecordComponent component, String path, Optional<Setting> inFile) {
    Type type = component.getGenericType();
    if (component.getType() == Optional.class) {
      Type inner = argument(type, 0);
      return isSet(inner, path, inFile)
          ? value(inner, path, inFile).map(Optional::of)
          : Optional.of(Optional.empty());
    }
    Default preset = component.getAnnotation(Default.class);
    if (preset != null && !isSet(type, path, inFile)) {
      return value(type, path, Optional.of(new Scalar(preset.value(), "default of " + path)));
    }
    return value(type, path, inFile);
  }

  private boolean isSet(Type type, String path, Optional<Setting> inFile) {
    known.add(path);
    boolean section = type instanceof Class<?> c && c.isRecord() && !isScalar(c);
    boolean inside =
        section
            && (flags.keySet().stream().anyMatch(f -> f.startsWith(path + "."))
                || environment.keySet().stream()
                    .anyMatch(v -> v.startsWith(Key.environment(path) + "_")));
    return inside || inFile.isPresent() || !section && override(path).isPresent();
  }

  private Optional<Object> value(Type type, String path, Optional<Setting> inFile) {
    known.add(path);
    if (type instanceof ParameterizedType parameterized
        && parameterized.getRawType() == List.class) {
      return list(argument(type, 0), path, inFile);
    }
    if (type instanceof ParameterizedType parameterized
        && parameterized.getRawType() == Map.class) {
      return map(argument(type, 1), path, inFile);
    }
    if (!(type instanceof Class<?> plain)) {
      throw new IllegalStateException("no configuration value can be a " + type);
    }
    if (plain.isRecord() && !isScalar(plain)) {
      return section(plain, path, inFile);
    }
    return scalar(plain, path, inFile);
  }

  private Optional<Object> section(Class<?> type, String path, Optional<Setting> inFile) {
    if (inFile.isPresent() && !(inFile.get() instanceof Section)) {
      return problem(
          inFile.get().where()
              + ": "
              + path
              + ": must hold settings of its own, indented below it");
    }
    Section section = inFile.map(Section.class::cast).orElseGet(() -> new Section(Map.of(), path));
    return record(type, path + ".", section);
  }

  private Optional<Object> scalar(Class<?> type, String path, Optional<Setting> inFile) {
    Optional<Scalar> override = override(path);
    if (override.isPresent()) {
      return parse(type, path, override.get(), HERE);
    }
    return switch (inFile.orElse(null)) {
      case null ->
          problem(
              path
                  + " is missing: set it in the file, by the variable "
                  + Key.environment(path)
                  + " or by the flag --set "
                  + path
                  + "=VALUE");
      case Scalar scalar -> parse(type, path, scalar, fileFolder);
      case Setting other -> problem(other.where() + ": " + path + ": must be one value");
    };
  }

  private Optional<Object> parse(Class<?> type, String path, Scalar scalar, Path folder) {
    try {
      return Optional.of(Scalars.parse(type, scalar.text().strip(), folder));
    } catch (IllegalArgumentException e) {
      return problem(scalar.where() + ": " + path + ": " + e.getMessage());
    }
  }

  private Optional<Object> list(Type item, String path, Optional<Setting> inFile) {
    Optional<Scalar> override = override(path);
    Path folder = override.isPresent() ? HERE : fileFolder;
    List<Setting> items =
        switch (override.<Setting>map(s -> s).or(() -> inFile).orElse(null)) {
          case null -> List.of();
          case Sequence sequence -> sequence.items();
          case Scalar scalar ->
              Arrays.stream(scalar.text().split(","))
                  .filter(text -> !text.isBlank())
                  .<Setting>map(text -> new Scalar(text, scalar.where()))
                  .toList();
          case Section section -> {
            problem(
                section.where() + ": " + path + ": must be a list: lines that begin with \"- \"");
            yield List.of();
          }
        };
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      String itemPath = path + "." + i;
      Optional<Object> value =
          items.get(i) instanceof Scalar scalar
                  && item instanceof Class<?> type
                  && (!type.isRecord() || isScalar(type))
              ? parse(type, itemPath, scalar, folder)
              : value(item, itemPath, Optional.of(items.get(i)));
      value.ifPresent(values::add);
    }
    return Optional.of(List.copyOf(values));
  }

  private Optional<Object> map(Type item, String path, Optional<Setting> inFile) {
    return switch (inFile.orElse(null)) {
      case null -> Optional.of(Map.of());
      case Section section -> {
        Map<String, Object> values = new LinkedHashMap<>();
        section
            .settings()
            .forEach(
                (key, s) ->
                    value(item, path + "." + key, Optional.of(s))
                        .ifPresent(v -> values.put(key, v)));
        yield Optional.of(values);
      }
      case Setting other ->
          problem(other.where() + ": " + path + ": must hold \"key: value\" lines");
    };
  }

  /** A record that reads itself from one word (an Address) is a value, not a section. */
  private static boolean isScalar(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .anyMatch(
            m ->
                m.getName().equals("of")
                    && Arrays.equals(m.getParameterTypes(), new Class<?>[] {String.class}));
  }

  private Optional<Scalar> override(String path) {
    String variable = Key.environment(path);
    return Optional.ofNullable(flags.get(path))
        .map(text -> new Scalar(text, "flag " + path))
        .or(
            () ->
                Optional.ofNullable(environment.get(variable))
                    .map(text -> new Scalar(text, "variable " + variable)));
  }

  private Optional<Object> problem(String words) {
    problems.add(words);
    return Optional.empty();
  }

  private static String suggestion(String typed, java.util.Collection<String> keys) {
    return Nearest.to(typed, keys)
        .map(near -> "; did you mean " + near + "?")
        .orElseGet(() -> "; there are " + String.join(", ", keys));
  }

  private static Type argument(Type type, int index) {
    return ((ParameterizedType) type).getActualTypeArguments()[index];
  }
}
