package org.mandate.model;

/**
 * What may happen next. Those that are calls carry the name of the contracts' function; {@code
 * finalize}, {@code reorg} and {@code tick} are what chains and clocks do.
 */
enum Action {
  SUBMIT("submit", Where.HOME, "agent"),
  /** As submit, of an intent that its tier makes wait. */
  ADMIT("submit", Where.HOME, "agent"),
  PROCEED("proceed", Where.HOME, "anyone"),
  CANCEL("cancel", Where.HOME, "agent"),
  EXPIRE_HOME("expire", Where.HOME, "anyone"),
  RESEND("resend", Where.HOME, "anyone"),
  DELIVER_RESULT("deliver", Where.HOME, "relayers"),
  DROP_RESULT("dropResult", Where.HOME, "guardian"),
  SETTLE("settle", Where.HOME, "anyone"),
  PAUSE_HOME("pause", Where.HOME, "guardian"),
  UNPAUSE_HOME("unpause", Where.HOME, "governance"),
  REARM_HOME("rearm", Where.HOME, "governance"),

  DELIVER("deliver", Where.THERE, "relayers"),
  HASTEN("hasten", Where.THERE, "anyone"),
  EXECUTE("execute", Where.THERE, "anyone"),
  /** As executeMany, when the payment reverts. */
  EXECUTE_FAILS("executeMany", Where.THERE, "anyone"),
  DISPUTE("dispute", Where.THERE, "guardian"),
  DISPUTE_BONDED("dispute", Where.THERE, "anyone"),
  UPHOLD("uphold", Where.THERE, "governance"),
  RESOLVE("resolve", Where.THERE, "anyone"),
  CONFIRM("confirm", Where.THERE, "anyone"),
  REFUTE("refute", Where.THERE, "anyone"),
  EXPIRE("expire", Where.THERE, "anyone"),
  REPORT("report", Where.THERE, "anyone"),
  PAUSE("pause", Where.THERE, "guardian"),
  UNPAUSE("unpause", Where.THERE, "governance"),
  REARM("rearm", Where.THERE, "governance"),
  CLOSE_GATEWAY("closeGateway", Where.THERE, "guardian"),
  SET_GATEWAY("setGateway", Where.THERE, "governance"),
  SET_RELAYERS("setRelayers", Where.BOTH, "governance"),
  TIGHTEN_RELAYERS("tightenRelayers", Where.BOTH, "guardian"),
  END_OVERLAP("endOverlap", Where.BOTH, "guardian"),

  FINALIZE_HOME("finalize", Where.HOME, "chain"),
  FINALIZE("finalize", Where.THERE, "chain"),
  REORG_HOME("reorg", Where.HOME, "chain"),
  REORG("reorg", Where.THERE, "chain"),
  TICK("tick", Where.BOTH, "clock");

  enum Where {
    HOME,
    THERE,
    BOTH
  }

  private final String function;
  private final Where where;
  private final String by;

  Action(String function, Where where, String by) {
    this.function = function;
    this.where = where;
    this.by = by;
  }

  /** Name of the contracts' function. */
  String function() {
    return function;
  }

  Where where() {
    return where;
  }

  String by() {
    return by;
  }
}
