package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Hash;
import org.mandate.event.ContractEvents;
import org.mandate.gateway.Message;
import org.mandate.intent.Intent;
import org.mandate.intent.IntentState;

/** A watchdog that starts long after its chains did. */
class RestartTest {
  private static final int HISTORY = 2_000;
  private static final long BLOCKS_AT_ONCE = 20;
  private static final Duration SLOWNESS = Duration.ofSeconds(1);
  private static final Pattern RANGE =
      Pattern.compile("\"fromBlock\":\"0x([0-9a-f]+)\",\"toBlock\":\"0x([0-9a-f]+)\"");

  @TempDir Path directory;

  /** Until everything was seen that must be seen before the history is read. */
  private volatile boolean slow = true;

  @Test
  void L9_queuedForgeryIsDisputedBeforeALongHistoryWasRead() throws Exception {
    try (World world = World.start(directory)) {
      Intent old = world.payment(World.REMOTE, World.ETHER);
      world.deliver(world.forged(old));
      world.remote.rpc("anvil_mine", "0x" + Integer.toHexString(HISTORY), "0x0");
      Intent forged = world.payment(World.REMOTE, World.ETHER);
      long queued = world.deliver(world.forged(forged));
      HttpServer node = slowNode(world.remote.url, queued - 2 * BLOCKS_AT_ONCE);
      try (Watchdog watchdog = Watchdog.start(config(world, world.home.url, url(node)))) {
        World.await(
            "the forgery is disputed",
            World.PATIENCE,
            () -> world.state(forged) == IntentState.DISPUTED);
        assertTrue(
            ready(watchdog).contains("chain 31338: its history is still being read"),
            "the history was too short to show anything: " + ready(watchdog));
        // What is long overdue, and was not executed yet, is disputed as well.
        World.await(
            "the older forgery is disputed",
            World.PATIENCE,
            () -> world.state(old) == IntentState.DISPUTED);
        World.await(
            "both are stopped",
            World.PATIENCE,
            () ->
                watchdog.findings().stream()
                        .filter(f -> f.check() == Check.FORGERY)
                        .filter(f -> f.status() == Finding.Status.STOPPED)
                        .count()
                    == 2);
        slow = false;
        World.await(
            "everything is read",
            Duration.ofMinutes(2),
            () -> !ready(watchdog).contains("is still being read"));
        assertEquals(
            List.of(1, 1),
            watchdog.findings().stream()
                .filter(f -> f.check() == Check.FORGERY)
                .map(f -> f.deeds().size())
                .toList(),
            () -> watchdog.findings().toString());
      } finally {
        node.stop(0);
      }
    }
  }

  @Test
  void L7_honestIntentIsNotDisputedWhenItsDispatchLiesFarBackInAHistoryThatIsNotRead()
      throws Exception {
    try (World world = World.start(directory)) {
      world.home.rpc("anvil_mine", "0x" + Integer.toHexString(HISTORY * 2 / 3), "0x0");
      Intent intent = world.payment(World.REMOTE, World.ETHER.divide(BigInteger.TEN));
      Message message = world.sent(world.submit(intent));
      world.home.rpc("anvil_mine", "0x" + Integer.toHexString(HISTORY / 3), "0x0");
      HttpServer node = slowNode(world.home.url, world.home.client.head().number());
      try (Watchdog watchdog = Watchdog.start(config(world, url(node), world.remote.url))) {
        world.deliver(message);
        world.awaitDue(intent);
        assertTrue(
            ready(watchdog).contains("chain 31337: its history is still being read"),
            "the history was too short to show anything: " + ready(watchdog));
        assertEquals(IntentState.QUEUED, world.state(intent));
        world.execute(intent);
        assertEquals(List.of(), watchdog.findings());
      } finally {
        node.stop(0);
      }
    }
  }

  private static URI url(HttpServer node) {
    return URI.create("http://127.0.0.1:" + node.getAddress().getPort());
  }

  private static WatchdogConfig config(World world, URI home, URI remoteUrl) throws Exception {
    WatchdogConfig usual = world.config(0, home, Optional.empty());
    WatchdogConfig.ChainSettings remote = usual.chains().getLast();
    return new WatchdogConfig(
        List.of(
            usual.chains().getFirst(),
            new WatchdogConfig.ChainSettings(
                remote.id(),
                List.of(remoteUrl),
                remote.deployment(),
                remote.finality(),
                remote.pollInterval(),
                remote.timeout(),
                remote.maxHeadAge())),
        usual.key(),
        usual.http(),
        usual.webhook(),
        usual.blobGateway(),
        usual.homeLag(),
        usual.safetyMargin(),
        usual.whenHomeIsSilent(),
        usual.maxFeePerGas(),
        usual.maxTipPerGas(),
        usual.minimumBalance(),
        usual.disputeBonds(),
        usual.relayers());
  }

  /**
   * Anvil behind a node that gives the logs of few blocks at once, and those of old ones slowly.
   */
  private HttpServer slowNode(URI anvil, long old) throws IOException {
    HttpClient http = HttpClient.newHttpClient();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", exchange -> forward(exchange, anvil, old, http));
    server.start();
    return server;
  }

  private void forward(HttpExchange exchange, URI anvil, long old, HttpClient http)
      throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      Matcher range = RANGE.matcher(body);
      if (range.find()) {
        long from = Long.parseLong(range.group(1), 16);
        long to = Long.parseLong(range.group(2), 16);
        if (to - from >= BLOCKS_AT_ONCE) {
          exchange.sendResponseHeaders(413, -1);
          return;
        }
        // What only the follower asks for, not whoever looks for what is queued or dispatched.
        if (slow
            && to < old
            && ContractEvents.auditLogTopics().stream().map(Hash::hex).anyMatch(body::contains)) {
          Thread.sleep(SLOWNESS);
        }
      }
      HttpResponse<byte[]> answer =
          http.send(
              HttpRequest.newBuilder(anvil)
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofByteArray());
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String ready(Watchdog watchdog) {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + watchdog.httpPort() + "/health/ready"))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
