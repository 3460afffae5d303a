/** {@code mandate doctor}: looks at a machine and at a running system, and says what to fix. */
package org.mandate.cli.doctor;
