package org.mandate.watchdog;

/** Judges the entries of one chain, page after page. Called by that chain's follower only. */
interface Examiner {
  /** The next page that has entries. */
  void examine(Page page);

  /** A reorg removed pages: forget everything. What is left is given again. */
  void reset();
}
