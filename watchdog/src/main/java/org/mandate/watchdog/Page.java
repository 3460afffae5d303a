package org.mandate.watchdog;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mandate.chain.Block;
import org.mandate.chain.Hash;

/**
 * A block with the events in it that matter to the watchdog.
 *
 * @param entries in the order of their log index
 */
record Page(Block block, List<Entry> entries) {
  Page {
    entries = List.copyOf(entries);
  }

  /** The entries by transaction, both in their order. */
  Map<Hash, List<Entry>> byTransaction() {
    Map<Hash, List<Entry>> transactions = new LinkedHashMap<>();
    for (Entry entry : entries) {
      transactions.computeIfAbsent(entry.log().transaction(), t -> new ArrayList<>()).add(entry);
    }
    return transactions;
  }
}
