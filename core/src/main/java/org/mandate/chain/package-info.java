/**
 * What a chain is made of, and how it is asked: addresses, blocks, logs, the client, finality,
 * deployments.
 */
package org.mandate.chain;
