package org.mandate.chain;

import java.util.List;
import java.util.Set;

/**
 * An event of a contract.
 *
 * @param index position in the block
 * @param topics at most four; the first names the event, unless it is anonymous
 * @param data canonical hex
 */
public record Log(
    Hash blockHash,
    long blockNumber,
    Hash transaction,
    int index,
    Address address,
    List<Hash> topics,
    String data) {
  public Log {
    topics = List.copyOf(topics);
    if (topics.size() > 4) {
      throw new IllegalArgumentException(
          "a log has " + topics.size() + " topics; at most 4 are possible");
    }
    if (!HexText.isCanonical(data)) {
      throw new IllegalArgumentException("log data is not hex: " + HexText.shown(data));
    }
  }

  /**
   * @param wanted what each position may hold; an empty set, or no set: anything
   */
  public boolean hasTopics(List<Set<Hash>> wanted) {
    for (int i = 0; i < wanted.size(); i++) {
      if (!wanted.get(i).isEmpty()
          && (i >= topics.size() || !wanted.get(i).contains(topics.get(i)))) {
        return false;
      }
    }
    return true;
  }
}
