package org.mandate.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.cli.relayers.RelayerSet;
import org.mandate.cli.relayers.Slash;
import org.mandate.relayer.Relayer;
import org.mandate.relayer.follow.ReorgAcceptance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a relayer in this process. */
@Command(
    name = "relayer",
    description =
        "Run a relayer: follows, attests, submits, publishes audit blobs, serves the API. Show,"
            + " replace and punish relayers.",
    subcommands = {
      RelayerCommand.Run.class,
      RelayerCommand.AcceptReorg.class,
      RelayerCommand.SampleConfig.class,
      RelayerSet.Show.class,
      RelayerSet.Rotate.class,
      Slash.class
    })
final class RelayerCommand extends Group {
  @Command(
      name = "run",
      description = {
        "Runs until it is asked to end. Prints one READY line of JSON on standard output, its log"
            + " on standard error.",
        "Every key of the file can be overridden in the environment (data-directory is"
            + " MANDATE_DATA_DIRECTORY),",
        "and there by --set and the options below."
      })
  static final class Run implements Callable<ExitCode> {
    @Option(
        names = "--config",
        required = true,
        paramLabel = "FILE",
        description = "Settings, YAML.")
    private Path config;

    @Mixin private Settings settings;

    @Option(
        names = "--data-directory",
        paramLabel = "DIR",
        description = "Of the embedded database.")
    private Optional<String> dataDirectory = Optional.empty();

    @Option(
        names = "--database-url",
        paramLabel = "URL",
        description = {
          "A PostgreSQL server, instead of the embedded one: postgresql://user@host:port/name.",
          "With a password in it: in the file or in MANDATE_DATABASE_URL, not here."
        })
    private Optional<String> databaseUrl = Optional.empty();

    @Option(
        names = "--ipfs-api",
        paramLabel = "URL",
        description = "An IPFS daemon (Kubo RPC) that is to keep the blobs too.")
    private Optional<String> ipfsApi = Optional.empty();

    @Override
    public ExitCode call() {
      Relayer.run(
          config,
          settings.flags(
              Map.of(
                  "data-directory", dataDirectory,
                  "database-url", databaseUrl,
                  "ipfs-api", ipfsApi)));
      return ExitCode.OK;
    }
  }

  @Command(
      name = "accept-reorg",
      description = {
        "Says that a chain really did reorganize blocks that were declared final, and has the relayer go on from there.",
        "It stopped signing by itself. Stop it, find out at nodes of others what became of the chain, then name the last",
        "block that is still common, which the alarm names as its ancestor: most of the configured nodes must have it.",
        "Intents that were accepted stay, transactions that are gone are sent again with the same nonces. Messages that this",
        "relayer attested and that are gone it cannot take back: its bond answers for them. Then start it again."
      })
  static final class AcceptReorg implements Callable<ExitCode> {
    @Option(
        names = "--config",
        required = true,
        paramLabel = "FILE",
        description = "Settings of the relayer, YAML.")
    private Path config;

    @Option(names = "--chain", required = true, paramLabel = "ID", description = "Which chain.")
    private long chain;

    @Option(
        names = "--block",
        required = true,
        paramLabel = "NUMBER",
        description = "The last block that is still common.")
    private long block;

    @Mixin private Settings settings;

    @Mixin private Output output;

    @Override
    public ExitCode call() {
      ReorgAcceptance.Accepted accepted;
      try {
        accepted = Relayer.acceptReorg(config, settings.flags(Map.of()), chain, block);
      } catch (IllegalArgumentException e) {
        throw new Failure(ExitCode.REFUSED, e.getMessage());
      }
      output.json(
          Output.object()
              .put("chain", accepted.chainId())
              .put("block", accepted.ancestor().number())
              .put("hash", accepted.ancestor().hash().hex())
              .put("undone", accepted.blocks())
              .put("openTransactions", accepted.transactions()));
      output.line(
          "chain %d is followed from block %d %s on: %d blocks were undone, %d transactions are open. Start the relayer.",
          accepted.chainId(),
          accepted.ancestor().number(),
          accepted.ancestor().hash(),
          accepted.blocks(),
          accepted.transactions());
      return ExitCode.OK;
    }
  }

  @Command(
      name = "sample-config",
      description = "Prints a settings file that shows and explains every key.")
  static final class SampleConfig implements Callable<ExitCode> {
    @Mixin private Output output;

    @Override
    public ExitCode call() {
      output.document("relayer.sample.yaml", Relayer.class);
      return ExitCode.OK;
    }
  }
}
