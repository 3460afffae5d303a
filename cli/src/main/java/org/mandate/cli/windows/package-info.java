/** {@code mandate windows}: how long what was delivered waits. */
package org.mandate.cli.windows;
