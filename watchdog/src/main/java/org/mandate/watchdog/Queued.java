package org.mandate.watchdog;

import org.mandate.chain.Block;
import org.mandate.event.IntentEvent;

/** A delivery: an intent queued in a block of a destination. */
record Queued(IntentEvent.Queued event, Block block) {}
