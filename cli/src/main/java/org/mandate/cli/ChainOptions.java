package org.mandate.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where a command finds the one chain that it is about. */
public final class ChainOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--rpc",
      paramLabel = "URL",
      description =
          "The home chain's node; else the variable MANDATE_RPC (for URLs with a secret in them).")
  private Optional<URI> rpc = Optional.empty();

  @Option(
      names = "--deployment",
      paramLabel = "FILE",
      description = "Where the contracts stand; else the folder's file.")
  private Optional<Path> deployment = Optional.empty();

  @Option(
      names = "--deployments",
      paramLabel = "DIR",
      defaultValue = "deployments",
      description = "Folder with <chain id>.json (default: ${DEFAULT-VALUE}).")
  private Path folder;

  /** Connects. */
  public Chain open() {
    return Chain.open(url(), deployment, folder);
  }

  /** Connects, and refuses a chain that is not home: agents and mandates live there. */
  public Chain openHome() {
    var chain = open();
    if (!chain.deployment().isHome()) {
      chain.close();
      throw new Failure(
          ExitCode.CONFIGURATION,
          "chain %s is not the home chain; agents and mandates live on chain %s: give --rpc a node of that one"
              .formatted(chain.deployment().chainId(), chain.deployment().homeChainId()));
    }
    return chain;
  }

  private URI url() {
    return rpc.or(() -> Optional.ofNullable(System.getenv("MANDATE_RPC")).map(URI::create))
        .orElseThrow(
            () ->
                new ParameterException(
                    command.commandLine(), "no node: give --rpc URL, or set MANDATE_RPC"));
  }
}
