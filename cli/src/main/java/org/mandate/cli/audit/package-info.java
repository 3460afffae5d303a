/** {@code mandate audit}: an agent's trail, verified from public data alone. */
package org.mandate.cli.audit;
