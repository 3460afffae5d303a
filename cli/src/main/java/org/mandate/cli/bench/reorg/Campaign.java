package org.mandate.cli.bench.reorg;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.relayer.store.Database;
import org.mandate.signer.Signer;

/** One seed: payments on their way, and reorgs under them. */
final class Campaign {
  /** Now and then one is as deep as can be, and what is held is compared in between. */
  private static final int DEEP_EVERY = 10;

  private static final int COMPARE_EVERY = 15;

  /** One in so many waits for a stage that none took yet, so that many meet all of them. */
  private static final int AIMED_EVERY = 2;

  private static final int FIRST = 6;
  private static final int LITTLE = 6;
  private static final int LONGEST_PAUSE = 3_000;

  private final Town town;
  private final String replay;
  private final Findings findings;
  private final Random random;
  private final Consumer<String> progress;
  private final Clients clients;
  private final People people;
  private final Reorgs reorgs;
  private final Following following;
  private final Replay replays;
  private final Ends ends;
  private final List<Payment> payments = new ArrayList<>();

  /**
   * @param anybody a key with coins at the destination, and no role
   */
  Campaign(
      Town town,
      Service relayer,
      Database database,
      Signer anybody,
      Findings findings,
      int seed,
      Consumer<String> progress) {
    this.town = town;
    this.replay = "replay_" + seed;
    this.findings = findings;
    this.random = new Random(seed);
    this.progress = progress;
    this.clients = new Clients(town, relayer, findings, random);
    this.people = new People(town, new Deeds(town, anybody));
    this.reorgs = new Reorgs(database, findings, random);
    this.following = new Following(relayer, database);
    this.replays = new Replay(town, database, findings, progress);
    this.ends = new Ends(town, relayer, database, findings, progress);
  }

  /**
   * @param many how many reorgs
   */
  void run(int many) throws Exception {
    var before = ends.received();
    try (people) {
      pay(FIRST); // so that the first reorgs find something
      for (int i = 0; i < many; i++) {
        pay(1 + random.nextInt(2));
        Thread.sleep(random.nextInt(LONGEST_PAUSE));
        reorganize(i);
        if (i % COMPARE_EVERY == COMPARE_EVERY - 1) {
          heal();
          replays.compare(replay + "_" + i);
        }
      }
      heal();
      ends.await(payments);
    }
    findings.deeds(people.sent());
    people.trouble().ifPresent(why -> progress.accept("people were not answered " + why));
    ends.count(payments, before);
    replays.compare(replay);
  }

  private void pay(int many) throws IOException, InterruptedException {
    for (int i = 0; i < many; i++) {
      var payment = clients.pay();
      payment.ifPresent(payments::add);
      payment.ifPresent(people::watch);
    }
  }

  private void reorganize(int i) throws IOException, InterruptedException {
    var ledger = random.nextBoolean() ? town.home() : town.remote();
    var depth = 1 + random.nextInt(random.nextInt(3) == 0 ? LITTLE : Reorgs.DEEPEST);
    if (i % DEEP_EVERY == DEEP_EVERY - 1) depth = Reorgs.DEEPEST;
    if (i % AIMED_EVERY == AIMED_EVERY - 1) reorgs.awaitSomethingNew(ledger, depth);
    reorgs.make(ledger, depth);
    if (random.nextInt(3) > 0) heal(ledger); // else the next one comes before it is seen
  }

  private void heal() throws IOException, InterruptedException {
    heal(town.home());
    heal(town.remote());
  }

  private void heal(Ledger ledger) throws IOException, InterruptedException {
    findings.healed(following.heal(ledger));
  }
}
