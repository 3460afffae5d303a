package org.mandate.cli.intent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Group;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.Tightener;
import org.mandate.cli.Words;
import org.mandate.deploy.Call;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.SignedIntent;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Signs, hands over, follows and cancels what an agent asks for. */
@Command(
    name = "intent",
    description = {
      "Sign what an agent asks for, hand it to a relayer, follow it, cancel it.",
      "Across chains: dispute it, show what decides over it, send it again, report what became of"
          + " it, settle that."
    },
    subcommands = {
      IntentCommand.Sign.class,
      IntentCommand.Submit.class,
      IntentCommand.Get.class,
      IntentCommand.Listing.class,
      ApproveCommand.class,
      IntentCommand.Cancel.class,
      AcrossCommands.Dispute.class,
      ProofCommands.Hasten.class,
      ProofCommands.Confirm.class,
      ProofCommands.Refute.class,
      AcrossCommands.Resend.class,
      AcrossCommands.Report.class,
      AcrossCommands.Settle.class
    })
public final class IntentCommand extends Group {

  @Command(
      name = "sign",
      description =
          "Signs an intent with the agent's key (EIP-712). Needs no node. Any relayer may carry the"
              + " result out.")
  static final class Sign implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private IntentOptions wanted;
    @Mixin private KeyOptions key;

    @Option(
        names = "--deployment",
        required = true,
        paramLabel = "FILE",
        description = "Deployment file of any of the chains: it names home and executor.")
    private Path deployment;

    @Option(
        names = "--out",
        paramLabel = "FILE",
        description = "File to write; without it, it is shown.")
    private Optional<Path> out = Optional.empty();

    @Override
    public ExitCode call() {
      var contracts = Deployment.read(deployment);
      var domain = new IntentDomain(contracts.homeChainId(), contracts.executor());
      var intent = wanted.intent(contracts);
      var signed = SignedIntent.sign(intent, domain, key.open());
      var json = IntentFile.json(signed);
      if (out.isPresent()) {
        IntentFile.write(out.get(), signed);
        output.line("%s", intent.id(domain));
        output.progress("written to %s; hand it over with mandate intent submit", out.get());
      } else {
        output.line("%s", json.toPrettyString());
      }
      output.json(json.put("intentId", intent.id(domain).hex()));
      return ExitCode.OK;
    }
  }

  /** The relayer to talk to. */
  static final class RelayerOption {
    @Option(
        names = "--relayer",
        required = true,
        paramLabel = "URL",
        description = "A relayer's API.")
    private URI url;

    RelayerApi api() {
      return new RelayerApi(url);
    }
  }

  @Command(
      name = "submit",
      description = {
        "Hands a signed intent to a relayer. Repeating it is harmless.",
        "Exit code 5: denied, cancelled or expired, with the rule. With --wait, exit code 0:"
            + " executed, and final;",
        "6: parked, with the reason, and still so when the time was over; 4: not final in that"
            + " time."
      })
  static final class Submit implements Callable<ExitCode> {
    private static final long POLL_MILLIS = 500;

    @Mixin private Output output;
    @Mixin private RelayerOption relayer;

    @Parameters(paramLabel = "FILE", description = "File that mandate intent sign wrote.")
    private Path file;

    @Option(names = "--wait", paramLabel = "SECONDS", description = "Wait until its fate is final.")
    private int wait;

    @Override
    public ExitCode call() throws InterruptedException {
      var api = relayer.api();
      var signed = IntentFile.read(file);
      var accepted = api.post("v1/intents", IntentFile.json(signed));
      var id = id(accepted);
      var view = requireSame(signed, id, api.get("v1/intents/" + id));
      if (wait <= 0) {
        if (isRefused(view)) {
          return show(output, view, ExitCode.REFUSED);
        }
        output.line("%s %s", id, state(view));
        waits(view).ifPresent(words -> output.line("%s", words));
        parked(view).ifPresent(why -> output.line("%s", why));
        output.json(accepted.isObject() ? merged(accepted, view) : accepted);
        return ExitCode.OK;
      }
      var end = System.nanoTime() + wait * 1_000_000_000L;
      var seen = "";
      while (true) {
        var state = state(view);
        var words = state + parked(view).map(why -> ": " + why).orElse("");
        if (!words.equals(seen)) {
          output.progress("%s", words);
          seen = words;
        }
        // Until it is final, another block may take the place of the one that says so.
        if (isFinal(view)) {
          return show(output, view, settled(view));
        }
        if (System.nanoTime() >= end) {
          if (parked(view).isPresent()) {
            throw new Failure(
                ExitCode.PARKED,
                "after %d s intent %s is %s; %s; the relayer goes on trying: mandate intent get %s"
                    .formatted(wait, id, state, parked(view).get(), id));
          }
          throw new Failure(
              ExitCode.UNREACHABLE,
              "after %d s intent %s is %s and not final; it goes on without you: mandate intent get %s"
                  .formatted(wait, id, state, id));
        }
        Thread.sleep(POLL_MILLIS);
        view = requireSame(signed, id, api.get("v1/intents/" + id));
      }
    }

    private static Hash id(JsonNode accepted) {
      try {
        return Hash.of(accepted.path("intentId").asText());
      } catch (IllegalArgumentException e) {
        throw new Failure(
            ExitCode.UNREACHABLE,
            "the relayer took the intent and names no id: is this a relayer's address?");
      }
    }

    /**
     * A relayer must not pass off another intent's fate as this one's. The id covers the intent,
     * not its signature.
     */
    private static JsonNode requireSame(SignedIntent signed, Hash id, JsonNode view) {
      if (!view.path("intentId").asText().equals(id.hex())
          || !view.path("intent").equals(IntentFile.json(signed).path("intent"))) {
        throw new Failure(
            ExitCode.UNREACHABLE,
            "the relayer answers with another intent than the file's under the id %s: do not believe what it says of it, ask another relayer"
                .formatted(id));
      }
      return view;
    }

    private static ExitCode settled(JsonNode view) {
      if (isRefused(view)) {
        return ExitCode.REFUSED;
      }
      if (!"EXECUTED".equals(state(view))) {
        throw new Failure(
            ExitCode.UNREACHABLE,
            "the relayer calls the state %s final, which it never is".formatted(state(view)));
      }
      return ExitCode.OK;
    }

    /** What was accepted, and why nothing happens where nothing does. */
    private static JsonNode merged(JsonNode accepted, JsonNode view) {
      var answer = ((ObjectNode) accepted).put("state", state(view));
      if (view.path("parked").isObject()) {
        answer.set("parked", view.get("parked"));
      }
      return answer;
    }

    private static boolean isRefused(JsonNode view) {
      return switch (state(view)) {
        case "DENIED", "CANCELLED", "EXPIRED", "SUPERSEDED" -> true;
        default -> false;
      };
    }

    private static boolean isFinal(JsonNode view) {
      return view.path("final").asBoolean();
    }

    private static String state(JsonNode view) {
      return view.path("state").asText();
    }
  }

  @Command(name = "get", description = "Shows where an intent stands on both chains.")
  static final class Get implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private RelayerOption relayer;

    @Parameters(paramLabel = "ID", description = "The intent's id, 0x and 64 hex digits.")
    private String id;

    @Override
    public ExitCode call() {
      return show(output, relayer.api().get("v1/intents/" + Hash.of(id)), ExitCode.OK);
    }
  }

  @Command(name = "list", description = "Lists intents that the relayer knows, newest first.")
  static final class Listing implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private RelayerOption relayer;

    @Option(names = "--agent", paramLabel = "ID", description = "Of one agent.")
    private Optional<BigInteger> agent = Optional.empty();

    @Option(names = "--state", paramLabel = "STATE", description = "In one state, such as QUEUED.")
    private Optional<State> state = Optional.empty();

    @Option(
        names = "--limit",
        defaultValue = "50",
        paramLabel = "N",
        description = "At most so many (1 to 200).")
    private int limit;

    /** The API's states. */
    enum State {
      RECEIVED,
      SUBMITTED,
      PARKED,
      DENIED,
      ADMITTED,
      DISPATCHED,
      QUEUED,
      DISPUTED,
      EXECUTED,
      CANCELLED,
      EXPIRED,
      SUPERSEDED,
      FAILED,
      SETTLED
    }

    @Override
    public ExitCode call() {
      var query = new StringBuilder("v1/intents?limit=" + limit);
      agent.ifPresent(a -> query.append("&agentId=").append(a));
      state.ifPresent(s -> query.append("&state=").append(s));
      var page = relayer.api().get(query.toString());
      for (var one : page.path("intents")) {
        output.line("%s", brief(one));
      }
      if (page.has("next")) {
        output.progress("there are more: raise --limit");
      }
      output.json(page);
      return ExitCode.OK;
    }
  }

  @Command(
      name = "cancel",
      description = {
        "Cancels an intent on chain before it is carried out, submitted or not: its nonce is used"
            + " up.",
        "For the agent's owner, a guardian or the agent itself."
      })
  static final class Cancel implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "FILE", description = "File that mandate intent sign wrote.")
    private Path file;

    @Override
    public ExitCode call() {
      var intent = IntentFile.read(file).intent();
      try (var chain = at.openHome()) {
        var deployment = chain.deployment();
        var id = intent.id(new IntentDomain(deployment.homeChainId(), deployment.executor()));
        var signer = key.open();
        Tightener.require(chain, intent.agentId(), signer.address());
        Tightener.requireAdmitted(chain, intent.agentId());
        var receipt =
            chain
                .sender(signer)
                .send(
                    Call.of(
                        "cancel intent " + id,
                        deployment.executor().hex(),
                        chain.homeExecutor().cancel(IntentAbi.toHome(intent))));
        output.line("cancelled in transaction %s", receipt.getTransactionHash());
        output.json(
            Output.object()
                .put("intentId", id.hex())
                .put("state", "CANCELLED")
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }
  }

  // ------------------------------------------------------------------ showing

  private static ExitCode show(Output output, JsonNode view, ExitCode code) {
    output.line("%s", brief(view));
    var verdict = view.path("verdict");
    if (verdict.isObject() && !"NONE".equals(verdict.path("rule").asText())) {
      output.line(
          "refused by %s: %s", verdict.path("rule").asText(), verdict.path("message").asText());
      output.line("next: %s", verdict.path("next").asText());
    }
    waits(view).ifPresent(words -> output.line("%s", words));
    parked(view).ifPresent(why -> output.line("%s", why));
    for (var side : new String[] {"home", "destination"}) {
      for (var event : view.path(side).path("events")) {
        output.line(
            "  chain %s block %s  %-10s %s",
            view.path(side).path("chainId").asText(),
            event.path("block").path("number").asText(),
            event.path("event").asText(),
            event.path("transaction").asText());
      }
    }
    if (view.path("timings").has("seconds")) {
      output.line(
          "executed %s s after it was received", view.path("timings").path("seconds").asText());
    }
    output.json(view);
    return code;
  }

  /** How it proceeds, when that is not simply at once; empty too when the mandate refused it. */
  private static Optional<String> waits(JsonNode view) {
    var verdict = view.path("verdict");
    if (!"NONE".equals(verdict.path("rule").asText())) {
      return Optional.empty();
    }
    var from = Words.time(verdict.path("eta").asLong());
    return switch (verdict.path("tier").asText()) {
      case "NOTIFY" -> Optional.of("tier NOTIFY: at once, and its owner is told");
      case "DELAY" -> Optional.of("tier DELAY: from %s on, unless it is cancelled".formatted(from));
      case "APPROVAL" -> Optional.of("tier APPROVAL: from %s on, with approvals".formatted(from));
      default -> Optional.empty();
    };
  }

  /**
   * What a parked intent waits for and who does something about it; empty when it is not parked.
   */
  private static Optional<String> parked(JsonNode view) {
    var parked = view.path("parked");
    return parked.isObject()
        ? Optional.of(
            "parked by %s: %s; next: %s"
                .formatted(
                    parked.path("rule").asText("?"),
                    parked.path("message").asText("the relayer does not say why"),
                    parked.path("next").asText("ask the relayer's operator")))
        : Optional.empty();
  }

  private static String brief(JsonNode view) {
    var intent = view.path("intent");
    return "%s  %-10s%s  agent %s pays %s of %s to %s on chain %s"
        .formatted(
            view.path("intentId").asText(),
            view.path("state").asText(),
            view.path("final").asBoolean() ? " (final)" : "",
            intent.path("agentId").asText(),
            intent.path("amount").asText(),
            intent.path("asset").asText(),
            intent.path("to").asText(),
            intent.path("chainId").asText());
  }
}
