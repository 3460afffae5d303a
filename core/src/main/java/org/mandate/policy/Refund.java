package org.mandate.policy;

import java.math.BigInteger;

/**
 * What an account gave back of what an intent was counted for and did not move.
 *
 * @param amount what counts no more, in the asset's smallest unit
 * @param after the mandate with that
 */
public record Refund(BigInteger amount, Mandate after) {}
