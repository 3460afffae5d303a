package org.mandate.cli.demo;

import static org.mandate.cli.demo.Stage.async;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.Hash;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.IntentState;
import org.mandate.intent.SignedIntent;
import org.web3j.protocol.core.methods.response.Log;

/**
 * With one relayer down the others still deliver, and what fewer vouch for waits longer. What comes
 * too late for that expires, and its budget comes back.
 */
final class BareQuorumScene implements Story.Scene {
  private static final BigInteger AMOUNT = Play.dollars(20);
  private static final BigInteger IN_A_HURRY = Play.dollars(30);

  private final Play play;

  BareQuorumScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var remote = play.remote();
    var relayer = play.stage().relayers().getFirst();
    var vaultBefore = remote.dollars(remote.vault());
    var usedBefore = used();
    play.stopLastRelayer();
    story.say("relayer 3 is stopped: the other two are as many as a delivery needs, and no more");
    var patient = play.sign(remote, remote.token(), AMOUNT);
    var id = play.id(patient);
    var hurried =
        play.signUntil(
            remote, remote.token(), IN_A_HURRY, home.chain().now() + Stage.BARE_WINDOW.toSeconds());
    var late = play.id(hurried);
    var from = System.nanoTime();
    play.submit(relayer, patient);
    play.submit(relayer, hurried);
    story.say(
        "the agent pays %s, %s, and %s that must not happen later than %d s from now, %s",
        Play.dollarWords(AMOUNT),
        Play.brief(id.hex()),
        Play.dollarWords(IN_A_HURRY),
        Stage.BARE_WINDOW.toSeconds(),
        Play.brief(late.hex()));

    var queuedLog = awaitQueued(id);
    var signers = play.attestedBy(queuedLog);
    story.mustEqual(Stage.THRESHOLD, signers.size(), "number of relayers that attest the message");
    var lateQueued = awaitQueued(late);
    var restarted =
        async(
            () -> {
              // Not before it is over: a third signature would hasten it.
              play.awaitState(remote, id, IntentState.EXECUTED, Play.PATIENCE);
              play.startLastRelayer();
              return true;
            });
    play.awaitState(remote, id, IntentState.EXECUTED, Play.PATIENCE);
    var seconds = (System.nanoTime() - from) / 1e9;
    var executed = remote.events(CrossChainExecutor.INTENTEXECUTED_EVENT, id);
    story.mustEqual(1, executed.size(), "number of executions");
    var waited = remote.time(executed.getFirst()) - remote.time(queuedLog);
    story.must(
        waited >= Stage.BARE_WINDOW.toSeconds(), "executed %d s after it was queued", waited);
    story.say(
        "executed after %.1f s, %d s of them the window: with all three signatures it is %d s",
        seconds, waited, Stage.FULL_WINDOW.toSeconds());
    story.fact("intentId", id.hex());
    story.fact("attestedBy", signers);
    story.fact("queued", queuedLog.getTransactionHash());
    story.fact("executed", executed.getFirst().getTransactionHash());
    story.fact("windowSeconds", Stage.BARE_WINDOW.toSeconds());
    story.fact("waitedSeconds", waited);
    story.fact("submitToExecutedSeconds", Math.round(seconds * 10) / 10.0);

    var refunded = comesBack(hurried, late, lateQueued);
    story.mustEqual(
        vaultBefore.subtract(AMOUNT), remote.dollars(remote.vault()), "TUSD in the vault");
    var used = used();
    story.mustEqual(
        usedBefore.add(AMOUNT).add(IN_A_HURRY).subtract(refunded),
        used,
        "TUSD that the budget counts as used");
    story.say(
        "the budget has %s back: it counts %s as used, and nothing of what never moved",
        Play.dollarWords(refunded), Play.dollarWords(used));
    restarted.join();
    story.say("relayer 3 is there again");
    story.fact("budgetUsedBefore", usedBefore.toString());
    story.fact("budgetUsedAfter", used.toString());
    story.fact("refunded", refunded.toString());
    story.fact(
        "evidence",
        "%d s window instead of %d s with one relayer down; %s given back"
            .formatted(waited, Stage.FULL_WINDOW.toSeconds(), Play.dollarWords(refunded)));
  }

  private Log awaitQueued(Hash id) throws Exception {
    var remote = play.remote();
    play.await(
        "the message to be queued on the remote chain",
        Play.PATIENCE,
        () -> remote.state(id) != IntentState.NONE);
    return remote.events(DestinationExecutor.INTENTQUEUED_EVENT, id).getFirst();
  }

  /** It expires where it would have been paid, home hears of it, and the budget has it back. */
  private BigInteger comesBack(SignedIntent signed, Hash id, Log queuedLog) throws Exception {
    var story = play.story();
    var home = play.home();
    var due =
        DestinationExecutor.getIntentQueuedEventFromLog(queuedLog).executableAt.longValueExact();
    story.must(
        due > signed.intent().deadline().longValueExact(),
        "the payment in a hurry could still have happened");
    play.awaitState(play.remote(), id, IntentState.EXPIRED, Play.PATIENCE);
    story.say(
        "the other could not have executed before its deadline: it expires, and the chain tells home");
    if (home.state(id) == IntentState.DISPATCHED
        && home.homeExecutor().resultOf(id.bytes()).send().component1().signum() == 0) {
      typed(List.of("intent", "report", id.hex(), "--rpc", play.remote().chain().url()));
    }
    play.await(
        "home to hear what became of the payment",
        Play.PATIENCE,
        () ->
            home.state(id) == IntentState.SETTLED
                || home.homeExecutor().resultOf(id.bytes()).send().component1().signum() > 0);
    play.await(
        "the result's window to pass",
        Play.PATIENCE,
        () ->
            home.state(id) == IntentState.SETTLED
                || home.homeExecutor().resultOf(id.bytes()).send().component3().longValueExact()
                    <= home.chain().now());
    if (home.state(id) == IntentState.DISPATCHED) {
      // A relayer may be quicker.
      typed(List.of("intent", "settle", id.hex(), "--rpc", home.chain().url()));
    }
    play.awaitState(home, id, IntentState.SETTLED, Play.PATIENCE);
    var log = home.events(HomeExecutor.INTENTSETTLED_EVENT, id).getFirst();
    var settled = HomeExecutor.getIntentSettledEventFromLog(log);
    story.mustEqual(
        IntentState.EXPIRED, IntentState.of(settled.outcome.intValueExact()), "what home settled");
    story.mustEqual(BigInteger.ZERO, settled.moved, "TUSD that home believes moved");
    story.mustEqual(IN_A_HURRY, settled.refunded, "TUSD given back");
    story.fact("lateIntentId", id.hex());
    story.fact("settled", log.getTransactionHash());
    return settled.refunded;
  }

  /** What anybody can type when relayers take their time; they may be quicker all the same. */
  private void typed(List<String> command) throws Exception {
    var key = play.stage().courierKey();
    var all = new ArrayList<>(command);
    all.addAll(
        List.of(
            "--deployments",
            play.stage().deployments().toString(),
            "--key",
            key.file().toString(),
            "--passphrase-file",
            key.passphraseFile().toString()));
    var outcome = play.stage().command().run(all);
    play.story()
        .must(
            outcome.exitCode() == 0 || outcome.errors().contains("SETTLED"),
            "mandate %s %s: %s",
            command.get(0),
            command.get(1),
            outcome.errors());
  }

  private BigInteger used() throws Exception {
    return play.home()
        .lens()
        .headroom(BigInteger.valueOf(play.agentId()), play.home().token().hex())
        .send()
        .used;
  }
}
