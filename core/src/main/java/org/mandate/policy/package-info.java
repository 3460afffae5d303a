/**
 * The mandate, judged in Java exactly as {@code PolicyEngine.sol} judges it (L8), from values
 * alone: no clock, no chain, no state outside its arguments. The relayer shows headroom with it,
 * the watchdog checks the chain with it.
 */
package org.mandate.policy;
