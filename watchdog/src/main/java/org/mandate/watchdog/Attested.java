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
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.Message;
import org.mandate.gateway.MessageTree;

/**
 * What relayers put their names to, wherever that was seen. A number of a source chain has one
 * content: whoever signs two contradicts itself, whichever of them is true, and a signature is
 * evidence whoever shows it.
 */
final class Attested {
  /** Bytes of what a message, and a step of a proof, has beside its contents: roughly. */
  private static final int OVERHEAD = 256;

  private final AttestationDomain domain;
  private final int most;
  private final long mostBytes;
  private long bytes;

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
   * @param domain under which relayers sign
   * @param most pairs of number and signer that are remembered
   * @param mostBytes that they take, about
   */
  Attested(AttestationDomain domain, int most, long mostBytes) {
    this.mostBytes = mostBytes;
    this.domain = domain;
    this.most = most;
    this.all = new LinkedHashMap<>();
  }

  /**
   * Who signed it.
   *
   * @throws IllegalArgumentException if nobody did: what is shown does not fit together
   */
  Address signer(Signed signed) {
    Hash id = signed.message().id(domain.gateway());
    if (!MessageTree.root(id, signed.proof()).equals(signed.attestation().root())) {
      throw new IllegalArgumentException("message " + id + " is not under the root that is shown");
    }
    return signed
        .attestation()
        .signer(domain)
        .orElseThrow(() -> new IllegalArgumentException("no key made the signature"));
  }

  /**
   * Remembers it.
   *
   * @return what the same relayer signed before under that number, together with it
   * @throws IllegalArgumentException as {@link #signer}
   */
  Optional<Contradiction> add(Signed signed) {
    Optional<Contradiction> found = against(signed);
    if (found.isEmpty()) {
      synchronized (this) {
        Signed before =
            all.computeIfAbsent(key(signed), key -> new HashMap<>())
                .putIfAbsent(signed.message().id(domain.gateway()), signed);
        bytes += before == null ? size(signed) : 0;
        while (all.size() > most || bytes > mostBytes && all.size() > 1) {
          Map<Hash, Signed> oldest = all.remove(all.keySet().iterator().next());
          bytes -= oldest.values().stream().mapToLong(Attested::size).sum();
        }
      }
    }
    return found;
  }

  /** Whether it is remembered as it is. */
  boolean knows(Signed signed) {
    Key key = key(signed);
    Hash id = signed.message().id(domain.gateway());
    synchronized (this) {
      return all.getOrDefault(key, Map.of()).containsKey(id);
    }
  }

  private static long size(Signed signed) {
    return OVERHEAD
        + signed.message().payload().size()
        + signed.message().sender().size()
        + signed.message().recipient().size()
        + (long) OVERHEAD * signed.proof().size();
  }

  /** As {@link #add}, of what need not be remembered. */
  Optional<Contradiction> against(Signed signed) {
    Key key = key(signed);
    Hash id = signed.message().id(domain.gateway());
    synchronized (this) {
      return all.getOrDefault(key, Map.of()).entrySet().stream()
          .filter(one -> !one.getKey().equals(id))
          .map(one -> new Contradiction(key.signer(), one.getValue(), signed))
          .findFirst();
    }
  }

  private Key key(Signed signed) {
    return new Key(signed.message().sourceChainId(), signed.message().nonce(), signer(signed));
  }
}
