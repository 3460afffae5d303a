package org.mandate.audit;

import java.util.Optional;

/** The same evidence, with another word of gateways. */
final class Told {
  private Told() {}

  static ChainEvidence by(ChainEvidence e, Gateways gateways) {
    return new ChainEvidence(
        e.chainId(),
        e.agentId(),
        e.domain(),
        e.account(),
        e.block(),
        e.state(),
        e.published(),
        e.records(),
        e.links(),
        e.publications(),
        e.resends(),
        e.registeredChains(),
        Optional.of(gateways));
  }
}
