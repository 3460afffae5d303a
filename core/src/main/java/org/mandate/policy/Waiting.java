package org.mandate.policy;

/**
 * How an admitted intent waits.
 *
 * @param since when it was admitted, unix seconds
 * @param due when it may go on, as it was admitted, unix seconds
 * @param approval it was admitted if approved
 */
public record Waiting(long since, long due, boolean approval) {}
