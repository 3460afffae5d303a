package org.mandate.cli.demo;

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.cli.local.MandateCommand;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.DeploymentException;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.policy.Tier;

/** A payment that waits, and an owner who changes her mind: cancelled, it never moves. */
final class DelayScene implements Story.Scene {
  private static final BigInteger AMOUNT =
      Stage.ETHER.multiply(BigInteger.valueOf(3)).divide(BigInteger.valueOf(4));

  private final Play play;

  DelayScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var relayer = play.stage().relayers().getFirst();
    var owner = Play.address(play.stage().cast().owner());
    var vaultBefore = home.coin(home.vault());
    var payeeBefore = home.coin(play.payee());
    var usedBefore = used();
    var signed = play.sign(home, Address.ZERO, AMOUNT);
    var id = play.id(signed);
    story.say(
        "the agent asks for %s: above %s a payment waits %d s, for its owner to think again",
        Play.coinWords(AMOUNT), Play.coinWords(Waits.COIN_DELAY_ABOVE), Waits.DELAY_SECONDS);
    var file = play.write(signed);
    var command = typedByOwner(file);
    play.submit(relayer, signed);
    play.awaitState(home, id, IntentState.ADMITTED, Play.PATIENCE);
    var log = home.events(HomeExecutor.INTENTADMITTED_EVENT, id).getFirst();
    var admitted = HomeExecutor.getIntentAdmittedEventFromLog(log);
    var eta = admitted.eta.longValueExact();
    story.mustEqual(Tier.DELAY, Tier.values()[admitted.tier.intValueExact()], "tier on chain");
    story.mustEqual(home.time(log) + Waits.DELAY_SECONDS, eta, "second until which it waits");
    var shown = play.awaitShown(relayer, id, "ADMITTED");
    story.mustEqual("DELAY", shown.at("/verdict/tier").asText(), "tier that relayer 1 shows");
    story.mustEqual(
        Long.toString(eta), shown.at("/verdict/eta").asText(), "time that relayer 1 shows");
    story.say("relayer 1 shows %s ADMITTED, tier DELAY, until %s", Play.brief(id.hex()), at(eta));

    var cancelled = cancelByOwner(command, file, id, owner, eta);
    var usedAfter = used();
    story.mustEqual(usedBefore.add(AMOUNT), usedAfter, "ETH that the budget counts as used");
    story.say(
        "the budget still counts it, %s of %s a day are used: what was admitted once is given back"
            + " by time alone",
        Play.coinWords(usedAfter), Play.coinWords(Play.COIN_CAP));

    while (home.chain().now() <= eta) {
      Thread.sleep(100);
    }
    var refusal = proceedAnyway(signed.intent());
    story.must(
        refusal.contains("ExecutorState"),
        "carrying out a cancelled intent failed for another reason: %s",
        refusal);
    story.mustEqual(
        List.of(), home.events(CrossChainExecutor.INTENTEXECUTED_EVENT, id), "executions");
    story.mustEqual(vaultBefore, home.coin(home.vault()), "ETH in the vault");
    story.mustEqual(payeeBefore, home.coin(play.payee()), "ETH of the payee");
    story.mustEqual(IntentState.CANCELLED, home.state(id), "state after the delay");
    story.say(
        "%s has passed, carrying it out is refused on chain, the vault still holds %s",
        at(eta), Play.coinWords(vaultBefore));
    story.fact("intentId", id.hex());
    story.fact("admitted", log.getTransactionHash());
    story.fact("tier", Tier.DELAY.name());
    story.fact("eta", eta);
    story.fact("cancelled", cancelled);
    story.fact("cancelledBy", owner.hex());
    story.fact("budgetUsedBefore", usedBefore.toString());
    story.fact("budgetUsedAfter", usedAfter.toString());
    story.fact("refusedAfterDelay", refusal);
    story.fact("moved", vaultBefore.subtract(home.coin(home.vault())).toString());
    story.fact(
        "evidence",
        "cancelled by its owner in %s, nothing moved after %s"
            .formatted(Play.brief(cancelled), at(eta)));
  }

  /** The owner types what an owner types. It asks for her passphrase, and waits for that. */
  private MandateCommand.Started typedByOwner(Path file) throws Exception {
    return play.stage()
        .command()
        .start(
            List.of(
                "intent",
                "cancel",
                file.toString(),
                "--rpc",
                play.home().chain().url(),
                "--deployments",
                play.stage().deployments().toString(),
                "--key",
                play.stage().ownerKey().file().toString(),
                "--passphrase-file",
                "/dev/stdin"));
  }

  /** She enters it; the chain says that it was done, by her and in time. */
  private String cancelByOwner(
      MandateCommand.Started command, Path file, Hash id, Address owner, long eta)
      throws Exception {
    var story = play.story();
    var home = play.home();
    var passphrase = Files.readString(play.stage().ownerKey().passphraseFile());
    var answer = command.enter(passphrase);
    story.mustEqual(0, answer.exitCode(), "exit code of the owner's command; " + answer.errors());
    story.mustEqual(IntentState.CANCELLED, home.state(id), "state on chain");
    var log = home.events(CrossChainExecutor.INTENTCANCELLED_EVENT, id).getFirst();
    var event = CrossChainExecutor.getIntentCancelledEventFromLog(log);
    story.mustEqual(owner, Address.of(event.by), "who cancelled");
    story.must(home.time(log) < eta, "cancelled only after the delay");
    story.mustEqual(
        log.getTransactionHash(),
        answer.answer().path("transaction").asText(),
        "transaction that the command names");
    story.say(
        "its owner types mandate intent cancel %s: cancelled on chain in %s, %d s before that",
        file.getFileName(), Play.brief(log.getTransactionHash()), eta - home.time(log));
    return log.getTransactionHash();
  }

  private BigInteger used() throws Exception {
    return play.home()
        .lens()
        .headroom(BigInteger.valueOf(play.agentId()), Address.ZERO.hex())
        .send()
        .used;
  }

  private String proceedAnyway(Intent intent) {
    var home = play.home();
    try {
      play.courier(home)
          .send(
              Call.of(
                  "proceed",
                  home.deployment().executor().hex(),
                  home.homeExecutor().proceed(IntentAbi.toHome(intent))));
    } catch (DeploymentException e) {
      return e.getMessage();
    }
    throw new Story.Broken("a cancelled intent was carried out");
  }

  private static String at(long seconds) {
    return Instant.ofEpochSecond(seconds).toString();
  }
}
