package org.mandate.cli.bench.recovery;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.mandate.cli.local.LocalChain;
import org.mandate.cli.local.MandateCommand;
import org.mandate.cli.local.RelayerSettings;
import org.mandate.cli.local.Service;
import org.mandate.cli.local.Town;

/**
 * Where some lots of seeds run: two chains, PostgreSQL, three relayers, who asks them for payments
 * and who looks at what came of it. On chains of 3,000 blocks or more Anvil (1.7) forgets the whole
 * state, the contracts with it, in a reorg of more than some ten blocks: where deep ones are made
 * the ground is given up before ({@link Recovery}); a siege stays on one, and keeps them shallow.
 */
record Ground(Town town, Pins pins, List<Service> relayers, Clients clients, Audit audit)
    implements AutoCloseable {
  static final int AGENTS = 5;
  private static final Duration REST = Duration.ofMinutes(5);
  private static final Duration BLOCK = Duration.ofMillis(250);

  static Ground prepare(Path root, Tally tally) throws IOException, SQLException {
    // The finalized block is four behind the head: a reorg of two is none of what is final.
    var blocks = LocalChain.Settings.DEFAULT.withBlockTime(BLOCK).withSlotsInEpoch(2);
    var town = Town.build(root, Town.Plan.DEFAULT.withBlocks(blocks).withAgents(AGENTS));
    var pins = new Pins();
    try {
      var relayers = town.relayers(settings(pins));
      return new Ground(
          town,
          pins,
          relayers,
          new Clients(town, relayers, tally),
          new Audit(town, relayers, REST, tally));
    } catch (IOException | SQLException e) {
      pins.close();
      town.close();
      throw e;
    }
  }

  private static RelayerSettings settings(Pins pins) {
    return RelayerSettings.DEFAULT
        .withIntervals(
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofMillis(500),
            Duration.ofMillis(500),
            Duration.ofSeconds(1))
        .with("ipfs-api: " + pins.url(), "")
        .withJvm(MandateCommand.SMALL.toArray(String[]::new));
  }

  /** Another process of the first relayer: the same key, database and peers. */
  Service secondOfFirst() throws IOException, SQLException {
    return town.relayer(
        "relayer-1-second",
        town.relayerKey(0),
        "relayer_1",
        Service.freePort(),
        relayers.stream().skip(1).map(r -> r.url().getPort()).toList(),
        settings(pins));
  }

  @Override
  public void close() {
    pins.close();
    town.close();
  }
}
