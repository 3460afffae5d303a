/**
 * Everything that a demonstration or a measurement needs on this machine: real chains, a real
 * PostgreSQL, relayers as processes of their own, contracts, agents. All of it is gone when it is
 * closed, however the process ends.
 */
package org.mandate.cli.local;
