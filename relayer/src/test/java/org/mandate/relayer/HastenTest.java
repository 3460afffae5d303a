package org.mandate.relayer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Hash;
import org.mandate.contracts.DestinationExecutor;
import org.mandate.deploy.Call;
import org.mandate.deploy.Sender;

/** Two of three relayers deliver, and the third one comes back while the payment waits. */
class HastenTest {
  private static final Duration SOON = Duration.ofSeconds(180);
  private static final long BARE = 200;
  private static final long FULL = 5;

  @Test
  void shouldWaitLessWhenMoreRelayersVouchForWhatWasDelivered() throws Exception {
    List<Integer> ports = new ArrayList<>();
    while (ports.size() < 3) {
      int port = RelayersTest.freePort();
      if (!ports.contains(port)) ports.add(port);
    }
    try (Town town = Town.build(3, 2)) {
      setWindows(town);
      try (Relayer first = start(town, 0, ports);
          Relayer second = start(town, 1, ports)) {
        Hash id = town.submit(first.port(), town.payment(Town.REMOTE, town.token, 900));
        JsonObject queued = event(town.awaitState(first.port(), id, "QUEUED", SOON), "QUEUED");
        assertEquals(BARE, Long.parseLong(queued.getString("executableAt")) - time(queued));
        try (Relayer third = start(town, 2, ports)) {
          JsonObject end = town.awaitState(third.port(), id, "EXECUTED", SOON);
          JsonObject hastened = event(end, "HASTENED");
          assertEquals("3", hastened.getString("signatures"));
          assertEquals(FULL, Long.parseLong(hastened.getString("executableAt")) - time(queued));
          assertTrue(time(event(end, "EXECUTED")) < time(queued) + BARE, end.encodePrettily());
          assertEquals(BigInteger.valueOf(900), town.received(town.remote));
        }
        assertEquals(second.port(), ports.get(1));
      }
    }
  }

  private static Relayer start(Town town, int i, List<Integer> ports) {
    List<URI> peers = new ArrayList<>();
    for (int k = 0; k < 3; k++)
      if (k != i) peers.add(URI.create("http://127.0.0.1:" + ports.get(k)));
    RelayerConfig config = town.config(i, peers, town.home.url(), town.remote.url(), ports.get(i));
    return Relayer.start(config, Town.relayer(i), Clock.systemUTC());
  }

  private static void setWindows(Town town) throws Exception {
    Sender governance = town.remote.sender(Town.credentials(1));
    String at = town.atRemote.executor().hex();
    DestinationExecutor executor =
        DestinationExecutor.load(at, governance.web3j(), governance.reader(), Sender.NO_GAS);
    DestinationExecutor.Step step =
        new DestinationExecutor.Step(
            BigInteger.valueOf(1000), BigInteger.valueOf(BARE), BigInteger.valueOf(FULL));
    governance.send(
        Call.of(
            "windows",
            at,
            executor.setWindows(town.token.hex(), List.of(step), executor.stops().send())));
  }

  private static JsonObject event(JsonObject view, String kind) {
    return view.getJsonObject("destination").getJsonArray("events").stream()
        .map(JsonObject.class::cast)
        .filter(e -> kind.equals(e.getString("event")))
        .findFirst()
        .orElseThrow(() -> new AssertionError(kind + " is missing: " + view.encodePrettily()));
  }

  private static long time(JsonObject event) {
    return Long.parseLong(event.getJsonObject("block").getString("timestamp"));
  }
}
