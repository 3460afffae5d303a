package org.mandate.cli.simulation;

import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.intent.Intent;

/**
 * An intent of the script, and what is to become of it.
 *
 * @param at virtual milliseconds at which its agent hands it over
 */
record Plan(int number, Kind kind, long at, Intent intent, Bytes signature, Hash id) {
  enum Kind {
    /** Pays at home, at once. */
    INSTANT,
    /** Pays at home, after a day and more. */
    DELAYED,
    /** Pays at home, when two people agreed. */
    APPROVED,
    /** Nobody agrees: it expires. */
    UNAPPROVED,
    /** Somebody takes it back while it waits. */
    CANCELLED,
    /** Pays elsewhere. */
    ACROSS,
    /** Pays elsewhere, after a day and more. */
    ACROSS_DELAYED,
    /** A guardian disputes it, and nobody upholds it. */
    DISPUTED,
    /** A guardian disputes it, and governance upholds it. */
    UPHELD,
    /** Policy denies it. */
    DENIED,
    /** It has minutes: perhaps they suffice. */
    HASTY
  }

  boolean isDisputed() {
    return kind == Kind.DISPUTED || kind == Kind.UPHELD;
  }

  boolean isAcross() {
    return kind == Kind.ACROSS || kind == Kind.ACROSS_DELAYED || isDisputed();
  }

  @Override
  public String toString() {
    return "#%d %s %s".formatted(number, kind, id);
  }
}
