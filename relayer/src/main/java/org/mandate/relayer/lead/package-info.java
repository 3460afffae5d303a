/** Several processes of one operator on one database: who of them leads which line of work. */
package org.mandate.relayer.lead;
