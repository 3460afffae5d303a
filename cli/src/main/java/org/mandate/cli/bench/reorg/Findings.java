package org.mandate.cli.bench.reorg;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.mandate.cli.Output;
import org.mandate.cli.bench.Figures;
import org.mandate.intent.IntentState;

/** What was found, over all seeds. */
final class Findings {
  /** So many reorgs meet everything, whatever the machine is doing beside. */
  private static final int MANY = 120;

  private final Map<String, Integer> removed = new TreeMap<>();
  private final Map<String, Integer> ends = new TreeMap<>();
  private final Map<String, Integer> refused = new TreeMap<>();
  private final Map<String, Integer> deeds = new TreeMap<>();
  private final List<Long> healed = new ArrayList<>();
  private int reorgs;
  private int replaced;
  private int deepest;
  private int clipped;
  private int payments;
  private int approved;
  private int refusedWrongly;
  private int unfinished;
  private int wrongEnds;
  private int settledWrongly;
  private int toldWrong;
  private int lost;
  private int doubled;
  private long openTransactions;
  private long nonceGaps;
  private int compared;
  private int differing;

  // ------------------------------------------------------------------ reorgs

  /**
   * @param stages what of payments' lives stood in the blocks that went
   */
  void reorganized(int depth, boolean isMoved, Set<String> stages) {
    reorgs++;
    deepest = Math.max(deepest, depth);
    if (isMoved) replaced++;
    stages.forEach(stage -> removed.merge(stage, 1, Integer::sum));
  }

  void clipped() {
    clipped++;
  }

  /** The stages that no reorg took back yet, of those that many must. */
  Set<String> never() {
    var never = new TreeSet<>(Stages.DEMANDED);
    never.removeAll(removed.keySet());
    return never;
  }

  void healed(long millis) {
    healed.add(millis);
  }

  void compared(boolean isSame) {
    compared++;
    if (!isSame) differing++;
  }

  // ------------------------------------------------------------------ payments

  void approved() {
    approved++;
  }

  /** The relayer did not take a payment, by that rule. */
  void refused(Kind kind, String rule) {
    refused.merge(kind + " " + rule, 1, Integer::sum);
    if (!kind.mayBeRefusedBy(rule)) refusedWrongly++;
  }

  void unfinished(int many) {
    unfinished += many;
  }

  /** So many were not settled in time. */
  void openTransactions(long many) {
    openTransactions += many;
  }

  /**
   * @param times how often it was executed
   */
  void ended(Kind kind, IntentState end, int times) {
    payments++;
    ends.merge(kind + " " + end, 1, Integer::sum);
    if (times > 1) doubled++;
    else if (times == 0 && kind.mustBePaid()) lost++;
    else if (!isRight(kind, end, times)) wrongEnds++;
  }

  /** Whether a payment may end so, executed once if the chain says that it is, else never. */
  static boolean isRight(Kind kind, IntentState end, int times) {
    return kind.mayBe(end) && times == (end == IntentState.EXECUTED ? 1 : 0);
  }

  /** Home settled a payment otherwise than its destination ended it. */
  void settledWrongly() {
    settledWrongly++;
  }

  /** The relayer says of a payment what the chains do not. */
  void toldWrong() {
    toldWrong++;
  }

  /**
   * @param more what the payee has beyond what was executed: its sign
   */
  void balance(int more) {
    if (more > 0) doubled++;
    if (more < 0) lost++;
  }

  void nonceGaps(long many) {
    nonceGaps += many;
  }

  void deeds(Map<String, Integer> sent) {
    sent.forEach((what, times) -> deeds.merge(what, times, Integer::sum));
  }

  // ------------------------------------------------------------------ all of it

  Figures figures() {
    return new Figures(isOk(), values(), lines());
  }

  private boolean isOk() {
    var met = reorgs < MANY || (never().isEmpty() && deepest == Reorgs.DEEPEST);
    return met
        && lost == 0
        && doubled == 0
        && wrongEnds == 0
        && settledWrongly == 0
        && toldWrong == 0
        && refusedWrongly == 0
        && unfinished == 0
        && openTransactions == 0
        && nonceGaps == 0
        && differing == 0
        && compared > 0;
  }

  private ObjectNode values() {
    var values =
        Output.object()
            .put("reorgs", reorgs)
            .put("reorgsThatMovedTransactions", replaced)
            .put("deepest", deepest)
            .put("clipped", clipped)
            .put("payments", payments)
            .put("approved", approved)
            .put("refusedWrongly", refusedWrongly)
            .put("lost", lost)
            .put("doubled", doubled)
            .put("wrongEnds", wrongEnds)
            .put("settledWrongly", settledWrongly)
            .put("toldWrong", toldWrong)
            .put("unfinished", unfinished)
            .put("openTransactions", openTransactions)
            .put("nonceGaps", nonceGaps)
            .put("statesCompared", compared)
            .put("statesDiffering", differing)
            .put("healedMillisMedian", median())
            .put("healedMillisMost", longest());
    refused.forEach(values.putObject("refused")::put);
    ends.forEach(values.putObject("ends")::put);
    deeds.forEach(values.putObject("deeds")::put);
    removed.forEach(values.putObject("reorgsThatRemoved")::put);
    never().forEach(values.putArray("stagesNeverRemoved")::add);
    return values;
  }

  private List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add(line("reorgs", reorgs));
    lines.add(line("of them with transactions in other blocks", replaced));
    lines.add(line("deepest, blocks", deepest));
    lines.add(line("less deep than wanted: it spared what is final", clipped));
    lines.add(line("payments", payments));
    lines.add(line("of them approved by people", approved));
    lines.add(line("refused by a rule that does not fit them", refusedWrongly));
    lines.add(line("lost", lost));
    lines.add(line("made twice", doubled));
    lines.add(line("ended as they must not", wrongEnds));
    lines.add(line("settled otherwise at home", settledWrongly));
    lines.add(line("whose end the relayer tells wrongly", toldWrong));
    lines.add(line("not at their end in time", unfinished));
    lines.add(line("transactions not settled in time", openTransactions));
    lines.add(line("nonces left out", nonceGaps));
    lines.add(line("states compared with a replay", compared));
    lines.add(line("of them different", differing));
    lines.add(line("ms until it was on the other branch, median", median()));
    lines.add(line("the same, most", longest()));
    lines.add("refused, and by which rule:");
    refused.forEach((what, times) -> lines.add(line("  " + what, times)));
    lines.add("what they were, and their ends:");
    ends.forEach((end, times) -> lines.add(line("  " + end, times)));
    lines.add("transactions of others that nodes took:");
    deeds.forEach((what, times) -> lines.add(line("  " + what, times)));
    lines.add("reorgs in whose blocks there was:");
    removed.forEach((kind, times) -> lines.add(line("  " + kind, times)));
    if (reorgs < MANY) return lines;
    never().forEach(stage -> lines.add("MISSING: no reorg removed " + stage));
    if (deepest < Reorgs.DEEPEST)
      lines.add("MISSING: no reorg was %d blocks deep".formatted(Reorgs.DEEPEST));
    return lines;
  }

  private long median() {
    var sorted = healed.stream().sorted(Comparator.naturalOrder()).toList();
    return sorted.isEmpty() ? 0 : sorted.get(sorted.size() / 2);
  }

  private long longest() {
    return healed.stream().mapToLong(millis -> millis).max().orElse(0);
  }

  private static String line(String what, long value) {
    return "%-48s %s".formatted(what, String.format(Locale.ROOT, "%,d", value));
  }
}
