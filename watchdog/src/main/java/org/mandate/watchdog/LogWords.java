package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.Arrays;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;

/** A log whose parameters are all of static types: topics and 32-byte words. */
record LogWords(Log log, byte[] data) {
  private static final int WORD = 32;

  static LogWords of(Log log) {
    return new LogWords(log, Bytes.of(log.data()).bytes());
  }

  /** The indexed parameter {@code index}, from 1. */
  Hash topic(int index) {
    if (index >= log.topics().size()) {
      throw new IllegalArgumentException(
          "log %d of %s has no topic %d".formatted(log.index(), log.transaction(), index));
    }
    return log.topics().get(index);
  }

  BigInteger topicNumber(int index) {
    return new BigInteger(1, topic(index).bytes());
  }

  Address topicAddress(int index) {
    return Address.of(Arrays.copyOfRange(topic(index).bytes(), 12, WORD));
  }

  /** The parameter at word {@code index} of the data, from 0. */
  BigInteger number(int index) {
    if (data.length < (index + 1) * WORD) {
      throw new IllegalArgumentException(
          "log %d of %s has no word %d".formatted(log.index(), log.transaction(), index));
    }
    return new BigInteger(1, Arrays.copyOfRange(data, index * WORD, (index + 1) * WORD));
  }

  /** As {@link #number}. */
  Hash word(int index) {
    return Hash.of("0x%064x".formatted(number(index)));
  }

  boolean flag(int index) {
    return number(index).signum() != 0;
  }
}
