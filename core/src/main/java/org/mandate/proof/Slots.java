package org.mandate.proof;

import java.math.BigInteger;
import org.mandate.chain.Hash;
import org.mandate.intent.IntentState;

/** Where the contracts keep what is proved of home. Their own constants say the same. */
public final class Slots {
  /** Of the gateway: the number that the next message gets. */
  public static final Hash NEXT_NONCE = number(1);

  /** Place of its byte: 200 bits stand below it. */
  private static final int OUTCOME = 31 - 200 / Byte.SIZE;

  private static final Hash SENT = number(2);
  private static final Hash PROGRESS = number(5);

  private Slots() {}

  /** Of the gateway: the id of the message that it sent under that number. */
  public static Hash sent(BigInteger nonce) {
    return StateProof.slot(word(nonce), SENT);
  }

  /** Of the executor: where an intent stands; {@link #state} reads it. */
  public static Hash progress(Hash intentId) {
    return StateProof.slot(intentId, PROGRESS);
  }

  /**
   * Where an intent stands, by what {@link #progress} holds.
   *
   * @throws IllegalArgumentException if that is no state
   */
  public static IntentState state(Hash progress) {
    return IntentState.of(progress.bytes()[31] & 0xff);
  }

  /**
   * What a destination says became of a dispatched intent, by what {@link #progress} holds: NONE if
   * it said nothing yet.
   *
   * @throws IllegalArgumentException if that is no state
   */
  public static IntentState outcome(Hash progress) {
    return IntentState.of(progress.bytes()[OUTCOME] & 0xff);
  }

  private static Hash number(long value) {
    return word(BigInteger.valueOf(value));
  }

  private static Hash word(BigInteger value) {
    return new Hash("0x" + "%064x".formatted(value));
  }
}
