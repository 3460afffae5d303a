package org.mandate.relayer.work;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.mandate.chain.Hash;
import org.mandate.relayer.store.TransactionRow.Purpose;

/**
 * Several things in one transaction, of which one that fails leaves the others alone. A node's
 * estimate would be the least gas with which the batch does not revert, and in which its elements
 * do: the gas is reckoned here, and what goes well with it is tried before.
 */
final class Batch {
  private static final long MOST_GAS = 12_000_000; // a quarter more is given, 16.7 M are the most
  private static final int TRIES = 6;

  private Batch() {}

  /**
   * A transaction for what was claimed and as many others as go well with it.
   *
   * @param subjects with the claimed one among them
   * @param call for some of them; it answers for each in that order whether it went well
   * @param gas that some of them need at most
   * @return empty when the claimed one would fail in it, or is alone: its own attempt says why
   */
  static Optional<Decision> of(
      Workplace place,
      Purpose purpose,
      Hash claimed,
      List<Hash> subjects,
      Function<List<Hash>, ContractCalls.Call> call,
      ToLongFunction<List<Hash>> gas) {
    List<Hash> some = new ArrayList<>(subjects);
    while (some.size() > 1 && gas.applyAsLong(some) > MOST_GAS)
      some.remove(some.getLast().equals(claimed) ? some.getFirst() : some.getLast());
    return sort(place, purpose, some, call, gas, ContractCalls.FIRST)
        .filter(sorted -> sorted.well().contains(claimed))
        .map(
            sorted -> {
              List<Hash> together = new ArrayList<>(List.of(claimed));
              sorted.well().stream().filter(s -> !s.equals(claimed)).forEach(together::add);
              return new Decision.Send(purpose, together, sorted.call(), sorted.gas());
            });
  }

  /**
   * What goes well together.
   *
   * @param well in their order; empty: no two went well together in the end
   * @param call that does all of that
   * @param gas for it
   * @param left what did not fit, and was not tried, or failed in no trial and is in no call
   */
  record Sorted(List<Hash> well, ContractCalls.Call call, long gas, List<Hash> left) {}

  /**
   * Tries as many as fit into a transaction. What fails when all is tried together is left out, and
   * before that what went well in a trial once and then did nothing; the rest must go well.
   *
   * @param answer which of the call's values says for each whether it went well
   * @return empty when there are no two to try, or none can be tried
   */
  static Optional<Sorted> sort(
      Workplace place,
      Purpose purpose,
      List<Hash> subjects,
      Function<List<Hash>, ContractCalls.Call> call,
      ToLongFunction<List<Hash>> gas,
      int answer) {
    List<Hash> some = new ArrayList<>(subjects);
    some.removeAll(place.inVain(purpose, subjects));
    List<Hash> left = new ArrayList<>();
    while (some.size() > 1 && gas.applyAsLong(some) > MOST_GAS) left.addFirst(some.removeLast());
    if (some.size() < 2) return Optional.empty();
    ContractCalls.Call batch = call.apply(some);
    long most = gas.applyAsLong(some);
    for (int i = 0; i < TRIES && some.size() > 1; i++) {
      batch = call.apply(some);
      most = gas.applyAsLong(some);
      List<Boolean> tried =
          place.calls().tried(place.desk().self(), batch, most, answer).orElse(List.of());
      if (tried.size() != some.size()) return Optional.empty();
      if (!tried.contains(false))
        return Optional.of(new Sorted(List.copyOf(some), batch, most, left));
      List<Hash> well = new ArrayList<>();
      for (int k = 0; k < some.size(); k++) if (tried.get(k)) well.add(some.get(k));
      some = well;
    }
    // Some fail now and then, as a wallet can that looks at the gas: others are not to suffer.
    left.addAll(0, some);
    return Optional.of(new Sorted(List.of(), batch, most, left));
  }
}
