package org.mandate.cli.intent;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.cli.Chain;
import org.mandate.cli.ExitCode;
import org.mandate.cli.Failure;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.deploy.Sender;
import org.mandate.event.ContractEvents;
import org.mandate.event.IntentEvent;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentDomain;
import org.mandate.intent.IntentState;
import org.web3j.abi.EventEncoder;

/** Intents as a command names them: the file that signed one, or an id that the chain has seen. */
final class Known {
  private static final String ID = "0x[0-9a-fA-F]{64}";
  private static final Hash DISPATCHED =
      Hash.of(EventEncoder.encode(HomeExecutor.INTENTDISPATCHED_EVENT));
  private static final Hash QUEUED =
      Hash.of(EventEncoder.encode(DestinationExecutor.INTENTQUEUED_EVENT));

  private Known() {}

  static Hash id(Chain chain, Intent intent) {
    var deployment = chain.deployment();
    return intent.id(new IntentDomain(deployment.homeChainId(), deployment.executor()));
  }

  /** The id alone; a file's needs no chain that knows it. */
  static Hash id(Chain chain, String fileOrId) {
    return fileOrId.matches(ID)
        ? Hash.of(fileOrId)
        : id(chain, IntentFile.read(Path.of(fileOrId)).intent());
  }

  /**
   * What home dispatched, or what was queued elsewhere; that file's whatever became of it.
   *
   * @throws Failure when the chain knows no such id
   */
  static Intent intent(Chain chain, String fileOrId) {
    if (!fileOrId.matches(ID)) {
      return IntentFile.read(Path.of(fileOrId)).intent();
    }
    var id = Hash.of(fileOrId);
    var topic = chain.deployment().isHome() ? DISPATCHED : QUEUED;
    var logs =
        chain
            .client()
            .logs(
                chain.deployment().block(),
                chain.client().head().number(),
                List.of(chain.deployment().executor()),
                List.of(Set.of(topic), Set.of(id)));
    return logs.stream()
        .map(Known::told)
        .findFirst()
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.CONFIGURATION,
                    "chain %s %s no intent %s: give the chain that did, or the intent's file"
                        .formatted(
                            chain.deployment().chainId(),
                            chain.deployment().isHome() ? "dispatched" : "queued",
                            id)));
  }

  /**
   * How it came to a chain last: what a false message brought first, or a gateway that was closed,
   * home may have sent again.
   *
   * @throws Failure when it never did
   */
  static IntentEvent.Queued queued(Chain chain, Hash id) {
    return chain
        .client()
        .logs(
            chain.deployment().block(),
            chain.client().head().number(),
            List.of(chain.deployment().executor()),
            List.of(Set.of(QUEUED), Set.of(id)))
        .stream()
        .map(log -> ContractEvents.executor(log).orElseThrow())
        .map(IntentEvent.Queued.class::cast)
        .reduce((first, second) -> second)
        .orElseThrow(
            () ->
                new Failure(
                    ExitCode.CONFIGURATION,
                    "chain %s queued no intent %s: give the chain that did"
                        .formatted(chain.deployment().chainId(), id)));
  }

  private static Intent told(Log log) {
    return switch (ContractEvents.executor(log).orElseThrow()) {
      case IntentEvent.Dispatched dispatched -> dispatched.intent();
      case IntentEvent.Queued queued -> queued.intent();
      default -> throw new IllegalStateException("no event of that kind was asked for");
    };
  }

  static IntentState state(Chain chain, Hash id) {
    var progress =
        Sender.read("state of " + id, () -> chain.executor().progress(id.bytes()).send());
    return IntentState.of(progress.component1().intValueExact());
  }

  /**
   * Refuses before anything is sent.
   *
   * @throws Failure when it is in another state
   */
  static void require(Chain chain, Hash id, Set<IntentState> states, String why) {
    var state = state(chain, id);
    if (!states.contains(state)) {
      throw new Failure(
          ExitCode.REFUSED,
          "intent %s is %s on chain %s: %s"
              .formatted(id, state, chain.deployment().chainId(), why));
    }
  }
}
