package org.mandate.cli.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigInteger;
import java.util.List;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.cli.local.Service;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.DeploymentException;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.intent.SignedIntent;
import org.mandate.policy.Tier;

/** A payment that two owners of a Safe agree to, and its twin to which nobody agreed. */
final class ApprovalScene implements Story.Scene {
  private static final BigInteger AMOUNT = Play.dollars(350);
  private static final long VALID_SECONDS = 600;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Play play;

  ApprovalScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var safe = play.safe();
    var relayer = play.stage().relayers().getFirst();
    var vaultBefore = home.dollars(home.vault());
    var payeeBefore = home.dollars(play.payee());
    var signed = play.sign(home, home.token(), AMOUNT);
    var twin = play.sign(home, home.token(), AMOUNT);
    var id = play.id(signed);
    story.say(
        "the agent asks twice for %s: above %s the Safe %s must agree, and in it any %d of its %d"
            + " owners",
        Play.dollarWords(AMOUNT),
        Play.dollarWords(Waits.DOLLARS_APPROVAL_ABOVE),
        Play.brief(safe.address().hex()),
        safe.threshold(),
        safe.owners());
    play.submit(relayer, signed);
    play.submit(relayer, twin);
    awaitWaiting(relayer, id);
    awaitWaiting(relayer, play.id(twin));

    var deadline = home.chain().now() + VALID_SECONDS;
    var digest = digest(id, deadline);
    var owners = play.stage().cast().safeOwners().stream().map(Play::key).toList();
    var alone = refused("SIGNATURE", id, deadline, safe.sign(digest, owners.subList(0, 1)));
    var signature = safe.sign(digest, List.of(owners.get(2), owners.get(0)));
    approve(id, deadline, signature);
    story.say(
        "one owner's signature is refused; with two (ERC-1271), mandate intent approve hands the"
            + " Safe's approval to relayer 1");

    play.awaitState(home, id, IntentState.EXECUTED, Play.PATIENCE);
    var executed = home.events(CrossChainExecutor.INTENTEXECUTED_EVENT, id);
    story.mustEqual(1, executed.size(), "number of executions");
    story.mustEqual(vaultBefore.subtract(AMOUNT), home.dollars(home.vault()), "TUSD in the vault");
    story.mustEqual(payeeBefore.add(AMOUNT), home.dollars(play.payee()), "TUSD of the payee");
    var transaction = executed.getFirst().getTransactionHash();
    story.say(
        "the relayer proceeds with it: executed in %s; the payee has %s",
        Play.brief(transaction), Play.dollarWords(home.dollars(play.payee())));

    play.awaitShown(relayer, id, "EXECUTED");
    var refusals = useAgain(signed, twin, deadline, signature);
    story.mustEqual(payeeBefore.add(AMOUNT), home.dollars(play.payee()), "TUSD of the payee");
    cancel(twin);
    story.say("the second payment was never approved; the owner cancels it");
    story.fact("intentId", id.hex());
    story.fact("safe", safe.address().hex());
    story.fact("safeVersion", safe.version());
    story.fact("approvalDigest", digest.hex());
    story.fact("oneOwnerAlone", alone);
    story.fact("executed", transaction);
    story.fact("moved", vaultBefore.subtract(home.dollars(home.vault())).toString());
    story.fact("twinIntentId", play.id(twin).hex());
    story.fact("secondUse", refusals);
    story.fact(
        "evidence",
        "%s moved, once, in %s; the approval is good for nothing else"
            .formatted(Play.dollarWords(AMOUNT), Play.brief(transaction)));
  }

  /** On chain it waits for approvals, and the relayer says so and how many it has. */
  private void awaitWaiting(Service relayer, Hash id) throws Exception {
    var story = play.story();
    var home = play.home();
    play.awaitState(home, id, IntentState.ADMITTED, Play.PATIENCE);
    var log = home.events(HomeExecutor.INTENTADMITTED_EVENT, id).getFirst();
    var tier = HomeExecutor.getIntentAdmittedEventFromLog(log).tier;
    story.mustEqual(Tier.APPROVAL, Tier.values()[tier.intValueExact()], "tier on chain");
    play.await(
        "relayer 1 to say what the intent waits for",
        Play.PATIENCE,
        () -> "APPROVAL".equals(play.shown(relayer, id).at("/parked/rule").asText()));
    var shown = play.shown(relayer, id);
    story.say(
        "relayer 1 shows %s %s: %s",
        Play.brief(id.hex()), shown.path("state").asText(), shown.at("/parked/message").asText());
  }

  /** The approval counted once, for one intent: a relayer and the contract say so alike. */
  private List<String> useAgain(
      SignedIntent signed, SignedIntent twin, long deadline, Bytes signature) throws Exception {
    var story = play.story();
    var again = refused("STATE", play.id(signed), deadline, signature);
    var elsewhere = refused("SIGNATURE", play.id(twin), deadline, signature);
    var onChain = proceedAnyway(signed, deadline, signature);
    story.must(onChain.contains("ExecutorState"), "refused for another reason: %s", onChain);
    var twinOnChain = proceedAnyway(twin, deadline, signature);
    story.must(
        twinOnChain.contains("ExecutorNotApproved"), "refused for another reason: %s", twinOnChain);
    story.say(
        "used again, for the same payment or the other, the approval is refused by relayer 1 and on"
            + " chain");
    return List.of(again, elsewhere, onChain, twinOnChain);
  }

  /** Why relayer 1 does not take that for an approval. */
  private String refused(String rule, Hash id, long deadline, Bytes signature) throws Exception {
    var body =
        JSON.createObjectNode()
            .put("approver", play.safe().address().hex())
            .put("signature", signature.hex())
            .put("deadline", Long.toString(deadline));
    var answer =
        play.stage()
            .relayers()
            .getFirst()
            .post("/v1/intents/" + id + "/approvals", body.toString());
    var error = JSON.readTree(answer.body()).path("error");
    play.story().mustEqual(422, answer.statusCode(), "relayer 1's answer");
    play.story().mustEqual(rule, error.path("rule").asText(), "rule by which it refuses");
    return error.path("message").asText();
  }

  private Hash digest(Hash id, long deadline) throws Exception {
    return Hash.of(
        play.home()
            .approvers()
            .approvalDigest(
                BigInteger.valueOf(play.agentId()),
                id.bytes(),
                play.safe().address().hex(),
                BigInteger.valueOf(deadline))
            .send());
  }

  /** What whoever collected the owners' signatures types. */
  private void approve(Hash id, long deadline, Bytes signature) throws Exception {
    var outcome =
        play.stage()
            .command()
            .run(
                List.of(
                    "intent",
                    "approve",
                    id.hex(),
                    "--relayer",
                    play.stage().relayers().getFirst().url().toString(),
                    "--rpc",
                    play.home().chain().url(),
                    "--deployments",
                    play.stage().deployments().toString(),
                    "--approver",
                    play.safe().address().hex(),
                    "--deadline",
                    Long.toString(deadline),
                    "--signature",
                    signature.hex()));
    play.story().mustEqual(0, outcome.exitCode(), "exit code of the command; " + outcome.errors());
  }

  private String proceedAnyway(SignedIntent signed, long deadline, Bytes signature) {
    var home = play.home();
    var approvals =
        new HomeExecutor.Approvals(
            List.of(play.safe().address().hex()),
            List.of(signature.bytes()),
            List.of(BigInteger.valueOf(deadline)));
    try {
      play.courier(home)
          .send(
              Call.of(
                  "proceed",
                  home.deployment().executor().hex(),
                  home.homeExecutor()
                      .proceedApproved(IntentAbi.toHome(signed.intent()), approvals)));
    } catch (DeploymentException e) {
      return e.getMessage();
    }
    throw new Story.Broken("one approval paid twice");
  }

  private void cancel(SignedIntent signed) throws Exception {
    var home = play.home();
    home.chain()
        .sender(play.stage().cast().owner())
        .send(
            Call.of(
                "cancel",
                home.deployment().executor().hex(),
                home.homeExecutor().cancel(IntentAbi.toHome(signed.intent()))));
    play.story()
        .mustEqual(IntentState.CANCELLED, home.state(play.id(signed)), "state of the second");
  }
}
