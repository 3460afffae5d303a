package org.mandate.watchdog;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.chain.NodeException;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Message;
import org.mandate.watchdog.Attested.Contradiction;
import org.mandate.watchdog.Attested.Signed;

/**
 * Remembers what relayers signed that is doubtful, and tells when one signed two contents of one
 * number: then it pays, if it has a bond. What was delivered, and what relayers hand out, is
 * remembered apart, so that nobody makes it forget a delivery.
 */
final class Accuser {
  private static final int MOST_DELIVERED = 1 << 17;
  private static final int MOST_HANDED_OUT = 1 << 14;
  private static final long MOST_BYTES_DELIVERED = 256L << 20;
  private static final long MOST_BYTES_HANDED_OUT = 64L << 20;
  private static final Duration LOOK = Duration.ofSeconds(15);

  private final AttestationDomain domain;
  private final Keyring keys;
  private final Attested delivered;
  private final Attested handedOut;
  private final Optional<Prosecutor> prosecutor;
  private final Handouts handouts;
  private final Findings findings;
  private final Clock clock;

  /** Of signers whose word ever counted: there are few. */
  private final Map<Address, Stake> stakes = new ConcurrentHashMap<>();

  private record Stake(boolean any, Instant until) {}

  /**
   * @param domain under which relayers sign
   * @param keys whose signatures were ever worth anything
   * @param prosecutor empty where nobody has a bond
   */
  Accuser(
      AttestationDomain domain,
      Keyring keys,
      Optional<Prosecutor> prosecutor,
      Handouts handouts,
      Findings findings,
      Clock clock) {
    this.domain = domain;
    this.keys = keys;
    this.delivered = new Attested(domain, MOST_DELIVERED, MOST_BYTES_DELIVERED);
    this.handedOut = new Attested(domain, MOST_HANDED_OUT, MOST_BYTES_HANDED_OUT);
    this.prosecutor = prosecutor;
    this.handouts = handouts;
    this.findings = findings;
    this.clock = clock;
  }

  /** Asks relayers from now on. */
  void start() {
    if (!handouts.isEmpty() && prosecutor.isPresent()) {
      Errand.start(
          "handouts",
          LOOK,
          () -> {
            handouts.evidence(this::hear);
            return handouts.isClosed();
          });
    }
  }

  /**
   * Whether the signer's word ever counted, and it has anything to lose, as of a moment ago: home
   * is asked once at each look, however many lies bear its name.
   *
   * @throws NodeException when home does not say
   */
  boolean mayPay(Address signer) {
    if (!keys.has(signer)) {
      return false;
    }
    Instant now = clock.instant();
    Stake known = stakes.get(signer);
    if (known == null || !now.isBefore(known.until())) {
      known = new Stake(isAtStake(signer), now.plus(LOOK));
      stakes.put(signer, known);
    }
    return known.any();
  }

  private boolean isAtStake(Address relayer) {
    return prosecutor.filter(by -> by.atStake(relayer).signum() > 0).isPresent();
  }

  /** What a transaction's call data say that a gateway took: decoys among them anybody signed. */
  void remember(Signed signed) {
    if (!keys.has(delivered.signer(signed))) {
      return;
    }
    delivered.add(signed).or(() -> handedOut.against(signed)).ifPresent(this::tell);
  }

  /** Asks relayers who signed the message. */
  void ask(Message message, Hash id) throws InterruptedException {
    handouts.attestations(message, id, this::hear);
  }

  // When home does not answer, they hand it out again.
  private boolean paysNow(Address relayer) {
    try {
      return mayPay(relayer);
    } catch (NodeException e) {
      return false;
    }
  }

  // Anybody can sign anything, and put up a bond of a wei: only what a relayer signed, whom it may
  // cost something, and of that nothing twice.
  private void hear(Signed signed) {
    Address signer = delivered.signer(signed);
    if (!handedOut.knows(signed) && paysNow(signer)) {
      delivered.against(signed).or(() -> handedOut.add(signed)).ifPresent(this::tell);
    }
  }

  private void tell(Contradiction words) {
    Finding finding = finding(words);
    if (findings.report(finding)) {
      prosecutor.ifPresent(by -> by.charge(finding.id(), words));
    }
  }

  private Finding finding(Contradiction words) {
    Message message = words.one().message();
    BigInteger source = message.sourceChainId();
    return new Finding(
        "equivocation:%s:%s:%s".formatted(words.signer(), source, message.nonce()),
        Check.EQUIVOCATION,
        Severity.CRITICAL,
        (source.bitLength() < Long.SIZE ? source : domain.homeChainId()).longValue(),
        -1,
        Optional.empty(),
        Optional.empty(),
        "relayer %s signs one content of message %s of chain %s"
            .formatted(words.signer(), message.nonce(), source),
        "it signed two: roots %s and %s"
            .formatted(words.one().attestation().root(), words.other().attestation().root()),
        "Its bond is taken, where it has one (RelayerBonds.slashEquivocation). Take it out of the"
            + " quorum (QuorumGateway.tightenRelayers): its key is lost, or it lies.",
        clock.instant(),
        Finding.Status.OPEN,
        List.of());
  }
}
