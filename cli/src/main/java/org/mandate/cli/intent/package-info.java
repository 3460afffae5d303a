/** {@code mandate intent}: what an agent asks for, signed, handed over, followed. */
package org.mandate.cli.intent;
