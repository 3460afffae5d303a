package org.mandate.gateway;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.signer.Signature;
import org.mandate.signer.Signer;

/** One relayer's word that a message was sent, finally, on its source chain. */
public record Attestation(Hash messageId, Signature signature) {
  public static Attestation sign(Hash messageId, Signer relayer) {
    return new Attestation(messageId, relayer.sign(messageId));
  }

  /** Who attests; empty when no key can have made the signature. */
  public Optional<Address> signer() {
    return signature.recover(messageId);
  }

  /** Whether that relayer made it. */
  public boolean isBy(Address relayer) {
    return signer().filter(relayer::equals).isPresent();
  }

  /** The signatures as {@code QuorumGateway.deliver} wants them: signers ascending, each once. */
  public static List<Bytes> forDelivery(Collection<Attestation> attestations) {
    return attestations.stream()
        .flatMap(a -> a.signer().map(signer -> new Signed(signer, a)).stream())
        .sorted(Comparator.comparing(Signed::signer))
        .collect(
            java.util.stream.Collectors.toMap(
                Signed::signer, s -> s, (first, second) -> first, java.util.LinkedHashMap::new))
        .values()
        .stream()
        .map(s -> Bytes.of(s.attestation().signature().bytes()))
        .toList();
  }

  private record Signed(Address signer, Attestation attestation) {}
}
