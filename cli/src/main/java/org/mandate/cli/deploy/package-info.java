/** {@code mandate deploy}: puts the contracts on their chains. */
package org.mandate.cli.deploy;
