package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.mandate.cli.bench.recovery.Schedule.Kind;
import org.mandate.cli.bench.recovery.Schedule.Order;
import org.mandate.cli.local.Agent;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.intent.Intent;

/**
 * Agents' programs: each hands a signed intent to a relayer, and asks again until one has said that
 * it is accepted, or refused. After that it never asks again: from there on it is the relayers'.
 */
final class Clients {
  private static final Duration PAUSE = Duration.ofMillis(150);
  private static final Duration LIFETIME = Duration.ofHours(2);
  private static final Duration SHORT_LIFETIME = Duration.ofSeconds(9);
  private static final int ACCEPTED = 202;
  private static final int REFUSED = 422;

  /** Somebody must answer by then. */
  private static final Duration MOST = Duration.ofMinutes(10);

  /** Asked so often in vain, it goes to the next relayer. */
  private static final int TRIES = 40;

  private final Town town;
  private final List<Service> relayers;
  private final Tally tally;
  private final ConcurrentLinkedQueue<Payment> accepted = new ConcurrentLinkedQueue<>();
  private final List<CompletableFuture<Void>> asking = new ArrayList<>();

  Clients(Town town, List<Service> relayers, Tally tally) {
    this.town = town;
    this.relayers = relayers;
    this.tally = tally;
  }

  /** Begins to ask for all of a seed's orders. */
  void ask(Schedule schedule) {
    for (var order : schedule.orders()) {
      var one = new CompletableFuture<Void>();
      synchronized (asking) {
        asking.add(one);
      }
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  ask(schedule, order);
                  one.complete(null);
                } catch (Exception e) {
                  one.completeExceptionally(e);
                }
              });
    }
  }

  /** Waits until all have an answer. */
  void await() {
    List<CompletableFuture<Void>> all;
    synchronized (asking) {
      all = List.copyOf(asking);
      asking.clear();
    }
    all.forEach(CompletableFuture::join);
  }

  List<Payment> accepted() {
    return List.copyOf(accepted);
  }

  private void ask(Schedule schedule, Order order) throws InterruptedException {
    var agent = town.agents().get(order.agent());
    var intent = intent(agent, order);
    var body = Agent.json(agent.sign(intent));
    var end = System.nanoTime() + MOST.toNanos();
    for (int tries = 0; System.nanoTime() < end; tries++) {
      var relayer = relayers.get((order.relayer() + tries / TRIES) % relayers.size());
      try {
        var answer = relayer.post("/v1/intents", body);
        if (answer.statusCode() == ACCEPTED) {
          accepted.add(
              new Payment(
                  schedule.seed(),
                  order.kind(),
                  agent.id(intent),
                  intent.chainId().longValueExact(),
                  intent.amount(),
                  relayer.url()));
          return;
        }
        if (answer.statusCode() == REFUSED) {
          // What may pass its deadline meanwhile is refused then, and a frozen agent's breach.
          if (order.kind() != Kind.BREACH && order.kind() != Kind.SHORT) {
            tally.fault("refused: " + answer.body() + "; " + schedule.words());
          }
          return;
        }
        if (answer.statusCode() < 500 && answer.statusCode() != 429) {
          tally.fault(
              "answered %d: %s; %s"
                  .formatted(answer.statusCode(), answer.body(), schedule.words()));
          return;
        }
      } catch (IOException e) {
        // It is not there, or was killed before it answered: the same again.
      }
      Thread.sleep(PAUSE);
    }
    tally.fault("nobody answered within %s; %s".formatted(MOST, schedule.words()));
  }

  private Intent intent(Agent agent, Order order) {
    var amount = BigInteger.valueOf(order.amount());
    return switch (order.kind()) {
      case HOME -> payment(agent, Town.HOME, amount, LIFETIME);
      case DELAYED -> payment(agent, Town.HOME, Town.DELAYED_ABOVE.add(amount), LIFETIME);
      case ACROSS -> payment(agent, Town.REMOTE, amount, LIFETIME);
      case SHORT -> payment(agent, Town.HOME, amount, SHORT_LIFETIME);
      case BREACH -> payment(agent, Town.HOME, Town.MOST.add(amount), LIFETIME);
    };
  }

  private Intent payment(Agent agent, long chainId, BigInteger amount, Duration lifetime) {
    return agent.payment(chainId, town.home().token(), town.payee(), amount, lifetime);
  }
}
