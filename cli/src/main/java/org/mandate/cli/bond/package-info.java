/** {@code mandate bond}: what relayers lose when they lie. */
package org.mandate.cli.bond;
