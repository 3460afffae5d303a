/** {@code mandate bench}: what things cost, measured here and now. */
package org.mandate.cli.bench;
