package org.mandate.cli.deploy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.mandate.chain.Deployment;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.deploy.Deployer;
import org.mandate.deploy.DeploymentCheck;
import org.mandate.deploy.Role;
import org.mandate.deploy.Sender;
import org.mandate.deploy.StateOverrideCall;
import org.mandate.signer.Signer;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Deploys to every chain of a file, hands all power over, and shows who holds it. */
@Command(
    name = "deploy",
    description = {
      "Deploys what a file describes to its chains, hands every role over and reads it back.",
      "Addresses are the same everywhere. Run it again to finish what was interrupted: what stands is left",
      "alone, and refused when it is something else."
    },
    subcommands = DeployCommand.Sample.class)
public final class DeployCommand implements Callable<ExitCode> {
  @Mixin private Output output;
  @Mixin private KeyOptions key;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "What to deploy and where, YAML (see deploy sample-config).")
  private Path config;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "deployments",
      description = "Gets <chain id>.json for each chain (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public ExitCode call() {
    if (config == null) {
      throw new Failure(
          ExitCode.USAGE,
          "nothing to deploy: give --config FILE (mandate deploy sample-config shows one)");
    }
    var file = DeployFile.read(config);
    var signer = key.open();
    var json = Output.object();
    var chains = json.put("deployer", signer.address().hex()).putArray("chains");
    for (var chain : file.chains()) {
      deploy(file, chain, signer, chains);
    }
    output.json(json);
    return ExitCode.OK;
  }

  private void deploy(DeployFile file, DeployFile.ChainPart part, Signer signer, ArrayNode json) {
    var service = new HttpService(part.rpcUrl().toString());
    var web3j = Web3j.build(service);
    try {
      var sender = new Sender(web3j, signer);
      if (sender.chainId() != part.id()) {
        throw new Failure(
            ExitCode.CONFIGURATION,
            "the node for chain %d serves chain %d: correct its rpc-url"
                .formatted(part.id(), sender.chainId()));
      }
      var path = out.resolve(part.id() + ".json");
      output.progress("chain %d: deploying as %s", part.id(), signer.address());
      var overrides = new StateOverrideCall(service);
      var deployer = new Deployer(sender, overrides, line -> output.progress("  %s", line));
      var deployment = deployer.deploy(file.parameters());
      requireSame(path, deployment);
      deployment.write(path);
      show(part.id(), path, deployment, new DeploymentCheck(web3j, overrides, deployment), json);
    } finally {
      web3j.shutdown();
    }
  }

  /** A file of another deployment is not overwritten. */
  private static void requireSame(Path path, Deployment now) {
    if (!Files.exists(path)) {
      return;
    }
    var before = Deployment.read(path).contracts();
    now.contracts()
        .forEach(
            (name, contract) -> {
              var old = before.get(name);
              if (old == null || !old.address().equals(contract.address())) {
                throw new Failure(
                    ExitCode.CONFIGURATION,
                    "%s is of another deployment (%s at %s, now at %s): move it away, or give another --out"
                        .formatted(
                            path,
                            name,
                            old == null ? "nowhere" : old.address(),
                            contract.address()));
              }
            });
  }

  private void show(
      long id, Path path, Deployment deployment, DeploymentCheck check, ArrayNode json) {
    var one = json.addObject().put("chainId", Long.toString(id)).put("file", path.toString());
    output.line("chain %d: %s", id, path);
    var contracts = one.putObject("contracts");
    new TreeMap<>(deployment.contracts())
        .forEach(
            (name, contract) -> {
              output.line("  %-20s %s", name, contract.address().checksummed());
              contracts.put(name, contract.address().hex());
            });
    var holders = check.holders();
    var roles = one.putObject("roles");
    holders
        .accessManager()
        .forEach(
            (role, accounts) -> {
              var name = Role.name(role);
              output.line("  role %-15s %s", name, String.join(", ", accounts));
              accounts.forEach(roles.putArray(name)::add);
            });
    var timelock = one.putObject("timelockRoles");
    holders
        .timelock()
        .forEach(
            (role, accounts) -> {
              output.line("  timelock %-11s %s", role, String.join(", ", accounts));
              accounts.forEach(timelock.putArray(role)::add);
            });
    output.line("  the deployer holds no role");
  }

  @Command(
      name = "sample-config",
      description = "Prints a deployment file that shows and explains every key.")
  static final class Sample implements Callable<ExitCode> {
    @Mixin private Output output;

    @Override
    public ExitCode call() {
      output.document("deploy.sample.yaml", DeployCommand.class);
      return ExitCode.OK;
    }
  }
}
