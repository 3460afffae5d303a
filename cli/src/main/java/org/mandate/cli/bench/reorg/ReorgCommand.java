package org.mandate.cli.bench.reorg;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.mandate.cli.bench.Bench;
import org.mandate.cli.bench.Figures;
import org.mandate.cli.local.Ledger;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Secrets;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;
import org.mandate.signer.GuardedSigner;
import org.mandate.signer.PrivateKey;
import org.mandate.signer.SigningPolicy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mandate bench reorg}: chains that reorganize while a relayer carries payments. */
@Command(
    name = "reorg",
    description = {
      "Reorganizes two real chains while payments are at every stage, and compares what the relayer holds with a replay.",
      "Reorgs are 1 to 64 blocks deep; some drop the transactions of the blocks that go, some put them into other blocks.",
      "The replay is another relayer's, which starts from nothing, now and then in between and at the end. Payments are of",
      "thirteen kinds, of which some must be paid and others may be cancelled, denied, disputed or too late. Afterwards",
      "each must be where its kind may end, executed once if it must be and at most once else, with no nonce left out.",
      "With 120 reorgs or more in all the deepest must be 64 blocks, and reorgs must have removed each stage of a payment.",
      "Exit code 0: all of that held; 1: something did not."
    })
public final class ReorgCommand extends Bench {
  /** Final blocks are twice as many behind: 72, more than any of these reorgs takes. */
  private static final int SLOTS = 36;

  private static final Duration BLOCK = Duration.ofMillis(250);
  private static final String DATABASE = "reorg";
  private static final BigInteger COINS = BigInteger.TEN.pow(22);

  /** Reverts: who has this code takes tokens, and no coins. */
  private static final String TAKES_NO_COINS = "0x60006000fd";

  @Option(
      names = "--seeds",
      defaultValue = "3",
      paramLabel = "NUMBER",
      description =
          "How many times, each with other depths and moments. Default: ${DEFAULT-VALUE}.")
  private int seeds;

  @Option(
      names = "--first-seed",
      defaultValue = "1",
      paramLabel = "SEED",
      description = "The first of them. Default: ${DEFAULT-VALUE}.")
  private int firstSeed;

  @Option(
      names = "--reorgs",
      defaultValue = "40",
      paramLabel = "NUMBER",
      description = "How many in each. Default: ${DEFAULT-VALUE}.")
  private int reorgs;

  @Override
  protected String name() {
    return "reorg";
  }

  @Override
  protected Figures measure(Path root) throws Exception {
    var plan =
        Town.Plan.DEFAULT
            .withRelayers(1, 1)
            .withAgents(3) // of whom one breaches its mandate
            .withBlocks(LocalChain.Settings.DEFAULT.withBlockTime(BLOCK).withSlotsInEpoch(SLOTS));
    var findings = new Findings();
    for (int seed = firstSeed; seed < firstSeed + seeds; seed++) {
      say("seed " + seed);
      // On chains of their own: see Reorgs.LONGEST.
      try (var town = Town.build(root, plan)) {
        run(town, findings, seed);
      }
    }
    return findings.figures();
  }

  private void run(Town town, Findings findings, int seed) throws Exception {
    var anybody =
        new GuardedSigner(
            new PrivateKey(Secrets.key().getEcKeyPair().getPrivateKey()), SigningPolicy.ofPerson());
    town.remote().chain().fund(anybody.address().hex(), COINS);
    town.remote().chain().ask("anvil_setCode", town.payee().hex(), TAKES_NO_COINS);
    var relayer =
        town.relayer(
            DATABASE,
            town.relayerKey(0),
            DATABASE,
            Service.freePort(),
            List.of(),
            RelayerSettings.DEFAULT);
    relayer.start(Map.of());
    relayer.awaitReady();
    try (var database = town.database().open(DATABASE)) {
      var following = new Following(relayer, database);
      for (var ledger : List.of(town.home(), town.remote())) settle(ledger, following);
      new Campaign(town, relayer, database, anybody, findings, seed, this::say).run(reorgs);
    } catch (IOException e) {
      town.keepDirectory(); // the relayer's log says more
      throw e;
    }
    relayer.stop();
  }

  /** What was deployed and registered is to stay: no reorg goes below what is final. */
  private static void settle(Ledger ledger, Following following)
      throws IOException, InterruptedException {
    var goal = ledger.chain().head();
    ledger.chain().ask("anvil_mine", "0x" + Integer.toHexString(2 * SLOTS + 2));
    following.awaitFinal(ledger, goal);
  }

  private void say(String line) {
    progress("%s", line);
  }
}
