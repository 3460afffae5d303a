/** {@code mandate breaker}: what stops all agents together, shown, tripped, reset. */
package org.mandate.cli.breaker;
