package org.mandate.gateway;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.signer.Signature;
import org.mandate.signer.Signer;
import org.mandate.signer.TypedData;

/**
 * One relayer's word that every message under a root was sent, finally, on its source chain. The
 * word holds at the gateway of that address on every chain: each message's id names its
 * destination.
 *
 * @param root of the messages' {@link MessageTree}; of one message alone, its id
 */
public record Attestation(Hash root, Signature signature) {
  /** The EIP-712 type of what is signed. */
  public static final String TYPE = "Attestation(bytes32 root)";

  /** Most signatures that one delivery may carry: as many as a relayer set has relayers. */
  public static final int MOST_SIGNATURES = 64;

  /** What relayers sign: EIP-712, under home's domain on every chain. */
  public static Hash digest(AttestationDomain domain, Hash root) {
    return message(domain, root).digest();
  }

  private static TypedData.Message message(AttestationDomain domain, Hash root) {
    return TypedData.struct(TYPE).bytes32(root).in(domain.typedData());
  }

  public static Attestation sign(AttestationDomain domain, Hash root, Signer relayer) {
    return new Attestation(root, relayer.sign(message(domain, root)));
  }

  /** Who attests; empty when no key can have made the signature. */
  public Optional<Address> signer(AttestationDomain domain) {
    return signature.recover(digest(domain, root));
  }

  /** Whether that relayer made it. */
  public boolean isBy(AttestationDomain domain, Address relayer) {
    return signer(domain).filter(relayer::equals).isPresent();
  }

  /**
   * The signatures as {@code QuorumGateway} wants them: compact (ERC-2098), one after the other,
   * signers ascending, each once.
   *
   * @throws IllegalArgumentException if they are not all of one root
   */
  public static Bytes forDelivery(AttestationDomain domain, Collection<Attestation> attestations) {
    if (attestations.stream().map(Attestation::root).distinct().count() > 1) {
      throw new IllegalArgumentException("attestations of several roots deliver nothing together");
    }
    TreeMap<Address, Attestation> bySigner = new TreeMap<>();
    attestations.forEach(a -> a.signer(domain).ifPresent(by -> bySigner.putIfAbsent(by, a)));
    byte[] out = new byte[bySigner.size() * Signature.COMPACT_SIZE];
    int at = 0;
    for (Attestation one : bySigner.values()) {
      System.arraycopy(one.signature().compact(), 0, out, at, Signature.COMPACT_SIZE);
      at += Signature.COMPACT_SIZE;
    }
    return Bytes.of(out);
  }

  /**
   * The attestations that a delivery carried.
   *
   * @param signatures as {@link #forDelivery} makes them
   * @throws IllegalArgumentException if they are no signatures, or more than {@link
   *     #MOST_SIGNATURES}
   */
  public static List<Attestation> ofDelivery(Hash root, Bytes signatures) {
    int size = signatures.size();
    if (size % Signature.COMPACT_SIZE != 0 || size > MOST_SIGNATURES * Signature.COMPACT_SIZE) {
      throw new IllegalArgumentException(
          size
              + " bytes are not up to "
              + MOST_SIGNATURES
              + " signatures of "
              + Signature.COMPACT_SIZE);
    }
    byte[] bytes = signatures.bytes();
    List<Attestation> attestations = new ArrayList<>();
    for (int at = 0; at < size; at += Signature.COMPACT_SIZE) {
      byte[] one = Arrays.copyOfRange(bytes, at, at + Signature.COMPACT_SIZE);
      attestations.add(new Attestation(root, Signature.ofCompact(one)));
    }
    return List.copyOf(attestations);
  }
}
