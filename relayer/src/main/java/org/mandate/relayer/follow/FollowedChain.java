package org.mandate.relayer.follow;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Finality;
import org.mandate.chain.Log;
import org.mandate.gateway.AttestationDomain;
import org.mandate.intent.IntentDomain;
import org.mandate.relayer.store.EventKind;

/**
 * A chain that the relayer works on, and what stands there.
 *
 * @param start first block of the deployment
 * @param homeId of the chain where agents, policy and accounting live
 * @param account holds the funds, the mandates and the audit chains of all agents
 * @param lens tells what a mandate leaves
 * @param remoteGovernance sends home's orders to the other chains, and takes them there
 */
public record FollowedChain(
    long id,
    SeveralNodes client,
    Finality finality,
    long start,
    long homeId,
    Address registry,
    Address executor,
    Address gateway,
    Address account,
    Address lens,
    Optional<Address> remoteGovernance) {

  /** One that home's governance does not govern from afar. */
  public FollowedChain(
      long id,
      SeveralNodes client,
      Finality finality,
      long start,
      long homeId,
      Address registry,
      Address executor,
      Address gateway,
      Address account,
      Address lens) {
    this(
        id,
        client,
        finality,
        start,
        homeId,
        registry,
        executor,
        gateway,
        account,
        lens,
        Optional.empty());
  }

  public boolean isHome() {
    return id == homeId;
  }

  /** Under which intents have their ids, on every chain. */
  public IntentDomain domain() {
    return new IntentDomain(BigInteger.valueOf(homeId), executor);
  }

  /** Under which relayers attest, wherever they deliver. */
  public AttestationDomain attestations() {
    return new AttestationDomain(BigInteger.valueOf(homeId), gateway);
  }

  /** Whose logs are followed. */
  public List<Address> sources() {
    return List.of(executor, gateway, account);
  }

  /** What the log is, if it is followed: by who logged it, then by its first topic. */
  public Optional<EventKind> kindOf(Log log) {
    if (log.topics().isEmpty()) return Optional.empty();
    return contract(log.address()).flatMap(c -> EventKind.of(c, log.topics().getFirst()));
  }

  private Optional<EventKind.Contract> contract(Address address) {
    if (address.equals(executor)) return Optional.of(EventKind.Contract.EXECUTOR);
    if (address.equals(gateway)) return Optional.of(EventKind.Contract.GATEWAY);
    if (address.equals(account)) return Optional.of(EventKind.Contract.ACCOUNT);
    return Optional.empty();
  }

  public BigInteger bigId() {
    return BigInteger.valueOf(id);
  }
}
