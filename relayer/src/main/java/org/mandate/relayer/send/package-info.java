/** Transactions: written in one database transaction, sent until a block has them. */
package org.mandate.relayer.send;
