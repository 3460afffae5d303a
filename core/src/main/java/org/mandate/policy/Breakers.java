package org.mandate.policy;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Set;
import org.mandate.chain.Address;

/** Which breakers above the agents are tripped. */
public record Breakers(Set<Breaker> tripped) {
  public static final Breakers NONE = new Breakers(Set.of());

  public Breakers {
    tripped = Set.copyOf(tripped);
  }

  /** With one breaker tripped or reset. */
  public Breakers with(Breaker breaker, boolean on) {
    if (tripped.contains(breaker) == on) {
      return this;
    }
    Set<Breaker> all = new HashSet<>(tripped);
    if (on) {
      all.add(breaker);
    } else {
      all.remove(breaker);
    }
    return new Breakers(all);
  }

  boolean everything() {
    return tripped.contains(new Breaker.Everything());
  }

  boolean chain(BigInteger id) {
    return tripped.contains(new Breaker.OfChain(id));
  }

  boolean asset(Address asset) {
    return tripped.contains(new Breaker.OfAsset(asset));
  }
}
