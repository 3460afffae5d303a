package org.mandate.cli.demo;

import java.math.BigInteger;
import org.mandate.chain.Hash;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.IntentState;

/**
 * A payment within the mandate on another chain: dispatched, attested, delivered, waited for,
 * executed once.
 */
final class CrossChainScene implements Story.Scene {
  private static final BigInteger AMOUNT = Play.dollars(250);
  private static final long MOST_SECONDS = 30;

  private final Play play;

  CrossChainScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var remote = play.remote();
    var vaultBefore = remote.dollars(remote.vault());
    var payeeBefore = remote.dollars(play.payee());
    var signed = play.sign(remote, remote.token(), AMOUNT);
    var id = play.id(signed);
    story.say(
        "the agent signs an intent for chain %d: %s; it is posted to relayer 2: id %s",
        Stage.REMOTE, Play.dollarWords(AMOUNT), Play.brief(id.hex()));
    var from = System.nanoTime();
    play.submit(play.stage().relayers().get(1), signed);

    play.awaitState(home, id, IntentState.DISPATCHED, Play.PATIENCE);
    var dispatched =
        HomeExecutor.getIntentDispatchedEventFromLog(
            home.events(HomeExecutor.INTENTDISPATCHED_EVENT, id).getFirst());
    var messageId = Hash.of(dispatched.messageId);
    story.say("home admits it and dispatches ERC-7786 message %s", Play.brief(messageId.hex()));

    play.await(
        "the message to be queued on the remote chain",
        Play.PATIENCE,
        () -> remote.state(id) != IntentState.NONE);
    var queuedLog = remote.events(DestinationExecutor.INTENTQUEUED_EVENT, id).getFirst();
    var queued = DestinationExecutor.getIntentQueuedEventFromLog(queuedLog);
    story.mustEqual(messageId, Hash.of(queued.messageId), "message that was delivered");
    var signers = play.attestedBy(queuedLog);
    story.mustEqual(Cast.RELAYERS, signers.size(), "number of relayers that attest the message");
    story.say(
        "after finality all %d relayers attest it and one delivers it in transaction %s; it waits %d s, open to dispute",
        signers.size(), Play.brief(queuedLog.getTransactionHash()), Stage.FULL_WINDOW.toSeconds());

    play.awaitState(remote, id, IntentState.EXECUTED, Play.PATIENCE);
    var seconds = (System.nanoTime() - from) / 1e9;
    var executed = remote.events(CrossChainExecutor.INTENTEXECUTED_EVENT, id);
    story.mustEqual(1, executed.size(), "number of executions");
    var waited = remote.time(executed.getFirst()) - remote.time(queuedLog);
    story.must(
        waited >= Stage.FULL_WINDOW.toSeconds(), "executed %d s after it was queued", waited);
    story.mustEqual(
        vaultBefore.subtract(AMOUNT), remote.dollars(remote.vault()), "TUSD in the vault");
    story.mustEqual(payeeBefore.add(AMOUNT), remote.dollars(play.payee()), "TUSD of the payee");
    story.must(
        seconds < MOST_SECONDS,
        "submit to executed took %.1f s, more than %d s",
        seconds,
        MOST_SECONDS);
    var transaction = executed.getFirst().getTransactionHash();
    story.say(
        "executed once on chain %d in transaction %s: %.1f s from submit to execution, %d s of them the window",
        Stage.REMOTE, Play.brief(transaction), seconds, waited);
    story.fact("intentId", id.hex());
    story.fact("messageId", messageId.hex());
    story.fact("attestedBy", signers);
    story.fact("queued", queuedLog.getTransactionHash());
    story.fact("executed", transaction);
    story.fact("moved", AMOUNT.toString());
    story.fact("disputeWindowSeconds", Stage.FULL_WINDOW.toSeconds());
    story.fact("waitedSeconds", waited);
    story.fact("submitToExecutedSeconds", Math.round(seconds * 10) / 10.0);
    story.fact(
        "evidence", "%s moved, once, in %.1f s".formatted(Play.dollarWords(AMOUNT), seconds));
  }
}
