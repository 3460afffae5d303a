package org.mandate.cli.demo;

import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.contracts.QuorumGateway;
import org.mandate.contracts.RelayerBonds;
import org.mandate.deploy.Call;
import org.mandate.deploy.DeploymentException;
import org.mandate.deploy.Sender;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentAbi;
import org.mandate.intent.IntentState;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.ServicePolicy;
import org.mandate.signer.Signer;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.core.methods.response.Log;

/** A full quorum of relayers lies: a watchdog that believes neither stops it within the window. */
final class ForgeryScene implements Story.Scene {
  // A number that home's gateway never gave out.
  private static final BigInteger INVENTED_NONCE = BigInteger.valueOf(1_000_000);

  /** How long watchdogs have before somebody does it for them: home must be final first. */
  private static final Duration WATCHDOGS_TURN = Duration.ofSeconds(15);

  private final Play play;

  ForgeryScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var remote = play.remote();
    var cast = play.stage().cast();
    var vault = remote.vault();
    var before = remote.dollars(vault);
    var thief = Play.address(cast.courier());
    var intent = play.intent(remote, remote.token(), thief, before);
    var id = intent.id(play.domain());
    var executor = home.deployment().executor();
    var gateway = home.deployment().gateway();
    var domain = AttestationDomain.of(home.deployment());
    var message =
        new Message(
            home.deployment().chainId(),
            INVENTED_NONCE,
            new InteroperableAddress(home.deployment().chainId(), executor).encode(),
            new InteroperableAddress(remote.deployment().chainId(), executor).encode(),
            IntentAbi.encode(intent, 0));
    var messageId = message.id(gateway);
    story.say(
        "relayers 1 and 2 collude: they sign a message that home never dispatched, all %s of the"
            + " vault to a thief",
        Play.dollarWords(before));
    var attestations =
        cast.relayers().subList(0, Stage.THRESHOLD).stream()
            .map(relayer -> Attestation.sign(domain, messageId, liar(domain, relayer)))
            .toList();
    deliver(message, Attestation.forDelivery(domain, attestations));
    story.mustEqual(IntentState.NONE, home.state(id), "state of the forged intent at home");
    var queuedLog = remote.events(DestinationExecutor.INTENTQUEUED_EVENT, id).getFirst();
    var queued = DestinationExecutor.getIntentQueuedEventFromLog(queuedLog);
    story.mustEqual(messageId, Hash.of(queued.messageId), "message that was delivered");
    story.say(
        "the gateway accepts two valid signatures and queues intent %s in %s: %d s until it could"
            + " execute",
        Play.brief(id.hex()),
        Play.brief(queuedLog.getTransactionHash()),
        queued.executableAt.longValueExact() - remote.time(queuedLog));

    play.awaitState(remote, id, IntentState.DISPUTED, Duration.ofSeconds(20));
    var disputedLog = remote.events(DestinationExecutor.INTENTDISPUTED_EVENT, id).getFirst();
    var by = Address.of(DestinationExecutor.getIntentDisputedEventFromLog(disputedLog).by);
    var watchdogs = cast.watchdogs().stream().map(Play::address).toList();
    story.must(watchdogs.contains(by), "disputed by %s, which is no watchdog of ours", by);
    var blocks = disputedLog.getBlockNumber().subtract(queuedLog.getBlockNumber()).longValueExact();
    var seconds = remote.time(disputedLog) - remote.time(queuedLog);
    story.must(
        remote.time(disputedLog) < queued.executableAt.longValueExact(),
        "disputed only after the window, %d s",
        seconds);
    story.say(
        "watchdog %d disputes it on chain, %d blocks later, in %s",
        watchdogs.indexOf(by) + 1, blocks, Play.brief(disputedLog.getTransactionHash()));

    // The next scene's preparation takes the time of the window.
    play.armLastRelayer(CrashScene.FAILPOINT);
    while (remote.chain().now() <= queued.executableAt.longValueExact()) {
      Thread.sleep(100);
    }
    var refusal = executeAnyway(intent);
    story.must(
        refusal.contains("ExecutorState"),
        "executing a disputed intent failed for another reason: %s",
        refusal);
    story.mustEqual(
        IntentState.DISPUTED, remote.state(id), "state of the forged intent after the window");
    story.mustEqual(before, remote.dollars(vault), "TUSD in the vault");
    story.mustEqual(BigInteger.ZERO, remote.dollars(thief), "TUSD of the thief");
    story.say(
        "the window has passed, executing it is refused, the vault still holds %s",
        Play.dollarWords(before));
    slash(queuedLog, messageId);
    story.fact("intentId", id.hex());
    story.fact("messageId", messageId.hex());
    story.fact(
        "signedBy",
        cast.relayers().subList(0, Stage.THRESHOLD).stream()
            .map(r -> Play.address(r).hex())
            .toList());
    story.fact("stateAtHome", IntentState.NONE.name());
    story.fact("queued", queuedLog.getTransactionHash());
    story.fact("disputed", disputedLog.getTransactionHash());
    story.fact("disputedBy", by.hex());
    story.fact("blocksUntilDispute", blocks);
    story.fact("secondsUntilDispute", seconds);
    story.fact("state", IntentState.DISPUTED.name());
    story.fact("vaultMoved", "0");
    story.fact(
        "evidence",
        "disputed by watchdog %d after %d blocks in %s, nothing moved, both bonds taken"
            .formatted(
                watchdogs.indexOf(by) + 1, blocks, Play.brief(disputedLog.getTransactionHash())));
  }

  /** A relayer's key for attestations: that what it attests was sent, no policy can see. */
  private static Signer liar(AttestationDomain domain, Credentials relayer) {
    return new GuardedSigner(
        Play.key(relayer),
        new ServicePolicy(
            Map.of(), Set.of(new ServicePolicy.Statement(domain.typedData(), Attestation.TYPE))));
  }

  /** The liars' own signatures take their bonds: a watchdog shows them, or anybody for it. */
  private void slash(Log queuedLog, Hash messageId) throws Exception {
    var story = play.story();
    var home = play.home();
    var liars = play.stage().cast().relayers().subList(0, Stage.THRESHOLD);
    var watchdog = Play.address(play.stage().cast().watchdogs().getFirst());
    var end = System.nanoTime() + WATCHDOGS_TURN.toNanos();
    while (bonded(liars).signum() > 0 && System.nanoTime() < end) {
      Thread.sleep(200);
    }
    if (bonded(liars).signum() > 0) {
      var key = play.stage().courierKey();
      var outcome =
          play.stage()
              .command()
              .run(
                  List.of(
                      "relayer",
                      "slash",
                      "--transaction",
                      queuedLog.getTransactionHash(),
                      "--payee",
                      watchdog.hex(),
                      "--rpc",
                      home.chain().url(),
                      "--rpc",
                      play.remote().chain().url(),
                      "--deployments",
                      play.stage().deployments().toString(),
                      "--key",
                      key.file().toString(),
                      "--passphrase-file",
                      key.passphraseFile().toString()));
      story.must(
          outcome.exitCode() == 0 || bonded(liars).signum() == 0,
          "mandate relayer slash: %s",
          outcome.errors());
    }
    story.mustEqual(BigInteger.ZERO, bonded(liars), "bonds of the liars");
    story.mustEqual(
        Stage.BOND,
        home.bond(Play.address(play.stage().cast().relayers().getLast())),
        "bond of the relayer that did not lie");
    var reward = BigInteger.ZERO;
    var taken = home.slashed(messageId);
    var watchdogs = play.stage().cast().watchdogs().stream().map(Play::address).toList();
    for (var log : taken) {
      var event = RelayerBonds.getSlashedEventFromLog(log);
      story.must(
          watchdogs.contains(Address.of(event.payee)), "%s was paid, no watchdog", event.payee);
      reward = reward.add(event.reward);
    }
    story.mustEqual(Stage.THRESHOLD, taken.size(), "number of bonds taken");
    story.mustEqual(
        Stage.BOND.multiply(BigInteger.valueOf(Stage.THRESHOLD)).shiftRight(1),
        reward,
        "wei paid to watchdogs");
    story.say(
        "the signatures of relayers 1 and 2 are shown at home, which never sent the message: their"
            + " bonds are gone, %s to the watchdog, as much to the treasury; relayer 3 keeps its"
            + " own",
        Play.coinWords(reward));
    story.fact("bondsOfLiars", "0");
    story.fact("slashed", taken.stream().map(Log::getTransactionHash).toList());
    story.fact("rewardOfWatchdogs", reward.toString());
  }

  private BigInteger bonded(List<Credentials> relayers) throws Exception {
    var sum = BigInteger.ZERO;
    for (var relayer : relayers) {
      sum = sum.add(play.home().bond(Play.address(relayer)));
    }
    return sum;
  }

  private void deliver(Message message, Bytes signatures) {
    var courier = play.courier(play.remote());
    var address = play.remote().deployment().gateway().hex();
    var gateway = QuorumGateway.load(address, courier.web3j(), courier.reader(), Sender.NO_GAS);
    courier.send(
        Call.of(
            "deliver",
            address,
            gateway.deliver(
                new QuorumGateway.Message(
                    message.sourceChainId(),
                    message.nonce(),
                    message.sender().bytes(),
                    message.recipient().bytes(),
                    message.payload().bytes()),
                List.of(),
                signatures.bytes())));
  }

  private String executeAnyway(Intent intent) {
    try {
      play.courier(play.remote())
          .send(
              Call.of(
                  "execute",
                  play.remote().deployment().executor().hex(),
                  play.remote().destinationExecutor().execute(IntentAbi.toDestination(intent))));
    } catch (DeploymentException e) {
      return e.getMessage();
    }
    throw new Story.Broken("a disputed intent was executed");
  }
}
