package org.mandate.relayer.send;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Hash;
import org.mandate.chain.Wei;
import org.mandate.relayer.store.Spending;
import org.mandate.relayer.store.TransactionRow.Purpose;
import org.mandate.relayer.store.Tx;

/**
 * The most that one intent may cost on one chain, over all its transactions and attempts. What is
 * about to be signed counts with the most that it can cost, what is mined with what it did cost;
 * several that go together bear the same part each.
 */
final class Budget {
  private static final Set<Purpose> UNBUDGETED =
      EnumSet.of(Purpose.PUBLISH, Purpose.TOP_UP, Purpose.FILL);

  private final long chainId;
  private final Wei limit;

  Budget(long chainId, Wei limit) {
    this.chainId = chainId;
    this.limit = limit;
  }

  /**
   * The subjects that cannot bear it; none: it may be signed, in this database transaction.
   *
   * @param most that it can cost, wei
   * @param replaced the transaction whose place it takes; 0: none
   */
  List<Overrun> overruns(
      Tx tx, Purpose purpose, List<Hash> subjects, BigInteger most, long replaced) {
    Map<Hash, List<Hash>> bearers = bearers(tx, purpose, subjects);
    Map<Hash, BigInteger> shares = new LinkedHashMap<>();
    BigInteger each = part(most, subjects.size());
    bearers
        .values()
        .forEach(
            intents ->
                intents.forEach(i -> shares.merge(i, part(each, intents.size()), BigInteger::add)));
    Map<Hash, BigInteger> spent = Spending.soFar(tx, chainId, shares.keySet(), replaced);
    List<Overrun> overruns = new ArrayList<>();
    bearers.forEach(
        (subject, intents) ->
            intents.stream()
                .filter(i -> Overrun.isOne(limit, spentBy(spent, i), shares.get(i)))
                .map(
                    i ->
                        new Overrun(
                            subject,
                            i,
                            chainId,
                            limit,
                            new Wei(spentBy(spent, i)),
                            new Wei(shares.get(i))))
                .findFirst()
                .ifPresent(overruns::add));
    return overruns;
  }

  /**
   * Who bears what is for each subject. Publishing is an agent's, not an intent's, and never ends;
   * a filler is nobody's: it frees a nonce, whoever's money is gone. An order of governance is a
   * message without an intent, and bears its part itself.
   */
  private static Map<Hash, List<Hash>> bearers(Tx tx, Purpose purpose, List<Hash> subjects) {
    Map<Hash, List<Hash>> bearers = new LinkedHashMap<>();
    if (UNBUDGETED.contains(purpose)) return bearers;
    Map<Hash, List<Hash>> intents =
        purpose == Purpose.DELIVER ? Spending.intents(tx, subjects) : Map.of();
    subjects.forEach(s -> bearers.put(s, intents.getOrDefault(s, List.of(s))));
    return bearers;
  }

  private static BigInteger spentBy(Map<Hash, BigInteger> spent, Hash intent) {
    return spent.getOrDefault(intent, BigInteger.ZERO);
  }

  private static BigInteger part(BigInteger cost, int many) {
    BigInteger count = BigInteger.valueOf(many);
    return cost.add(count).subtract(BigInteger.ONE).divide(count); // rounded up
  }
}
