/** {@code mandate relayer show, rotate, slash}: who attests, and what becomes of those who lie. */
package org.mandate.cli.relayers;
