/** The mandate command. */
package org.mandate.cli;
