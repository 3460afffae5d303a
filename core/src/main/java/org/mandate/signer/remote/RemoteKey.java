package org.mandate.signer.remote;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeyUnavailableException;
import org.mandate.signer.Signature;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A key that somebody else keeps. Every answer must be a signature of the pinned address over what
 * was asked for. After a failure the keeper is left alone for a while, and whoever asks meanwhile
 * is told so at once: signing holds a row of the database, which must not wait for time-out after
 * time-out.
 */
final class RemoteKey implements Key {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteKey.class);
  static final Duration FIRST_REST = Duration.ofMillis(500);
  static final Duration MOST_REST = Duration.ofSeconds(15);

  /** A pair that is said to be a signature. */
  record Pair(BigInteger r, BigInteger s) {}

  /** Who keeps the key. */
  interface Keeper extends AutoCloseable {
    /** For errors: what it is and where. */
    String who();

    /**
     * Signs keccak256 of the bytes.
     *
     * @param digest that hash
     * @throws KeyUnavailableException when it does not answer, or refuses
     * @throws KeyException when the answer is no signature
     */
    Pair sign(byte[] preimage, Hash digest);

    @Override
    void close();
  }

  private record Rest(Instant from, Duration length, String reason) {
    Instant until() {
      return from.plus(length);
    }

    /** Not when the clock was set back meanwhile: that must not make it longer. */
    boolean holds(Instant now) {
      return !now.isBefore(from) && now.isBefore(until());
    }
  }

  private final Address address;
  private final Keeper keeper;
  private final Clock clock;
  private volatile Optional<Rest> rest = Optional.empty();

  RemoteKey(Address address, Keeper keeper, Clock clock) {
    this.address = address;
    this.keeper = keeper;
    this.clock = clock;
  }

  @Override
  public Address address() {
    return address;
  }

  @Override
  public Signature sign(byte[] preimage) {
    Optional<Rest> before = rest;
    before
        .filter(r -> r.holds(clock.instant()))
        .ifPresent(
            r -> {
              throw new KeyUnavailableException(
                  r.reason() + "; it is asked again after " + r.until());
            });
    try {
      Signature signature = verified(preimage);
      rest = Optional.empty();
      return signature;
    } catch (KeyException e) {
      Duration length = before.map(r -> r.length().multipliedBy(2)).orElse(FIRST_REST);
      length = length.compareTo(MOST_REST) < 0 ? length : MOST_REST;
      rest = Optional.of(new Rest(clock.instant(), length, e.getMessage()));
      if (!(e instanceof KeyUnavailableException)) {
        LOG.error("signing: {}", e.getMessage());
      }
      throw e;
    }
  }

  private Signature verified(byte[] preimage) {
    Hash digest = Hash.keccak(preimage);
    Pair pair = keeper.sign(preimage, digest);
    return Signature.by(address, digest, pair.r(), pair.s())
        .orElseThrow(
            () ->
                new KeyException(
                    keeper.who()
                        + " answered with what is not "
                        + address.checksummed()
                        + "'s signature of what was asked: it is not used; find out whose key it"
                        + " is, and who answers there"));
  }

  @Override
  public void close() {
    keeper.close();
  }

  @Override
  public String toString() {
    return "key of " + address + " at " + keeper.who();
  }
}
