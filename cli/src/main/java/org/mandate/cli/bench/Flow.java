package org.mandate.cli.bench;

import java.io.IOException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.mandate.chain.Hash;
import org.mandate.cli.local.Agent;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;

/**
 * Agents who ask for a payment at home at a steady rate, of several processes of one relayer in
 * turn, and of the next one when one does not answer: an intent is the same however often it is
 * handed in.
 */
final class Flow {
  private static final Duration LIFETIME = Duration.ofHours(2);
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration MOST = Duration.ofMinutes(1);

  private final Town town;
  private final List<Service> instances;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final ConcurrentLinkedQueue<Payment> accepted = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();

  /**
   * A payment that was accepted.
   *
   * @param amount millionths of a test dollar
   * @param asked when it was first asked for, by {@link System#nanoTime}
   */
  record Payment(Hash id, BigInteger amount, long asked) {}

  /**
   * @param rate payments a second
   */
  Flow(Town town, List<Service> instances, int rate) {
    this.town = town;
    this.instances = List.copyOf(instances);
    clock.scheduleAtFixedRate(
        () -> {
          int i = asked.getAndIncrement();
          Thread.ofVirtual().start(() -> ask(i));
        },
        0,
        TimeUnit.SECONDS.toNanos(1) / rate,
        TimeUnit.NANOSECONDS);
  }

  private void ask(int i) {
    try {
      var agent = town.agents().get(i % town.agents().size());
      var amount = BigInteger.valueOf(1 + i % 1_000);
      var intent = agent.payment(Town.HOME, town.home().token(), town.payee(), amount, LIFETIME);
      var payment = new Payment(agent.id(intent), amount, System.nanoTime());
      hand(i, payment, Agent.json(agent.sign(intent)));
    } catch (IOException | RuntimeException e) {
      faults.add("payment %d: %s".formatted(i, e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      answered.incrementAndGet();
    }
  }

  private void hand(int first, Payment payment, String body)
      throws IOException, InterruptedException {
    String last = "";
    for (int i = first; System.nanoTime() - payment.asked() < MOST.toNanos(); i++) {
      try {
        var answer = instances.get(i % instances.size()).post("/v1/intents", body);
        if (answer.statusCode() == 202) {
          accepted.add(payment);
          return;
        }
        last = answer.statusCode() + " " + answer.body();
        if (answer.statusCode() < 500 && answer.statusCode() != 429) break;
      } catch (IOException e) {
        last = e.toString(); // it was killed, or is not there yet
      }
      Thread.sleep(PAUSE);
    }
    throw new IOException("not accepted: " + last);
  }

  /** So far. */
  List<Payment> accepted() {
    return List.copyOf(accepted);
  }

  /** The first of those that were asked for after that moment, as soon as it is accepted. */
  Optional<Payment> firstAfter(long nanos) {
    return accepted.stream().filter(p -> p.asked() > nanos).findFirst();
  }

  /** What was not accepted, and why. */
  List<String> faults() {
    return List.copyOf(faults);
  }

  /** Asks for no more, and waits until each has its answer. */
  void end() throws InterruptedException {
    clock.shutdown();
    if (!clock.awaitTermination(MOST.toSeconds(), TimeUnit.SECONDS)) clock.shutdownNow();
    while (answered.get() < asked.get()) Thread.sleep(PAUSE);
  }
}
