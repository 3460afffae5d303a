package org.mandate.cli;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import org.mandate.chain.Address;

/** Values as people read them, without losing the exact one. */
public final class Words {
  private static final int COIN_DECIMALS = 18;

  private Words() {}

  /** The asset's name: the coin, or a contract. */
  public static String asset(Address asset) {
    return asset.equals(Address.ZERO) ? "native coin" : asset.checksummed();
  }

  /** An amount in the asset's smallest unit; the coin's also in whole coins. */
  public static String amount(Address asset, BigInteger amount) {
    return asset.equals(Address.ZERO)
        ? amount
            + " wei ("
            + new BigDecimal(amount, COIN_DECIMALS).stripTrailingZeros().toPlainString()
            + " coins)"
        : amount.toString();
  }

  /** Seconds as 1d, 2h, 3m or 4s, whatever fits. */
  public static String seconds(long seconds) {
    var duration = Duration.ofSeconds(seconds);
    if (seconds == 0) {
      return "0";
    }
    if (seconds % 86_400 == 0) {
      return duration.toDays() + "d";
    }
    if (seconds % 3_600 == 0) {
      return duration.toHours() + "h";
    }
    return seconds % 60 == 0 ? duration.toMinutes() + "m" : seconds + "s";
  }

  /** Unix seconds as a date; 0 is never. */
  public static String time(long unix) {
    return unix == 0 ? "never" : Instant.ofEpochSecond(unix).toString();
  }
}
