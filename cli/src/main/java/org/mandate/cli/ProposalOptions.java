package org.mandate.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.contracts.AccessManager;
import org.mandate.contracts.MandateToken;
import org.mandate.deploy.Call;
import org.mandate.deploy.Contracts;
import org.mandate.deploy.GovernanceProposal;
import org.mandate.deploy.Sender;
import org.web3j.utils.Numeric;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What becomes of calls that only governance may make: shown, proposed, or carried through. */
public final class ProposalOptions {
  @Mixin private KeyOptions key;

  @Option(names = "--send", description = "Propose it with --key. Without this, it is only shown.")
  private boolean send;

  @Option(
      names = "--pass",
      description =
          "Also vote, queue and execute with --key, waiting for each delay: for a key that holds"
              + " the votes.")
  private boolean pass;

  @Option(
      names = "--description",
      paramLabel = "TEXT",
      description =
          "What voters read. The same calls with the same words cannot be proposed twice.")
  private Optional<String> description = Optional.empty();

  @Option(
      names = "--proposer",
      paramLabel = "ADDRESS",
      description =
          "Who will propose, when it is shown only and not with --key: nobody else can, and the id"
              + " depends on it.")
  private Optional<String> proposer = Optional.empty();

  @Option(
      names = "--patience",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "Longest wait for each of the delays with --pass (default: ${DEFAULT-VALUE}).")
  private int patience;

  /**
   * Shows the proposal, sends it when that was asked for, and puts it into the answer.
   *
   * @param words description when none is given
   * @throws Failure when it is to be sent and the deployment has no Governor
   */
  public void proceed(
      Chain chain, List<Call> calls, String words, Output output, ObjectNode answer) {
    var text = description.orElse(words);
    var json = answer.putObject("proposal").put("description", text);
    var list = json.putArray("calls");
    for (var call : calls) {
      output.line("  call: %s", call.what());
      list.addObject()
          .put("what", call.what())
          .put("to", call.to())
          .put("value", call.value().toString())
          .put("data", call.data());
    }
    var governor = Contracts.governor(chain.deployment());
    if (governor.isEmpty()) {
      json.put("state", "NOT_SENT");
      if (isGovernedByHome(chain)) {
        var next =
            "chain %s is governed by home's vote: save what --json answers, then mandate order propose --chain %s --calls FILE --rpc HOME"
                .formatted(chain.deployment().chainId(), chain.deployment().chainId());
        if (send || pass) {
          throw new Failure(ExitCode.REFUSED, next);
        }
        output.line("%s", next);
        return;
      }
      if (send || pass) {
        throw new Failure(
            ExitCode.CONFIGURATION,
            "this deployment has no Governor of its own: have its authority (a Safe, another DAO)"
                + " make the calls that --json shows");
      }
      throughAccessManager(chain, calls, output, json);
      return;
    }
    json.put("governor", governor.get().hex());
    if (!send && !pass) {
      json.put("state", "NOT_SENT");
      proposer
          .map(Address::of)
          .or(key::claimed)
          .ifPresentOrElse(
              who ->
                  show(
                      chain,
                      new GovernanceProposal(governor.get().hex(), calls, text, who),
                      output,
                      json),
              () ->
                  output.line(
                      "proposal at Governor %s: its id depends on who proposes (--key or --proposer"
                          + " shows it)",
                      governor.get()));
      output.line("Not sent: --send proposes it, --pass also carries it through.");
      return;
    }
    var sender = chain.sender(key.open());
    var who = Address.of(sender.address());
    if (proposer.isPresent() && !Address.of(proposer.get()).equals(who)) {
      throw new Failure(
          ExitCode.USAGE,
          "--key is of %s and --proposer is %s: leave --proposer out, or give that key"
              .formatted(who, proposer.get()));
    }
    var proposal = new GovernanceProposal(governor.get().hex(), calls, text, who);
    var id = show(chain, proposal, output, json);
    proposal
        .state(chain.web3j())
        .ifPresent(
            state -> {
              throw new Failure(
                  ExitCode.REFUSED,
                  "proposal %s was made already and is %s: vote on that one, or give another --description"
                      .formatted(id, state));
            });
    delegate(chain, sender, output);
    if (pass) {
      output.progress(
          "proposing, voting, queueing, executing: waits for the voting delay, the vote and the"
              + " timelock");
      var outcome = proposal.pass(sender, Duration.ofSeconds(patience));
      json.put("state", "EXECUTED").put("transaction", outcome.executed().getTransactionHash());
      output.line("executed in transaction %s", outcome.executed().getTransactionHash());
    } else {
      var receipt = proposal.propose(sender);
      json.put("state", "PROPOSED").put("transaction", receipt.getTransactionHash());
      output.line(
          "proposed in transaction %s; next: the vote, then queue and execute at the Governor",
          receipt.getTransactionHash());
    }
  }

  private static boolean isGovernedByHome(Chain chain) {
    return !chain.deployment().isHome() && chain.deployment().remoteGovernance().isPresent();
  }

  /** What an authority sends that existed before: with a delay, it schedules, waits, executes. */
  private static void throughAccessManager(
      Chain chain, List<Call> calls, Output output, ObjectNode json) {
    var address = Contracts.accessManager(chain.deployment()).hex();
    var manager = AccessManager.load(address, chain.web3j(), chain.reader(), Sender.NO_GAS);
    json.put("accessManager", address);
    var schedule = json.putArray("schedule");
    var execute = json.putArray("execute");
    for (var call : calls) {
      var data = Numeric.hexStringToByteArray(call.data());
      schedule.add(manager.schedule(call.to(), data, BigInteger.ZERO).encodeFunctionCall());
      execute.add(manager.execute(call.to(), data, BigInteger.ZERO).encodeFunctionCall());
    }
    output.line(
        "This deployment has no Governor of its own: its authority makes these calls (--json has"
            + " their data).");
    output.line(
        "With an execution delay it sends each first to AccessManager %s in schedule, and after the"
            + " delay in execute.",
        address);
  }

  /**
   * Tokens count only when they are delegated; to somebody who has not chosen, the choice is clear.
   */
  private static void delegate(Chain chain, Sender sender, Output output) {
    var address = Contracts.votingToken(chain.deployment()).orElseThrow().hex();
    var token = MandateToken.load(address, chain.web3j(), chain.reader(), Sender.NO_GAS);
    var delegate = Sender.read("delegate", () -> token.delegates(sender.address()).send());
    if (Address.of(delegate).equals(Address.ZERO)) {
      output.progress(
          "delegating the votes of %s to itself: undelegated tokens do not count",
          sender.address());
      GovernanceProposal.delegateToSelf(sender, address);
    }
  }

  private static BigInteger show(
      Chain chain, GovernanceProposal proposal, Output output, ObjectNode json) {
    var id = proposal.id(chain.web3j());
    json.put("description", proposal.description()).put("id", id.toString());
    output.line("proposal %s: '%s'", id, proposal.description());
    return id;
  }
}
