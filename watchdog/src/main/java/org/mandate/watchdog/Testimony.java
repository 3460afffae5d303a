package org.mandate.watchdog;

import org.mandate.chain.Block;
import org.mandate.chain.Hash;

/** What home says about an intent that is queued at a destination. */
sealed interface Testimony {
  /** Home dispatched it, or sent it again, in this very message, in a block that is final. */
  record Proven(Block block) implements Testimony {}

  /** As {@link Proven}, in a block that a reorg may still remove. */
  record Provisional(Block block) implements Testimony {}

  /** Home dispatched it in that message, and never sent it in this one. */
  record OtherMessage(Hash messageId, Block block) implements Testimony {}

  /** Home dispatched it in this message, and has given back by now what was not spent of it. */
  record Settled(Block block) implements Testimony {}

  /** Home did not dispatch it, as of a block that is recent enough to know. */
  record Absent(String state, Block asOf) implements Testimony {}

  /** Home cannot be asked, is behind, or contradicts itself. */
  record Unknown(String reason) implements Testimony {}
}
