package org.mandate.policy;

/**
 * What all agents' rules share beyond an agent's own settings: the prices, and what other contracts
 * answer now.
 *
 * @param now unix seconds
 */
public record Surroundings(Prices prices, Answers answers, long now) {}
