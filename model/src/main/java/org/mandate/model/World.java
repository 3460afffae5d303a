package org.mandate.model;

import java.util.Arrays;

/**
 * One state of everything: both chains as they are, both as they are for good, the relayer sets,
 * the clock.
 *
 * <p>Times are kept as ticks that are left, so that worlds which differ in when something began,
 * but not in what can happen from here, are one.
 */
final class World {
  // ---- what home keeps of an intent
  static final int NONE = 0;
  static final int ADMITTED = 1;
  static final int DISPATCHED = 2;
  static final int DENIED = 3;
  static final int CANCELLED = 4;
  static final int EXPIRED = 5;
  static final int SETTLED = 6;
  // ---- and the destination, beside NONE, CANCELLED and EXPIRED
  static final int QUEUED = 1;
  static final int DISPUTED = 2;
  static final int EXECUTED = 3;
  static final int FAILED = 6;

  // ---- results
  static final int NO_RESULT = 0;
  static final int MOVED = 1;
  static final int UNMOVED = 2;

  // ---- relayer sets; from OVERLAP on: ticks for which the set before stays good
  static final int BEFORE = 0;
  static final int TIGHTENED = 1;
  static final int AFTER = 2;

  // ---- fields of an intent at home
  static final int H_STATE = 0;
  static final int H_COUNTED = 1;
  static final int H_RESULT = 2;
  static final int H_DUE = 3;
  private static final int H_FIELDS = 4;
  // ---- fields of an intent at its destination
  static final int D_STATE = 0;
  static final int D_UPHELD = 1;
  static final int D_FAILED = 2;
  static final int D_DUE = 3;
  static final int D_BARE = 4;
  static final int D_WAITED = 5;
  static final int D_TAG = 6;
  static final int D_PAID = 7;
  static final int D_BOND = 8;

  /** Its gateway was closed since it brought what is queued. */
  static final int D_STALE = 9;

  private static final int D_FIELDS = 10;

  /** Where things are, and in how many bits. */
  static final class Layout {
    final Scope scope;
    final int intents;
    final int homeSize;
    final int thereSize;
    final int home;
    final int homeFinal;
    final int there;
    final int thereFinal;
    final int globals;
    final int size;
    final int[] width;
    final int words;

    Layout(Scope scope) {
      this.scope = scope;
      intents = scope.intents;
      homeSize = intents * H_FIELDS + scope.nonces;
      thereSize = intents * D_FIELDS + 2;
      home = 0;
      homeFinal = home + homeSize;
      there = homeFinal + homeSize;
      thereFinal = there + thereSize;
      globals = thereFinal + thereSize;
      size = globals + G_FIELDS;
      width = new int[size];
      int window =
          bits(Math.max(Math.max(scope.fullWindow, scope.bareWindow), scope.resolutionWindow + 1));
      for (int base : new int[] {home, homeFinal}) {
        for (int i = 0; i < intents; i++) {
          int at = base + i * H_FIELDS;
          width[at + H_STATE] = 3;
          width[at + H_COUNTED] = 1;
          width[at + H_RESULT] = 2;
          width[at + H_DUE] = bits(scope.resultWindow);
        }
        Arrays.fill(width, base + intents * H_FIELDS, base + homeSize, bits(intents));
      }
      for (int base : new int[] {there, thereFinal}) {
        for (int i = 0; i < intents; i++) {
          int at = base + i * D_FIELDS;
          width[at + D_STATE] = 3;
          width[at + D_UPHELD] = 1;
          width[at + D_FAILED] = 1;
          width[at + D_DUE] = window;
          width[at + D_BARE] = 1;
          width[at + D_WAITED] = bits(scope.finality + 1);
          width[at + D_TAG] = bits(scope.nonces);
          width[at + D_PAID] = 1;
          width[at + D_BOND] = 1;
          width[at + D_STALE] = 1;
        }
        width[base + intents * D_FIELDS] = scope.nonces;
        width[base + intents * D_FIELDS + 1] = bits(scope.forgeries);
      }
      width[globals + G_TIME] = bits(scope.deadline + 1);
      width[globals + G_RELAYERS] = bits(AFTER + scope.overlap);
      width[globals + G_CLOSED] = 1;
      for (int side = 0; side < 2; side++) {
        width[globals + G_PAUSE + side] = bits(scope.pause);
        width[globals + G_DISARMED + side] = 1;
        width[globals + G_AGE + side] = bits(scope.finality);
        width[globals + G_REORGS + side] = bits(scope.reorgs);
      }
      int used = 0;
      int full = 0;
      for (int w : width) {
        if (used + w > 64) {
          full++;
          used = 0;
        }
        used += w;
      }
      words = full + 1;
    }

    private static int bits(int max) {
      return 32 - Integer.numberOfLeadingZeros(max);
    }
  }

  // ---- fields of no chain; those of two sides: home first
  static final int G_TIME = 0;
  static final int G_RELAYERS = 1;
  static final int G_CLOSED = 2;
  static final int G_PAUSE = 3;
  static final int G_DISARMED = 5;
  static final int G_AGE = 7;
  static final int G_REORGS = 9;
  private static final int G_FIELDS = 11;

  final Layout layout;
  private final int[] f;

  World(Layout layout) {
    this.layout = layout;
    f = new int[layout.size];
  }

  void set(World other) {
    System.arraycopy(other.f, 0, f, 0, f.length);
  }

  // ------------------------------------------------------------------ fields

  int home(int intent, int field) {
    return f[layout.home + intent * H_FIELDS + field];
  }

  int homeFinal(int intent, int field) {
    return f[layout.homeFinal + intent * H_FIELDS + field];
  }

  void home(int intent, int field, int value) {
    f[layout.home + intent * H_FIELDS + field] = value;
  }

  int there(int intent, int field) {
    return f[layout.there + intent * D_FIELDS + field];
  }

  int thereFinal(int intent, int field) {
    return f[layout.thereFinal + intent * D_FIELDS + field];
  }

  void there(int intent, int field, int value) {
    f[layout.there + intent * D_FIELDS + field] = value;
  }

  /** Intent of home's message {@code nonce}, from 1 up; 0: none was sent. */
  int sent(int nonce) {
    return f[layout.home + layout.intents * H_FIELDS + nonce - 1];
  }

  int sentFinal(int nonce) {
    return f[layout.homeFinal + layout.intents * H_FIELDS + nonce - 1];
  }

  /** Numbers the next message. */
  void send(int intent) {
    f[layout.home + layout.intents * H_FIELDS + sentCount()] = intent + 1;
  }

  int sentCount() {
    return count(layout.home + layout.intents * H_FIELDS);
  }

  int sentCountFinal() {
    return count(layout.homeFinal + layout.intents * H_FIELDS);
  }

  private int count(int from) {
    int n = 0;
    while (n < layout.scope.nonces && f[from + n] != 0) n++;
    return n;
  }

  boolean delivered(int nonce) {
    return (f[layout.there + layout.intents * D_FIELDS] >> (nonce - 1) & 1) == 1;
  }

  boolean deliveredFinal(int nonce) {
    return (f[layout.thereFinal + layout.intents * D_FIELDS] >> (nonce - 1) & 1) == 1;
  }

  void deliver(int nonce) {
    f[layout.there + layout.intents * D_FIELDS] |= 1 << (nonce - 1);
  }

  int forged() {
    return f[layout.there + layout.intents * D_FIELDS + 1];
  }

  void forge() {
    if (forged() < layout.scope.forgeries) f[layout.there + layout.intents * D_FIELDS + 1]++;
  }

  /** What is queued and not for good is stale, in what is final and what is not. */
  void closeGateway() {
    for (int base : new int[] {layout.there, layout.thereFinal}) {
      for (int i = 0; i < layout.intents; i++) {
        int at = base + i * D_FIELDS;
        if (f[at + D_STATE] == QUEUED && f[at + D_UPHELD] == 0) f[at + D_STALE] = 1;
      }
    }
  }

  /** As if the gateway had never been closed. */
  void revive() {
    for (int base : new int[] {layout.there, layout.thereFinal}) {
      for (int i = 0; i < layout.intents; i++) f[base + i * D_FIELDS + D_STALE] = 0;
    }
  }

  int global(int field) {
    return f[layout.globals + field];
  }

  void global(int field, int value) {
    f[layout.globals + field] = value;
  }

  // ------------------------------------------------------------------ chains

  boolean isFinal(int side) {
    return side == 0
        ? Arrays.equals(f, layout.home, layout.homeFinal, f, layout.homeFinal, layout.there)
        : Arrays.equals(f, layout.there, layout.thereFinal, f, layout.thereFinal, layout.globals);
  }

  void makeFinal(int side) {
    if (side == 0) System.arraycopy(f, layout.home, f, layout.homeFinal, layout.homeSize);
    else System.arraycopy(f, layout.there, f, layout.thereFinal, layout.thereSize);
    global(G_AGE + side, 0);
  }

  void rollBack(int side) {
    if (side == 0) System.arraycopy(f, layout.homeFinal, f, layout.home, layout.homeSize);
    else System.arraycopy(f, layout.thereFinal, f, layout.there, layout.thereSize);
    global(G_AGE + side, 0);
  }

  /** Time passes on both chains, in what is final and what is not. */
  void tick() {
    for (int base : new int[] {layout.home, layout.homeFinal}) {
      for (int i = 0; i < layout.intents; i++) countDown(base + i * H_FIELDS + H_DUE);
    }
    for (int base : new int[] {layout.there, layout.thereFinal}) {
      for (int i = 0; i < layout.intents; i++) {
        int at = base + i * D_FIELDS;
        countDown(at + D_DUE);
        boolean waits = f[at + D_TAG] != 0;
        if (waits && f[at + D_WAITED] < layout.scope.finality + 1) f[at + D_WAITED]++;
      }
    }
    for (int side = 0; side < 2; side++) {
      countDown(layout.globals + G_PAUSE + side);
      if (!isFinal(side)) f[layout.globals + G_AGE + side]++;
    }
    if (f[layout.globals + G_RELAYERS] > AFTER) f[layout.globals + G_RELAYERS]--;
    if (f[layout.globals + G_TIME] <= layout.scope.deadline) f[layout.globals + G_TIME]++;
  }

  private void countDown(int at) {
    if (f[at] > 0) f[at]--;
  }

  // ------------------------------------------------------------------ packing

  /**
   * Writes the world, or the one that differs from it by the intents' names alone, if that is
   * smaller.
   */
  void pack(long[] to, long[] spare) {
    write(to, false);
    if (layout.intents != 2) return;
    write(spare, true);
    for (int i = 0; i < layout.words; i++) {
      int order = Long.compareUnsigned(to[i], spare[i]);
      if (order < 0) return;
      if (order > 0) {
        System.arraycopy(spare, 0, to, 0, layout.words);
        return;
      }
    }
  }

  private void write(long[] to, boolean swapped) {
    int word = 0;
    int used = 0;
    long value = 0;
    for (int i = 0; i < f.length; i++) {
      int w = layout.width[i];
      if (used + w > 64) {
        to[word++] = value;
        value = 0;
        used = 0;
      }
      value |= (long) (swapped ? swapped(i) : f[i]) << used;
      used += w;
    }
    to[word] = value;
  }

  /** Value of field {@code i} when the two intents change names. */
  private int swapped(int i) {
    if (i < layout.there) {
      int base = i < layout.homeFinal ? layout.home : layout.homeFinal;
      int at = i - base;
      if (at < 2 * H_FIELDS) return f[base + (at + H_FIELDS) % (2 * H_FIELDS)];
      return f[i] == 0 ? 0 : 3 - f[i];
    }
    if (i < layout.globals) {
      int base = i < layout.thereFinal ? layout.there : layout.thereFinal;
      int at = i - base;
      if (at < 2 * D_FIELDS) return f[base + (at + D_FIELDS) % (2 * D_FIELDS)];
    }
    return f[i];
  }

  void unpack(long[] from, int offset) {
    int word = offset;
    int used = 0;
    long value = from[word];
    for (int i = 0; i < f.length; i++) {
      int w = layout.width[i];
      if (used + w > 64) {
        value = from[++word];
        used = 0;
      }
      f[i] = (int) (value >>> used) & ((1 << w) - 1);
      used += w;
    }
  }

  // ------------------------------------------------------------------ words

  private static final String[] HOME_STATES = {
    "NONE", "ADMITTED", "DISPATCHED", "DENIED", "CANCELLED", "EXPIRED", "SETTLED"
  };
  private static final String[] THERE_STATES = {
    "NONE", "QUEUED", "DISPUTED", "EXECUTED", "CANCELLED", "EXPIRED", "FAILED"
  };

  /** Name of what the contract's {@code progress} says at home. */
  String homeState(int intent) {
    return HOME_STATES[home(intent, H_STATE)];
  }

  String thereState(int intent) {
    return THERE_STATES[there(intent, D_STATE)];
  }

  @Override
  public String toString() {
    var words = new StringBuilder();
    for (int i = 0; i < layout.intents; i++) {
      if (i > 0) words.append("; ");
      if (layout.intents > 1) words.append("intent ").append(i + 1).append(' ');
      words.append("home ").append(homeState(i));
      int result = home(i, H_RESULT);
      if (result != NO_RESULT && home(i, H_STATE) == DISPATCHED) {
        words
            .append(" (told ")
            .append(result == MOVED ? "moved" : "unmoved")
            .append(", due in ")
            .append(home(i, H_DUE))
            .append(')');
      }
      if (home(i, H_STATE) == SETTLED)
        words.append(home(i, H_COUNTED) == 1 ? " (spent)" : " (refunded)");
      words.append(", there ").append(thereState(i));
      int state = there(i, D_STATE);
      if (state == QUEUED) {
        words.append(
            there(i, D_UPHELD) == 1
                ? " (for good)"
                : " (by message "
                    + there(i, D_TAG)
                    + ", due in "
                    + there(i, D_DUE)
                    + (there(i, D_STALE) == 1 ? ", its gateway closed)" : ")"));
      }
      if (state == DISPUTED) words.append(" (").append(there(i, D_DUE)).append(" left)");
    }
    return words.toString();
  }
}
