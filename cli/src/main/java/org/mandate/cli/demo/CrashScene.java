package org.mandate.cli.demo;

import java.math.BigInteger;
import java.nio.file.Files;
import java.util.Map;
import org.mandate.chain.Address;
import org.mandate.contracts.CrossChainExecutor;

/**
 * A relayer dies between storing a transaction and sending it: the payment executes exactly once.
 */
final class CrashScene implements Story.Scene {
  private static final BigInteger AMOUNT = Stage.ETHER.divide(BigInteger.valueOf(4));
  static final String FAILPOINT = "after-transaction-stored";
  private static final int ACCEPTED = 202;

  private final Play play;

  CrashScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var vault = home.vault(play.agentId());
    var relayer = play.lastRelayer();
    var key = Play.address(play.stage().cast().relayers().getLast());
    play.awaitArmed();
    var before = home.coin(vault);
    var signed = play.sign(home, Address.ZERO, AMOUNT);
    var id = play.id(signed);
    story.say(
        "relayer 3 was restarted so that it stops dead when a transaction is signed and stored, and not yet sent");
    var answer = play.post(relayer, signed);
    story.mustEqual(ACCEPTED, answer.status(), "relayer 3's answer");
    play.await(
        "relayer 3 to stop dead",
        Play.PATIENCE,
        () -> Files.readString(relayer.log()).contains("stopped dead"));
    story.mustEqual(
        Ledger.State.NONE, home.state(id), "state of the intent when the relayer stopped");
    story.mustEqual(before, home.coin(vault), "ETH in the vault when the relayer stopped");
    var pid = relayer.pid();
    relayer.kill();
    story.say(
        "%s is signed, stored, unsent; SIGKILL to process %d; nothing is on chain",
        Play.coinWords(AMOUNT), pid);
    relayer.start(Map.of());
    story.say("relayer 3 starts again as process %d and finds its own bytes", relayer.pid());
    play.awaitState(home, id, Ledger.State.EXECUTED, Play.PATIENCE);
    relayer.awaitReady();
    // Several more blocks: a second execution would be in one of them.
    var head = home.chain().head();
    play.await("two more blocks", Play.PATIENCE, () -> home.chain().head() >= head + 2);
    var executed = home.events(CrossChainExecutor.INTENTEXECUTED_EVENT, id);
    story.mustEqual(1, executed.size(), "number of executions");
    story.mustEqual(before.subtract(AMOUNT), home.coin(vault), "ETH in the vault");
    var transaction =
        home.chain()
            .web3j()
            .ethGetTransactionByHash(executed.getFirst().getTransactionHash())
            .send()
            .getTransaction()
            .orElseThrow();
    story.mustEqual(
        key, Address.of(transaction.getFrom()), "sender of the executing transaction (relayer 3)");
    story.say(
        "executed exactly once, in %s, sent by relayer 3; the vault moved %s once",
        Play.brief(transaction.getHash()), Play.coinWords(AMOUNT));
    story.fact("intentId", id.hex());
    story.fact("failpoint", FAILPOINT);
    story.fact("killedProcess", pid);
    story.fact("executions", executed.size());
    story.fact("executed", transaction.getHash());
    story.fact("moved", before.subtract(home.coin(vault)).toString());
    story.fact(
        "evidence",
        "process %d killed, executed once in %s".formatted(pid, Play.brief(transaction.getHash())));
  }
}
