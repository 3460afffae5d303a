package org.mandate.watchdog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Block;
import org.mandate.chain.Bytes;
import org.mandate.chain.ChainClient;
import org.mandate.chain.Finality;
import org.mandate.chain.Hash;
import org.mandate.chain.Log;
import org.mandate.gateway.Attestation;
import org.mandate.gateway.AttestationDomain;
import org.mandate.gateway.InteroperableAddress;
import org.mandate.gateway.Message;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.watchdog.Attested.Signed;

/** Relayers that hand out what fills memory. */
class HandoutsTest {
  private static final String SIGNED =
      """
      {"message":{"sourceChainId":"1","nonce":"2","sender":"0x01","recipient":"0x02","payload":"%s"},
       "root":"0x%s","proof":[],"signature":"0x%s"}""";

  private final AtomicInteger asked = new AtomicInteger();
  private final List<Signed> taken = new ArrayList<>();

  @Test
  void L11_shouldTakeWhatARelayerHandsOut() throws Exception {
    evidence(() -> "{\"evidence\":[" + piece(10) + "]}");
    assertEquals(1, taken.size());
  }

  @Test
  void L11_shouldNotReadPartsThatNoGatewayTakes() throws Exception {
    evidence(() -> "{\"evidence\":[" + piece(200 << 10) + "]}");
    assertEquals(0, taken.size());
  }

  @Test
  void L11_shouldNotMakeATreeOfAMillionSmallValues() throws Exception {
    evidence(() -> "{\"evidence\":[" + piece(10) + "],\"x\":[" + "0,".repeat(1 << 20) + "0]}");
    assertEquals(0, taken.size());
    evidence(
        () -> "{\"evidence\":[" + piece(10) + "],\"x\":" + "[".repeat(500) + "]".repeat(500) + "}");
    assertEquals(0, taken.size());
  }

  @Test
  void L11_shouldReadSoManyBytesAtOneLook() throws Exception {
    String large = piece(60 << 10);
    String pieces = (large + ",").repeat(50) + large; // six megabytes
    evidence(() -> "{\"evidence\":[" + pieces + "],\"next\":\"7\"}");
    // The HTTP client repeats a request whose connection was closed under it; without a limit: 16.
    assertTrue(asked.get() >= 6 && asked.get() <= 8, () -> asked.get() + " pages");
  }

  @Test
  void L11_shouldAskHomeOnceAboutWhoHandsOutHundredsThatItSigned() throws Exception {
    Address gateway = Address.of("0x%040x".formatted(7));
    AttestationDomain domain = new AttestationDomain(BigInteger.ONE, gateway);
    PrivateKeySigner relayer = new PrivateKeySigner(BigInteger.TWO);
    List<String> pieces = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      Bytes place = new InteroperableAddress(BigInteger.ONE, gateway).encode();
      Message message =
          new Message(BigInteger.ONE, BigInteger.valueOf(i), place, place, Bytes.EMPTY);
      Attestation signed = Attestation.sign(domain, message.id(gateway), relayer);
      pieces.add(
          """
          {"message":{"sourceChainId":"1","nonce":"%d","sender":"%s","recipient":"%s","payload":"0x"},
           "root":"%s","proof":[],"signature":"%s"}"""
              .formatted(i, place, place, signed.root(), Bytes.of(signed.signature().compact())));
    }
    Block block = new Block(1, Hash.ZERO, Hash.ZERO, Instant.EPOCH);
    Log log = new Log(Hash.ZERO, 1, Hash.ZERO, 0, gateway, List.of(), "0x");
    Keyring keys = new Keyring();
    keys.examine(new Page(block, List.of(new Entry.RelayersSet(log, List.of(relayer.address())))));
    AtomicInteger calls = new AtomicInteger();
    ChainClient home =
        (ChainClient)
            Proxy.newProxyInstance(
                ChainClient.class.getClassLoader(),
                new Class<?>[] {ChainClient.class},
                (proxy, method, arguments) -> {
                  calls.incrementAndGet();
                  return new byte[64]; // no bond any more
                });
    Findings findings = new Findings(finding -> {});
    Prosecutor prosecutor = prosecutor(home, gateway, keys, findings);
    serving(
        () -> "{\"evidence\":[" + String.join(",", pieces) + "]}",
        handouts -> {
          new Accuser(domain, keys, Optional.of(prosecutor), handouts, findings, Clock.systemUTC())
              .start();
          World.await("home is asked", Duration.ofSeconds(20), () -> calls.get() > 0);
          Thread.sleep(1000);
        });
    assertEquals(1, calls.get(), "one signer");
  }

  @Test
  void L7_homeIsAskedOnceAtEachLookWhetherALiarMayPayAndNeverAboutAStranger() {
    PrivateKeySigner relayer = new PrivateKeySigner(BigInteger.valueOf(5));
    Address gateway = Address.of("0x%040x".formatted(9));
    Keyring keys = new Keyring();
    keys.examine(
        new Page(
            new Block(1, Hash.ZERO, Hash.ZERO, Instant.EPOCH),
            List.of(
                new Entry.RelayersSet(
                    new Log(Hash.ZERO, 1, Hash.ZERO, 0, gateway, List.of(), "0x"),
                    List.of(relayer.address())))));
    AtomicInteger calls = new AtomicInteger();
    Findings findings = new Findings(finding -> {});
    ChainClient home =
        (ChainClient)
            Proxy.newProxyInstance(
                ChainClient.class.getClassLoader(),
                new Class<?>[] {ChainClient.class},
                (proxy, method, arguments) -> {
                  calls.incrementAndGet();
                  byte[] answer = new byte[64];
                  answer[31] = 1;
                  return answer;
                });
    Accuser accuser =
        new Accuser(
            new AttestationDomain(BigInteger.ONE, gateway),
            keys,
            Optional.of(prosecutor(home, gateway, keys, findings)),
            null,
            findings,
            Clock.systemUTC());
    for (int i = 0; i < 1000; i++) {
      assertTrue(accuser.mayPay(relayer.address()));
      assertFalse(accuser.mayPay(gateway), "a stranger may have put up a wei");
    }
    assertEquals(1, calls.get());
  }

  private static Prosecutor prosecutor(
      ChainClient home, Address gateway, Keyring keys, Findings findings) {
    return new Prosecutor(
        1,
        home,
        new Finality.Confirmations(1),
        gateway,
        gateway,
        gateway,
        keys,
        chain -> true,
        relayer -> new Budget(1, 1, "slashing", () -> true, findings, Clock.systemUTC()),
        null,
        findings,
        Clock.systemUTC());
  }

  private static String piece(int payload) {
    return SIGNED.formatted("0x" + "ab".repeat(payload), "11".repeat(32), "22".repeat(64));
  }

  private void evidence(Supplier<String> answer) throws Exception {
    serving(answer, handouts -> handouts.evidence(taken::add));
  }

  @FunctionalInterface
  private interface Look {
    void at(Handouts handouts) throws Exception;
  }

  private void serving(Supplier<String> answer, Look look) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          byte[] body = answer.get().getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try (Handouts handouts =
        new Handouts(List.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())))) {
      look.at(handouts);
    } finally {
      server.stop(0);
    }
  }
}
