package org.mandate.signer.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mandate.chain.Address;
import org.mandate.chain.Hash;
import org.mandate.signer.Key;
import org.mandate.signer.KeyException;
import org.mandate.signer.KeySettings.AwsKmsSettings;
import org.mandate.signer.KeyUnavailableException;
import org.mandate.signer.PrivateKeySigner;
import org.mandate.signer.Signature;
import org.mandate.signer.remote.StandIn.Reply;
import org.web3j.crypto.ECKeyPair;
import org.web3j.crypto.Sign;

/** What a KMS, or whoever answers for it, could answer. */
class AwsKmsAnswersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final BigInteger SECRET = BigInteger.valueOf(0xa1);
  private static final BigInteger ORDER = Sign.CURVE_PARAMS.getN();
  private static final byte[] WORDS = "pay".getBytes(StandardCharsets.UTF_8);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String HUSH = "hush-hush";
  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "AWS_ACCESS_KEY_ID",
          "AKIDEXAMPLE",
          "AWS_SECRET_ACCESS_KEY",
          HUSH,
          "AWS_SESSION_TOKEN",
          "token-" + HUSH);

  private final PrivateKeySigner mine = new PrivateKeySigner(SECRET);
  private StandIn server;

  @BeforeEach
  void start() throws IOException {
    server = new StandIn(answering(publicKey(SECRET, "2b8104000a"), Reply.json(500, "{}")));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static Reply publicKey(BigInteger secret, String curve) {
    return field(
        "PublicKey",
        HexFormat.of()
            .parseHex(
                "3056301006072a8648ce3d020106052b8104000a034200".replace("2b8104000a", curve)
                    + "04"
                    + "%0128x".formatted(ECKeyPair.create(secret).getPublicKey())));
  }

  private static Reply field(String name, byte[] value) {
    return Reply.json(
        200, "{\"%s\":\"%s\"}".formatted(name, Base64.getEncoder().encodeToString(value)));
  }

  private static Reply signature(BigInteger r, BigInteger s) {
    try {
      var pair = new ASN1EncodableVector();
      pair.add(new ASN1Integer(r));
      pair.add(new ASN1Integer(s));
      return field("Signature", new DERSequence(pair).getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static StandIn.Handler answering(Reply publicKey, Reply signature) {
    return (method, path, exchange, body) -> {
      var headers = exchange.getRequestHeaders();
      return switch (headers.getFirst("X-Amz-Target")) {
        case "TrentService.GetPublicKey" -> publicKey;
        case "TrentService.Sign" -> signature;
        default -> Reply.json(400, "{\"__type\":\"UnknownOperationException\"}");
      };
    };
  }

  private void signs(Reply reply) {
    server.answers(answering(publicKey(SECRET, "2b8104000a"), reply));
  }

  private AwsKmsSettings settings(URI endpoint) {
    return new AwsKmsSettings(
        "alias/relayer",
        "eu-central-1",
        Optional.of(endpoint),
        Optional.empty(),
        "default",
        Duration.ofSeconds(3));
  }

  private Key open(Map<String, String> environment) {
    return AwsKms.open(
        settings(server.url()), environment, mine.address(), Clock.systemUTC(), PATIENCE);
  }

  private KeyException refused(Reply reply) {
    signs(reply);
    try (Key key = open(ENVIRONMENT)) { // anew, so that it does not rest
      var refused = assertThrows(KeyException.class, () -> key.sign(WORDS));
      assertFalse(refused.getMessage().contains(HUSH), refused.getMessage());
      return refused;
    }
  }

  /** KMS answers either of the two twins; only the one with the lower s counts (EIP-2). */
  @Test
  void L3_shouldLowerAHighS() {
    Signature good = mine.sign(WORDS);
    for (BigInteger s : List.of(good.s(), ORDER.subtract(good.s()))) {
      signs(signature(good.r(), s));
      try (Key key = open(ENVIRONMENT)) {
        assertEquals(good, key.sign(WORDS));
      }
    }
  }

  /** The documentation's fields: the digest, said to be one, else KMS hashes it again. */
  @Test
  void shouldAskAsTheDocumentationSays() {
    var good = mine.sign(WORDS);
    server.answers(
        (method, path, exchange, body) -> {
          var headers = exchange.getRequestHeaders();
          var asked = JSON.readTree(body);
          boolean right =
              method.equals("POST")
                  && path.equals("/")
                  && "application/x-amz-json-1.1".equals(headers.getFirst("Content-Type"))
                  && asked.path("KeyId").asText().equals("alias/relayer");
          if (right && asked.size() == 1) {
            return publicKey(SECRET, "2b8104000a");
          }
          right &= asked.size() == 4;
          right &= asked.path("MessageType").asText().equals("DIGEST");
          right &= asked.path("SigningAlgorithm").asText().equals("ECDSA_SHA_256");
          byte[] digest = Base64.getDecoder().decode(asked.path("Message").asText());
          right &= HexFormat.of().formatHex(digest).equals(Hash.keccak(WORDS).hex().substring(2));
          return right ? signature(good.r(), good.s()) : Reply.json(400, "{}");
        });
    try (Key key = open(ENVIRONMENT)) {
      assertEquals(good, key.sign(WORDS));
    }
  }

  @Test
  void L7_shouldRefuseWhatIsNotItsSignatureOfWhatWasAsked() {
    var good = mine.sign(WORDS);
    var others = new PrivateKeySigner(BigInteger.TWO).sign(WORDS);
    for (Reply wrong :
        List.of(
            signature(others.r(), others.s()),
            signature(good.r(), BigInteger.ONE),
            signature(BigInteger.ZERO, BigInteger.ZERO),
            signature(good.r().negate(), good.s()),
            signature(good.r().add(ORDER), good.s()),
            field("Signature", good.bytes()),
            field("Signature", new byte[0]),
            field("Signature", new byte[] {0x30, 0}),
            field("Signature", new byte[] {0x30, 3, 2, 1, 1}),
            field("Signature", new byte[] {0x30, 4, 4, 0, 4, 0}),
            field("Signature", HexFormat.of().parseHex("3080".repeat(100_000))),
            Reply.json(200, "{\"Signature\":\"!\"}"),
            Reply.json(200, "{}"))) {
      assertFalse(refused(wrong) instanceof KeyUnavailableException);
    }
    assertTrue(refused(Reply.text(200, "<html>")) instanceof KeyUnavailableException);
    assertTrue(
        refused(new Reply(200, "text/plain", new byte[2 << 20]))
            instanceof KeyUnavailableException);
  }

  /** Whose key it is, is seen before it signs anything. */
  @Test
  void L7_shouldRefuseAKeyThatIsAnothersOrOnAnotherCurve() {
    for (Reply wrong :
        List.of(
            publicKey(BigInteger.TWO, "2b8104000a"),
            publicKey(SECRET, "2b8104000b"),
            field("PublicKey", new byte[88]),
            field("PublicKey", new byte[0]),
            Reply.json(200, "{}"))) {
      server.answers(answering(wrong, Reply.json(500, "{}")));
      int before = server.asked.get();
      assertThrows(KeyException.class, () -> open(ENVIRONMENT));
      assertEquals(before + 1, server.asked.get());
    }
  }

  /**
   * Where a request's signature is wrong, AWS says which headers it saw, the token's among them.
   */
  @Test
  void shouldNotShowWhatAnErrorRepeats() {
    var said =
        refused(
            Reply.json(
                403,
                "{\"__type\":\"SignatureDoesNotMatch\",\"message\":\"It does not match.\\n\\nThe Canonical String should have been\\nx-amz-security-token:token-"
                    + HUSH
                    + "\"}"));
    assertTrue(
        said.getMessage().contains("SignatureDoesNotMatch It does not match."), said.getMessage());
  }

  @Test
  void shouldNotShowATokenThatIsNoHeader() {
    for (String name : List.of("AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")) {
      var environment = new java.util.HashMap<>(ENVIRONMENT);
      environment.put(name, "\ufeff" + HUSH);
      var refused = assertThrows(KeyException.class, () -> open(environment));
      assertFalse(refused.getMessage().contains(HUSH), refused.getMessage());
    }
  }

  @Test
  void L7_shouldAskOverTlsOnlyWhenItIsOnAnotherMachine() {
    var elsewhere = settings(URI.create("http://192.0.2.1/"));
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> AwsKms.open(elsewhere, ENVIRONMENT, Address.ZERO, Clock.systemUTC()));
    assertTrue(refused.getMessage().contains("https"), refused.getMessage());
  }

  /** As AWS's own clients: what asks for credentials shows a token. */
  @Test
  void L7_shouldFetchCredentialsFromThisMachineOrOverTlsOnly() throws IOException {
    for (String place :
        List.of(
            "http://192.0.2.1/x",
            "http://169.254.170.3/x",
            "ftp://127.0.0.1/x",
            "http:///x",
            ":")) {
      var refused =
          assertThrows(
              KeyException.class,
              () ->
                  open(
                      Map.of(
                          "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                          place,
                          "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                          HUSH)));
      assertTrue(refused.getMessage().contains("FULL_URI"), refused.getMessage());
    }
    var away =
        assertThrows(
            KeyException.class,
            () -> open(Map.of("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@192.0.2.1/x")));
    assertTrue(away.getMessage().contains("RELATIVE_URI"), away.getMessage());
    var good = mine.sign(WORDS);
    signs(signature(good.r(), good.s()));
    try (StandIn container =
        new StandIn(
            (method, path, exchange, body) ->
                HUSH.equals(exchange.getRequestHeaders().getFirst("Authorization"))
                    ? Reply.json(
                        200,
                        "{\"AccessKeyId\":\"x\",\"SecretAccessKey\":\"y\",\"Token\":\"z\",\"Expiration\":\"2999-01-01T00:00:00Z\"}")
                    : Reply.json(403, "{}"))) {
      try (Key key =
          open(
              Map.of(
                  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                  container.url() + "/x",
                  "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                  HUSH))) {
        assertEquals(good, key.sign(WORDS));
        assertEquals(1, container.asked.get(), "fetched again before it ran out");
      }
    }
  }
}
