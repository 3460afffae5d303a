package org.mandate.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.config.Setting.Scalar;
import org.mandate.config.Setting.Section;
import org.mandate.config.Setting.Sequence;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A YAML file as {@link Setting}s: text, lists and sections. No types, aliases or tags. */
final class YamlFile {
  /** Bytes. */
  private static final int SIZE_LIMIT = 1 << 20;

  private final Path file;
  private final List<String> problems;

  private YamlFile(Path file, List<String> problems) {
    this.file = file;
    this.problems = problems;
  }

  /** What could not be read is among the problems, and the section is what could. */
  static Section read(Path file, List<String> problems) {
    YamlFile reader = new YamlFile(file, problems);
    Section nothing = new Section(Map.of(), file.toString());
    try {
      if (Files.size(file) > SIZE_LIMIT) {
        problems.add(file + " is larger than " + SIZE_LIMIT + " bytes");
        return nothing;
      }
      LoaderOptions options = new LoaderOptions();
      options.setMaxAliasesForCollections(0);
      options.setNestingDepthLimit(20);
      Node root = new Yaml(options).compose(new StringReader(Files.readString(file)));
      return root == null || isNull(root)
          ? nothing
          : switch (reader.setting(root)) {
            case Section section -> section;
            case Scalar other -> reader.notSettings(other, nothing);
            case Sequence other -> reader.notSettings(other, nothing);
          };
    } catch (MarkedYAMLException e) {
      String line = e.getProblemMark() == null ? "" : ":" + (e.getProblemMark().getLine() + 1);
      problems.add(
          file
              + line
              + ": not YAML: "
              + e.getProblem()); // never the line itself: it may hold a secret
    } catch (YAMLException e) {
      problems.add(file + ": not YAML");
    } catch (NoSuchFileException e) {
      problems.add("there is no file " + file);
    } catch (CharacterCodingException e) {
      problems.add(file + " is not UTF-8 text");
    } catch (IOException e) {
      problems.add(file + " cannot be read (" + e.getClass().getSimpleName() + ")");
    }
    return nothing;
  }

  private Section notSettings(Setting other, Section nothing) {
    problems.add(other.where() + ": the file must hold \"key: value\" lines");
    return nothing;
  }

  private Setting setting(Node node) {
    return switch (node) {
      case MappingNode mapping -> section(mapping);
      case SequenceNode sequence ->
          new Sequence(
              sequence.getValue().stream().filter(n -> !isNull(n)).map(this::setting).toList(),
              where(node));
      case ScalarNode scalar -> new Scalar(scalar.getValue(), where(node));
      default -> new Scalar("", where(node)); // an anchor: composing has replaced or refused it
    };
  }

  private Section section(MappingNode mapping) {
    Map<String, Setting> settings = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      Optional<String> key =
          tuple.getKeyNode() instanceof ScalarNode scalar
              ? Optional.of(scalar.getValue())
              : Optional.empty();
      if (key.isEmpty()) {
        problems.add(where(tuple.getKeyNode()) + ": a key must be a word");
      } else if (isNull(tuple.getValueNode())) {
        continue; // "key:" with nothing behind it is not set
      } else if (settings.put(key.get(), setting(tuple.getValueNode())) != null) {
        problems.add(where(tuple.getKeyNode()) + ": " + key.get() + " stands twice");
      }
    }
    return new Section(settings, where(mapping));
  }

  private static boolean isNull(Node node) {
    return node.getTag().equals(Tag.NULL);
  }

  private String where(Node node) {
    return file.getFileName() + ":" + (node.getStartMark().getLine() + 1);
  }
}
