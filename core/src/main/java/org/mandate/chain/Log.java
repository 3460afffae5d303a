package org.mandate.chain;

import java.util.List;

/**
 * An event of a contract.
 *
 * @param index position in the block
 * @param topics at most four; the first names the event, unless it is anonymous
 * @param data canonical hex
 */
public record Log(
    Hash blockHash, long blockNumber, Hash transaction, int index, Address address, List<Hash> topics, String data) {
  public Log {
    topics = List.copyOf(topics);
    if (topics.size() > 4) {
      throw new IllegalArgumentException("a log has " + topics.size() + " topics; at most 4 are possible");
    }
    if (!HexText.isCanonical(data)) {
      throw new IllegalArgumentException("log data is not hex: " + HexText.shown(data));
    }
  }
}
