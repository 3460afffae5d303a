package org.mandate.model;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** Looks at every world that a scope's rules lead to, the nearest first, and at the law in each. */
final class Explorer {
  /** What was found. */
  record Outcome(
      Scope scope, int states, long steps, int depth, Optional<Counterexample> counterexample) {
    boolean holds() {
      return counterexample.isEmpty();
    }
  }

  /** A shortest way to where a law is broken. */
  record Counterexample(String law, List<Event> events) {
    @Override
    public String toString() {
      var lines = new StringBuilder(law).append('\n');
      for (int i = 0; i < events.size(); i++)
        lines.append("%3d. ".formatted(i + 1)).append(events.get(i)).append('\n');
      return lines.toString();
    }
  }

  /** A step and the world after it, in words. */
  record Event(String step, String world) {
    @Override
    public String toString() {
      return "%-58s %s".formatted(step, world);
    }
  }

  private final Scope scope;
  private final Rules rules;
  private final States states;
  private final World here;
  private final World next;
  private final World.Layout layout;
  private final long[] key;
  private final long[] spare;
  private long steps;

  Explorer(Scope scope) {
    this.scope = scope;
    rules = new Rules(scope);
    layout = new World.Layout(scope);
    states = new States(layout.words);
    here = new World(layout);
    next = new World(layout);
    key = new long[layout.words];
    spare = new long[layout.words];
  }

  static Outcome explore(Scope scope) {
    return new Explorer(scope).run();
  }

  private Outcome run() {
    next.pack(key, spare);
    states.add(key, -1);
    int depth = 0;
    int layer = 1;
    for (int at = 0; at < states.size(); at++) {
      if (at == layer) {
        layer = states.size();
        depth++;
      }
      states.read(at, here);
      for (int step : rules.steps()) {
        if (!rules.enabled(here, step) || !rules.willing(here, step)) continue;
        steps++;
        next.set(here);
        String broken = rules.apply(next, step);
        if (broken == null) broken = rules.broken(next);
        if (broken != null) return outcome(depth, broken, at, step);
        next.pack(key, spare);
        states.add(key, at);
      }
    }
    int stuck = stuck();
    return stuck < 0
        ? outcome(depth, null, 0, 0)
        : outcome(depth, "from here no intent ever ends, whatever the honest do", stuck, -1);
  }

  /**
   * The first world from which the honest alone cannot bring every intent to its end, or -1: those
   * from which they can are found from the last ones back, until there are no more.
   */
  private int stuck() {
    var ending = new BitSet(states.size());
    boolean more = true;
    while (more) {
      more = false;
      for (int at = ending.previousClearBit(states.size() - 1);
          at >= 0;
          at = ending.previousClearBit(at - 1)) {
        states.read(at, here);
        if (rules.ended(here) || leadsTo(ending)) {
          ending.set(at);
          more = true;
        }
      }
    }
    int first = ending.nextClearBit(0);
    return first < states.size() ? first : -1;
  }

  private boolean leadsTo(BitSet ending) {
    for (int step : rules.steps()) {
      if (!rules.helps(here, step) || !rules.enabled(here, step) || !rules.willing(here, step))
        continue;
      next.set(here);
      rules.apply(next, step);
      next.pack(key, spare);
      if (ending.get(states.find(key))) return true;
    }
    return false;
  }

  // ------------------------------------------------------------------ telling

  private Outcome outcome(int depth, String law, int at, int last) {
    Optional<Counterexample> found =
        law == null ? Optional.empty() : Optional.of(new Counterexample(law, trace(at, last)));
    return new Outcome(scope, states.size(), steps, depth, found);
  }

  /** The way from the beginning, with the names that the intents had there. */
  private List<Event> trace(int at, int last) {
    var path = new ArrayList<Integer>();
    for (int i = at; states.parent(i) >= 0; i = states.parent(i)) path.add(0, i);
    var world = new World(layout);
    var events = new ArrayList<Event>();
    for (int to : path) {
      for (int step : rules.steps()) {
        if (!rules.enabled(world, step) || !rules.willing(world, step)) continue;
        next.set(world);
        rules.apply(next, step);
        next.pack(key, spare);
        if (states.same(to, key)) {
          events.add(event(world, step, next));
          world.set(next);
          break;
        }
      }
    }
    if (last < 0) return events;
    // Under another name, the last step may be another one.
    for (int step : rules.steps()) {
      if (Rules.action(step) != Rules.action(last)
          || !rules.enabled(world, step)
          || !rules.willing(world, step)) continue;
      next.set(world);
      String broken = rules.apply(next, step);
      if (broken == null && rules.broken(next) == null) continue;
      events.add(event(world, step, next));
      break;
    }
    return events;
  }

  private Event event(World before, int step, World after) {
    return new Event(words(before, step), after.toString());
  }

  private String words(World before, int step) {
    var action = Rules.action(step);
    String place =
        switch (action.where()) {
          case HOME -> "home";
          case THERE -> "there";
          case BOTH -> "both";
        };
    int i = Rules.intent(step);
    int n = Rules.nonce(step);
    String intent = "intent " + (i + 1);
    String arguments =
        switch (action) {
          case DELIVER ->
              "message "
                  + n
                  + ", "
                  + intent
                  + (Rules.full(step) ? "" : ", few signatures")
                  + (Rules.isGenuine(before, i, n)
                      ? ""
                      : before.sent(n) == i + 1 ? ", not final" : ", FORGED");
          case DELIVER_RESULT ->
              intent
                  + (n == World.MOVED ? " moved" : " unmoved")
                  + (Rules.isTrue(before, i, n) ? "" : ", FORGED");
          case EXECUTE_FAILS -> intent + ", fails";
          case ADMIT -> intent + ", waits";
          case DISPUTE_BONDED -> intent + ", with a bond";
          case SUBMIT,
              PROCEED,
              CANCEL,
              EXPIRE_HOME,
              RESEND,
              DROP_RESULT,
              SETTLE,
              HASTEN,
              EXECUTE,
              DISPUTE,
              UPHOLD,
              RESOLVE,
              CONFIRM,
              REFUTE,
              EXPIRE,
              REPORT ->
              intent;
          default -> "";
        };
    return "%-5s %-11s %s(%s)".formatted(place, action.by(), action.function(), arguments);
  }
}
