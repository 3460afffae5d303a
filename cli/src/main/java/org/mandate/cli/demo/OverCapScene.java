package org.mandate.cli.demo;

import java.math.BigInteger;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.mandate.chain.Address;
import org.mandate.contracts.AgentVault;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.IntentState;
import org.mandate.policy.Rule;

/**
 * An agent asks for too much: denied in words, frozen by its own attempt, thawed by governance
 * only.
 */
final class OverCapScene implements Story.Scene {
  private static final Duration STANDING_KEEPS = Duration.ofMillis(1500);
  private static final BigInteger TOO_MUCH = Stage.ETHER.multiply(BigInteger.valueOf(3));
  private static final BigInteger LITTLE = Stage.ETHER.divide(BigInteger.TEN);
  private static final BigInteger PER_TRANSACTION_RULE =
      BigInteger.valueOf(Rule.PER_TRANSACTION.ordinal());

  private final Play play;

  OverCapScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var agent = BigInteger.valueOf(play.agentId());
    var before = home.coin(home.vault());
    var greedy = play.sign(home, Address.ZERO, TOO_MUCH);
    var id = play.id(greedy);
    story.say(
        "the agent asks for %s, the mandate admits %s per payment",
        Play.coinWords(TOO_MUCH), Play.coinWords(Play.COIN_PER_TRANSACTION));
    play.submitBreach(play.stage().relayers().getFirst(), greedy);
    play.awaitState(home, id, IntentState.DENIED, Play.PATIENCE);
    var log = home.events(HomeExecutor.INTENTDENIED_EVENT, id).getFirst();
    var verdict = HomeExecutor.getIntentDeniedEventFromLog(log).verdict;
    story.mustEqual(PER_TRANSACTION_RULE, verdict.rule, "rule that refused (PER_TRANSACTION)");
    story.mustEqual(true, verdict.tripped, "whether the denial tripped the breaker");
    story.mustEqual(Play.COIN_PER_TRANSACTION, verdict.limit, "limit in the denial");
    var tripped =
        play.stage()
            .home()
            .web3j()
            .ethGetTransactionReceipt(log.getTransactionHash())
            .send()
            .getTransactionReceipt()
            .orElseThrow();
    story.mustEqual(
        1, AgentVault.getTrippedEvents(tripped).size(), "trips in the denying transaction");
    story.mustEqual(true, home.account().frozen(agent).send(), "whether the agent is frozen");
    story.say(
        "denied on chain by PER_TRANSACTION, limit %s, left %s; frozen in the same transaction %s",
        Play.coinWords(verdict.limit),
        Play.coinWords(verdict.left),
        Play.brief(log.getTransactionHash()));
    story.fact("deniedIntentId", id.hex());
    story.fact("denied", log.getTransactionHash());
    story.fact("rule", "PER_TRANSACTION");
    story.fact("limit", verdict.limit.toString());
    story.fact("left", verdict.left.toString());
    story.fact("frozen", true);

    // What a relayer knows of an agent's standing may be a second old.
    TimeUnit.MILLISECONDS.sleep(STANDING_KEEPS.toMillis());
    refuseWhileFrozen(before);

    var stops = home.account().stops(agent).send();
    story.fact("stops", stops.toString());
    story.say("only governance can thaw: a second proposal is made, voted, queued, executed");
    var outcome = play.pass("Thaw agent " + play.agentId() + " after its breach", play.thaw(stops));
    story.mustEqual(
        false, home.account().frozen(agent).send(), "whether the agent is still frozen");
    story.say("thawed in transaction %s", Play.brief(outcome.executed().getTransactionHash()));
    story.fact("thawed", outcome.executed().getTransactionHash());
    story.fact(
        "evidence",
        "PER_TRANSACTION denies, agent frozen in %s, thawed by proposal"
            .formatted(Play.brief(log.getTransactionHash())));
  }

  /** Even what the mandate admits is refused now: by the relayer, and past it by the contract. */
  private void refuseWhileFrozen(BigInteger before) throws Exception {
    var story = play.story();
    var home = play.home();
    var modest = play.sign(home, Address.ZERO, LITTLE);
    var refusal = play.refuse(play.stage().relayers().getFirst(), modest);
    story.mustEqual("AGENT_BREAKER", refusal.rule(), "rule by which the relayer refuses");
    story.say(
        "its next intent, %s, is refused by relayer 1: %s",
        Play.coinWords(LITTLE), refusal.words());
    var id = play.id(modest);
    story.mustEqual(IntentState.NONE, home.state(id), "state of what the relayer refused");
    play.submitByCourier(modest);
    play.awaitState(home, id, IntentState.DENIED, Play.PATIENCE);
    var log = home.events(HomeExecutor.INTENTDENIED_EVENT, id).getFirst();
    var verdict = HomeExecutor.getIntentDeniedEventFromLog(log).verdict;
    story.mustEqual(
        Rule.AGENT_BREAKER,
        Rule.values()[verdict.rule.intValueExact()],
        "rule by which the contract refuses");
    story.mustEqual(before, home.coin(home.vault()), "ETH in the vault");
    story.say(
        "a stranger submits it past the relayers: denied on chain by AGENT_BREAKER in %s, nothing"
            + " moved",
        Play.brief(log.getTransactionHash()));
    story.fact("nextRefusedBy", refusal.rule());
    story.fact("nextRefusal", refusal.words());
    story.fact("nextIntentId", id.hex());
    story.fact("nextDenied", log.getTransactionHash());
    story.fact("nextDeniedBy", Rule.AGENT_BREAKER.name());
    story.fact("nextMoved", before.subtract(home.coin(home.vault())).toString());
  }
}
