package org.mandate.relayer.work;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Workers that do the same kind of work, and at which chains they are. At each only so many may be
 * that one is left for any other chain: nobody's slow nodes hold up another chain's work.
 */
final class Crew {
  private final Set<Long> chains;
  private final int most;
  private final Map<Long, Integer> at = new HashMap<>();

  /** Where somebody was refused since somebody left. */
  private final Set<Long> refused = new HashSet<>();

  Crew(Set<Long> chains) {
    this.chains = Set.copyOf(chains);
    this.most = chains.size() == 1 ? size(1) : most(chains.size());
  }

  /** How many workers it takes. */
  static int size(int chains) {
    return chains == 1 ? 4 : most(chains) * (chains - 1) + 1;
  }

  /** At one of several chains. */
  private static int most(int chains) {
    return chains == 2 ? 3 : 2;
  }

  /** The chains at which a worker may look for work; it counts as being at all of them. */
  synchronized Set<Long> enter() {
    Set<Long> entered = new HashSet<>(chains);
    entered.removeIf(chain -> at.getOrDefault(chain, 0) >= most);
    entered.forEach(chain -> at.merge(chain, 1, Integer::sum));
    chains.stream().filter(chain -> !entered.contains(chain)).forEach(refused::add);
    return entered;
  }

  /**
   * It is not at these any more.
   *
   * @return whether somebody was refused at one of them, and is to look again: that is said once
   */
  synchronized boolean leave(Collection<Long> left) {
    left.forEach(chain -> at.merge(chain, -1, Integer::sum));
    return refused.removeAll(left);
  }
}
