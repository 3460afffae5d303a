/** {@code mandate agent}: who the agents are. */
package org.mandate.cli.agent;
