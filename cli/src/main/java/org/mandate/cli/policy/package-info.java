/** {@code mandate policy}: an agent's mandate, shown, compared, proposed, tightened, stopped. */
package org.mandate.cli.policy;
