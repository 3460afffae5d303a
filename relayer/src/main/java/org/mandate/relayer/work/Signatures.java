package org.mandate.relayer.work;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.relayer.store.Database;
import org.mandate.relayer.store.StoredMessage;

/**
 * Gathers relayers' signatures under a root: those that are known, and the peers'. The more there
 * are, the less a payment waits, so more than a bare quorum's are awaited for a short while.
 */
final class Signatures {
  private static final int REMEMBERED = 10_000;
  private static final Duration MOST = Duration.ofSeconds(4);

  private final Database database;
  private final AttestationSource peers;
  private final Duration patience;
  private final Since complete = new Since(REMEMBERED);

  /**
   * @param patience how long more signatures are awaited when a bare quorum's are there
   */
  Signatures(Database database, AttestationSource peers, Duration patience) {
    this.database = database;
    this.peers = peers;
    this.patience = patience;
  }

  /**
   * What is known under a root, of relayers that count at a destination.
   *
   * @param have of the present relayers
   * @param need of them
   * @param best what delivers: all of the present relayers' when they are enough, or else all of
   *     the former ones', as long as those count; empty: nothing does yet
   * @param ready when to deliver with it: at once when all relayers signed
   * @param latest when somebody delivers with it who does not know all that this relayer knows
   */
  record Known(int have, int need, List<Attestation> best, Instant ready, Instant latest) {
    Known {
      best = List.copyOf(best);
    }
  }

  /** As much as there is now, of the peers' too when not all relayers' signatures are known. */
  Known gather(Hash root, Workplace destination) throws InterruptedException {
    AttestationDomain domain = destination.chain().attestations();
    ContractCalls.Quorum present = destination.quorum();
    Optional<ContractCalls.Quorum> former = destination.previousQuorum();
    Map<Address, Attestation> valid = new LinkedHashMap<>();
    database
        .inTransaction(tx -> StoredMessage.attestations(tx, root))
        .forEach(s -> keep(valid, s.signer(), s.attestation(), present, former));
    if (!hasAll(valid, present)) {
      Instant end = destination.now().plus(MOST);
      peers.attestations(
          root,
          attestation ->
              attestation
                  .signer(domain)
                  .filter(signer -> keep(valid, signer, attestation, present, former))
                  .ifPresent(
                      signer -> database.run(tx -> StoredMessage.attest(tx, signer, attestation))),
          () -> hasAll(valid, present) ? Instant.EPOCH : until(root, valid, present, former, end));
    }
    List<Attestation> best = best(valid, present, former);
    Instant since = since(root, best, destination.now());
    Instant latest = since.plus(patience);
    Instant ready = hasAll(valid, present) ? since : latest;
    return new Known(of(valid, present).size(), present.threshold(), best, ready, latest);
  }

  /** Peers that are slow are not waited for longer than the patience lasts. */
  private Instant until(
      Hash root,
      Map<Address, Attestation> valid,
      ContractCalls.Quorum present,
      Optional<ContractCalls.Quorum> former,
      Instant end) {
    List<Attestation> best = best(valid, present, former);
    if (best.isEmpty()) return end;
    Instant ready = since(root, best, end.minus(MOST)).plus(patience);
    return ready.isBefore(end) ? ready : end;
  }

  private Instant since(Hash root, List<Attestation> best, Instant now) {
    if (best.isEmpty()) return now;
    return complete.first(root, now);
  }

  private static boolean hasAll(Map<Address, Attestation> valid, ContractCalls.Quorum present) {
    return valid.keySet().containsAll(present.relayers());
  }

  private static List<Attestation> best(
      Map<Address, Attestation> valid,
      ContractCalls.Quorum present,
      Optional<ContractCalls.Quorum> former) {
    List<Attestation> now = of(valid, present);
    if (now.size() >= present.threshold()) return now;
    return former
        .map(f -> of(valid, f).size() >= f.threshold() ? of(valid, f) : List.<Attestation>of())
        .orElse(List.of());
  }

  /** Signatures of two sets never count together. */
  private static List<Attestation> of(
      Map<Address, Attestation> valid, ContractCalls.Quorum quorum) {
    List<Attestation> all = new ArrayList<>();
    valid.forEach(
        (signer, attestation) -> {
          if (quorum.relayers().contains(signer)) all.add(attestation);
        });
    return all;
  }

  private static boolean keep(
      Map<Address, Attestation> valid,
      Address signer,
      Attestation attestation,
      ContractCalls.Quorum present,
      Optional<ContractCalls.Quorum> former) {
    boolean counts =
        present.relayers().contains(signer)
            || former.filter(f -> f.relayers().contains(signer)).isPresent();
    return counts && valid.putIfAbsent(signer, attestation) == null;
  }
}
