package org.mandate.cli.demo;

import java.math.BigInteger;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.intent.IntentState;

/**
 * A relayer dies between storing a transaction and sending it: what it stored is what executes,
 * once.
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
    var vault = home.vault();
    var relayer = play.lastRelayer();
    var key = Play.address(play.stage().cast().relayers().getLast());
    play.awaitArmed();
    var before = home.coin(vault);
    var signed = play.sign(home, Address.ZERO, AMOUNT);
    var id = play.id(signed);
    story.say(
        "relayer 3 was restarted so that it stops dead when a transaction is signed and stored, and"
            + " not yet sent");
    var answer = play.post(relayer, signed);
    story.mustEqual(ACCEPTED, answer.status(), "relayer 3's answer");
    play.await(
        "relayer 3 to stop dead",
        Play.PATIENCE,
        () -> Files.readString(relayer.log()).contains("stopped dead"));
    story.mustEqual(
        IntentState.NONE, home.state(id), "state of the intent when the relayer stopped");
    story.mustEqual(before, home.coin(vault), "ETH in the vault when the relayer stopped");
    var stored = stored(id);
    var bytes = stored.attempts().getFirst();
    story.mustEqual(key, stored.signer(), "signer of the stored transaction (relayer 3)");
    story.mustEqual(1, stored.attempts().size(), "number of signed bytes that are stored");
    story.mustEqual(false, bytes.sent(), "whether the stored transaction was sent");
    story.mustEqual(
        bytes.hash(), Hash.keccak(bytes.raw().bytes()), "hash of the stored bytes, recomputed");
    story.mustEqual(
        Optional.empty(), home.transaction(bytes.hash()), "the stored transaction on chain");
    var pid = relayer.pid();
    relayer.kill();
    story.say(
        "%s is signed and stored in its database as transaction %s with nonce %d, and unsent;"
            + " SIGKILL to process %d",
        Play.coinWords(AMOUNT), Play.brief(bytes.hash().hex()), stored.nonce(), pid);
    relayer.start(Map.of());
    story.say("relayer 3 starts again as process %d and finds its own bytes", relayer.pid());
    play.awaitState(home, id, IntentState.EXECUTED, Play.PATIENCE);
    relayer.awaitReady();
    // Several more blocks: a second execution would be in one of them.
    var head = home.chain().head();
    play.await("two more blocks", Play.PATIENCE, () -> home.chain().head() >= head + 2);
    var executed = home.events(CrossChainExecutor.INTENTEXECUTED_EVENT, id);
    story.mustEqual(1, executed.size(), "number of executions");
    story.mustEqual(before.subtract(AMOUNT), home.coin(vault), "ETH in the vault");
    var mined = Hash.of(executed.getFirst().getTransactionHash());
    var transaction = home.transaction(mined).orElseThrow();
    story.mustEqual(
        key, Address.of(transaction.getFrom()), "sender of the executing transaction (relayer 3)");
    story.mustEqual(
        BigInteger.valueOf(stored.nonce()),
        transaction.getNonce(),
        "nonce of the executing transaction (the stored one)");
    var after = stored(id);
    story.mustEqual(
        bytes.raw(), after.attempts().getFirst().raw(), "first signed bytes after the restart");
    story.must(
        after.attempts().stream().anyMatch(a -> a.hash().equals(mined)),
        "%s was mined, which the relayer never stored",
        mined);
    var same = mined.equals(bytes.hash());
    story.say(
        "executed exactly once, in %s: %s; the vault moved %s once",
        Play.brief(mined.hex()),
        same
            ? "the very transaction that was stored before the kill"
            : "at a higher fee, at the stored nonce",
        Play.coinWords(AMOUNT));
    story.fact("intentId", id.hex());
    story.fact("failpoint", FAILPOINT);
    story.fact("killedProcess", pid);
    story.fact("executions", executed.size());
    story.fact("storedTransaction", bytes.hash().hex());
    story.fact("storedBytesSha256", sha256(bytes.raw()));
    story.fact("storedNonce", stored.nonce());
    story.fact("executed", mined.hex());
    story.fact("executedIsStored", same);
    story.fact("executedNonce", transaction.getNonce().longValueExact());
    story.fact("moved", before.subtract(home.coin(vault)).toString());
    story.fact(
        "evidence",
        "process %d killed, %s executed, once"
            .formatted(pid, same ? "its stored transaction" : "a replacement at its nonce"));
  }

  /** What the relayer's own database holds of the payment's transaction. */
  private StoredTransaction stored(Hash id) throws SQLException {
    return play.stage()
        .storedByLastRelayer(id)
        .orElseThrow(() -> new Story.Broken("relayer 3 has stored no transaction for " + id));
  }

  private static String sha256(Bytes bytes) throws NoSuchAlgorithmException {
    return Bytes.of(MessageDigest.getInstance("SHA-256").digest(bytes.bytes())).hex();
  }
}
