package org.mandate.policy;

import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Abi;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.intent.Intent;
import org.web3j.abi.datatypes.DynamicArray;
import org.web3j.abi.datatypes.Utf8String;
import org.web3j.abi.datatypes.generated.Uint256;

/**
 * What trusted others must say of an agent before it may act ({@code ReputationRule.sol}). What the
 * ERC-8004 reputation registry says is an input.
 *
 * @param registry zero: nothing was set, or the agent may not act
 * @param minCount least number of feedbacks
 * @param identity the agent's id in the identity registry that {@code registry} refers to
 * @param minValue least average, with 18 decimals
 * @param tag1 first tag of the feedback that counts; empty: any
 * @param tag2 second tag, likewise
 * @param clients whose feedback counts
 */
public record Reputation(
    Address registry,
    BigInteger minCount,
    BigInteger identity,
    BigInteger minValue,
    String tag1,
    String tag2,
    List<Address> clients)
    implements BookRule {
  public static final Reputation NEVER_SET =
      new Reputation(
          Address.ZERO, BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO, "", "", List.of());

  private static final int LENGTH = 3 * 32;
  private static final int COUNT_BITS = 64;
  private static final int VALUE_BITS = 127; // of an int128, beside its sign
  private static final int MAX_DECIMALS = 18;

  /** Nothing well-formed was said. */
  private static final Summary NO_FEEDBACK = new Summary(BigInteger.ZERO, BigInteger.ZERO);

  /**
   * @param value the average, with 18 decimals
   */
  private record Summary(BigInteger count, BigInteger value) {}

  public Reputation {
    clients = List.copyOf(clients);
  }

  @Override
  public Answer judge(Intent intent, int riskLevel, long now, Answers answers) {
    if (registry.equals(Address.ZERO)) {
      return Answer.REFUSED;
    }
    Summary summary = summary(answers);
    if (summary.count().compareTo(minCount) < 0) {
      return Answer.refused(minCount, summary.count());
    }
    return summary.value().compareTo(minValue) < 0
        ? Answer.refused(minValue.max(BigInteger.ZERO), summary.value().max(BigInteger.ZERO))
        : Answer.ADMITTED;
  }

  private Summary summary(Answers answers) {
    Bytes question =
        Bytes.of(
            Abi.call(
                "getSummary",
                new Uint256(identity),
                new DynamicArray<>(
                    org.web3j.abi.datatypes.Address.class,
                    clients.stream()
                        .map(client -> new org.web3j.abi.datatypes.Address(client.hex()))
                        .toList()),
                new Utf8String(tag1),
                new Utf8String(tag2)));
    Bytes said =
        answers.to(new Answers.Question(Answers.Asker.REPUTATION_RULE, registry, question));
    if (said.size() != LENGTH) {
      return NO_FEEDBACK;
    }
    AnswerWords words = AnswerWords.of(said);
    BigInteger value = words.signed(1);
    BigInteger decimals = words.number(2);
    boolean wellFormed =
        words.number(0).bitLength() <= COUNT_BITS
            && value.bitLength() <= VALUE_BITS
            && decimals.compareTo(BigInteger.valueOf(MAX_DECIMALS)) <= 0;
    return wellFormed
        ? new Summary(
            words.number(0),
            value.multiply(BigInteger.TEN.pow(MAX_DECIMALS - decimals.intValueExact())))
        : NO_FEEDBACK;
  }
}
