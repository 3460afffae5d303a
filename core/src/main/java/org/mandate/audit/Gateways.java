package org.mandate.audit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.mandate.chain.Address;

/**
 * From which gateways a destination's executor took messages, and when it ceased to: what a gateway
 * brought before its closing does not execute, unless a proof shows that home dispatched it.
 *
 * @param own the one of the deployment, open from the start; all others close together
 * @param changes in order
 */
public record Gateways(Address own, List<Change> changes) {
  /**
   * One {@code GatewaySet} event.
   *
   * @param open whether it was opened; else closed
   * @param block its number
   * @param logIndex position of the event in its block
   */
  public record Change(Address gateway, boolean open, long block, int logIndex) {}

  public Gateways {
    changes = List.copyOf(changes);
    for (int i = 1; i < changes.size(); i++) {
      if (!isBefore(changes.get(i - 1), changes.get(i).block(), changes.get(i).logIndex())) {
        throw new IllegalArgumentException(
            "gateways: the changes of blocks %d and %d are not in order"
                .formatted(changes.get(i - 1).block(), changes.get(i).block()));
      }
    }
  }

  /**
   * Whether each gateway that can have brought what came there was closed since: which one did, the
   * trail does not tell.
   */
  boolean endedSince(AuditRecord.Anchor arrival) {
    Map<Address, Boolean> open = new HashMap<>(Map.of(own, true));
    for (Change change : changes) {
      if (isBefore(change, arrival.blockNumber(), arrival.logIndex())) {
        open.put(change.gateway(), change.open());
      }
    }
    boolean mayBeOwn = open.remove(own);
    boolean mayBeOther = open.containsValue(true);
    return (mayBeOwn || mayBeOther)
        && (!mayBeOwn || closedSince(arrival, own::equals))
        && (!mayBeOther || closedSince(arrival, one -> !one.equals(own)));
  }

  private boolean closedSince(AuditRecord.Anchor arrival, Predicate<Address> which) {
    return changes.stream()
        .anyMatch(
            change ->
                !change.open()
                    && which.test(change.gateway())
                    && !isBefore(change, arrival.blockNumber(), arrival.logIndex()));
  }

  private static boolean isBefore(Change change, long block, int logIndex) {
    return change.block() < block || change.block() == block && change.logIndex() < logIndex;
  }
}
