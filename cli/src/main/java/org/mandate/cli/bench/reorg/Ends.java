package org.mandate.cli.bench.reorg;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.mandate.chain.Address;
import org.mandate.cli.bench.Nonces;
import org.mandate.cli.bench.Told;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.contracts.HomeExecutor;
import org.mandate.intent.IntentState;
import org.mandate.relayer.store.Database;

/**
 * What became of payments in the end, as the chains say, and whether it may be; and what the payee
 * got, to the unit.
 */
final class Ends {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration MOST_END = Duration.ofMinutes(10);
  private static final Duration MOST_MINED = Duration.ofMinutes(1);
  private static final Duration LOOK = Duration.ofMillis(100);

  private final Town town;
  private final Service relayer;
  private final Database database;
  private final Findings findings;
  private final Consumer<String> progress;

  Ends(
      Town town, Service relayer, Database database, Findings findings, Consumer<String> progress) {
    this.town = town;
    this.relayer = relayer;
    this.database = database;
    this.findings = findings;
    this.progress = progress;
  }

  /** What the payee has of an asset on a chain. */
  record Purse(long chainId, Address asset) {}

  /** All of them. */
  Map<Purse, BigInteger> received() throws Exception {
    var received = new HashMap<Purse, BigInteger>();
    for (var ledger : List.of(town.home(), town.remote())) {
      var chainId = ledger.chain().chainId();
      received.put(new Purse(chainId, ledger.token()), ledger.dollars(town.payee()));
      received.put(new Purse(chainId, Address.ZERO), ledger.coin(town.payee()));
    }
    return received;
  }

  // ------------------------------------------------------------------ waiting

  /** Waits until all payments came to their end, for good, and all transactions are settled. */
  void await(List<Payment> payments) throws InterruptedException {
    var until = System.nanoTime() + MOST_END.toNanos();
    var open = new ArrayList<>(payments);
    while (!open.isEmpty() && System.nanoTime() < until) {
      open.removeIf(this::isOver);
      Thread.sleep(LOOK);
    }
    findings.unfinished(open.size());
    open.forEach(payment -> progress.accept("not at its end: " + words(payment)));
    while (System.nanoTime() < until && openTransactions() > 0) Thread.sleep(LOOK);
    findings.openTransactions(openTransactions());
  }

  private boolean isOver(Payment payment) {
    try {
      var view = view(payment);
      if (!view.path("final").asBoolean()) return false;
      // What never went elsewhere has no more to come from there.
      return view.path("destination").isMissingNode()
          || view.path("home").path("state").asText().equals(IntentState.SETTLED.name());
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private JsonNode view(Payment payment) throws IOException, InterruptedException {
    return JSON.readTree(relayer.get("/v1/intents/" + payment.id()).body());
  }

  private long openTransactions() {
    return database.inTransaction(
        tx ->
            tx.one(
                    "SELECT count(*) AS n FROM transaction WHERE state = 'OPEN'",
                    row -> row.number("n"))
                .orElseThrow());
  }

  // ------------------------------------------------------------------ counting

  /** What the chains say, against what may be, and against what the payee had before. */
  void count(List<Payment> payments, Map<Purse, BigInteger> before) throws Exception {
    var due = new HashMap<>(before);
    for (var payment : payments) {
      var times = executions(payment);
      var end = end(payment);
      findings.ended(payment.kind(), end, times);
      if (!Findings.isRight(payment.kind(), end, times))
        progress.accept("%s, executed %d times: %s".formatted(end, times, words(payment)));
      told(payment, end);
      settled(payment);
      due.merge(
          new Purse(payment.chainId(), payment.asset()),
          payment.amount().multiply(BigInteger.valueOf(times)),
          BigInteger::add);
    }
    var after = received();
    for (var purse : due.keySet()) {
      var more = after.get(purse).subtract(due.get(purse));
      findings.balance(more.signum());
      if (more.signum() != 0)
        progress.accept("the payee has %s more than it was paid of %s".formatted(more, purse));
    }
    var self = Address.of(town.relayerKey(0).getAddress());
    for (var ledger : List.of(town.home(), town.remote()))
      findings.nonceGaps(Nonces.gaps(database, ledger, self, MOST_MINED));
  }

  /** Called final before, a state may have become false since. */
  private void told(Payment payment, IntentState end) throws InterruptedException {
    wrong(payment, end)
        .ifPresent(
            why -> {
              findings.toldWrong();
              progress.accept(why + ": " + words(payment));
            });
  }

  private Optional<String> wrong(Payment payment, IntentState end) throws InterruptedException {
    try {
      return Told.wrong(view(payment), end, Optional.empty()); // no two have one nonce here
    } catch (IOException e) {
      return Optional.of("the relayer does not answer: " + e);
    }
  }

  /** What came to its destination home must have settled, once, as it ended there. */
  private void settled(Payment payment) throws Exception {
    if (payment.chainId() == Town.HOME) return;
    var end = town.remote().state(payment.id());
    if (end == IntentState.NONE) return; // then home says how it ended
    var settled =
        town.home().events(HomeExecutor.INTENTSETTLED_EVENT, payment.id()).stream()
            .map(log -> Settled.of(HomeExecutor.getIntentSettledEventFromLog(log)))
            .toList();
    if (settled.size() == 1 && settled.getFirst().isRight(end, payment.amount())) return;
    findings.settledWrongly();
    progress.accept("home settled %s, it is %s: %s".formatted(settled, end, words(payment)));
  }

  private int executions(Payment payment) {
    return town.ledger(payment.chainId())
        .events(CrossChainExecutor.INTENTEXECUTED_EVENT, payment.id())
        .size();
  }

  /** Where it stands where it is paid; what did not get there stands as home says. */
  private IntentState end(Payment payment) throws Exception {
    var there = town.ledger(payment.chainId()).state(payment.id());
    return there == IntentState.NONE ? town.home().state(payment.id()) : there;
  }

  private static String words(Payment payment) {
    return "%s payment %s on chain %d".formatted(payment.kind(), payment.id(), payment.chainId());
  }
}
