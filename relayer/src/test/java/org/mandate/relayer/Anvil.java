package org.mandate.relayer;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.mandate.chain.ChainClient;
import org.mandate.chain.JsonRpcClient;
import org.web3j.crypto.Credentials;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;

/**
 * A real Anvil on a free port that mines a block a second and finalizes two blocks behind the head.
 */
final class Anvil implements AutoCloseable {
  private final org.mandate.testing.Anvil node;
  private final HttpService service;
  private final Web3j web3j;

  private Anvil(org.mandate.testing.Anvil node) {
    this.node = node;
    this.service =
        new HttpService(
            node.url().toString(),
            HttpService.getOkHttpClientBuilder().readTimeout(Duration.ofSeconds(60)).build());
    this.web3j = Web3j.build(service);
  }

  static Anvil start(long chainId, String... more) {
    List<String> options = new ArrayList<>(List.of("--slots-in-an-epoch", "1"));
    options.addAll(more.length == 0 ? List.of("--block-time", "1") : List.of(more));
    return new Anvil(org.mandate.testing.Anvil.start(chainId, options.toArray(String[]::new)));
  }

  URI url() {
    return node.url();
  }

  Web3j web3j() {
    return web3j;
  }

  HttpService service() {
    return service;
  }

  ChainClient client() {
    return new JsonRpcClient(url(), Duration.ofSeconds(30));
  }

  org.mandate.deploy.Sender sender(Credentials key) {
    return new org.mandate.deploy.Sender(web3j, key);
  }

  /** One of Anvil's own methods. */
  Object ask(String method, Object... parameters) {
    return node.rpc(method, parameters);
  }

  /** The other branch of a reorg: as many empty blocks in place of the last ones. */
  void reorg(int depth) {
    node.reorg(depth);
  }

  @Override
  public void close() {
    web3j.shutdown();
    node.close();
  }
}
