package org.mandate.signer.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.mandate.chain.Address;
import org.mandate.chain.Bytes;
import org.mandate.chain.Hash;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings;
import org.mandate.signer.KeySettings.Web3SignerSettings;
import org.mandate.signer.KeyUnavailableException;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Signature;
import org.mandate.signer.remote.StandIn.Reply;
import org.mandate.testing.HandClock;
import org.web3j.crypto.ECKeyPair;
import org.web3j.crypto.Sign;

/**
 * Against a server written after Web3Signer's OpenAPI document of its execution keys
 * (openapi-specs/eth1/web3signer.yaml), which takes nothing that the document does not have. Not
 * against Web3Signer itself, which no package registry has.
 */
class Web3SignerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final BigInteger SECRET = BigInteger.valueOf(0xa1);
  private static final byte[] WORDS = "pay".getBytes(StandardCharsets.UTF_8);
  private static final Hash DIGEST = Hash.keccak(WORDS);

  /** A busy machine may take long to answer; what is late is tested by what never answers. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir private Path folder;
  private final PrivateKeySigner mine = new PrivateKeySigner(SECRET);
  private final HandClock clock = new HandClock(Instant.parse("2026-01-01T00:00:00Z"));
  private StandIn server;

  @BeforeEach
  void start() throws IOException {
    server = new StandIn(keeping(SECRET, BigInteger.TWO));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String identifier(BigInteger secret) {
    return "0x" + "%0128x".formatted(ECKeyPair.create(secret).getPublicKey());
  }

  /** As its document says, and no more. */
  private static StandIn.Handler keeping(BigInteger... secrets) {
    Map<String, PrivateKeySigner> keys =
        Stream.of(secrets)
            .collect(Collectors.toMap(Web3SignerTest::identifier, PrivateKeySigner::new));
    return (method, path, exchange, body) -> {
      if (method.equals("GET") && path.equals("/upcheck")) {
        return Reply.text(200, "OK");
      }
      if (method.equals("GET") && path.equals("/api/v1/eth1/publicKeys")) {
        return Reply.json(200, JSON.writeValueAsString(keys.keySet()));
      }
      String sign = "/api/v1/eth1/sign/";
      if (!path.startsWith(sign)) {
        return Reply.text(404, "Resource not found");
      }
      String type = exchange.getRequestHeaders().getFirst("Content-Type");
      var data = JSON.readTree(body).path("data");
      if (!method.equals("POST")
          || !"application/json".equals(type)
          || !data.asText().matches("0x([0-9a-f]{2})+")) {
        return Reply.text(400, "Bad Request");
      }
      PrivateKeySigner key = keys.get(path.substring(sign.length()));
      return key == null
          ? Reply.text(404, "Not Found")
          : signature(key.sign(Bytes.of(data.asText()).bytes()).bytes());
    };
  }

  private static Reply signature(byte[] bytes) {
    return Reply.text(200, Bytes.of(bytes).hex());
  }

  /** Answers every request to sign so, and the rest as it should. */
  private StandIn.Handler signing(Reply reply) {
    var usual = keeping(SECRET);
    return (method, path, exchange, body) ->
        path.contains("/sign/") ? reply : usual.answer(method, path, exchange, body);
  }

  private Web3SignerSettings settings() {
    return settings(Optional.empty(), Duration.ofSeconds(3));
  }

  private Web3SignerSettings settings(Optional<Path> authorization, Duration timeout) {
    return new Web3SignerSettings(
        server.url(), authorization, Optional.empty(), Optional.empty(), timeout);
  }

  private Key open() {
    return Web3Signer.open(settings(), Optional.empty(), mine.address(), clock, PATIENCE);
  }

  @Test
  void shouldSignWhatItIsGiven() {
    try (Key key = open()) {
      assertEquals(mine.address(), key.address());
      assertEquals(mine.sign(WORDS), key.sign(WORDS));
    }
  }

  @Test
  void L7_shouldRefuseWhenTheKeyIsNotThere() {
    Address other = new PrivateKeySigner(BigInteger.TEN).address();
    var refused =
        assertThrows(
            KeyException.class,
            () -> Web3Signer.open(settings(), Optional.empty(), other, clock, PATIENCE));
    assertTrue(refused.getMessage().contains(other.checksummed()), refused.getMessage());
    assertTrue(refused.getMessage().contains("2 keys"), refused.getMessage());
  }

  /** Another key's, of something else, or no signature at all: none of it gets out. */
  @Test
  void L7_shouldRefuseWhatIsNotItsSignatureOfWhatWasAsked() {
    try (Key key = open()) {
      for (Reply wrong :
          List.of(
              signature(new PrivateKeySigner(BigInteger.TWO).sign(WORDS).bytes()),
              signature(mine.sign(Hash.keccak("all of it")).bytes()),
              signature(new byte[65]),
              signature(Bytes.of("0x" + "ff".repeat(65)).bytes()),
              signature(new byte[3]),
              Reply.text(200, ""),
              Reply.text(200, "0xnonsense"),
              Reply.text(200, "<html>"))) {
        server.answers(signing(wrong));
        clock.advance(Duration.ofSeconds(60));
        var refused = assertThrows(KeyException.class, () -> key.sign(WORDS));
        assertFalse(refused instanceof KeyUnavailableException, refused.getMessage());
      }
      server.answers(keeping(SECRET));
      clock.advance(Duration.ofSeconds(60));
      assertEquals(mine.sign(WORDS), key.sign(WORDS));
    }
  }

  /** The twin of a signature is a signature too; only the one with the lower s counts (EIP-2). */
  @Test
  void L3_shouldLowerAHighS() {
    Signature good = mine.sign(WORDS);
    byte[] twin = good.bytes();
    byte[] high = Sign.CURVE_PARAMS.getN().subtract(good.s()).toByteArray();
    System.arraycopy(high, high.length - 32, twin, 32, 32);
    twin[64] = 0; // and whatever stands for v
    try (Key key = open()) {
      server.answers(signing(signature(twin)));
      assertEquals(good, key.sign(WORDS));
    }
  }

  /** A keeper that hangs costs one time-out, not one for each that asks. */
  @Test
  @Timeout(120)
  void L9_shouldNotWaitForOneThatHangsAndGoOnWhenItAnswers() {
    CountDownLatch never = new CountDownLatch(1);
    try (Key key = patiently(settings(Optional.empty(), Duration.ofSeconds(1)))) {
      var usual = keeping(SECRET);
      server.answers(
          (method, path, exchange, body) -> {
            never.await();
            return usual.answer(method, path, exchange, body);
          });
      int before = server.asked.get();
      var late = assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
      assertTrue(late.getMessage().contains("1000 ms"), late.getMessage());
      for (int i = 0; i < 20; i++) {
        assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
      }
      assertTrue(server.asked.get() <= before + 1, "it was asked while it rested");
      server.answers(usual);
      assertEquals(
          mine.sign(WORDS),
          patiently(
              () -> {
                clock.advance(RemoteKey.MOST_REST);
                return key.sign(WORDS);
              }));
    } finally {
      never.countDown();
    }
  }

  /** Set back by an hour, the clock would else have it rest an hour. */
  @Test
  void L9_shouldNotRestLongerWhenTheClockIsSetBack() {
    try (Key key = open()) {
      server.answers(signing(Reply.text(503, "")));
      assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
      server.answers(keeping(SECRET));
      clock.advance(Duration.ofHours(-1));
      assertEquals(mine.sign(WORDS), key.sign(WORDS));
    }
  }

  @Test
  void L9_shouldBeAskedAgainAfterARestThatGrowsAndEnds() {
    try (Key key = open()) {
      server.answers(signing(Reply.text(503, "")));
      Duration rest = RemoteKey.FIRST_REST;
      for (int i = 0; i < 8; i++) {
        int before = server.asked.get();
        var refused = assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
        assertTrue(refused.getMessage().contains("HTTP status 503"), refused.getMessage());
        assertEquals(before + 1, server.asked.get());
        clock.advance(rest.minusMillis(1));
        assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
        assertEquals(before + 1, server.asked.get());
        clock.advance(Duration.ofMillis(1));
        rest = rest.multipliedBy(2);
        rest = rest.compareTo(RemoteKey.MOST_REST) < 0 ? rest : RemoteKey.MOST_REST;
      }
      server.answers(keeping(SECRET));
      assertEquals(mine.sign(WORDS), key.sign(WORDS));
    }
  }

  @Test
  void shouldSayWhyItDoesNotAnswer() {
    for (var one :
        Map.of(401, "authorization", 404, "does not have the key", 302, "302").entrySet()) {
      server.answers(keeping(SECRET));
      clock.advance(Duration.ofSeconds(60));
      try (Key key = open()) {
        server.answers(signing(Reply.text(one.getKey(), "")));
        var refused = assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
        assertTrue(refused.getMessage().contains(one.getValue()), refused.getMessage());
      }
    }
    server.close();
    var gone = assertThrows(KeyException.class, this::open);
    assertInstanceOf(KeyUnavailableException.class, gone);
    assertTrue(gone.getMessage().contains("cannot be reached"), gone.getMessage());
  }

  @Test
  void shouldNotReadAnAnswerWithoutEnd() {
    try (Key key = open()) {
      server.answers(signing(new Reply(200, "text/plain", new byte[2 << 20])));
      assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
    }
  }

  @Test
  void shouldShowItsAuthorizationToNobodyElse() throws IOException {
    Path file = Files.writeString(folder.resolve("authorization"), "Bearer hush-hush\n");
    var usual = keeping(SECRET);
    server.answers(
        (method, path, exchange, body) ->
            authorized(exchange)
                ? usual.answer(method, path, exchange, body)
                : Reply.text(401, ""));
    var with = settings(Optional.of(file), Duration.ofSeconds(3));
    try (Key key = patiently(() -> key(with).open(Map.of(), clock))) {
      assertEquals(mine.sign(WORDS), patiently(() -> key.sign(WORDS)));
    }
    var refused = assertThrows(KeyException.class, this::open);
    assertFalse(refused.getMessage().contains("hush"), refused.getMessage());
    // A mark that editors put first, or a letter that looks like another: no header's.
    for (String wrong :
        List.of("\ufeffBearer hush-hush", "Bearer hush-hush\u0001", "hush\u2013hush")) {
      Files.writeString(file, wrong + "\n");
      var unfit = assertThrows(KeyException.class, () -> key(with).open(Map.of(), clock));
      assertFalse(unfit.getMessage().contains("hush"), unfit.getMessage());
      assertTrue(unfit.getMessage().contains("printable"), unfit.getMessage());
    }
  }

  /** Whoever is on the way could have it sign as we do. */
  @Test
  void L7_shouldAskOverTlsOnlyWhenItIsOnAnotherMachine() {
    for (String address :
        List.of(
            "http://192.0.2.1:9000",
            "http://127.0.0.1.example:9000",
            "ftp://127.0.0.1",
            "http:///x",
            "https://user:hush@signer.example",
            "https://signer.example/?x=hush")) {
      var elsewhere =
          new Web3SignerSettings(
              java.net.URI.create(address),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Duration.ofSeconds(3));
      var clear =
          assertThrows(IllegalArgumentException.class, () -> key(elsewhere).open(Map.of(), clock));
      assertTrue(clear.getMessage().contains("https"), clear.getMessage());
      assertFalse(clear.getMessage().contains("hush"), clear.getMessage());
    }
  }

  /** Not to where an answer points: the authorization and what is signed would go there too. */
  @Test
  void L7_shouldFollowNoRedirect() throws IOException {
    try (StandIn other = new StandIn(keeping(SECRET));
        Key key = open()) {
      server.answers(
          (method, path, exchange, body) -> {
            exchange.getResponseHeaders().add("Location", other.url() + path);
            return Reply.text(307, "");
          });
      assertThrows(KeyUnavailableException.class, () -> key.sign(WORDS));
      assertEquals(0, other.asked.get());
    }
  }

  private static boolean authorized(HttpExchange exchange) {
    return "Bearer hush-hush".equals(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private KeySettings key(Web3SignerSettings settings) {
    return new KeySettings(
        mine.address(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(settings),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void shouldTrustTheCertificateThatIsConfiguredOnly() throws Exception {
    Path store = folder.resolve("store.p12");
    Path pem = folder.resolve("certificate.pem");
    keytool(
        "-genkeypair",
        "-keyalg",
        "EC",
        "-alias",
        "x",
        "-dname",
        "CN=localhost",
        "-ext",
        "san=dns:localhost,ip:127.0.0.1",
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit");
    keytool(
        "-exportcert",
        "-rfc",
        "-alias",
        "x",
        "-keystore",
        store.toString(),
        "-storepass",
        "changeit",
        "-file",
        pem.toString());
    try (StandIn secure = StandIn.secure(store, "changeit", keeping(SECRET))) {
      var trusting =
          new Web3SignerSettings(
              secure.url(),
              Optional.empty(),
              Optional.empty(),
              Optional.of(pem),
              Duration.ofSeconds(3));
      try (Key key =
          Web3Signer.open(trusting, Optional.of("Bearer x"), mine.address(), clock, PATIENCE)) {
        assertEquals(mine.address(), key.address());
      }
      var not =
          new Web3SignerSettings(
              secure.url(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Duration.ofSeconds(3));
      assertThrows(
          KeyUnavailableException.class,
          () -> Web3Signer.open(not, Optional.empty(), mine.address(), clock, PATIENCE));
    }
  }

  /** With the time-outs of settings, which end at 3 s, a busy machine may be late. */
  private static <T> T patiently(Supplier<T> action) {
    for (int tries = 1; ; tries++) {
      try {
        return action.get();
      } catch (KeyUnavailableException e) {
        if (tries == 20 || !e.getMessage().contains("did not answer within")) {
          throw e;
        }
      }
    }
  }

  private Key patiently(Web3SignerSettings settings) {
    return patiently(
        () -> Web3Signer.open(settings, Optional.of("Bearer x"), mine.address(), clock));
  }

  private static void keytool(String... arguments) throws Exception {
    var command = new java.util.ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
  }

  @Test
  void shouldKnowWhoseASignatureIs() {
    assertEquals(
        Optional.of(mine.address()),
        Signature.by(mine.address(), DIGEST, mine.sign(WORDS).r(), mine.sign(WORDS).s())
            .flatMap(s -> s.recover(DIGEST)));
    assertEquals(
        Optional.empty(), Signature.by(mine.address(), DIGEST, BigInteger.ZERO, BigInteger.ONE));
  }
}
