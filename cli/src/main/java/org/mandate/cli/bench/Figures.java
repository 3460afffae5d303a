package org.mandate.cli.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What a measurement found.
 *
 * @param ok whether everything that must hold did; never a question of speed
 * @param values the figures, for machines
 * @param lines a table, for people
 */
public record Figures(boolean ok, ObjectNode values, List<String> lines) {
  public Figures {
    lines = List.copyOf(lines);
  }
}
