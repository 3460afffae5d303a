package org.mandate.cli.bench.recovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.cli.bench.Told;
import org.mandate.cli.bench.recovery.Schedule.Kind;
import org.mandate.cli.bench.recovery.Tally.Harm;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.contracts.CrossChainExecutor;
import org.mandate.intent.IntentState;

/**
 * Looks whether all is as it must be when everybody runs again and nobody helped: at both chains
 * first of all, then at each relayer's own database.
 */
final class Audit {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration MINED = Duration.ofSeconds(60);
  private static final Duration ANSWERED = Duration.ofSeconds(60);

  /** Work that nobody took up for so long though it was due is stuck. */
  private static final int OVERDUE_SECONDS = 15;

  private final Town town;
  private final List<Service> relayers;
  private final Duration patience;
  private final Tally tally;
  private final Set<Hash> looked = new HashSet<>();
  private final Set<Hash> counted = new HashSet<>();
  private BigInteger paidAtHome = BigInteger.ZERO;
  private BigInteger paidElsewhere = BigInteger.ZERO;

  /**
   * @param patience how long they have to bring everything to its end
   */
  Audit(Town town, List<Service> relayers, Duration patience, Tally tally) {
    this.town = town;
    this.relayers = relayers;
    this.patience = patience;
    this.tally = tally;
  }

  /**
   * Waits for the end of everything that was accepted; answers what is wrong, in words.
   *
   * @param asked all so far; what nobody accepted is executed once at most
   */
  List<String> look(List<Payment> asked) throws Exception {
    var fresh = asked.stream().filter(p -> looked.add(p.id())).toList();
    var end = System.nanoTime() + patience.toNanos();
    var waiting = due(fresh);
    var stuck = stuck();
    while (System.nanoTime() < end) {
      waiting = waiting.stream().filter(p -> !isOver(p)).toList();
      stuck = stuck();
      if (waiting.isEmpty() && stuck.isEmpty()) {
        break;
      }
      Thread.sleep(LOOK);
    }
    var wrong = new ArrayList<String>();
    for (var payment : waiting) {
      tally.harmed(Harm.LOST, 1);
      wrong.add("lost: %s, chain says %s".formatted(words(payment), state(payment)));
    }
    tally.harmed(Harm.JAMMED, stuck.size());
    wrong.addAll(stuck);
    for (var payment : fresh) {
      count(payment, wrong);
      // Called final before, a state may have become false since.
      if (payment.accepted().isPresent() && !waiting.contains(payment))
        told(payment).ifPresent(why -> wrong.add(why + ": " + words(payment)));
    }
    balances(wrong);
    for (int i = 0; i < relayers.size(); i++) {
      var gaps = gaps(i);
      // What is published or reported just now is mined in a moment.
      for (var last = System.nanoTime() + MINED.toNanos();
          !gaps.isEmpty() && System.nanoTime() < last;
          gaps = gaps(i)) {
        Thread.sleep(LOOK);
      }
      tally.harmed(Harm.NONCE_GAP, gaps.size());
      wrong.addAll(gaps);
    }
    return wrong;
  }

  /** Waits until all of these are final; answers whether they are. */
  boolean awaitOver(List<Payment> payments) throws InterruptedException {
    var end = System.nanoTime() + patience.toNanos();
    var waiting = payments;
    while (!waiting.isEmpty() && System.nanoTime() < end) {
      Thread.sleep(LOOK);
      waiting = waiting.stream().filter(p -> !isOver(p)).toList();
    }
    return waiting.isEmpty();
  }

  // ------------------------------------------------------------------ payments

  /** What must come to its end: all that was accepted, and one of two rivals. */
  private static List<Payment> due(List<Payment> asked) {
    var accepted =
        asked.stream()
            .filter(payment -> payment.accepted().isPresent())
            .map(Payment::id)
            .collect(Collectors.toSet());
    return asked.stream()
        .filter(
            payment ->
                accepted.contains(payment.id())
                    || payment.rival().filter(rival -> !accepted.contains(rival)).isPresent())
        .toList();
  }

  /** Final, by the chain and by what the relayer that accepted it says. */
  private boolean isOver(Payment payment) {
    try {
      if (payment.accepted().isPresent() && !view(payment).path("final").asBoolean()) {
        return false;
      }
      return switch (payment.kind()) {
        case SHORT -> true;
        case BREACH -> state(payment) == IntentState.DENIED;
        case RIVAL ->
            state(payment) == IntentState.EXECUTED
                || town.ledger(payment.chainId()).state(payment.rival().orElseThrow())
                    == IntentState.EXECUTED;
        case HOME, DELAYED, APPROVED, ACROSS -> state(payment) == IntentState.EXECUTED;
      };
    } catch (IOException e) {
      return false; // it does not answer yet
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (Exception e) {
      throw new IllegalStateException("cannot tell whether it is over: " + words(payment), e);
    }
  }

  /** What is wrong with what the relayer that accepted it says of it, now that all is over. */
  private Optional<String> told(Payment payment) throws Exception {
    var rival = payment.rival();
    var isUsed =
        rival.isPresent()
            && town.ledger(payment.chainId()).state(rival.get()) == IntentState.EXECUTED;
    var usedBy = rival.filter(other -> isUsed);
    for (var last = System.nanoTime() + ANSWERED.toNanos(); ; Thread.sleep(LOOK)) {
      try {
        return Told.wrong(view(payment), state(payment), usedBy);
      } catch (IOException e) {
        if (System.nanoTime() > last) return Optional.of("no answer: " + e);
      }
    }
  }

  private JsonNode view(Payment payment) throws IOException, InterruptedException {
    var relayer =
        relayers.stream()
            .filter(r -> r.url().equals(payment.accepted().orElseThrow()))
            .findFirst()
            .orElseThrow();
    return JSON.readTree(relayer.get("/v1/intents/" + payment.id()).body());
  }

  private IntentState state(Payment payment) throws Exception {
    return town.ledger(payment.chainId()).state(payment.id());
  }

  private void count(Payment payment, List<String> wrong) {
    // One of two rivals is executed, whoever accepted them: they are counted together.
    if (payment.rival().filter(counted::contains).isPresent()) {
      return;
    }
    counted.add(payment.id());
    var executions =
        executions(payment, payment.id())
            + payment.rival().map(rival -> executions(payment, rival)).orElse(0);
    var most = payment.kind() == Kind.BREACH ? 0 : 1;
    if (executions > most) {
      tally.harmed(Harm.DOUBLED, executions - most);
      wrong.add("executed %d times: %s".formatted(executions, words(payment)));
    }
    var paid = payment.amount().multiply(BigInteger.valueOf(executions));
    if (payment.chainId() == Town.HOME) {
      paidAtHome = paidAtHome.add(paid);
    } else {
      paidElsewhere = paidElsewhere.add(paid);
    }
  }

  private int executions(Payment payment, Hash id) {
    return town.ledger(payment.chainId())
        .events(CrossChainExecutor.INTENTEXECUTED_EVENT, id)
        .size();
  }

  /** To the unit: an execution without an event would show here. */
  private void balances(List<String> wrong) throws Exception {
    compare("home", paidAtHome, town.home().dollars(town.payee()), wrong);
    compare("the other chain", paidElsewhere, town.remote().dollars(town.payee()), wrong);
  }

  private void compare(String where, BigInteger due, BigInteger has, List<String> wrong) {
    if (!due.equals(has)) {
      tally.harmed(has.compareTo(due) > 0 ? Harm.DOUBLED : Harm.LOST, 1);
      wrong.add("the payee has %s on %s, events say %s".formatted(has, where, due));
    }
  }

  private static String words(Payment payment) {
    return "%s payment %s of seed %d, accepted by %s"
        .formatted(
            payment.kind(),
            payment.id(),
            payment.seed(),
            payment.accepted().map(URI::toString).orElse("nobody"));
  }

  // ------------------------------------------------------------------ each relayer's own

  /** Transactions that are not settled, and work that is due and not done or waits for a person. */
  private List<String> stuck() {
    var stuck = new ArrayList<String>();
    for (int i = 0; i < relayers.size(); i++) {
      var name = relayers.get(i).name();
      try (var connection = database(i)) {
        rows(
            connection,
            "SELECT 'transaction ' || purpose || ' on chain ' || chain_id || ', nonce ' || nonce"
                + " FROM transaction WHERE state = 'OPEN'",
            row -> stuck.add(name + " has open " + row));
        rows(
            connection,
            "SELECT 'work ' || kind || ' on chain ' || chain_id || coalesce(': ' || parked::text,"
                + " '') FROM task"
                + " WHERE parked IS NOT NULL OR not_before < now() - interval '%d seconds'"
                    .formatted(OVERDUE_SECONDS),
            row -> stuck.add(name + " does not get on with " + row));
      } catch (SQLException e) {
        stuck.add(name + "'s database cannot be read: " + e.getMessage());
      }
    }
    return stuck;
  }

  /** What the database gave out must be used up on chain, one after another. */
  private List<String> gaps(int relayer) throws SQLException, IOException {
    var gaps = new ArrayList<String>();
    var signer = Address.of(town.relayerKey(relayer).getAddress());
    try (var connection = database(relayer)) {
      for (var chainId : List.of(Town.HOME, Town.REMOTE)) {
        var next = new ArrayList<String>();
        rows(connection, "SELECT next FROM signer_nonce WHERE chain_id = " + chainId, next::add);
        if (next.isEmpty()) {
          continue; // it never sent there
        }
        var missing = new ArrayList<String>();
        rows(
            connection,
            """
            SELECT n FROM signer_nonce s, generate_series(
                (SELECT min(nonce) FROM transaction t WHERE t.chain_id = s.chain_id), s.next - 1) n
             WHERE s.chain_id = %d AND NOT EXISTS (
               SELECT 1 FROM transaction t WHERE t.chain_id = s.chain_id AND t.nonce = n)
            """
                .formatted(chainId),
            missing::add);
        var name = relayers.get(relayer).name();
        missing.removeIf(nonce -> isForeign(relayer, chainId, Long.parseLong(nonce)));
        for (var nonce : missing) {
          gaps.add("%s on chain %d: no transaction has nonce %s".formatted(name, chainId, nonce));
        }
        var used = town.ledger(chainId).chain().count(signer);
        if (Long.parseLong(next.getFirst()) != used) {
          gaps.add(
              "%s on chain %d: the next nonce is %s, %d are used"
                  .formatted(name, chainId, next.getFirst(), used));
        }
      }
    }
    return gaps;
  }

  /** Whether the chain has somebody else's transaction there; only signed, it excuses nothing. */
  private boolean isForeign(int relayer, long chainId, long nonce) {
    return tally.foreign(relayer, chainId, nonce).stream()
        .flatMap(hash -> town.ledger(chainId).transaction(hash).stream())
        .anyMatch(transaction -> transaction.getBlockHash() != null);
  }

  private Connection database(int relayer) throws SQLException {
    return town.database().connect("relayer_" + (relayer + 1));
  }

  private static void rows(Connection connection, String sql, Consumer<String> row)
      throws SQLException {
    try (var statement = connection.createStatement();
        var result = statement.executeQuery(sql)) {
      while (result.next()) {
        row.accept(result.getString(1));
      }
    }
  }
}
