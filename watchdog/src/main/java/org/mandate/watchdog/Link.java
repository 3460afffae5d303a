package org.mandate.watchdog;

import java.util.List;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Deployment;
import org.mandate.chain.Finality;

/**
 * The way to one chain: its own nodes, and where the contracts stand.
 *
 * @param chain all nodes together
 * @param nodes each by itself
 */
record Link(
    WatchdogConfig.ChainSettings settings,
    ChainClient chain,
    List<Jury.Node> nodes,
    Deployment deployment,
    Finality finality) {
  Link {
    nodes = List.copyOf(nodes);
  }

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
        settings.rpcUrls().stream()
            .map(
                url ->
                    new Jury.Node(
                        url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort()),
                        NodePool.of(settings.id(), List.of(url), settings.timeout())))
            .toList(),
        deployment,
        Finality.of(settings.finality()));
  }

  long id() {
    return settings.id();
  }
}
