package org.mandate.watchdog;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageTree;

/**
 * What relayers put their names to, wherever that was seen. A number of a source chain has one
 * content: whoever signs two contradicts itself, whichever of them is true, and a signature is
 * evidence whoever shows it.
 */
final class Attested {
  private final Address gateway;
  private final int most;

  /** By number and signer, the messages; the oldest are forgotten first. */
  private final Map<Key, Map<Hash, Signed>> all;

  private record Key(BigInteger sourceChainId, BigInteger nonce, Address signer) {}

  /**
   * One relayer's word for a message.
   *
   * @param proof from its id up to the root that was signed
   */
  record Signed(Message message, List<Hash> proof, Attestation attestation) {
    Signed {
      proof = List.copyOf(proof);
    }
  }

  /** Two contents of one number under one name. */
  record Contradiction(Address signer, Signed one, Signed other) {}

  /**
   * @param gateway the same address on every chain
   * @param most pairs of number and signer that are remembered
   */
  Attested(Address gateway, int most) {
    this.gateway = gateway;
    this.most = most;
    this.all = new LinkedHashMap<>();
  }

  /**
   * Who signed it.
   *
   * @throws IllegalArgumentException if nobody did: what is shown does not fit together
   */
  Address signer(Signed signed) {
    Hash id = signed.message().id(gateway);
    if (!MessageTree.root(id, signed.proof()).equals(signed.attestation().root())) {
      throw new IllegalArgumentException("message " + id + " is not under the root that is shown");
    }
    return signed
        .attestation()
        .signer(gateway)
        .orElseThrow(() -> new IllegalArgumentException("no key made the signature"));
  }

  /**
   * Remembers it.
   *
   * @return what the same relayer signed before under that number, together with it
   * @throws IllegalArgumentException as {@link #signer}
   */
  Optional<Contradiction> add(Signed signed) {
    Address signer = signer(signed);
    Hash id = signed.message().id(gateway);
    Key key = new Key(signed.message().sourceChainId(), signed.message().nonce(), signer);
    synchronized (this) {
      Map<Hash, Signed> contents = all.computeIfAbsent(key, k -> new HashMap<>());
      Optional<Signed> other =
          contents.entrySet().stream()
              .filter(one -> !one.getKey().equals(id))
              .map(Map.Entry::getValue)
              .findFirst();
      if (other.isEmpty()) {
        contents.putIfAbsent(id, signed);
      }
      if (all.size() > most) {
        all.remove(all.keySet().iterator().next());
      }
      return other.map(before -> new Contradiction(signer, before, signed));
    }
  }
}
