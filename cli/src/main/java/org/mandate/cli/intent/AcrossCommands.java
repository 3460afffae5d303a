package org.mandate.cli.intent;

import java.math.BigInteger;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.CallRevertedException;
import org.mandate.chain.Hash;
import org.mandate.cli.Chain;
import org.mandate.cli.ChainOptions;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.cli.Guardian;
import org.mandate.cli.KeyOptions;
import org.mandate.cli.Output;
import org.mandate.cli.Words;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What anybody can do for an intent that goes to another chain, when nobody else does. */
final class AcrossCommands {
  private static final int MOST_SETTLED = 64;

  private AcrossCommands() {}

  @Command(
      name = "dispute",
      description = {
        "Stops a delivered intent before it executes, on the chain that would pay.",
        "Guardians dispute for nothing, a few dozen times an hour; anybody else pays a bond where"
            + " home's",
        "storage decides: it is lost when that, or governance, is for the intent, and comes back"
            + " when not."
      })
  static final class Dispute implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "INTENT", description = "Its id, or the file that signed it.")
    private String which;

    @Override
    public ExitCode call() {
      try (var chain = at.openElsewhere()) {
        var executor = chain.destinationExecutor();
        var intent = Known.intent(chain, which);
        var id = Known.id(chain, intent);
        Known.require(chain, id, Set.of(IntentState.QUEUED), "only what is queued can be disputed");
        var signer = key.open();
        var bond = BigInteger.ZERO;
        if (!Guardian.is(chain, signer.address())) {
          bond = Sender.read("dispute bond", () -> executor.disputeBond().send());
          if (bond.signum() == 0) {
            Guardian.require(chain, signer.address());
          }
          ProofCommands.requireProofs(chain); // a bond that no proof can take risks nothing
          output.progress("no guardian: a bond of %s", Words.amount(Address.ZERO, bond));
        }
        var call =
            Call.of(
                "dispute intent " + id,
                chain.deployment().executor().hex(),
                executor.dispute(IntentAbi.toDestination(intent), BigInteger.ZERO));
        var receipt =
            chain.sender(signer).send(new Call(call.what(), call.to(), bond, call.data()));
        var until = DestinationExecutor.getIntentDisputedEvents(receipt).getFirst().resolveBy;
        output.line(
            "disputed in transaction %s: cancelled unless governance upholds it until %s",
            receipt.getTransactionHash(), Words.time(until.longValueExact()));
        output.json(
            Output.object()
                .put("intentId", id.hex())
                .put("state", IntentState.DISPUTED.name())
                .put("bond", bond.toString())
                .put("resolveBy", until.toString())
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "resend",
      description = {
        "Has home send a dispatched intent's message once more, with any key.",
        "For when a false message took its number at the destination, or relayers who are gone"
            + " signed the first."
      })
  static final class Resend implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(paramLabel = "INTENT", description = "Its id, or the file that signed it.")
    private String which;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        var intent = Known.intent(chain, which);
        var id = Known.id(chain, intent);
        Known.require(
            chain, id, Set.of(IntentState.DISPATCHED), "only what is dispatched can be sent again");
        var receipt =
            chain
                .sender(key.open())
                .send(
                    Call.of(
                        "send intent %s again".formatted(id),
                        chain.deployment().executor().hex(),
                        chain.homeExecutor().resend(IntentAbi.toHome(intent))));
        var message = Hash.of(HomeExecutor.getIntentResentEvents(receipt).getFirst().messageId);
        output.line("sent again as message %s in %s", message, receipt.getTransactionHash());
        output.json(
            Output.object()
                .put("intentId", id.hex())
                .put("messageId", message.hex())
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "report",
      description = {
        "Has an intent's destination tell home what became of it, with any key.",
        "For intents that executed, were cancelled, expired or failed there; again when relayers"
            + " lost the first."
      })
  static final class Report implements Callable<ExitCode> {
    private static final Set<IntentState> ENDS =
        Set.of(
            IntentState.EXECUTED, IntentState.CANCELLED, IntentState.EXPIRED, IntentState.FAILED);

    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(
        paramLabel = "INTENT",
        arity = "1..*",
        description = "Ids, or files that signed them; at most 64.")
    private List<String> which;

    @Override
    public ExitCode call() {
      try (var chain = at.openElsewhere()) {
        requireFew(which);
        var ids = which.stream().map(one -> Known.id(chain, one)).distinct().toList();
        ids.forEach(
            id -> Known.require(chain, id, ENDS, "there is nothing to tell before it has ended"));
        var receipt =
            chain
                .sender(key.open())
                .send(
                    Call.of(
                        "report",
                        chain.deployment().executor().hex(),
                        chain
                            .destinationExecutor()
                            .report(ids.stream().map(Hash::bytes).toList())));
        var message =
            Hash.of(DestinationExecutor.getResultsReportedEvents(receipt).getFirst().messageId);
        output.line(
            "%d results on their way to home as message %s in %s",
            ids.size(), message, receipt.getTransactionHash());
        output.json(
            Output.object()
                .put("messageId", message.hex())
                .put("results", ids.size())
                .put("transaction", receipt.getTransactionHash()));
        return ExitCode.OK;
      }
    }
  }

  @Command(
      name = "settle",
      description = {
        "Settles at home what became of intents elsewhere, with any key: budgets get back what did"
            + " not move.",
        "Each needs a result whose dispute window is over. Exit code 5: one was refused, the others"
            + " are settled."
      })
  static final class Settle implements Callable<ExitCode> {
    @Mixin private Output output;
    @Mixin private ChainOptions at;
    @Mixin private KeyOptions key;

    @Parameters(
        paramLabel = "INTENT",
        arity = "1..*",
        description = "Ids, or files that signed them; at most 64.")
    private List<String> which;

    @Override
    public ExitCode call() {
      try (var chain = at.openHome()) {
        requireFew(which);
        var intents = which.stream().map(one -> Known.intent(chain, one)).distinct().toList();
        for (var intent : intents) {
          requireDue(chain, Known.id(chain, intent));
          requireFresh(chain, intent);
        }
        var receipt =
            chain
                .sender(key.open())
                .send(
                    Call.of(
                        "settle",
                        chain.deployment().executor().hex(),
                        chain
                            .homeExecutor()
                            .settle(intents.stream().map(IntentAbi::toHome).toList())));
        var json = Output.object().put("transaction", receipt.getTransactionHash());
        var list = json.putArray("settled");
        var settled = HomeExecutor.getIntentSettledEvents(receipt);
        for (var one : settled) {
          var outcome = IntentState.of(one.outcome.intValueExact());
          output.line(
              "%s settled: %s, moved %s, given back to the budget %s",
              Hash.of(one.intentId), outcome, one.moved, one.refunded);
          list.addObject()
              .put("intentId", Hash.of(one.intentId).hex())
              .put("outcome", outcome.name())
              .put("moved", one.moved.toString())
              .put("refunded", one.refunded.toString());
        }
        output.json(json);
        return settled.size() == intents.size() ? ExitCode.OK : ExitCode.REFUSED;
      }
    }

    private static void requireDue(Chain chain, Hash id) {
      Known.require(
          chain, id, Set.of(IntentState.DISPATCHED), "only what is dispatched can be settled");
      var result =
          Sender.read("result of " + id, () -> chain.homeExecutor().resultOf(id.bytes()).send());
      if (result.component1().signum() == 0) {
        throw new Failure(
            ExitCode.REFUSED,
            "nobody has told home what became of intent %s: mandate intent report does"
                .formatted(id));
      }
      var due = result.component3().longValueExact();
      if (chain.client().head().timestamp().getEpochSecond() < due) {
        throw new Failure(
            ExitCode.REFUSED,
            "the result of intent %s can be objected to until %s: settle it then"
                .formatted(id, Words.time(due)));
      }
    }
  }

  /** What came before a gateway was closed may be a lie, and does not settle. */
  private static void requireFresh(Chain chain, Intent intent) {
    var call = chain.homeExecutor().settleOne(IntentAbi.toHome(intent));
    try {
      chain
          .client()
          .call(chain.deployment().executor(), Bytes.of(call.encodeFunctionCall()).bytes());
    } catch (CallRevertedException e) {
      if (e.reason().startsWith("ExecutorResultStale(")) {
        throw new Failure(
            ExitCode.REFUSED,
            "the result of intent %s came before a gateway of home's was closed: have it told again (mandate intent report), %s"
                .formatted(Known.id(chain, intent), e.reason()));
      }
    }
  }

  private static void requireFew(List<String> which) {
    if (which.size() > MOST_SETTLED) {
      throw new Failure(
          ExitCode.USAGE, "%d intents are more than %d".formatted(which.size(), MOST_SETTLED));
    }
  }
}
