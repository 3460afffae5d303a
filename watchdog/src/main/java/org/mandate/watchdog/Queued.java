package org.mandate.watchdog;

import org.mandate.chain.Block;
import org.mandate.event.ExecutorEvent;

/** A delivery: an intent queued in a block of a destination. */
record Queued(ExecutorEvent.Queued event, Block block) {}
