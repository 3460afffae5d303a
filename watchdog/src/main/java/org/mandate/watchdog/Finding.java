package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Hash;

/**
 * Something that is not as it must be, and what became of it.
 *
 * @param id the same for the same fault, whoever looks and however often
 * @param chainId the chain where it was seen
 * @param block number of the block where it was seen; -1 when it is in no block
 * @param expected what should have been there
 * @param seen what was there
 * @param next what a person should do now
 * @param at when it was first seen
 * @param deeds what the watchdog did, oldest first
 */
public record Finding(
    String id,
    Check check,
    Severity severity,
    long chainId,
    long block,
    Optional<BigInteger> agentId,
    Optional<Hash> intentId,
    String expected,
    String seen,
    String next,
    Instant at,
    Status status,
    List<Deed> deeds) {

  /** What became of a finding. */
  public enum Status {
    /** Being dealt with, or waiting for a person. */
    OPEN,
    /** Stopped: the state was read back from the chain. */
    STOPPED,
    /** It could not be stopped. */
    MISSED,
    /**
     * A reorg removed what was found, what was in doubt turned out to be honest, or what the
     * watchdog could not do is done.
     */
    WITHDRAWN
  }

  public Finding {
    deeds = List.copyOf(deeds);
  }

  /** The same with one more deed. */
  Finding with(Deed deed) {
    List<Deed> all = new ArrayList<>(deeds);
    all.add(deed);
    return new Finding(
        id, check, severity, chainId, block, agentId, intentId, expected, seen, next, at, status,
        all);
  }

  /** The same in another status. */
  Finding with(Status status) {
    return new Finding(
        id, check, severity, chainId, block, agentId, intentId, expected, seen, next, at, status,
        deeds);
  }

  /** The same with another advice. */
  Finding with(String next) {
    return new Finding(
        id, check, severity, chainId, block, agentId, intentId, expected, seen, next, at, status,
        deeds);
  }
}
