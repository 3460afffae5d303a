package org.mandate.chain;

/**
 * A question to a contract.
 *
 * @param data selector and arguments
 */
public record ContractCall(Address to, Bytes data) {}
