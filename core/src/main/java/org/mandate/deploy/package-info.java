/**
 * Putting the contracts on a chain and setting them up: deployment at the same addresses
 * everywhere, proposals of the DAO, registration of an agent. Everything is read back from the
 * chain, nothing is assumed.
 */
package org.mandate.deploy;
