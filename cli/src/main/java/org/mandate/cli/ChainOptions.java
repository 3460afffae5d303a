package org.mandate.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Deployment;
import org.mandate.chain.NodeException;
import picocli.CommandLine.Option;

/** Where a command finds the chains that it is about. A node says itself which chain it serves. */
public final class ChainOptions {
  @Option(
      names = "--rpc",
      paramLabel = "URL",
      description =
          "A chain's node; once per chain. Else the variable MANDATE_RPC (for URLs with a secret in"
              + " them), with commas between.")
  private List<URI> nodes = List.of();

  @Option(
      names = "--deployment",
      paramLabel = "FILE",
      description = "A chain's deployment file; once per chain. Else the folder's file.")
  private List<Path> deployments = List.of();

  @Option(
      names = "--deployments",
      paramLabel = "DIR",
      defaultValue = "deployments",
      description = "Folder with <chain id>.json (default: ${DEFAULT-VALUE}).")
  private Path folder;

  /** The nodes that were given. */
  public List<URI> nodes() {
    if (!nodes.isEmpty()) {
      return List.copyOf(nodes);
    }
    var urls = new ArrayList<URI>();
    for (var url : Optional.ofNullable(System.getenv("MANDATE_RPC")).orElse("").split(",")) {
      if (!url.isBlank()) {
        urls.add(URI.create(url.strip()));
      }
    }
    return List.copyOf(urls);
  }

  /**
   * The file among those given that is of a node's chain; empty also when the node does not answer.
   */
  public Optional<Path> deploymentOf(URI node) {
    var files = files();
    try {
      return files.isEmpty()
          ? Optional.empty()
          : Optional.ofNullable(files.get(Chain.idOf(node).toString()));
    } catch (NodeException e) {
      return Optional.empty();
    }
  }

  private Map<String, Path> files() {
    var files = new HashMap<String, Path>();
    for (var file : deployments) {
      var id = Deployment.read(file).chainId().toString();
      if (files.put(id, file) != null) {
        throw new Failure(
            ExitCode.USAGE,
            "two deployment files are of chain " + id + ": give one for each chain");
      }
    }
    return files;
  }

  /** Where the files are that were not given one by one. */
  public Path folder() {
    return folder;
  }

  /**
   * Connects to the home chain, where agents and mandates live; of several nodes the one that
   * serves it.
   */
  public Chain openHome() {
    var chains = open();
    var home = chains.stream().filter(chain -> chain.deployment().isHome()).findFirst();
    chains.stream().filter(chain -> !home.equals(Optional.of(chain))).forEach(Chain::close);
    return home.orElseThrow(
        () ->
            new Failure(
                ExitCode.CONFIGURATION,
                "chain %s is not the home chain; agents and mandates live on chain %s: give --rpc a node of that one"
                    .formatted(
                        chains.getFirst().deployment().chainId(),
                        chains.getFirst().deployment().homeChainId())));
  }

  /**
   * Connects to a chain that is not home.
   *
   * @throws Failure unless exactly one was given
   */
  public Chain openElsewhere() {
    var chains = open();
    var found = chains.stream().filter(chain -> !chain.deployment().isHome()).toList();
    chains.stream()
        .filter(chain -> found.size() != 1 || chain != found.getFirst())
        .forEach(Chain::close);
    if (found.size() != 1) {
      throw new Failure(
          ExitCode.USAGE,
          "give --rpc of the one chain that it is about and that is not home, not of %d"
              .formatted(found.size()));
    }
    return found.getFirst();
  }

  /** Connects to all of them; at least one is needed. */
  public List<Chain> open() {
    if (nodes().isEmpty()) {
      throw new Failure(
          ExitCode.USAGE, "no node: give --rpc URL once per chain, or set MANDATE_RPC");
    }
    var files = files();
    var chains = new ArrayList<Chain>();
    for (var node : nodes()) {
      var id = Chain.idOf(node);
      if (chains.stream().anyMatch(c -> c.deployment().chainId().equals(id))) {
        throw new Failure(
            ExitCode.USAGE, "two nodes serve chain " + id + ": give one for each chain");
      }
      chains.add(Chain.open(node, Optional.ofNullable(files.get(id.toString())), folder));
    }
    return List.copyOf(chains);
  }
}
