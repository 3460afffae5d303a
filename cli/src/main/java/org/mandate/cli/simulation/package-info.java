/**
 * Relayers under a virtual clock: their own code over real chains and a real database, one step at
 * a time, in an order and with faults that one number decides.
 */
package org.mandate.cli.simulation;
