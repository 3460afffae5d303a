package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.mandate.chain.Fees;
import org.mandate.chain.GasEstimate;
import org.mandate.chain.Hash;
import org.mandate.chain.Receipt;

/** What more than half of all nodes say, of what some of them answered. */
final class Most {
  /** How far apart the gas may lie that nodes estimate for the same, in percent. */
  private static final long APART = 25;

  private Most() {}

  /** The answer that more than half of all nodes gave. */
  static <T> Optional<T> same(Collection<T> answers, int nodes) {
    return answers.stream()
        .filter(one -> Collections.frequency(answers, one) * 2 > nodes)
        .findFirst();
  }

  /**
   * The highest number that more than half of all nodes have reached; empty while too few answered.
   * However far the others are above or below, they do not move it out of what honest ones say.
   */
  static <T extends Comparable<T>> Optional<T> reached(Collection<T> answers, int nodes) {
    return answers.stream().sorted(Comparator.<T>reverseOrder()).skip(nodes / 2).findFirst();
  }

  /**
   * Of each part the highest that more than half of all nodes reach: as each answer's tip is within
   * its maximum, so these are.
   */
  static Optional<Fees> fees(Collection<Fees> answers, int nodes) {
    return part(answers, Fees::baseFee, nodes)
        .map(
            baseFee ->
                new Fees(
                    baseFee,
                    part(answers, Fees::maxPriorityFee, nodes).orElseThrow(),
                    part(answers, Fees::maxFee, nodes).orElseThrow()));
  }

  private static Optional<BigInteger> part(
      Collection<Fees> answers, Function<Fees, BigInteger> part, int nodes) {
    return reached(answers.stream().map(part).toList(), nodes);
  }

  static <T> boolean are(Collection<T> answers, Predicate<T> so, int nodes) {
    return answers.stream().filter(so).count() * 2 > nodes;
  }

  /**
   * That it would revert, when more than half of all nodes say so; or the highest of more than half
   * that estimate nearly the same gas.
   */
  static Optional<GasEstimate> estimate(Collection<GasEstimate> answers, int nodes) {
    List<Long> gas =
        answers.stream()
            .filter(GasEstimate.Estimated.class::isInstance)
            .map(one -> ((GasEstimate.Estimated) one).gas())
            .sorted()
            .toList();
    int needed = nodes / 2 + 1;
    for (int i = 0; i + needed <= gas.size(); i++) {
      BigInteger most = BigInteger.valueOf(gas.get(i)).multiply(BigInteger.valueOf(100 + APART));
      long last = gas.get(i + needed - 1);
      if (BigInteger.valueOf(last).multiply(BigInteger.valueOf(100)).compareTo(most) <= 0)
        return Optional.of(new GasEstimate.Estimated(last));
    }
    return answers.stream()
        .filter(GasEstimate.Reverted.class::isInstance)
        .filter(one -> are(answers, GasEstimate.Reverted.class::isInstance, nodes))
        .findFirst();
  }

  /**
   * The receipt whose ending more than half of all nodes tell. Where they do not tell alike what
   * its data cost, it says the most that one of them tells: nothing waits for that, and no more
   * counts than was reserved.
   */
  static Optional<Receipt> receipt(Collection<Receipt> receipts, int nodes) {
    return same(receipts.stream().map(Ending::of).toList(), nodes)
        .flatMap(
            ending -> {
              List<Receipt> alike =
                  receipts.stream().filter(r -> Ending.of(r).equals(ending)).toList();
              Optional<Optional<BigInteger>> dataFee =
                  same(alike.stream().map(Receipt::dataFee).toList(), nodes);
              return alike.stream()
                  .filter(r -> dataFee.filter(fee -> !fee.equals(r.dataFee())).isEmpty())
                  .max(Comparator.comparing(r -> r.dataFee().orElse(BigInteger.ZERO)));
            });
  }

  /**
   * What a receipt says of a transaction's end, beside its logs and what its data cost: not all
   * nodes of a chain tell that.
   */
  record Ending(
      boolean succeeded, Hash block, long number, long gasUsed, BigInteger effectiveGasPrice) {
    static Ending of(Receipt receipt) {
      return new Ending(
          receipt.succeeded(),
          receipt.blockHash(),
          receipt.blockNumber(),
          receipt.gasUsed(),
          receipt.effectiveGasPrice());
    }
  }
}
