package org.mandate.relayer.send;

import org.mandate.chain.Wei;

/**
 * When and how much a treasury's key sends to the relayer's own on one chain.
 *
 * @param below what the relayer's key has before more is sent
 * @param amount how much, each time
 * @param perDay most that is sent within any 24 hours
 */
public record TopUp(Wei below, Wei amount, Wei perDay) {
  public TopUp {
    if (amount.value().signum() == 0 || amount.compareTo(perDay) > 0) {
      throw new IllegalArgumentException(
          "top-up: an amount of %s is not above 0 and at most the %s per-day"
              .formatted(amount, perDay));
    }
  }
}
