package org.mandate.watchdog;

import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Finality;

/** The way to one chain: its own nodes, and where the contracts stand. */
record Link(
    WatchdogConfig.ChainSettings settings,
    ChainClient chain,
    Deployment deployment,
    Finality finality) {
  static Link open(WatchdogConfig.ChainSettings settings) {
    Deployment deployment = Deployment.read(settings.deployment());
    if (deployment.chainId().longValueExact() != settings.id()) {
      throw new IllegalArgumentException(
          "chain %d: its deployment file %s is of chain %s"
              .formatted(settings.id(), settings.deployment(), deployment.chainId()));
    }
    return new Link(
        settings,
        NodePool.of(settings.id(), settings.rpcUrls(), settings.timeout()),
        deployment,
        Finality.of(settings.finality()));
  }

  long id() {
    return settings.id();
  }
}
