package org.mandate.cli.audit;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Callable;
import org.mandate.audit.AuditExport;
import org.mandate.audit.AuditReport;
import org.mandate.audit.AuditVerifier;
import org.mandate.audit.AuditedChain;
import org.mandate.audit.ChainEvidence;
import org.mandate.audit.MalformedBlobException;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Finality;
import org.mandate.cli.AgentOption;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.Output;
import org.mandate.intent.IntentDomain;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Verifies and exports an agent's audit trail. Needs the nodes and the blobs, nobody's word. */
@Command(
    name = "audit",
    description = "Verify and export an agent's audit trail from public data alone.",
    subcommands = {
      AuditCommand.Verify.class,
      AuditCommand.Export.class,
      AuditCommand.VerifyExport.class
    })
public final class AuditCommand extends Group {
  private static final long MAX_EXPORT = 1L << 30;

  /** What verify and export have in common. */
  static final class Trail {
    @Mixin private ChainOptions chains;
    @Mixin private BlobOptions blobs;
    @Mixin private AgentOption agent;
    @Mixin private LeaveOutOption leaveOut;

    @Option(
        names = "--finality",
        defaultValue = "finalized",
        paramLabel = "RULE",
        description = "Up to where: finalized (default), or how many blocks must stand on top.")
    private String finality;

    BigInteger agentId() {
      return agent.id();
    }

    AuditVerifier verifier(List<Chain> open) {
      return new AuditVerifier(
          open.stream().map(this::audited).toList(), blobs.open(), leaveOut.chains());
    }

    /** The verdict on an export, with what this command leaves out. */
    AuditReport verify(AuditExport export) {
      return AuditVerifier.verifyExport(export, leaveOut.chains());
    }

    List<Chain> open() {
      return chains.open();
    }

    /** What the chains say; an agent without records must at least be registered at home. */
    List<ChainEvidence> evidence(List<Chain> open, AuditVerifier verifier) {
      var evidence = verifier.evidence(agentId());
      if (evidence.stream()
          .allMatch(chain -> chain.records().isEmpty() && chain.links().isEmpty())) {
        for (var chain : open) {
          if (chain.deployment().chainId().equals(chain.deployment().homeChainId())) {
            requireRegistered(chain);
          }
        }
      }
      return evidence;
    }

    private void requireRegistered(Chain home) {
      try {
        var question = Bytes.of(home.registry().ownerOf(agentId()).encodeFunctionCall());
        home.client().call(home.deployment().registry(), question.bytes());
      } catch (CallRevertedException e) {
        throw new Failure(
            ExitCode.NO,
            "agent %s has no records and is not registered on home chain %s: there is nothing to audit; is the number right?"
                .formatted(agentId(), home.deployment().chainId()));
      }
    }

    private AuditedChain audited(Chain chain) {
      var deployment = chain.deployment();
      return new AuditedChain(
          chain.client(),
          Finality.of(finality),
          new IntentDomain(deployment.homeChainId(), deployment.executor()),
          deployment.account(),
          deployment.block());
    }
  }

  @Command(
      name = "verify",
      description = {
        "Recomputes an agent's trail on every chain given, reads every blob, and says what is wrong.",
        "Records come from the executor's events, the hash chain from the records, batch roots from both.",
        "What a destination queued and executed must be what home dispatched, so home and every chain that it registers are needed.",
        "Exit code 0: in order; 1: findings; 4: a node is silent; 7: no verdict, something that is needed was not looked at."
      })
  static final class Verify implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private Trail trail;

    @Override
    public ExitCode call() {
      var chains = trail.open();
      try {
        var verifier = trail.verifier(chains);
        return Verdict.show(
            output, verifier.verify(trail.agentId(), trail.evidence(chains, verifier)));
      } finally {
        chains.forEach(Chain::close);
      }
    }
  }

  @Command(
      name = "export",
      description =
          "Writes the trail with all its blobs into one file that anyone verifies offline: audit verify-export.")
  static final class Export implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private Trail trail;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE",
        description = "File to write; it must not exist.")
    private Path file;

    @Override
    public ExitCode call() throws IOException {
      var chains = trail.open();
      try {
        var verifier = trail.verifier(chains);
        var evidence = trail.evidence(chains, verifier);
        var export = verifier.export(trail.agentId(), evidence);
        Files.write(file, export.toJson(), StandardOpenOption.CREATE_NEW);
        var report = trail.verify(export);
        output.line(
            "%s: %d records of agent %s; %s",
            file, report.records(), trail.agentId(), Verdict.words(report));
        report.gaps().forEach(gap -> output.line("%s", Verdict.line(gap)));
        output.json(
            Output.object()
                .put("ok", report.ok())
                .put("incomplete", report.incomplete())
                .put("file", file.toString())
                .put("records", report.records()));
        return Verdict.code(report);
      } catch (FileAlreadyExistsException e) {
        throw new Failure(ExitCode.CONFIGURATION, file + " exists already: choose another name");
      } finally {
        chains.forEach(Chain::close);
      }
    }
  }

  @Command(
      name = "verify-export",
      description = {
        "Verifies an exported trail from the file alone, without network.",
        "What the file quotes from the chains is believed; its final blocks say where to ask.",
        "Exit codes as for audit verify."
      })
  static final class VerifyExport implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private LeaveOutOption leaveOut;

    @Parameters(paramLabel = "FILE", description = "File that audit export wrote.")
    private Path file;

    @Override
    public ExitCode call() throws IOException {
      if (!Files.isRegularFile(file) || Files.size(file) > MAX_EXPORT) {
        throw new Failure(ExitCode.CONFIGURATION, file + " is no file, or larger than 1 GiB");
      }
      try {
        var export = AuditExport.parse(Files.readAllBytes(file));
        return Verdict.show(output, AuditVerifier.verifyExport(export, leaveOut.chains()));
      } catch (MalformedBlobException e) {
        throw new Failure(
            ExitCode.CONFIGURATION, "%s is not an export: %s".formatted(file, e.getMessage()));
      }
    }
  }
}
