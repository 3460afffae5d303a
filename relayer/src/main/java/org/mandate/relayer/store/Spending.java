package org.mandate.relayer.store;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mandate.chain.Hash;

/**
 * What intents cost this relayer, counted from its transactions: what each really cost, or, as long
 * as that is not known, the most that it can cost.
 */
public final class Spending {
  private Spending() {}

  /** The intents that messages tell of, by message; absent: one that tells of none. */
  public static Map<Hash, List<Hash>> intents(Tx tx, Collection<Hash> messages) {
    Map<Hash, List<Hash>> intents = new LinkedHashMap<>();
    if (messages.isEmpty()) return intents;
    tx.list(
        "SELECT message_id, intent_id FROM message_intent WHERE message_id IN (%s) ORDER BY intent_id"
            .formatted(marks(messages)),
        row ->
            intents
                .computeIfAbsent(row.hash("message_id"), id -> new ArrayList<>())
                .add(row.hash("intent_id")),
        messages.toArray());
    return intents;
  }

  /**
   * What each of them cost on that chain so far, wei; absent: nothing.
   *
   * @param but a transaction that is not counted; 0: all are
   */
  public static Map<Hash, BigInteger> soFar(
      Tx tx, long chainId, Collection<Hash> intents, long but) {
    Map<Hash, BigInteger> spent = new LinkedHashMap<>();
    if (intents.isEmpty()) return spent;
    List<Object> parameters = new ArrayList<>(List.of(chainId, but));
    parameters.addAll(intents);
    tx.list(
        "SELECT intent_id, sum(share) AS spent FROM intent_share WHERE chain_id = ? AND transaction_id <> ? AND intent_id IN (%s) GROUP BY 1"
            .formatted(marks(intents)),
        row -> spent.put(row.hash("intent_id"), row.big("spent")),
        parameters.toArray());
    return spent;
  }

  private static String marks(Collection<?> values) {
    return String.join(", ", Collections.nCopies(values.size(), "?"));
  }
}
