package org.mandate.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import okhttp3.OkHttpClient;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.chain.JsonRpcClient;
import org.mandate.chain.Receipt;
import org.mandate.signer.PrivateKeySigner;
import org.web3j.protocol.http.HttpService;

/** A real Anvil on a free port. Mines every transaction at once unless told otherwise. */
public final class Anvil implements AutoCloseable {
  /** Its first account's key, public knowledge; 10,000 ether. */
  public static final PrivateKeySigner RICH =
      new PrivateKeySigner(
          new BigInteger("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80", 16));

  /** A busy machine may take long; an answer is never waited for longer than it takes. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Process process;
  private final URI url;
  private final HttpClient http = HttpClient.newHttpClient();

  private Anvil(Process process, URI url) {
    this.process = process;
    this.url = url;
  }

  /**
   * @param options as on Anvil's command line
   */
  public static Anvil start(long chainId, String... options) {
    List<String> command =
        new ArrayList<>(
            List.of(Tools.foundry("anvil"), "--port", "0", "--chain-id", Long.toString(chainId)));
    command.addAll(List.of(options));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      BufferedReader output =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (line.startsWith("Listening on ")) {
          Thread.ofVirtual().start(() -> drain(output));
          return new Anvil(
              process, URI.create("http://" + line.substring("Listening on ".length()).trim()));
        }
      }
      throw new IllegalStateException("anvil ended without listening");
    } catch (IOException e) {
      throw new IllegalStateException("anvil does not start", e);
    }
  }

  // A full pipe would stop it.
  private static void drain(BufferedReader output) {
    try (output) {
      output.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // It was closed.
    }
  }

  public URI url() {
    return url;
  }

  public JsonRpcClient client() {
    return new JsonRpcClient(url, Duration.ofSeconds(30));
  }

  /** For web3j, whose own time limit is shorter than what a busy machine may take. */
  public static OkHttpClient patient() {
    return HttpService.getOkHttpClientBuilder()
        .callTimeout(PATIENCE)
        .connectTimeout(PATIENCE)
        .readTimeout(PATIENCE)
        .writeTimeout(PATIENCE)
        .build();
  }

  /** Calls any method; fails with the node's error. */
  public JsonNode rpc(String method, Object... parameters) {
    try {
      byte[] body =
          JSON.writeValueAsBytes(
              Map.of("jsonrpc", "2.0", "id", 1, "method", method, "params", parameters));
      HttpRequest request =
          HttpRequest.newBuilder(url)
              .header("content-type", "application/json")
              .timeout(PATIENCE)
              .POST(HttpRequest.BodyPublishers.ofByteArray(body))
              .build();
      JsonNode answer =
          JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofByteArray()).body());
      if (answer.has("error")) {
        throw new IllegalStateException(method + ": " + answer.get("error"));
      }
      return answer.get("result");
    } catch (IOException e) {
      throw new IllegalStateException(method, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(method, e);
    }
  }

  /** Sends as an unlocked account of Anvil's, which pays and fills in the rest. */
  public Receipt send(Address to, Bytes data) {
    return transact(
        Map.of(
            "from", RICH.address().hex(), "to", to.hex(), "input", data.hex(), "gas", "0xb71b00"));
  }

  /** Creates a contract from creation code and encoded constructor arguments. */
  public Address create(String creationCode, byte[] arguments) {
    String code =
        (creationCode.startsWith("0x") ? "" : "0x")
            + creationCode
            + Bytes.of(arguments).hex().substring(2);
    Receipt receipt =
        transact(Map.of("from", RICH.address().hex(), "input", code, "gas", "0xb71b00"));
    return receipt.created().filter(a -> receipt.succeeded()).orElseThrow();
  }

  /** Sends from an account that Anvil has unlocked, and waits until it is mined. */
  public Receipt transact(Map<String, String> transaction) {
    Hash hash = Hash.of(rpc("eth_sendTransaction", transaction).textValue());
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) { // it answers before it has mined
      Optional<Receipt> receipt = client().receipt(hash);
      if (receipt.isPresent()) {
        return receipt.get();
      }
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
    throw new IllegalStateException("transaction " + hash + " is not mined");
  }

  /**
   * From now on, each time that a contract tells this event, lets that much time pass on the chain.
   *
   * @param event its signature
   */
  public void leapAfter(String event, Duration time) {
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                for (int leaps = 0; process.isAlive(); LockSupport.parkNanos(200_000_000)) {
                  for (; leaps < told(event); leaps++) {
                    rpc("evm_increaseTime", time.toSeconds());
                  }
                }
              } catch (IllegalStateException e) {
                // It was closed. Who waits for the time sees it pass anyway, but slowly.
              }
            });
  }

  private int told(String event) {
    return rpc(
            "eth_getLogs", Map.of("fromBlock", "0x0", "topics", List.of(Hash.keccak(event).hex())))
        .size();
  }

  /** Mines empty blocks. */
  public void mine(int blocks) {
    rpc("anvil_mine", "0x" + Integer.toHexString(blocks));
  }

  /** Replaces the last {@code depth} blocks by other, empty ones. */
  public void reorg(int depth) {
    rpc("anvil_reorg", depth, List.of());
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
