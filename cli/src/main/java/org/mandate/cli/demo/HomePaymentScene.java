package org.mandate.cli.demo;

import java.math.BigInteger;
import org.mandate.chain.Address;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.intent.IntentState;

/** A payment within the mandate on the home chain. */
final class HomePaymentScene implements Story.Scene {
  private static final BigInteger AMOUNT = Stage.ETHER.divide(BigInteger.TWO);

  private final Play play;

  HomePaymentScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var vault = home.vault();
    var vaultBefore = home.coin(vault);
    var payeeBefore = home.coin(play.payee());
    var signed = play.sign(home, Address.ZERO, AMOUNT);
    var id = play.id(signed);
    story.say(
        "the agent signs an intent (EIP-712), %s to %s, and posts it to relayer 1: id %s",
        Play.coinWords(AMOUNT), Play.brief(play.payee().hex()), Play.brief(id.hex()));
    var from = System.nanoTime();
    play.submit(play.stage().relayers().getFirst(), signed);
    play.awaitState(home, id, IntentState.EXECUTED, Play.PATIENCE);
    var seconds = (System.nanoTime() - from) / 1e9;
    var executed = home.events(CrossChainExecutor.INTENTEXECUTED_EVENT, id);
    story.mustEqual(1, executed.size(), "number of executions");
    story.mustEqual(vaultBefore.subtract(AMOUNT), home.coin(vault), "ETH in the vault");
    story.mustEqual(payeeBefore.add(AMOUNT), home.coin(play.payee()), "ETH of the payee");
    var transaction = executed.getFirst().getTransactionHash();
    story.say(
        "admitted and executed in transaction %s after %.1f s; the payee has %s",
        Play.brief(transaction), seconds, Play.coinWords(home.coin(play.payee())));
    story.fact("intentId", id.hex());
    story.fact("executed", transaction);
    story.fact("moved", AMOUNT.toString());
    story.fact("submitToExecutedSeconds", Math.round(seconds * 10) / 10.0);
    story.fact(
        "evidence",
        "%s moved, once, in %s".formatted(Play.coinWords(AMOUNT), Play.brief(transaction)));
  }
}
