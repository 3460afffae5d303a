package org.mandate.watchdog;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.mandate.chain.ChainClient;
import org.mandate.chain.JsonRpcClient;
import org.web3j.protocol.Web3j;
import org.web3j.protocol.http.HttpService;

/** A real Anvil on a free port. Mines at once until told to mine every second. */
final class Anvil implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  final URI url;
  final HttpService service;
  final Web3j web3j;
  final ChainClient client;
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();

  private Anvil(Process process, URI url) {
    this.process = process;
    this.url = url;
    this.service = new HttpService(url.toString());
    this.web3j = Web3j.build(service);
    this.client = new JsonRpcClient(url, Duration.ofSeconds(10));
  }

  static Anvil start(long chainId) throws IOException {
    Process process =
        new ProcessBuilder(
                root().resolve("node_modules/.bin/anvil").toString(),
                "--port",
                "0",
                "--chain-id",
                Long.toString(chainId),
                "--slots-in-an-epoch",
                "1")
            .redirectErrorStream(true)
            .start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("Listening on ")) {
        Thread.ofVirtual().start(() -> output.lines().forEach(ignored -> {}));
        return new Anvil(
            process, URI.create("http://" + line.substring("Listening on ".length()).trim()));
      }
    }
    throw new IOException("anvil ended without listening");
  }

  void mineEverySecond() {
    rpc("evm_setIntervalMining", 1);
  }

  JsonNode rpc(String method, Object... parameters) {
    try {
      String body =
          JSON.writeValueAsString(
              Map.of("jsonrpc", "2.0", "id", 1, "method", method, "params", List.of(parameters)));
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(url)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      JsonNode json = JSON.readTree(answer.body());
      if (json.has("error")) {
        throw new IllegalStateException(method + ": " + json.get("error"));
      }
      return json.get("result");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static Path root() {
    Path start = Path.of("").toAbsolutePath();
    for (Path p = start; p != null; p = p.getParent()) {
      if (Files.isExecutable(p.resolve("node_modules/.bin/anvil"))) {
        return p;
      }
    }
    throw new IllegalStateException(
        "no node_modules/.bin/anvil above " + start + ": run scripts/npm-ci");
  }

  @Override
  public void close() {
    web3j.shutdown();
    process.destroyForcibly();
  }
}
