package org.mandate.model;

import static org.mandate.model.World.*;

/**
 * What may happen in a world and what comes of it, as the contracts have it, and who acts: a quorum
 * that lies may sign anything, honest relayers what is final, a guardian may be a rogue, governance
 * is honest, and the watchdog acts before it is too late. "Before it is too late" means that a tick
 * waits for it.
 */
final class Rules {
  private final Scope scope;
  private final int[] candidates;

  Rules(Scope scope) {
    this.scope = scope;
    this.candidates = candidates();
  }

  // ------------------------------------------------------------------ steps as numbers

  private static final Action[] ACTIONS = Action.values();

  /**
   * @param intent from 0
   * @param nonce of the message, or the outcome that a result tells
   * @param full with all signatures
   */
  static int step(Action action, int intent, int nonce, boolean full) {
    return action.ordinal() << 16 | intent << 8 | nonce << 1 | (full ? 1 : 0);
  }

  static Action action(int step) {
    return ACTIONS[step >> 16];
  }

  static int intent(int step) {
    return step >> 8 & 0xff;
  }

  static int nonce(int step) {
    return step >> 1 & 0x7f;
  }

  static boolean full(int step) {
    return (step & 1) == 1;
  }

  /** Everything that could ever happen in this scope. */
  int[] steps() {
    return candidates;
  }

  private int[] candidates() {
    var steps = java.util.stream.IntStream.builder();
    for (var action : ACTIONS) {
      switch (action) {
        case DELIVER -> {
          for (int i = 0; i < scope.intents; i++) {
            for (int n = 1; n <= scope.nonces; n++) {
              steps.add(step(action, i, n, true));
              if (scope.bareWindow > scope.fullWindow) steps.add(step(action, i, n, false));
            }
          }
        }
        case DELIVER_RESULT -> {
          for (int i = 0; i < scope.intents; i++) {
            steps.add(step(action, i, MOVED, true));
            steps.add(step(action, i, UNMOVED, true));
          }
        }
        case REPORT -> {} // changes nothing; what there is to report can be attested
        case SUBMIT, PROCEED, CANCEL, EXPIRE_HOME, RESEND, DROP_RESULT, SETTLE ->
            each(steps, action);
        case EXECUTE, DISPUTE, UPHOLD, RESOLVE, EXPIRE -> each(steps, action);
        case ADMIT -> {
          if (scope.delays) each(steps, action);
        }
        case HASTEN -> {
          if (scope.bareWindow > scope.fullWindow) each(steps, action);
        }
        case EXECUTE_FAILS -> {
          if (scope.failures) each(steps, action);
        }
        case DISPUTE_BONDED -> {
          if (scope.bonds && scope.proofs) each(steps, action); // what else would take a bond
        }
        case CONFIRM, REFUTE -> {
          if (scope.proofs) each(steps, action);
        }
        case PAUSE, PAUSE_HOME -> {
          if (scope.pauses && scope.rogue) steps.add(step(action, 0, 0, false));
        }
        case UNPAUSE, UNPAUSE_HOME, REARM, REARM_HOME -> {
          if (scope.pauses && scope.rogue && scope.governance) steps.add(step(action, 0, 0, false));
        }
        case CLOSE_GATEWAY, SET_GATEWAY -> {
          if (scope.gateways) steps.add(step(action, 0, 0, false));
        }
        case SET_RELAYERS, TIGHTEN_RELAYERS, END_OVERLAP -> {
          if (scope.rotation) steps.add(step(action, 0, 0, false));
        }
        case FINALIZE, FINALIZE_HOME, REORG, REORG_HOME, TICK ->
            steps.add(step(action, 0, 0, false));
      }
    }
    return steps.build().toArray();
  }

  private void each(java.util.stream.IntStream.Builder steps, Action action) {
    for (int i = 0; i < scope.intents; i++) steps.add(step(action, i, 0, false));
  }

  // ------------------------------------------------------------------ who knows what

  boolean inTime(World w) {
    return w.global(G_TIME) <= scope.deadline;
  }

  /** Home's final state says that it dispatched the intent. */
  static boolean dispatched(World w, int i) {
    return w.homeFinal(i, H_STATE) == DISPATCHED || w.homeFinal(i, H_STATE) == SETTLED;
  }

  /** And knows of no outcome. */
  private static boolean confirmable(World w, int i) {
    return w.homeFinal(i, H_STATE) == DISPATCHED && w.homeFinal(i, H_RESULT) == NO_RESULT;
  }

  private static boolean isEnd(int thereState) {
    return thereState >= EXECUTED;
  }

  /** The destination's final state bears the result out. */
  static boolean isTrue(World w, int i, int result) {
    int state = w.thereFinal(i, D_STATE);
    return isEnd(state) && (state == EXECUTED) == (result == MOVED);
  }

  private boolean liars(World w) {
    return switch (w.global(G_RELAYERS)) {
      case BEFORE -> scope.liarsBefore >= scope.threshold;
      case TIGHTENED -> false;
      case AFTER ->
          scope.liarsAfter >= scope.threshold
              || scope.has(Flaw.OVERLAP_WITHOUT_END) && scope.liarsBefore >= scope.threshold;
      default ->
          scope.has(Flaw.MIXED_SETS)
              ? scope.liarsBefore + scope.liarsAfter >= scope.threshold
              : liarsOfOneSet(w);
    };
  }

  /** Whether liars are as many as must sign, of a set that is in force. */
  boolean liarsOfOneSet(World w) {
    return switch (w.global(G_RELAYERS)) {
      case BEFORE -> scope.liarsBefore >= scope.threshold;
      case TIGHTENED -> false;
      case AFTER -> scope.liarsAfter >= scope.threshold;
      default -> scope.liarsBefore >= scope.threshold || scope.liarsAfter >= scope.threshold;
    };
  }

  boolean honestQuorum(World w) {
    return switch (w.global(G_RELAYERS)) {
      case BEFORE -> scope.relayers - scope.liarsBefore >= scope.threshold;
      case TIGHTENED -> false;
      default -> scope.relayers - scope.liarsAfter >= scope.threshold;
    };
  }

  /** Home sent this, for good. */
  static boolean isGenuine(World w, int intent, int nonce) {
    return w.sentFinal(nonce) == intent + 1;
  }

  /**
   * Ticks that must be left when whoever watches acts, so that a reorg leaves him time to act
   * again.
   */
  private int margin(World w, int side) {
    return 1 + scope.finality * (scope.reorgs - w.global(G_REORGS + side));
  }

  // ------------------------------------------------------------------ what may happen

  boolean enabled(World w, int step) {
    int i = intent(step);
    int n = nonce(step);
    return switch (action(step)) {
      case SUBMIT, ADMIT ->
          w.home(i, H_STATE) == NONE
              && inTime(w)
              && w.global(G_PAUSE) == 0
              && w.sentCount() < scope.nonces;
      case PROCEED ->
          w.home(i, H_STATE) == ADMITTED
              && inTime(w)
              && w.global(G_PAUSE) == 0
              && w.sentCount() < scope.nonces;
      case CANCEL -> (w.home(i, H_STATE) == NONE || w.home(i, H_STATE) == ADMITTED) && inTime(w);
      case EXPIRE_HOME -> w.home(i, H_STATE) == ADMITTED && !inTime(w);
      case RESEND ->
          w.home(i, H_STATE) == DISPATCHED
              && !scope.has(Flaw.NO_RESEND)
              && (inTime(w) || !scope.has(Flaw.RESEND_UNTIL_DEADLINE))
              && w.global(G_PAUSE) == 0
              && w.sentCount() < scope.nonces;
      case DELIVER_RESULT ->
          w.home(i, H_STATE) == DISPATCHED
              && (w.home(i, H_RESULT) == NO_RESULT
                  || scope.has(Flaw.RESULT_REPLACED) && w.home(i, H_RESULT) != n)
              && (liars(w) || honestQuorum(w) && attested(w, i, n));
      case DROP_RESULT -> w.home(i, H_STATE) == DISPATCHED && w.home(i, H_RESULT) != NO_RESULT;
      case SETTLE ->
          (w.home(i, H_STATE) == DISPATCHED
                  || scope.has(Flaw.SETTLE_FORGETS) && w.home(i, H_STATE) == SETTLED)
              && w.home(i, H_RESULT) != NO_RESULT
              && w.home(i, H_DUE) == 0
              && w.global(G_PAUSE) == 0;
      case PAUSE_HOME -> mayPause(w, 0);
      case PAUSE -> mayPause(w, 1);
      case UNPAUSE_HOME -> w.global(G_PAUSE) > 0;
      case UNPAUSE -> w.global(G_PAUSE + 1) > 0;
      case REARM_HOME -> w.global(G_DISARMED) == 1;
      case REARM -> w.global(G_DISARMED + 1) == 1;
      case DELIVER ->
          (w.there(i, D_STATE) == NONE || w.there(i, D_STALE) == 1)
              && !w.delivered(n)
              && w.global(G_CLOSED) == 0
              && (inTime(w) || !scope.has(Flaw.NO_DELIVERY_AFTER_DEADLINE))
              && (liars(w) || honestQuorum(w) && attestedMessage(w, i, n));
      case HASTEN ->
          w.there(i, D_STATE) == QUEUED
              && w.there(i, D_UPHELD) == 0
              && w.there(i, D_STALE) == 0
              && (n == 0 || n == w.there(i, D_TAG)) // the message that brought it
              && (liars(w) || honestQuorum(w));
      case EXECUTE, EXECUTE_FAILS ->
          w.there(i, D_STATE) == QUEUED
              && w.there(i, D_DUE) == 0
              && (w.there(i, D_STALE) == 0 || scope.has(Flaw.CLOSING_ENDS_NOTHING))
              && (inTime(w) || scope.has(Flaw.EXECUTE_PAST_DEADLINE))
              && w.global(G_PAUSE + 1) == 0
              && (action(step) == Action.EXECUTE || w.there(i, D_FAILED) == 0);
      case DISPUTE, DISPUTE_BONDED ->
          w.there(i, D_STATE) == QUEUED
              && (w.there(i, D_UPHELD) == 0 || scope.has(Flaw.DISPUTE_CONFIRMED));
      case UPHOLD -> w.there(i, D_STATE) == DISPUTED && w.there(i, D_DUE) > 0;
      case RESOLVE ->
          w.there(i, D_STATE) == DISPUTED && w.there(i, D_DUE) == 0 && !scope.has(Flaw.NO_RESOLVE);
      case EXPIRE -> w.there(i, D_STATE) == QUEUED && !inTime(w);
      case REPORT -> isEnd(w.there(i, D_STATE));
      case CONFIRM ->
          (w.there(i, D_STATE) == QUEUED || w.there(i, D_STATE) == DISPUTED)
              && w.there(i, D_UPHELD) == 0
              && (confirmable(w, i)
                  || scope.has(Flaw.CONFIRM_UNFINAL)
                      && w.home(i, H_STATE) == DISPATCHED
                      && w.home(i, H_RESULT) == NO_RESULT);
      case REFUTE -> refutable(w, i);
      case CLOSE_GATEWAY -> w.global(G_CLOSED) == 0;
      case SET_GATEWAY -> w.global(G_CLOSED) == 1;
      case SET_RELAYERS -> w.global(G_RELAYERS) == BEFORE || w.global(G_RELAYERS) == TIGHTENED;
      case TIGHTEN_RELAYERS -> w.global(G_RELAYERS) == BEFORE;
      case END_OVERLAP -> w.global(G_RELAYERS) > AFTER;
      case FINALIZE_HOME, REORG_HOME ->
          !w.isFinal(0) && (action(step) == Action.FINALIZE_HOME || mayReorg(w, 0));
      case FINALIZE, REORG -> !w.isFinal(1) && (action(step) == Action.FINALIZE || mayReorg(w, 1));
      case TICK -> mayTick(w, 0) && mayTick(w, 1);
    };
  }

  private boolean mayPause(World w, int side) {
    return w.global(G_DISARMED + side) == 0
        || scope.has(Flaw.PAUSE_AGAIN) && w.global(G_PAUSE + side) == 0;
  }

  private boolean mayReorg(World w, int side) {
    return w.global(G_AGE + side) == 0 || w.global(G_REORGS + side) < scope.reorgs;
  }

  private boolean mayTick(World w, int side) {
    return w.isFinal(side) || w.global(G_AGE + side) < scope.finality;
  }

  private boolean attestedMessage(World w, int i, int n) {
    return isGenuine(w, i, n) || scope.has(Flaw.ATTEST_UNFINAL) && w.sent(n) == i + 1;
  }

  private boolean attested(World w, int i, int result) {
    int state = w.there(i, D_STATE);
    return isTrue(w, i, result)
        || scope.has(Flaw.ATTEST_UNFINAL)
            && isEnd(state)
            && (state == EXECUTED) == (result == MOVED);
  }

  /** Home's final state says that the message which queued the intent is none of its own. */
  private boolean refutable(World w, int i) {
    int state = w.there(i, D_STATE);
    boolean waits = (state == QUEUED || state == DISPUTED) && w.there(i, D_UPHELD) == 0;
    if (!waits && !(scope.has(Flaw.REFUTE_EXECUTED) && state == EXECUTED)) return false;
    int nonce = w.there(i, D_TAG);
    int sent = w.sentFinal(nonce);
    if (sent != 0) return sent != i + 1 || scope.has(Flaw.REFUTE_BY_OLD_PROOF);
    // Home's final block must be younger than the delivery, or home may have sent it meanwhile.
    return w.there(i, D_WAITED) > w.global(G_AGE) || scope.has(Flaw.REFUTE_BY_OLD_PROOF);
  }

  // ------------------------------------------------------------------ what happens

  /**
   * Does what is enabled.
   *
   * @return the law that this breaks, or null
   */
  String apply(World w, int step) {
    int i = intent(step);
    int n = nonce(step);
    switch (action(step)) {
      case SUBMIT, ADMIT -> {
        if (counted(w) >= scope.cap) {
          w.home(i, H_STATE, DENIED);
        } else {
          w.home(i, H_COUNTED, 1);
          if (action(step) == Action.ADMIT) w.home(i, H_STATE, ADMITTED);
          else dispatch(w, i);
        }
      }
      case PROCEED -> dispatch(w, i);
      case CANCEL -> w.home(i, H_STATE, CANCELLED);
      case EXPIRE_HOME -> w.home(i, H_STATE, EXPIRED);
      case RESEND -> w.send(i);
      case DELIVER_RESULT -> {
        boolean first = w.home(i, H_RESULT) == NO_RESULT;
        w.home(i, H_RESULT, n);
        if (first) w.home(i, H_DUE, scope.has(Flaw.REFUND_WITHOUT_WINDOW) ? 0 : scope.resultWindow);
        if (!attested(w, i, n) && !liarsOfOneSet(w))
          return "L7 a result was taken that no quorum of one set attested";
      }
      case DROP_RESULT -> {
        w.home(i, H_RESULT, NO_RESULT);
        w.home(i, H_DUE, 0);
      }
      case SETTLE -> {
        w.home(i, H_STATE, SETTLED);
        boolean unmoved = w.home(i, H_RESULT) == UNMOVED;
        if (!scope.has(Flaw.SETTLE_FORGETS)) w.home(i, H_RESULT, NO_RESULT);
        if (unmoved) {
          if (w.home(i, H_COUNTED) == 0) return "L2 what was counted is given back twice";
          w.home(i, H_COUNTED, 0);
        }
      }
      case PAUSE_HOME -> pause(w, 0);
      case PAUSE -> pause(w, 1);
      case UNPAUSE_HOME -> w.global(G_PAUSE, 0);
      case UNPAUSE -> w.global(G_PAUSE + 1, 0);
      case REARM_HOME -> w.global(G_DISARMED, 0);
      case REARM -> w.global(G_DISARMED + 1, 0);
      case DELIVER -> {
        boolean genuine = isGenuine(w, i, n);
        if (!genuine) w.forge();
        w.deliver(n);
        boolean full = full(step);
        int left = w.there(i, D_DUE);
        boolean replaces = w.there(i, D_STATE) == QUEUED;
        end(w, i, QUEUED);
        w.there(
            i, D_DUE, scope.has(Flaw.NO_WINDOW) ? 0 : full ? scope.fullWindow : scope.bareWindow);
        if (replaces && scope.has(Flaw.REPLACEMENT_WAITS_NO_MORE)) w.there(i, D_DUE, left);
        w.there(i, D_BARE, full ? 0 : 1);
        w.there(i, D_TAG, n);
        if (!genuine && !attestedMessage(w, i, n) && !liarsOfOneSet(w))
          return "L7 a message was delivered that no quorum of one set attested";
      }
      case HASTEN -> {
        int less = w.there(i, D_BARE) * (scope.bareWindow - scope.fullWindow);
        w.there(
            i,
            D_DUE,
            scope.has(Flaw.HASTEN_ENDS_WINDOW) ? 0 : Math.max(0, w.there(i, D_DUE) - less));
        w.there(i, D_BARE, 0);
      }
      case EXECUTE -> {
        boolean again = w.there(i, D_PAID) == 1;
        if (scope.has(Flaw.EXECUTE_FORGETS)) {
          w.there(i, D_PAID, 1);
        } else {
          // The message stays on record for whoever has a proof against it.
          int tag = w.there(i, D_TAG);
          end(w, i, EXECUTED);
          if (scope.has(Flaw.REFUTE_EXECUTED)) w.there(i, D_TAG, tag);
          w.there(i, D_PAID, 1);
        }
        if (again) return "L3 an intent executes twice";
        if (!inTime(w)) return "L3 an intent executes past its deadline";
        if (!dispatched(w, i)) return "L7 what home never dispatched executes";
      }
      case EXECUTE_FAILS -> w.there(i, D_FAILED, 1);
      case DISPUTE, DISPUTE_BONDED -> {
        boolean decided = w.there(i, D_UPHELD) == 1;
        w.there(i, D_STATE, DISPUTED);
        w.there(i, D_UPHELD, 0);
        w.there(i, D_DUE, scope.resolutionWindow + 1);
        w.there(i, D_STALE, 0);
        w.there(i, D_BARE, 0);
        if (action(step) == Action.DISPUTE_BONDED) w.there(i, D_BOND, 1);
        if (decided) return "a dispute begins again after it was decided";
      }
      case UPHOLD, CONFIRM -> {
        w.there(i, D_STATE, QUEUED);
        w.there(i, D_UPHELD, 1);
        w.there(i, D_STALE, 0);
        w.there(i, D_DUE, 0);
        w.there(i, D_BARE, 0);
        w.there(i, D_WAITED, 0);
        if (!scope.has(Flaw.REFUTE_EXECUTED)) w.there(i, D_TAG, 0);
        returnBond(w, i);
      }
      case RESOLVE -> {
        returnBond(w, i);
        end(w, i, CANCELLED);
      }
      case EXPIRE -> end(w, i, w.there(i, D_FAILED) == 1 ? FAILED : EXPIRED);
      case REFUTE -> {
        boolean genuine = isGenuine(w, i, w.there(i, D_TAG));
        returnBond(w, i);
        end(w, i, scope.has(Flaw.REFUTE_CANCELS) ? CANCELLED : NONE);
        if (genuine && !scope.has(Flaw.REFUTE_EXECUTED))
          return "L7 what home sent is taken for false";
      }
      case REPORT -> {}
      case CLOSE_GATEWAY -> {
        w.global(G_CLOSED, 1);
        w.closeGateway();
      }
      case SET_GATEWAY -> {
        w.global(G_CLOSED, 0);
        if (scope.has(Flaw.REOPENING_REVIVES)) w.revive();
      }
      case SET_RELAYERS ->
          w.global(G_RELAYERS, w.global(G_RELAYERS) == TIGHTENED ? AFTER : AFTER + scope.overlap);
      case TIGHTEN_RELAYERS -> w.global(G_RELAYERS, TIGHTENED);
      case END_OVERLAP -> w.global(G_RELAYERS, AFTER);
      case FINALIZE_HOME -> w.makeFinal(0);
      case FINALIZE -> w.makeFinal(1);
      case REORG_HOME -> reorg(w, 0);
      case REORG -> reorg(w, 1);
      case TICK -> w.tick();
    }
    return null;
  }

  private static void dispatch(World w, int i) {
    w.home(i, H_STATE, DISPATCHED);
    w.send(i);
  }

  private int counted(World w) {
    int counted = 0;
    for (int i = 0; i < scope.intents; i++) counted += w.home(i, H_COUNTED);
    return counted;
  }

  private void pause(World w, int side) {
    w.global(G_PAUSE + side, scope.pause);
    w.global(G_DISARMED + side, 1);
  }

  private void returnBond(World w, int i) {
    if (!scope.has(Flaw.BOND_STAYS)) w.there(i, D_BOND, 0);
  }

  private static void reorg(World w, int side) {
    if (w.global(G_AGE + side) > 0) w.global(G_REORGS + side, w.global(G_REORGS + side) + 1);
    w.rollBack(side);
  }

  /** What only counts while an intent waits is forgotten. */
  private static void end(World w, int i, int state) {
    w.there(i, D_STATE, state);
    w.there(i, D_UPHELD, 0);
    w.there(i, D_FAILED, 0);
    w.there(i, D_DUE, 0);
    w.there(i, D_BARE, 0);
    w.there(i, D_WAITED, 0);
    w.there(i, D_TAG, 0);
    w.there(i, D_STALE, 0);
  }

  // ------------------------------------------------------------------ who acts, and when

  /**
   * Whether somebody would do what is enabled: the honest do not dispute what home sent, governance
   * upholds nothing else, and the number of messages is bounded.
   */
  boolean willing(World w, int step) {
    int i = intent(step);
    return switch (action(step)) {
      case SUBMIT, ADMIT -> w.global(G_TIME) <= scope.submitBy;
      case RESEND -> missing(w, i) || spare(w);
      case HASTEN -> w.there(i, D_BARE) == 1;
      case DELIVER ->
          isGenuine(w, i, nonce(step)) || honestlyAttested(w, step) || w.forged() < scope.forgeries;
      case DISPUTE -> scope.rogue || scope.watchdog && !dispatched(w, i);
      case DROP_RESULT -> scope.rogue || scope.watchdog && !isTrue(w, i, w.home(i, H_RESULT));
      case UPHOLD -> dispatched(w, i);
      case TICK -> !awaited(w);
      default -> true;
    };
  }

  private boolean honestlyAttested(World w, int step) {
    return honestQuorum(w) && attestedMessage(w, intent(step), nonce(step));
  }

  /**
   * Every message that names the intent lost its number to another one, or was shown to be false.
   */
  private boolean missing(World w, int i) {
    if (w.thereFinal(i, D_STATE) != NONE) return false;
    for (int n = 1; n <= scope.nonces; n++) {
      if (w.sent(n) == i + 1 && !w.deliveredFinal(n)) return false;
    }
    return true;
  }

  /** One number is left over when every intent was sent and every forgery took one. */
  private boolean spare(World w) {
    // What a closed gateway brought may lose its place to a forgery, and that takes a number too.
    int needed = scope.forgeries * (scope.gateways ? 2 : 1);
    for (int i = 0; i < scope.intents; i++) if (w.home(i, H_STATE) <= ADMITTED) needed++;
    return w.sentCount() + needed < scope.nonces;
  }

  /** Somebody must act before the clock goes on. */
  private boolean awaited(World w) {
    for (int i = 0; i < scope.intents; i++) {
      if (scope.watchdog
          && !scope.has(Flaw.WATCHDOG_SLEEPS)
          && (mustDispute(w, i) || mustDrop(w, i))) return true;
      if (scope.provers && mustProve(w, i)) return true;
      if (scope.diligent && undone(w, i)) return true;
    }
    return false;
  }

  /**
   * The watchdog counts with the shortest window: whoever has more signatures may show them any
   * time.
   */
  private boolean mustDispute(World w, int i) {
    if (w.there(i, D_STATE) != QUEUED
        || w.there(i, D_UPHELD) == 1
        || w.there(i, D_STALE) == 1 // it executes no more
        || dispatched(w, i)
        || !inTime(w)) return false;
    boolean shorter = w.there(i, D_BARE) == 1 && !scope.has(Flaw.WATCHDOG_TRUSTS_BARE_WINDOW);
    int left = w.there(i, D_DUE) - (shorter ? scope.bareWindow - scope.fullWindow : 0);
    return left <= margin(w, 1);
  }

  private boolean mustDrop(World w, int i) {
    return w.home(i, H_STATE) == DISPATCHED
        && w.home(i, H_RESULT) != NO_RESULT
        && w.home(i, H_DUE) <= margin(w, 0)
        && !isTrue(w, i, w.home(i, H_RESULT));
  }

  private boolean mustProve(World w, int i) {
    return w.there(i, D_STATE) == DISPUTED
        && w.there(i, D_DUE) <= margin(w, 1)
        && (w.homeFinal(i, H_STATE) == DISPATCHED || refutable(w, i));
  }

  private boolean undone(World w, int i) {
    int state = w.there(i, D_STATE);
    if (state == DISPUTED) return confirmable(w, i) || refutable(w, i);
    if (state == QUEUED) return enabled(w, step(Action.EXECUTE, i, 0, false));
    if (state != NONE) return false;
    for (int n = 1; n <= scope.nonces; n++) {
      if (isGenuine(w, i, n) && enabled(w, step(Action.DELIVER, i, n, true))) return true;
    }
    return false;
  }

  /**
   * Whether the honest do this, to bring an intent to its end. A quorum that signs nothing true is
   * replaced by governance: where a scope leaves that out, it is taken for done.
   */
  boolean helps(World w, int step) {
    int i = intent(step);
    return switch (action(step)) {
      case TICK,
          FINALIZE,
          FINALIZE_HOME,
          EXECUTE,
          EXPIRE,
          EXPIRE_HOME,
          RESOLVE,
          CONFIRM,
          REFUTE,
          SETTLE ->
          true;
      case RESEND, SET_GATEWAY, SET_RELAYERS -> true;
      case DELIVER -> (honestQuorum(w) || !scope.rotation) && isGenuine(w, i, nonce(step));
      case DELIVER_RESULT -> (honestQuorum(w) || !scope.rotation) && isTrue(w, i, nonce(step));
      case DISPUTE -> !dispatched(w, i);
      case DROP_RESULT -> !isTrue(w, i, w.home(i, H_RESULT));
      default -> false;
    };
  }

  // ------------------------------------------------------------------ laws

  /**
   * @return the law that this world breaks, or null
   */
  String broken(World w) {
    int paid = 0;
    int bonds = 0;
    for (int i = 0; i < scope.intents; i++) {
      paid += w.there(i, D_PAID);
      if (w.there(i, D_PAID) == 1 && w.home(i, H_STATE) == SETTLED && w.home(i, H_COUNTED) == 0) {
        return "L2 what was executed is given back";
      }
      if (w.there(i, D_BOND) == 1 && w.there(i, D_STATE) != DISPUTED)
        return "a bond was returned and is still on record";
      if (scope.provers && w.there(i, D_STATE) == CANCELLED && dispatched(w, i)) {
        return "L7 what home dispatched is cancelled though anyone can prove it";
      }
      if (scope.diligent && isEnd(w.there(i, D_STATE)) && w.there(i, D_STATE) != EXECUTED) {
        return "L7 a rogue guardian kept an intent from executing";
      }
    }
    if (paid > scope.cap) return "L2 more executed than the cap";
    return null;
  }

  /** Nothing more happens with any intent. */
  boolean ended(World w) {
    for (int i = 0; i < scope.intents; i++) {
      int state = w.home(i, H_STATE);
      int there = w.there(i, D_STATE);
      boolean over = state >= DENIED || state == NONE && !inTime(w);
      if (!over || there == DISPUTED || there == QUEUED) return false;
    }
    return true;
  }
}
