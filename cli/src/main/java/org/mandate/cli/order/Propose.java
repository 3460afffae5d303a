package org.mandate.cli.order;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.chain.Hash;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Output;
import org.mandate.cli.ProposalOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Proposes at home that another chain makes calls. */
@Command(
    name = "propose",
    description = {
      "Proposes at home that another chain makes calls: only home's vote orders.",
      "--calls is a file {\"calls\": [{\"to\", \"value\", \"data\"}]}, or what a proposing"
          + " command for that chain",
      "answers with --json, such as mandate windows propose."
    })
final class Propose implements Callable<ExitCode> {
  private static final int SALT_BYTES = 32;

  @Mixin private Output output;
  @Mixin private ChainOptions at;
  @Mixin private DestinationOption where;
  @Mixin private ProposalOptions proposal;

  @Option(
      names = "--calls",
      required = true,
      paramLabel = "FILE",
      description = "The calls, JSON; all of them happen, or none.")
  private Path file;

  @Option(
      names = "--salt",
      paramLabel = "HEX",
      description =
          "32 bytes: the same calls with the same salt are one order, which is executed once"
              + " (default: a new one).")
  private Optional<String> salt = Optional.empty();

  @Override
  public ExitCode call() {
    var calls = CallFile.read(file);
    var bytes = salt.map(text -> Hash.of(text).bytes()).orElseGet(Propose::fresh);
    try (var home = at.openHome()) {
      return Ordering.propose(home, where.chainId(), calls, bytes, "order", proposal, output);
    }
  }

  private static byte[] fresh() {
    var bytes = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }
}
