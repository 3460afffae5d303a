package org.mandate.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.cli.local.Service;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.intent.IntentState;
import org.mandate.intent.SignedIntent;

/**
 * Two processes of one relayer share its work; the one that leads dies with a payment in its hands,
 * and the other goes on: the same key, the same database, nothing lost, nothing twice.
 */
final class FailoverScene implements Story.Scene {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final BigInteger AMOUNT = Stage.ETHER.divide(BigInteger.valueOf(20));
  private static final String SENDING = "send-" + Stage.HOME;
  private static final Duration OFTEN = Duration.ofMillis(50);

  private final Play play;

  FailoverScene(Play play) {
    this.play = play;
  }

  @Override
  public void play() throws Exception {
    var story = play.story();
    var home = play.home();
    var vault = home.vault();
    var first = play.lastRelayer();
    var key = Play.address(play.stage().cast().relayers().getLast());
    var second = play.stage().startSecondInstance();
    try {
      second.awaitReady();
      play.await(
          "both processes to share the work",
          Play.PATIENCE,
          () -> {
            var own = leads(first);
            var others = leads(second);
            return own > 0
                && others > 0
                && own + others == lines(first)
                && leader(first).equals(leader(second));
          });
      var leading = instance(first).equals(leader(first)) ? first : second;
      var other = leading == first ? second : first;
      story.say(
          "a second process of relayer 3 starts, with the same key and the same database: they share"
              + " the work, and %s (process %d) sends what goes to chain %d",
          leading.name(), leading.pid(), Stage.HOME);
      var all = lines(leading);
      var led = leads(leading);
      var before = home.coin(vault);
      var payments = new ArrayList<SignedIntent>();
      payments.add(play.sign(home, Address.ZERO, AMOUNT));
      play.submit(leading, payments.getFirst());
      var pid = leading.pid();
      leading.kill();
      var killed = System.nanoTime();
      story.say(
          "%s answers 202 for a payment of %s, and is killed at once: SIGKILL to process %d, which"
              + " led %d lines of work",
          leading.name(), Play.coinWords(AMOUNT), pid, led);
      payments.add(play.sign(home, Address.ZERO, AMOUNT));
      play.submit(other, payments.getLast());
      awaitAll(other, all);
      var resumed = Duration.ofNanos(System.nanoTime() - killed);
      for (var payment : payments) {
        play.awaitState(home, play.id(payment), IntentState.EXECUTED, Play.PATIENCE);
      }
      var executed = Duration.ofNanos(System.nanoTime() - killed);
      story.say(
          "%s (process %d) leads all of it %.1f s after the kill; that payment and another one that"
              + " came meanwhile are executed %.1f s after it",
          other.name(), other.pid(), seconds(resumed), seconds(executed));
      requireOnce(payments, key);
      story.mustEqual(
          before.subtract(AMOUNT.multiply(BigInteger.valueOf(payments.size()))),
          home.coin(vault),
          "ETH in the vault");
      requireNoGap();
      story.say(
          "each executed once, by relayer 3's key, and its nonces have no gap; the vault moved %s",
          Play.coinWords(AMOUNT.multiply(BigInteger.valueOf(payments.size()))));
      story.fact("killedProcess", pid);
      story.fact("linesLed", led);
      story.fact("resumedSeconds", rounded(resumed));
      story.fact("executedSeconds", rounded(executed));
      story.fact("executions", payments.size());
      story.fact(
          "evidence",
          "process %d killed while it led, the other led after %.1f s; 2 payments, each once"
              .formatted(pid, seconds(resumed)));
      if (leading == first) {
        first.start(Map.of());
        first.awaitReady();
      }
    } finally {
      if (second.isAlive()) {
        second.stop();
      }
    }
  }

  /** Finely, unlike other waits: it is what the scene measures. */
  private void awaitAll(Service relayer, long lines) throws Exception {
    var end = System.nanoTime() + Play.PATIENCE.toNanos();
    while (leads(relayer) < lines) {
      play.story()
          .must(System.nanoTime() < end, "%s does not lead all %d lines", relayer.name(), lines);
      TimeUnit.MILLISECONDS.sleep(OFTEN.toMillis());
    }
  }

  private void requireOnce(List<SignedIntent> payments, Address key) throws IOException {
    var home = play.home();
    for (var payment : payments) {
      var events = home.events(CrossChainExecutor.INTENTEXECUTED_EVENT, play.id(payment));
      play.story().mustEqual(1, events.size(), "number of executions");
      var sender =
          home.transaction(Hash.of(events.getFirst().getTransactionHash())).orElseThrow().getFrom();
      play.story()
          .mustEqual(key, Address.of(sender), "sender of the executing transaction (relayer 3)");
    }
  }

  private void requireNoGap() throws Exception {
    var nonces = play.stage().noncesOfLastRelayer(Stage.HOME);
    for (int i = 1; i < nonces.size(); i++) {
      play.story().mustEqual(nonces.get(i - 1) + 1, nonces.get(i), "next nonce that is stored");
    }
  }

  // ------------------------------------------------------------------ what a process says of
  // itself

  private static JsonNode health(Service relayer) throws IOException, InterruptedException {
    return JSON.readTree(relayer.get("/health/ready").body());
  }

  private static String instance(Service relayer) throws IOException, InterruptedException {
    return health(relayer).path("instance").asText();
  }

  private static String leader(Service relayer) throws IOException, InterruptedException {
    return health(relayer).path("lines").path(SENDING).path("leader").asText();
  }

  private static long leads(Service relayer) throws IOException, InterruptedException {
    var lines = health(relayer).path("lines");
    return StreamSupport.stream(lines.spliterator(), false)
        .filter(line -> line.path("own").asBoolean())
        .count();
  }

  /** How many lines there are, whoever leads them. */
  private static long lines(Service relayer) throws IOException, InterruptedException {
    return health(relayer).path("lines").size();
  }

  private static double seconds(Duration time) {
    return time.toMillis() / 1000.0;
  }

  private static double rounded(Duration time) {
    return Math.round(time.toMillis() / 100.0) / 10.0;
  }
}
