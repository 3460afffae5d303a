/** {@code mandate lane}: pauses of what goes from one chain to another. */
package org.mandate.cli.lane;
