package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Finality;
import org.mandate.chain.Log;
import org.mandate.relayer.store.EventKind;

/**
 * A chain that the relayer works on, and what stands there.
 *
 * @param start first block of the deployment
 * @param isHome where agents, policy and accounting live
 */
public record FollowedChain(
    long id,
    SeveralNodes client,
    Finality finality,
    long start,
    boolean isHome,
    Address registry,
    Address policy,
    Address executor,
    Address gateway,
    Address auditLog) {

  /** Whose logs are followed. */
  public List<Address> sources() {
    return List.of(executor, gateway, auditLog);
  }

  /** What the log is, if it is followed: by who logged it, then by its first topic. */
  public Optional<EventKind> kindOf(Log log) {
    if (log.topics().isEmpty()) return Optional.empty();
    return contract(log.address()).flatMap(c -> EventKind.of(c, log.topics().getFirst()));
  }

  private Optional<EventKind.Contract> contract(Address address) {
    if (address.equals(executor)) return Optional.of(EventKind.Contract.EXECUTOR);
    if (address.equals(gateway)) return Optional.of(EventKind.Contract.GATEWAY);
    if (address.equals(auditLog)) return Optional.of(EventKind.Contract.AUDIT_LOG);
    return Optional.empty();
  }

  public BigInteger bigId() {
    return BigInteger.valueOf(id);
  }
}
