package org.mandate.model;

import java.util.Arrays;

/**
 * A set of packed worlds in the order in which they were found. Open addressing over plain arrays.
 */
final class States {
  private static final int SEGMENT = 1 << 16;

  private final int words;
  private final long[] probe;
  private long[][] segments = new long[16][];
  private int[] parents = new int[SEGMENT];
  private int[] table = new int[1 << 18];
  private int size;

  States(int words) {
    this.words = words;
    this.probe = new long[words];
    Arrays.fill(table, -1);
  }

  int size() {
    return size;
  }

  /** Place of the world {@code key}, or -1. */
  int find(long[] key) {
    int mask = table.length - 1;
    for (int at = hash(key, 0) & mask; ; at = at + 1 & mask) {
      int found = table[at];
      if (found < 0 || same(found, key)) return found;
    }
  }

  /**
   * @return whether it is new
   */
  boolean add(long[] key, int parent) {
    int mask = table.length - 1;
    int at = hash(key, 0) & mask;
    while (table[at] >= 0) {
      if (same(table[at], key)) return false;
      at = at + 1 & mask;
    }
    table[at] = size;
    int segment = size / SEGMENT;
    if (segment == segments.length) segments = Arrays.copyOf(segments, 2 * segment);
    if (segments[segment] == null) segments[segment] = new long[SEGMENT * words];
    System.arraycopy(key, 0, segments[segment], size % SEGMENT * words, words);
    if (size == parents.length)
      parents = Arrays.copyOf(parents, parents.length + parents.length / 2);
    parents[size++] = parent;
    if (size > table.length / 4 * 3 - 1) grow();
    return true;
  }

  void read(int index, World to) {
    to.unpack(segments[index / SEGMENT], index % SEGMENT * words);
  }

  int parent(int index) {
    return parents[index];
  }

  boolean same(int index, long[] key) {
    long[] segment = segments[index / SEGMENT];
    int from = index % SEGMENT * words;
    for (int i = 0; i < words; i++) if (segment[from + i] != key[i]) return false;
    return true;
  }

  private void grow() {
    table = new int[2 * table.length];
    Arrays.fill(table, -1);
    int mask = table.length - 1;
    for (int i = 0; i < size; i++) {
      System.arraycopy(segments[i / SEGMENT], i % SEGMENT * words, probe, 0, words);
      int at = hash(probe, 0) & mask;
      while (table[at] >= 0) at = at + 1 & mask;
      table[at] = i;
    }
  }

  private int hash(long[] key, int from) {
    long h = 0x9e3779b97f4a7c15L;
    for (int i = from; i < from + words; i++) {
      h = (h ^ key[i]) * 0xff51afd7ed558ccdL;
      h ^= h >>> 32;
    }
    h *= 0xc4ceb9fe1a85ec53L;
    return (int) (h ^ h >>> 32);
  }
}
