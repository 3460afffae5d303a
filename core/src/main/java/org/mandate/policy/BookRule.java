package org.mandate.policy;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Bytes;
import org.mandate.intent.Intent;

/** A rule of an agent's rule book ({@code IRule.sol}). The shipped ones are judged here. */
public sealed interface BookRule permits Hours, Categories, Reputation, ForeignRule {
  /**
   * What a rule says.
   *
   * @param limit the limit that refused, in the rule's own unit
   * @param left what is left of it now, same unit
   * @param availableAt unix seconds when it would admit; 0: time alone changes nothing
   */
  record Answer(boolean admitted, BigInteger limit, BigInteger left, long availableAt) {
    static final Answer ADMITTED = new Answer(true, BigInteger.ZERO, BigInteger.ZERO, 0);
    static final Answer REFUSED = refused(BigInteger.ZERO, BigInteger.ZERO);

    static Answer refused(BigInteger limit, BigInteger left) {
      return new Answer(false, limit, left, 0);
    }

    private static final int LENGTH = 4 * 32;
    private static final int TIME_BITS = 32;

    /** Whatever is not well-formed refuses (L11). */
    static Answer of(Bytes said) {
      if (said.size() != LENGTH) {
        return REFUSED;
      }
      AnswerWords words = AnswerWords.of(said);
      boolean wellFormed =
          List.of(BigInteger.ZERO, BigInteger.ONE).contains(words.number(0))
              && words.number(3).bitLength() <= TIME_BITS;
      return wellFormed
          ? new Answer(
              words.number(0).signum() == 1,
              words.number(1),
              words.number(2),
              words.number(3).longValueExact())
          : REFUSED;
    }
  }

  /**
   * @param now unix seconds
   */
  Answer judge(Intent intent, int riskLevel, long now, Answers answers);
}
