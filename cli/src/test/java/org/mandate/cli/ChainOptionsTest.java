package org.mandate.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Deployment;
import org.mandate.chain.Hash;
import org.mandate.testing.Anvil;
import picocli.CommandLine;

class ChainOptionsTest {
  private static final BigInteger HOME = BigInteger.valueOf(31337);
  private static final BigInteger REMOTE = BigInteger.valueOf(31338);

  @TempDir private Path folder;

  @Test
  void shouldFindTheHomeChainAmongTheNodes() {
    try (var home = Anvil.start(HOME.longValueExact());
        var remote = Anvil.start(REMOTE.longValueExact())) {
      write(HOME);
      write(REMOTE);
      try (var chain = options(remote, home).openHome()) {
        assertEquals(HOME, chain.deployment().chainId());
      }
      var refused = assertThrows(Failure.class, () -> options(remote).openHome());
      assertTrue(refused.getMessage().contains("chain 31338 is not the home chain"));
      var none = assertThrows(Failure.class, () -> options().openHome());
      assertTrue(none.getMessage().contains("no node"), none.getMessage());
    }
  }

  private ChainOptions options(Anvil... nodes) {
    var arguments = new ArrayList<>(List.of("--deployments", folder.toString()));
    for (var node : nodes) {
      arguments.addAll(List.of("--rpc", node.url().toString()));
    }
    return CommandLine.populateCommand(new ChainOptions(), arguments.toArray(String[]::new));
  }

  /** Where the contracts would stand; nobody asks them. */
  private void write(BigInteger chain) {
    var contracts = new TreeMap<String, Deployment.Contract>();
    for (var name :
        List.of(
            "AgentRegistry",
            "AgentVault",
            "QuorumGateway",
            chain.equals(HOME) ? "HomeExecutor" : "DestinationExecutor")) {
      contracts.put(
          name,
          new Deployment.Contract(
              Address.of("0x" + "a1".repeat(20)), Hash.of("0x" + "00".repeat(32)), Bytes.EMPTY));
    }
    new Deployment(chain, HOME, 1, contracts).write(folder.resolve(chain + ".json"));
  }
}
