package org.mandate.cli.intent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.Words;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentJson;
import org.mandate.policy.Panel;
import org.mandate.signer.TypedData;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Approves an intent that waits: with a key, or with what a contract takes for its signature. */
@Command(
    name = "approve",
    description = {
      "Shows an intent that waits for approvals, and hands an approver's signature of it to the"
          + " relayer.",
      "What the relayer shows is held against the id: nothing else is approved.",
      "With --key that key signs. For an approver whose key is elsewhere, or that is a contract"
          + " (ERC-1271):",
      "first --approver ADDRESS alone shows the digest to sign and until when it counts; then"
          + " --approver ADDRESS,",
      "--deadline and --signature hand over what was signed (of a Safe: its owners' signatures of"
          + " its message",
      "of that digest, one behind the other, owners ascending)."
    })
final class ApproveCommand implements Callable<ExitCode> {
  /** As many bytes as a relayer takes. */
  private static final int MOST_BYTES = 4096;

  @Mixin private Output output;
  @Mixin private ChainOptions at;
  @Mixin private IntentCommand.RelayerOption relayer;
  @Mixin private KeyOptions key;

  @Parameters(paramLabel = "ID", description = "The intent's id, 0x and 64 hex digits.")
  private String text;

  @Option(
      names = "--approver",
      paramLabel = "ADDRESS",
      description = "Who approves, when no key here does; a contract such as a Safe.")
  private Optional<String> approver = Optional.empty();

  @Option(
      names = "--signature",
      paramLabel = "HEX",
      description = "What --approver signed, or takes for its signature.")
  private Optional<String> signature = Optional.empty();

  @Option(
      names = "--deadline",
      paramLabel = "UNIX",
      description = "Second until which the approval counts: it is a part of what was signed.")
  private Optional<Long> deadline = Optional.empty();

  @Option(
      names = "--valid",
      defaultValue = "3600",
      paramLabel = "SECONDS",
      description = "For how long a new approval counts; without it an hour.")
  private int valid;

  @Override
  public ExitCode call() {
    requireOneWay();
    var id = Hash.of(text);
    var named = approver.map(ApproveCommand::address);
    var given = signature.map(ApproveCommand::bytes);
    var api = relayer.api();
    try (var chain = at.openHome()) {
      var intent = shown(api, id, chain.deployment());
      output.line(
          "agent %s: %s of %s to %s on chain %s%s",
          intent.agentId(),
          Words.amount(intent.asset(), intent.amount()),
          Words.asset(intent.asset()),
          intent.to().checksummed(),
          intent.chainId(),
          intent.data().isEmpty() ? "" : ", calling " + intent.data().hex());
      var until =
          deadline.orElseGet(() -> chain.client().head().timestamp().getEpochSecond() + valid);
      if (named.isPresent() && given.isEmpty()) {
        return toSign(
            id, named.get(), until, approval(chain, intent, id, named.get(), until).digest());
      }
      if (given.isPresent()) {
        return handOver(api, id, named.orElseThrow(), given.get(), until);
      }
      var signer = key.open();
      var signed = signer.sign(approval(chain, intent, id, signer.address(), until));
      return handOver(api, id, signer.address(), Bytes.of(signed.bytes()), until);
    }
  }

  /** A mistake must not sign with a key what was meant to be somebody else's approval. */
  private void requireOneWay() {
    if (approver.isPresent() && key.claimed().isPresent()) {
      throw new Failure(
          ExitCode.USAGE,
          "give either --key, which approves for its own address, or --approver, whose signature is"
              + " made elsewhere");
    }
    if (signature.isPresent() && (approver.isEmpty() || deadline.isEmpty())) {
      throw new Failure(
          ExitCode.USAGE,
          "--signature needs --approver and --deadline: both are in what was signed (--approver"
              + " ADDRESS alone shows it)");
    }
    if (deadline.isPresent() && deadline.get() <= 0 || valid <= 0) {
      throw new Failure(
          ExitCode.USAGE, "--deadline is a unix second and --valid a number of seconds, above 0");
    }
  }

  private static Address address(String text) {
    try {
      return Address.of(text);
    } catch (IllegalArgumentException e) {
      throw new Failure(ExitCode.USAGE, "--approver: " + e.getMessage());
    }
  }

  private static Bytes bytes(String hex) {
    try {
      var bytes = Bytes.of(hex);
      if (bytes.isEmpty() || bytes.size() > MOST_BYTES) {
        throw new Failure(
            ExitCode.USAGE,
            "--signature has %d bytes; 1 to %d are taken".formatted(bytes.size(), MOST_BYTES));
      }
      return bytes;
    } catch (IllegalArgumentException e) {
      throw new Failure(ExitCode.USAGE, "--signature is not 0x and hex digits, two for each byte");
    }
  }

  private ExitCode toSign(Hash id, Address approver, long until, Hash digest) {
    output.line("%s signs the digest %s", approver.checksummed(), digest);
    output.line("it counts until %s: --deadline %d", Instant.ofEpochSecond(until), until);
    output.progress("nothing was approved; hand over what was signed with --signature");
    output.json(approval(id, approver, until).put("digest", digest.hex()));
    return ExitCode.OK;
  }

  private ExitCode handOver(
      RelayerApi api, Hash id, Address approver, Bytes signature, long until) {
    var answer =
        api.post(
            "v1/intents/" + id + "/approvals",
            Output.object()
                .put("approver", approver.hex())
                .put("signature", signature.hex())
                .put("deadline", Long.toString(until)));
    output.line(
        "approved by %s, until %s; the intent is %s",
        approver.checksummed(), Instant.ofEpochSecond(until), answer.path("state").asText("?"));
    output.json(approval(id, approver, until).put("state", answer.path("state").asText()));
    return ExitCode.OK;
  }

  private static ObjectNode approval(Hash id, Address approver, long until) {
    return Output.object()
        .put("intentId", id.hex())
        .put("approver", approver.hex())
        .put("deadline", Long.toString(until));
  }

  /** Made here, not asked of a node: it could have anything signed. */
  private static TypedData.Message approval(
      Chain chain, Intent intent, Hash id, Address approver, long until) {
    return Panel.approval(
        chain.deployment().homeChainId(),
        chain.deployment().address("Approvers"),
        intent.agentId(),
        id,
        approver,
        BigInteger.valueOf(until));
  }

  private static Intent shown(RelayerApi api, Hash id, Deployment deployment) {
    var domain = new IntentDomain(deployment.homeChainId(), deployment.executor());
    var intent = IntentJson.read(api.get("v1/intents/" + id).path("intent"));
    if (!intent.id(domain).equals(id)) {
      throw new Failure(
          ExitCode.REFUSED,
          "the relayer shows another intent than %s: ask another relayer, approve nothing"
              .formatted(id));
    }
    return intent;
  }
}
