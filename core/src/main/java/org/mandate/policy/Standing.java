package org.mandate.policy;

import java.math.BigInteger;

/**
 * What decides beside the mandate: where the agent stands when it asks.
 *
 * @param homeChainId EIP-155 id of the chain where it is judged
 * @param status in the registry
 * @param breakers above the agent
 * @param unpublishedRecords records of the agent on the home chain that no batch has published
 */
public record Standing(
    BigInteger homeChainId, AgentStatus status, Breakers breakers, long unpublishedRecords) {}
