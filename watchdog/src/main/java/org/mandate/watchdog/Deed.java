package org.mandate.watchdog;

import java.time.Instant;
import java.util.Optional;
import org.mandate.chain.Hash;

/**
 * Something that the watchdog did about a finding.
 *
 * @param what in words, for example {@code dispute}
 * @param chainId the chain on which it was done
 * @param transaction the transaction, when one was sent
 * @param outcome what was read back afterwards
 * @param at when it was known
 */
public record Deed(
    String what, long chainId, Optional<Hash> transaction, String outcome, Instant at) {}
