package org.mandate.policy;

import java.math.BigInteger;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;

/**
 * How the asset of one chain is priced, by a Chainlink-style feed ({@code PriceFeeds.sol}).
 *
 * @param feed answers in US dollars; zero: the asset has no price
 * @param maxAge most seconds since the answer
 * @param minAnswer lowest answer that is believed, in units of 10^{@code rangeExponent}
 * @param maxAnswer highest, in the same units
 * @param assetDecimals of the asset
 * @param answerDecimals of the feed's answers
 * @param checksSequencer an answer counts only while the sequencer is up
 */
public record PriceFeed(
    Address feed,
    long maxAge,
    int minAnswer,
    int maxAnswer,
    int rangeExponent,
    int assetDecimals,
    int answerDecimals,
    boolean checksSequencer) {
  public static final PriceFeed NONE = new PriceFeed(Address.ZERO, 0, 0, 0, 0, 0, 0, false);

  /** What an amount is worth that is beyond all reckoning. */
  static final BigInteger BEYOND = BigInteger.TWO.pow(256).subtract(BigInteger.ONE);

  private static final int ROUND_LENGTH = 5 * 32;
  private static final int ROUND_ID_BITS = 80;
  private static final BigInteger USD = BigInteger.TEN.pow(8);
  private static final Bytes LATEST_ROUND =
      Bytes.of(Hash.keccak("latestRoundData()").hex().substring(0, 10));

  public PriceFeed {
    Bounds.require("maxAge", maxAge, 32);
    Bounds.require("minAnswer", minAnswer, 16);
    Bounds.require("maxAnswer", maxAnswer, 16);
    Bounds.require("rangeExponent", rangeExponent, 8);
    Bounds.require("assetDecimals", assetDecimals, 8);
    Bounds.require("answerDecimals", answerDecimals, 8);
  }

  /** A feed's latest round; empty when it does not answer as one. */
  static Optional<AnswerWords> round(Address feed, Answers answers) {
    Bytes answer = answers.to(new Answers.Question(Answers.Asker.PRICE_FEEDS, feed, LATEST_ROUND));
    return answer.size() == ROUND_LENGTH ? Optional.of(AnswerWords.of(answer)) : Optional.empty();
  }

  /** The price, if there is one that counts at {@code now}. */
  Optional<BigInteger> price(long now, Answers answers) {
    return feed.equals(Address.ZERO)
        ? Optional.empty()
        : round(feed, answers).filter(round -> counts(round, now)).map(round -> round.number(1));
  }

  // Each word may be anything. A negative answer, as a number without a sign, is above every range.
  private boolean counts(AnswerWords round, long now) {
    BigInteger id = round.number(0);
    BigInteger answer = round.number(1);
    BigInteger updatedAt = round.number(3);
    BigInteger answeredIn = round.number(4);
    BigInteger age = BigInteger.valueOf(now).subtract(updatedAt);
    BigInteger unit = BigInteger.TEN.pow(rangeExponent);
    return id.signum() > 0
        && id.compareTo(answeredIn) <= 0
        && answeredIn.bitLength() <= ROUND_ID_BITS
        && updatedAt.signum() > 0
        && age.signum() >= 0
        && age.compareTo(BigInteger.valueOf(maxAge)) <= 0
        && answer.compareTo(unit.multiply(BigInteger.valueOf(minAnswer))) >= 0
        && answer.compareTo(unit.multiply(BigInteger.valueOf(maxAnswer))) <= 0;
  }

  /** What {@code amount} is worth at {@code price}: dollars of 8 decimals, rounded up. */
  BigInteger worth(BigInteger amount, BigInteger price) {
    BigInteger product = amount.multiply(price).multiply(USD);
    return product.compareTo(BEYOND) > 0
        ? BEYOND
        : Digits.units(product, BigInteger.TEN.pow(assetDecimals + answerDecimals));
  }
}
