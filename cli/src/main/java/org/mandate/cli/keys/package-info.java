/** {@code mandate keys}: key files. */
package org.mandate.cli.keys;
