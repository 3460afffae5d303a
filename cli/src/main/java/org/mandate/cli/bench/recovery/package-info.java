/** Kills relayers at every step, and looks whether anything was lost, done twice or jammed. */
package org.mandate.cli.bench.recovery;
