package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.math.BigInteger;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.mandate.chain.Hash;
import org.mandate.cli.bench.Refusal;
import org.mandate.cli.bench.recovery.Schedule.Kind;
import org.mandate.cli.bench.recovery.Schedule.Order;
import org.mandate.cli.local.Agent;
import org.mandate.cli.local.Approvals;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;
import org.mandate.signer.Signer;

/**
 * Agents' programs: each hands a signed intent to a relayer, and asks again until one has said that
 * it is accepted, or refused. After that it never asks again: from there on it is the relayers'.
 */
final class Clients {
  private static final Duration PAUSE = Duration.ofMillis(150);
  private static final Duration LIFETIME = Duration.ofHours(2);
  static final Duration SHORT_LIFETIME = Duration.ofSeconds(9);
  private static final int ACCEPTED = 202;
  private static final int BUSY = 429;

  /** Somebody must answer by then. */
  private static final Duration MOST = Duration.ofMinutes(10);

  /** Asked so often in vain, it goes to the next relayer. */
  private static final int TRIES = 40;

  private final Town town;
  private final List<Service> relayers;
  private final Tally tally;
  private final ConcurrentLinkedQueue<Payment> asked = new ConcurrentLinkedQueue<>();
  private final List<CompletableFuture<Void>> asking = new ArrayList<>();

  Clients(Town town, List<Service> relayers, Tally tally) {
    this.town = town;
    this.relayers = relayers;
    this.tally = tally;
  }

  /** Begins to ask for all that a seed's agents want from the start. */
  void ask(Schedule schedule) {
    ask(schedule, schedule.orders());
  }

  /** Begins to ask for these too. */
  void ask(Schedule schedule, List<Order> orders) {
    for (var order : orders) {
      if (order.kind() == Kind.RIVAL) {
        askTwice(schedule, order);
      } else {
        var agent = town.agents().get(order.agent());
        begin(() -> ask(schedule, order, agent, intent(agent, order), Optional.empty()));
      }
    }
  }

  /** Of two relayers at the same time: who knows of one of them takes no other of its nonce. */
  private void askTwice(Schedule schedule, Order order) {
    var agent = town.agents().get(order.agent());
    var first = intent(agent, order);
    var other =
        new Intent(
            first.agentId(),
            first.account(),
            first.chainId(),
            first.asset(),
            first.to(),
            first.amount(),
            first.data(),
            first.nonce(),
            first.deadline().add(BigInteger.ONE));
    var elsewhere =
        new Order(
            order.kind(), order.agent(), (order.relayer() + 1) % relayers.size(), order.amount());
    begin(
        () -> {
          var both = List.of(relayers.get(order.relayer()), relayers.get(elsewhere.relayer()));
          for (int i = 0; i < TRIES && !both.stream().allMatch(Clients::isReady); i++) {
            Thread.sleep(PAUSE);
          }
          begin(() -> ask(schedule, elsewhere, agent, other, Optional.of(agent.id(first))));
          ask(schedule, order, agent, first, Optional.of(agent.id(other)));
        });
  }

  private static boolean isReady(Service relayer) {
    try {
      return relayer.isReady();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private interface Request {
    void run() throws Exception;
  }

  private void begin(Request request) {
    var one = new CompletableFuture<Void>();
    synchronized (asking) {
      asking.add(one);
    }
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                request.run();
                one.complete(null);
              } catch (Throwable e) { // whoever joins must hear of an Error too
                one.completeExceptionally(e);
              }
            });
  }

  /** Waits until all have an answer. */
  void await() {
    while (true) {
      List<CompletableFuture<Void>> all;
      synchronized (asking) {
        all = List.copyOf(asking);
        asking.clear();
      }
      if (all.isEmpty()) {
        return;
      }
      all.forEach(CompletableFuture::join); // some ask for more
    }
  }

  /** All that was asked for and has its answer, or was given up. */
  List<Payment> asked() {
    return List.copyOf(asked);
  }

  /** What relayers took. */
  List<Payment> accepted() {
    return asked.stream().filter(payment -> payment.accepted().isPresent()).toList();
  }

  private void ask(Schedule schedule, Order order, Agent agent, Intent intent, Optional<Hash> rival)
      throws Exception {
    var id = agent.id(intent);
    var taker = hand(schedule, order, agent, intent);
    asked.add(
        new Payment(
            schedule.seed(),
            order.kind(),
            id,
            intent.chainId().longValueExact(),
            intent.amount(),
            taker.map(Service::url),
            rival));
    if (taker.isEmpty()) return;
    tally.accepted();
    if (order.kind() == Kind.APPROVED) {
      for (var approver : town.approvers()) approve(schedule, taker.get(), intent, id, approver);
    }
  }

  /** Until a relayer takes it, which is answered; empty: one refused it, or nobody answered. */
  private Optional<Service> hand(Schedule schedule, Order order, Agent agent, Intent intent)
      throws InterruptedException {
    var body = Agent.json(agent.sign(intent));
    var end = System.nanoTime() + MOST.toNanos();
    var isAgain = false;
    for (int tries = 0; System.nanoTime() < end; tries++) {
      // What has a deadline that passes is its relayer's alone: what lapses is seen there.
      var others = order.kind() == Kind.SHORT ? 0 : tries / TRIES;
      var relayer = relayers.get((order.relayer() + others) % relayers.size());
      try {
        var answer = relayer.post("/v1/intents", body);
        if (answer.statusCode() == ACCEPTED) return Optional.of(relayer);
        if (answer.statusCode() < 500 && answer.statusCode() != BUSY) {
          var isExecuted = isExecuted(intent, agent.id(intent));
          if (!isExecuted || isAgain) {
            refused(schedule, order, answer, isExecuted);
            return Optional.empty();
          }
          isAgain = true; // it may be executed only since: asked once more, the relayer must know
        }
      } catch (IOException e) {
        // It is not there, or was killed before it answered: the same again.
      }
      Thread.sleep(PAUSE);
    }
    tally.fault("nobody answered within %s; %s".formatted(MOST, schedule.words()));
    return Optional.empty();
  }

  private boolean isExecuted(Intent intent, Hash id) {
    try {
      return town.ledger(intent.chainId().longValueExact()).state(id) == IntentState.EXECUTED;
    } catch (Exception e) {
      return false; // a node that hangs says nothing of it
    }
  }

  /**
   * @param isExecuted the very same intent, which another relayer had before: whoever is told to
   *     sign it anew pays twice
   */
  private void refused(
      Schedule schedule, Order order, HttpResponse<String> answer, boolean isExecuted) {
    var rule = Refusal.rule(answer.body());
    tally.refused(order.kind() + " " + rule);
    if (isExecuted || !order.kind().mayBeRefusedBy(rule)) {
      tally.fault(
          "%s payment%s refused with %d: %s; %s"
              .formatted(
                  order.kind(),
                  isExecuted ? " that is executed" : "",
                  answer.statusCode(),
                  answer.body(),
                  schedule.words()));
    }
  }

  /** An approver hands over to the relayer that has the intent, until it has the approval. */
  private void approve(Schedule schedule, Service relayer, Intent intent, Hash id, Signer approver)
      throws InterruptedException {
    var body = Approvals.json(town, intent, id, approver);
    var end = System.nanoTime() + MOST.toNanos();
    while (System.nanoTime() < end) {
      try {
        var answer = relayer.post("/v1/intents/" + id + "/approvals", body);
        if (answer.statusCode() == ACCEPTED) {
          return;
        }
        if (answer.statusCode() < 500 && answer.statusCode() != BUSY) {
          // What it was for may be done: it was handed over before, and the answer lost.
          if (!Refusal.rule(answer.body()).equals("STATE")) {
            tally.fault("approval refused: " + answer.body() + "; " + schedule.words());
          }
          return;
        }
      } catch (IOException e) {
        // As above.
      }
      Thread.sleep(PAUSE);
    }
    tally.fault("nobody took an approval within %s; %s".formatted(MOST, schedule.words()));
  }

  private Intent intent(Agent agent, Order order) {
    var amount = BigInteger.valueOf(order.amount());
    return switch (order.kind()) {
      case HOME, RIVAL -> payment(agent, Town.HOME, amount, LIFETIME);
      case DELAYED -> payment(agent, Town.HOME, Town.DELAYED_ABOVE.add(amount), LIFETIME);
      case APPROVED -> payment(agent, Town.HOME, Town.APPROVED_ABOVE.add(amount), LIFETIME);
      case ACROSS -> payment(agent, Town.REMOTE, amount, LIFETIME);
      case SHORT -> payment(agent, Town.HOME, amount, SHORT_LIFETIME);
      case BREACH -> payment(agent, Town.HOME, Town.MOST.add(amount), LIFETIME);
    };
  }

  private Intent payment(Agent agent, long chainId, BigInteger amount, Duration lifetime) {
    return agent.payment(chainId, town.home().token(), town.payee(), amount, lifetime);
  }
}
