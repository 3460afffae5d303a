/** Chains, block by block. */
package org.mandate.relayer.follow;
