/** The watchdog process: replays, verifies, disputes, trips, alerts. Believes no relayer. */
package org.mandate.watchdog;
