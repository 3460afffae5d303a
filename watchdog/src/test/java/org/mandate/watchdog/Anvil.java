package org.mandate.watchdog;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import org.mandate.chain.ChainClient;
import org.mandate.chain.JsonRpcClient;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;

/** A real Anvil on a free port. Mines at once until told to mine every second. */
final class Anvil implements AutoCloseable {
  final URI url;
  final HttpService service;
  final Web3j web3j;
  final ChainClient client;
  private final org.mandate.testing.Anvil node;

  private Anvil(org.mandate.testing.Anvil node) {
    this.node = node;
    this.url = node.url();
    this.service = new HttpService(url.toString(), org.mandate.testing.Anvil.patient());
    this.web3j = Web3j.build(service);
    this.client = new JsonRpcClient(url, Duration.ofSeconds(30));
  }

  static Anvil start(long chainId) {
    return new Anvil(org.mandate.testing.Anvil.start(chainId, "--slots-in-an-epoch", "1"));
  }

  void mineEverySecond() {
    mineEvery(1);
  }

  void mineEvery(int seconds) {
    rpc("evm_setIntervalMining", seconds);
  }

  /** Until it is told to mine, it mines nothing. */
  void stopMining() {
    mineEvery(0);
  }

  /** Whether a transaction waits to be mined. */
  boolean hasPending() {
    return !rpc("txpool_status").path("pending").asText().equals("0x0");
  }

  JsonNode rpc(String method, Object... parameters) {
    return node.rpc(method, parameters);
  }

  @Override
  public void close() {
    web3j.shutdown();
    node.close();
  }
}
