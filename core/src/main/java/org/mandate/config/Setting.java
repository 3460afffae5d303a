package org.mandate.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What stands in a configuration file, before anybody knows what it should be. */
sealed interface Setting {
  /** Where it stands, for people: {@code relayer.yaml:12}. */
  String where();

  /** Text exactly as written: no guessing that {@code 0x01} is a number or {@code no} a boolean. */
  record Scalar(String text, String where) implements Setting {}

  record Sequence(List<Setting> items, String where) implements Setting {
    public Sequence {
      items = List.copyOf(items);
    }
  }

  /** In the file's order. */
  record Section(Map<String, Setting> settings, String where) implements Setting {
    public Section {
      settings = new LinkedHashMap<>(settings);
    }
  }
}
