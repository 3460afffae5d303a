package org.mandate.policy;

import java.math.BigInteger;
import org.mandate.chain.Address;

/**
 * Somebody whom an agent may pay.
 *
 * @param chainId EIP-155 id of the chain where it may pay them
 */
public record Recipient(BigInteger chainId, Address address) {}
