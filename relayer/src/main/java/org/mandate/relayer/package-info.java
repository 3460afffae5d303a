/**
 * The relayer process: follows chains, queues, attests, submits, publishes audit blobs, serves the
 * REST API.
 */
package org.mandate.relayer;
