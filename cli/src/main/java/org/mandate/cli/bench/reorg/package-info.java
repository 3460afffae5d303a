/** Reorganizes chains under payments, and looks whether a replay from nothing holds the same. */
package org.mandate.cli.bench.reorg;
