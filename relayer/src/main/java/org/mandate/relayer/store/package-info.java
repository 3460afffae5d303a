/**
 * What the relayer knows, in PostgreSQL: what came from a chain hangs on its block, what was
 * promised stays.
 */
package org.mandate.relayer.store;
