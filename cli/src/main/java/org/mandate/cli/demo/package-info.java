/**
 * The story that {@code mandate demo} plays: two chains, a DAO, an agent, three relayers and two
 * watchdogs, each its own process. A scene's outcome is what is read back from the chains and the
 * stores.
 */
package org.mandate.cli.demo;
